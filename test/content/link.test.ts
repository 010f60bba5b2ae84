import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, UsageError } from '../../src/base/index.ts';
import type { Link } from '../../src/content/index.ts';
import { formatLink, isLink, nameProblem, parseLink } from '../../src/content/index.ts';

const ID = 'ab'.repeat(32);
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((s) => s.normalize('NFC'));
const tail = fc.constantFrom(
  '',
  '/',
  '/a/b?x=1&y=%20',
  ':8443/ü'.normalize('NFD').replace(/[^ -~]/g, 'u'),
);
const url = (schemes: string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...schemes), fc.domain(), tail).map(([s, d, t]) => `${s}://${d}${t}`);
const link: fc.Arbitrary<Link> = fc.record(
  {
    contentId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    name: name.filter((n) => nameProblem(n) === undefined),
    length: fc.maxSafeNat(),
    sources: fc.array(url(['ws', 'wss']), { maxLength: 4 }),
    mirrors: fc.array(url(['http', 'https']), { maxLength: 4 }),
    topologyServers: fc.array(url(['ws', 'wss']), { maxLength: 2 }),
  },
  { requiredKeys: ['contentId', 'sources', 'mirrors', 'topologyServers'] },
);

describe('links', () => {
  it('survive being written and read', () => {
    fc.assert(
      fc.property(link, (l) => {
        expect(parseLink(formatLink(l))).toEqual(l);
      }),
    );
  });

  it('have the documented form', () => {
    const text = formatLink({
      contentId: new Uint8Array(32).fill(0xab),
      name: 'a b&c.iso',
      length: 123,
      sources: ['ws://127.0.0.1:7777/'],
      mirrors: ['https://example.org/a%20b?x=1&y=2'],
      topologyServers: ['wss://[2001:db8::1]:1/t'],
    });
    expect(text).toBe(
      `headwater:?xt=${ID}&dn=a%20b%26c.iso&xl=123&s=ws%3A%2F%2F127.0.0.1%3A7777%2F` +
        '&m=https%3A%2F%2Fexample.org%2Fa%2520b%3Fx%3D1%26y%3D2' +
        '&t=wss%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%3A1%2Ft',
    );
    expect(parseLink(text).name).toBe('a b&c.iso');
  });

  it('are read without needless strictness', () => {
    const loose = parseLink(`HEADWATER:?s=ws://h/&xt=${ID.toUpperCase()}&x.test=1&dn=a+b`);
    expect(toHex(loose.contentId)).toBe(ID);
    expect(loose.sources).toEqual(['ws://h/']);
    expect(loose.name).toBe('a+b');
    expect(isLink('headwater:?x')).toBe(true);
    expect(isLink('file.headwater')).toBe(false);
  });

  it.each<[string, RegExp]>([
    ['', /begin with/],
    ['magnet:?xt=urn', /begin with/],
    ['headwater:xt=1', /begin with/],
    ['headwater:?', /unknown part ""/],
    ['headwater:?dn=a', /no content id/],
    [`headwater:?xt=${ID}&`, /unknown part/],
    [`headwater:?xt=${ID.slice(1)}`, /64 hexadecimal/],
    [`headwater:?xt=${ID}00`, /64 hexadecimal/],
    [`headwater:?xt=${ID}&xt=${ID}`, /more than one xt/],
    [`headwater:?xt=${ID}&dn=a&dn=b`, /more than one dn/],
    [`headwater:?xt=${ID}&dn=`, /empty/],
    [`headwater:?xt=${ID}&dn=..%2Fetc`, /slash .* at byte 2/],
    [`headwater:?xt=${ID}&dn=%ff`, /percent escape/],
    [`headwater:?xt=${ID}&dn=%`, /percent escape/],
    [`headwater:?xt=${ID}&xl=01`, /file length/],
    [`headwater:?xt=${ID}&xl=-1`, /file length/],
    [`headwater:?xt=${ID}&xl=9007199254740992`, /file length/],
    [`headwater:?xt=${ID}&xl=1e3`, /file length/],
    [`headwater:?xt=${ID}&s=http://h/`, /s: .*not a ws or wss URL/],
    [`headwater:?xt=${ID}&s=ws://u@h/`, /s: /],
    [`headwater:?xt=${ID}&s=ws://h/%20x`, /space/],
    [`headwater:?xt=${ID}&m=ftp://h/`, /m: .*http or https/],
    [`headwater:?xt=${ID}&m=javascript:alert(1)`, /m: /],
    [`headwater:?xt=${ID}&m=http:///x`, /m: /],
    [`headwater:?xt=${ID}&m=http://h/%23frag`, /m: /],
    [`headwater:?xt=${ID}&t=`, /t: /],
    [`headwater:?xt=${ID}&q=1`, /unknown part "q"/],
    [`headwater:?xt=${ID}&${'s=ws://h/&'.repeat(65)}x.=`, /more than 64 s/],
    [`headwater:?xt=${ID}&x.=${'a'.repeat(40_000)}`, /32768/],
  ])('refuse %.60s', (text, why) => {
    expect(() => parseLink(text)).toThrow(UsageError);
    expect(() => parseLink(text)).toThrow(why);
  });

  it('are refused with UsageError whatever the text is', () => {
    const part = fc.constantFrom(
      'headwater:?',
      'xt=',
      ID,
      '&',
      'dn=',
      '%',
      'a',
      's=ws://',
      '=',
      'xl=9',
    );
    const text = fc.oneof(fc.string({ unit: part, maxLength: 8 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (t) => {
        try {
          formatLink(parseLink(t));
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
