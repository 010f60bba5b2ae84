// The look at the markup before the parser: against a tree that knows its own size, and what is kept from the parser.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../../src/node/index.ts';
import { METALINK_BYTES_MAX } from '../../../src/node/metalink/index.ts';
import { parseMetalink } from '../../../src/node/metalink/parse.ts';
import {
  DEPTH_MAX,
  MARKUP_MAX,
  namespaceOf,
  scanMarkup,
  TAG_LENGTH_MAX,
} from '../../../src/node/metalink/scan.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:metalink';
const OPEN = `<metalink xmlns="${NAMESPACE}">`;
const CLOSE = '<file name="a"/></metalink>';
const read = (text: string): unknown => parseMetalink(new TextEncoder().encode(text), 'x');
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadwaterError);
    expect((error as HeadwaterError).code).toBe('BAD_METALINK');
    expect((error as HeadwaterError).hint).toContain('.meta4');
    return (error as HeadwaterError).message;
  }
  throw new Error('it was taken');
};

describe('limits', () => {
  it(`nesting: ${DEPTH_MAX} elements, in whatever disguise`, () => {
    const nested = (count: number, tag: string): string => tag.repeat(count) + '</a>'.repeat(count);
    for (const tag of [
      '<a>',
      '<a x="/>">',
      "<a x='>'>",
      '<a><!-- </a> -->',
      '<a><![CDATA[</a>]]>',
    ]) {
      expect(scanMarkup(nested(DEPTH_MAX, tag)).problem, tag).toBeUndefined();
      expect(scanMarkup(nested(DEPTH_MAX + 1, tag)).problem, tag).toContain('nested');
    }
    expect(scanMarkup('<a/>'.repeat(100)).problem).toBeUndefined();
  });

  it(`a tag: ${TAG_LENGTH_MAX} characters`, () => {
    const tag = (length: number): string => `<a b="${'x'.repeat(length - 8)}">`;
    expect(scanMarkup(`${tag(TAG_LENGTH_MAX)} `).problem).toBeUndefined();
    expect(scanMarkup(`${tag(TAG_LENGTH_MAX + 1)} `).problem).toContain('characters');
  });

  it.each([
    ['<a/>', 1],
    ['<a></a>', 1],
    ['<a b="" c=\'\'/>', 3],
    ['<?a?>', 1],
    ['<![CDATA[<a><b>]]>', 1],
    ['&amp;', 1],
    ['<!-- <a><b c=""> -->', 0],
  ])('markup: %s counts', (unit, weight) => {
    const least = Math.floor(MARKUP_MAX / Math.max(1, weight));
    expect(scanMarkup(unit.repeat(least)).problem).toBeUndefined();
    const over = scanMarkup(unit.repeat(least + 1)).problem;
    if (weight === 0) expect(over).toBeUndefined();
    else expect(over).toContain('tags, attributes and references');
  });
});

describe('a tree', () => {
  interface Tree {
    readonly attributes: number;
    readonly children: readonly Tree[];
  }
  const leaf: fc.Arbitrary<Tree> = fc.record({
    attributes: fc.nat(3),
    children: fc.constant([]),
  });
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.record({ attributes: fc.nat(3), children: fc.array(tie('tree'), { maxLength: 3 }) }),
    ),
  }));
  const write = ({ attributes, children }: Tree): string =>
    `<n${' x=">/"'.repeat(attributes)}>${children.map(write).join('<!-- <n> -->')}</n>`;
  const depth = ({ children }: Tree): number => 1 + Math.max(0, ...children.map(depth));

  it('is refused when it is deeper than the limit, and only then', () => {
    const chain = (inner: Tree, levels: number): Tree =>
      levels === 0 ? inner : chain({ attributes: 0, children: [inner] }, levels - 1);
    fc.assert(
      fc.property(tree, fc.nat(DEPTH_MAX), (inner, levels) => {
        const whole = chain(inner, levels);
        expect(scanMarkup(write(whole)).problem !== undefined).toBe(depth(whole) > DEPTH_MAX);
      }),
    );
  });
});

describe('the namespace', () => {
  it.each([
    ['metalink', ''],
    [`metalink xmlns="${NAMESPACE}"`, NAMESPACE],
    [`m:metalink xmlns="urn:x" xmlns:m = '${NAMESPACE}'`, NAMESPACE],
    [`metalink a=' xmlns="${NAMESPACE}"' xmlns="urn:x"`, 'urn:x'],
    [`metalink xmlns:m="${NAMESPACE}"`, ''],
  ])('of <%s>', (tag, namespace) => {
    expect(namespaceOf(tag)).toBe(namespace);
  });

  it('is the one of the root, whatever a comment or an instruction says', () => {
    for (const before of [`<!-- ${OPEN} -->`, `<?x ${OPEN} ?>`]) {
      const text = `${before}<metalink xmlns="urn:x">${CLOSE}`;
      expect(refusal(text)).toContain('namespace');
    }
  });
});

describe('megabytes of one thing', () => {
  const SIZE = 3 * 1024 * 1024;
  const many = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length));

  // What is refused here never reaches the parser, which takes microseconds for each: no clock is needed to tell.
  it.each(['<', '<metalink ', '<b/>', '<b>x</b>', "<b x='", '<?a?>', '&amp;', '<b x="1" y="2"/>'])(
    '%s is refused by the look alone',
    (unit) => {
      expect(scanMarkup(`${OPEN}${many(unit)}`).problem).toBeDefined();
    },
  );

  it('a root with 10^5 attributes', () => {
    const attributes = Array.from({ length: 100_000 }, (_, i) => `a${i}=""`).join(' ');
    expect(refusal(`<metalink ${attributes}>${CLOSE}`)).toContain('a tag has more');
  });

  it('10^6 URLs', () => {
    const urls = '<url>a</url>'.repeat(1_000_000);
    expect(urls.length).toBeLessThan(METALINK_BYTES_MAX);
    expect(refusal(`${OPEN}<file name="a">${urls}</file></metalink>`)).toContain('tags');
  });

  it('comments are read over, with whatever is in them', () => {
    expect(read(`<!-- ${many('<metalink ')} -->${OPEN}${CLOSE}`)).toHaveLength(1);
  });

  it('a tag that never ends is for the parser to refuse', () => {
    expect(refusal(`${OPEN}<file name="`)).toContain('well-formed');
  });
});
