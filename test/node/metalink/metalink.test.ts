// Metalinks and the headers that stand in for one: those of real generators, and those that mean no good.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/index.ts';
import { HeadwaterError } from '../../../src/node/index.ts';
import type { MetalinkFile } from '../../../src/node/metalink/index.ts';
import { formatMetalink, METALINK_BYTES_MAX } from '../../../src/node/metalink/index.ts';
import { parseMetalink } from '../../../src/node/metalink/parse.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): MetalinkFile[] => parseMetalink(bytesOf(text), 'x.meta4');
const HASH = 'ab'.repeat(32);

function refusal(text: string | Uint8Array): string {
  try {
    parseMetalink(typeof text === 'string' ? bytesOf(text) : text, 'x.meta4');
  } catch (error) {
    expect(error).toBeInstanceOf(HeadwaterError);
    expect((error as HeadwaterError).code).toBe('BAD_METALINK');
    return (error as HeadwaterError).message;
  }
  throw new Error('it was taken');
}

const of = (inner: string, name = 'big.iso'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="${name}">${inner}</file></metalink>`;

describe('a Metalink', () => {
  it('in the shape of a mirror network: pieces, priorities, countries, a signature, a torrent', () => {
    const [file] = parse(`<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <generator>MirrorCache</generator>
  <origin dynamic="true">http://download.example.org/iso/big.iso.meta4</origin>
  <published>2026-08-01T10:00:00Z</published>
  <publisher><name>Example</name><url>http://download.example.org</url></publisher>
  <!-- a remark with <file> in it -->
  <file name="big.iso">
    <size>5000000</size>
    <signature mediatype="application/pgp-signature"><![CDATA[-----BEGIN PGP SIGNATURE-----]]></signature>
    <hash type="md5">0123456789abcdef0123456789abcdef</hash>
    <hash type="sha-1">${'12'.repeat(20)}</hash>
    <hash type="sha-256">${HASH}</hash>
    <pieces length="4194304" type="sha-1"><hash>${'0e'.repeat(20)}</hash><hash>${'12'.repeat(20)}</hash></pieces>
    <metaurl priority="1" mediatype="torrent">http://example.org/big.torrent</metaurl>
    <url location="de" priority="2">http://ftp.example.de/big.iso?a=1&amp;b=2</url>
    <url location="us" priority="1">https://mirror.example.com/big.iso</url>
    <url priority="3">ftp://ftp.example.org/big.iso</url>
    <url>http://last.example.org/big.iso</url>
  </file>
</metalink>`);
    expect(file).toMatchObject({ name: 'big.iso', size: 5_000_000, sha256: fromHex(HASH) });
    expect(file?.pieces).toMatchObject({ type: 'sha-1', length: 4_194_304 });
    expect(toHex(file!.pieces!.hashes[0]!)).toBe('0e'.repeat(20));
    expect(file?.urls).toEqual([
      { url: 'https://mirror.example.com/big.iso', priority: 1, location: 'us' },
      { url: 'http://ftp.example.de/big.iso?a=1&b=2', priority: 2, location: 'de' },
      { url: 'http://last.example.org/big.iso', priority: 999_999 },
    ]);
  });

  it('with the least there can be', () => {
    expect(parse(of('<url>http://a.example/x</url>'))).toEqual([
      {
        name: 'big.iso',
        size: undefined,
        sha256: undefined,
        pieces: undefined,
        urls: [{ url: 'http://a.example/x', priority: 999_999 }],
      },
    ]);
  });

  it('of several files, with a prefix and a byte order mark', () => {
    const text = `\ufeff<m:metalink xmlns:m="urn:ietf:params:xml:ns:metalink">
      <m:file name="a"><m:url>http://a.example/a</m:url></m:file>
      <m:file name="folder/b"><m:url>http://a.example/b</m:url></m:file></m:metalink>`;
    expect(parse(text).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('takes the strongest list of pieces', () => {
    const pieces = (type: string, bytes: number): string =>
      `<pieces length="10" type="${type}"><hash>${'aa'.repeat(bytes)}</hash></pieces>`;
    const lists = pieces('sha-1', 20) + pieces('sha-256', 32) + pieces('md5', 16);
    expect(parse(of(`<size>10</size>${lists}`))[0]?.pieces?.type).toBe('sha-256');
    expect(parse(of(`<size>10</size>${pieces('md5', 16)}`))[0]?.pieces).toBeUndefined();
    expect(parse(of(pieces('sha-1', 20)))[0]?.pieces, 'no size').toBeUndefined();
  });

  it('a hash that looks like a number stays a hash', () => {
    const hash = `0012e5${'0'.repeat(58)}`;
    expect(toHex(parse(of(`<hash type="sha-256">${hash}</hash>`))[0]!.sha256!)).toBe(hash);
  });
});

describe('a Metalink that is refused', () => {
  it.each([
    [
      'version 3',
      '<metalink xmlns="http://www.metalinker.org/" version="3.0"><files/></metalink>',
      'version 3',
    ],
    ['another namespace', '<metalink xmlns="urn:x"><file name="a"/></metalink>', 'namespace'],
    ['no files', '<metalink xmlns="urn:ietf:params:xml:ns:metalink"/>', 'no file'],
    ['another root', '<feed/>', 'no metalink'],
    ['nothing', '', ''],
    ['no XML', 'GIF89a', ''],
    ['no XML, with tags', '<metalink><file></metalink>', 'well-formed'],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${of('')}`, 'entities'],
    ['an entity of its own', `<!doctype x SYSTEM "file:///etc/passwd">${of('')}`, 'entities'],
    ['a wrong hash', of(`<hash type="sha-256">${HASH.slice(2)}</hash>`), 'hash'],
    [
      'a hash that is not hexadecimal',
      of(`<hash type="sha-256">${'zz'.repeat(32)}</hash>`),
      'hash',
    ],
    ['a wrong size', of('<size>1e5</size>'), 'size'],
    ['a size below nothing', of('<size>-1</size>'), 'size'],
    [
      'pieces that do not fit',
      of(`<size>100</size><pieces length="10" type="sha-256"><hash>${HASH}</hash></pieces>`),
      'pieces',
    ],
    [
      'pieces without length',
      of(`<size>10</size><pieces length="1e1" type="sha-256"><hash>${HASH}</hash></pieces>`),
      'pieces',
    ],
    ['a name that is none', of('', '..'), 'name'],
    ['a name with a control character', of('', 'a&#7;b'), ''],
    ['no name', '<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file/></metalink>', 'name'],
    ['two of one name', '<metalink><file name="a"/><file name="x/a"/></metalink>', 'same name'],
    ['too many URLs', of('<url>http://a.example/</url>'.repeat(1_025)), 'URLs'],
    [
      'too many files',
      `<metalink>${Array.from({ length: 1_025 }, (_, i) => `<file name="${i}"/>`).join('')}</metalink>`,
      'files',
    ],
    ['too many tags', '<a/>'.repeat(1_048_577), 'tags'],
    ['nesting', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`, 'nested'],
  ])('%s', (_, text, reason) => {
    expect(refusal(text)).toContain(reason);
  });

  it('a path leads nowhere but to its last part', () => {
    expect(parse(of('', '../../etc/passwd'))[0]?.name).toBe('passwd');
  });

  it('one of 100 MB is refused before it is looked into, and UTF-16 at once', () => {
    expect(refusal(new Uint8Array(100_000_000))).toContain('100000000 bytes');
    expect(refusal(new Uint8Array(METALINK_BYTES_MAX + 1))).toContain('above');
    expect(refusal(new Uint8Array([0xff, 0xfe, 0x3c, 0x00]))).toContain('UTF-8');
  });

  it('__proto__ changes nothing', () => {
    try {
      parse(of('<__proto__><polluted>1</polluted></__proto__><constructor/>'));
    } catch (error) {
      expect(error).toBeInstanceOf(HeadwaterError);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('any bytes give a Metalink or BAD_METALINK', () => {
    const tag = fc.constantFrom(
      '<metalink>',
      '</metalink>',
      '<file name="a">',
      '</file>',
      '<url>',
      '</url>',
      '<hash type="sha-256">',
      '<',
      '>',
      '&amp;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '"',
      HASH,
      'http://a.example/',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tag, fc.string()), { maxLength: 30 }), (parts) => {
        try {
          parse(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(HeadwaterError);
        }
      }),
    );
  });
});

describe('what is written', () => {
  it('is read back', () => {
    const hash = (size: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(
        fc.constantFrom('big.iso', 'a & b <c>.txt', 'Ünïcode "x".bin'),
        fc.option(fc.nat(100), { nil: undefined }),
        fc.option(hash(32), { nil: undefined }),
        fc.array(hash(32), { minLength: 1, maxLength: 5 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 5 }),
        (name, size, sha256, hashes, priorities) => {
          const file: MetalinkFile = {
            name,
            size: size === undefined ? undefined : hashes.length * 10,
            sha256,
            pieces: size === undefined ? undefined : { type: 'sha-256', length: 10, hashes },
            urls: priorities
              .sort((a, b) => a - b)
              .map((priority) => ({ url: `http://a.example/x?p=${priority}&q='1'`, priority })),
          };
          expect(parse(formatMetalink(file, 'headwater & co'))).toEqual([file]);
        },
      ),
    );
  });
});
