// Link headers (RFC 8288, RFC 6249): those of mirror networks, and those that mean no good.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLinkHeader } from '../../../src/node/metalink/index.ts';
import { LINK_LENGTH_MAX, LINKS_MAX } from '../../../src/node/metalink/link-header.ts';

const BASE = 'https://a.example/dir/x';
const urls = (value: string): string[] =>
  parseLinkHeader(value, BASE).duplicates.map(({ url }) => url);

describe('a Link header', () => {
  it('as in RFC 6249: mirrors with rank, country and depth, a Metalink, a torrent, a signature', () => {
    const value =
      '<http://www2.example.com/x>; rel=duplicate; pri=2; geo=gb, ' +
      '<ftp://ftp.example.com/x>; rel=duplicate, ' +
      '<http://a.example.com/x>; rel="duplicate"; pri=1; pref; geo=DE; depth=1, ' +
      '<x.torrent>; rel=describedby; type="application/x-bittorrent", ' +
      '</x.meta4>; rel=describedby; type="application/metalink4+xml", ' +
      '<x.asc>; rel=describedby; type="application/pgp-signature"';
    expect(parseLinkHeader(value, BASE)).toEqual({
      duplicates: [
        { url: 'http://a.example.com/x', priority: 1, isPreferred: true, location: 'de', depth: 1 },
        { url: 'http://www2.example.com/x', priority: 2, isPreferred: false, location: 'gb' },
      ],
      describedBy: ['https://a.example/x.meta4'],
    });
  });

  it('the best first: by rank, then preferred, then in their order', () => {
    const link = (name: string, rest: string): string => `<http://${name}/>; rel=duplicate${rest}`;
    const value = [
      link('a', ''),
      link('b', '; pri=5'),
      link('c', ';pri=5;pref'),
      link('d', '; pri=0'),
    ];
    expect(urls(value.join(','))).toEqual(['http://c/', 'http://b/', 'http://a/', 'http://d/']);
  });

  it.each([
    ['<http://b/>; title="a;rel=next"; rel=duplicate', ['http://b/']],
    ['<http://b/>; title="a, <http://evil/>; rel=duplicate"; rel=next', []],
    ['<http://b/>; title="\\", <http://evil/>; rel=duplicate"; rel=next', []],
    ['<http://b/a,b;c>; rel="next DUPLICATE"', ['http://b/a,b;c']],
    ['<http://b/>; REL = duplicate ; rel=next', ['http://b/']],
    ['<http://b/>; rel=next; rel=duplicate', []],
    ['<http://b/"x>; rel=duplicate, <http://c/>; rel=duplicate', ['http://b/%22x', 'http://c/']],
    ['<//b/x>; rel=duplicate', ['https://b/x']],
    ['<http://b/#part>; rel=duplicate', ['http://b/']],
    ['<http://b/>; rel=duplicate; anchor="http://other/"', []],
    ['<http://u:p@b/>; rel=duplicate, <javascript:x>; rel=duplicate, <http://>; rel=duplicate', []],
    [`<http://b/${'x'.repeat(3000)}>; rel=duplicate`, []],
    ['<http://b/>', []],
    ['http://b/; rel=duplicate', []],
    ['<http://b/>; __proto__=x; constructor=y; rel=duplicate', ['http://b/']],
  ])('%s', (value, expected) => {
    expect(urls(value)).toEqual(expected);
  });

  it('a base that is none leaves what is absolute', () => {
    const value = '<x>; rel=duplicate, <http://b/>; rel=duplicate';
    expect(parseLinkHeader(value, 'none').duplicates).toHaveLength(1);
  });
});

describe('limits', () => {
  it('links', () => {
    const many = (count: number): string => '<http://b/>;rel=duplicate,'.repeat(count);
    expect(urls(many(LINKS_MAX))).toHaveLength(LINKS_MAX);
    expect(urls(many(LINKS_MAX + 1))).toHaveLength(LINKS_MAX);
  });

  it('characters', () => {
    const link = '<http://b/>;rel=duplicate';
    const pad = (length: number): string => ' '.repeat(length - link.length) + link;
    expect(urls(pad(LINK_LENGTH_MAX))).toHaveLength(1);
    expect(urls(`${' '.repeat(LINK_LENGTH_MAX)}${link}`)).toHaveLength(0);
  });

  it('anything is read, and nothing but http and https comes out', () => {
    const token = fc.constantFrom(
      ...[
        '<',
        '>',
        ',',
        ';',
        '"',
        '\\',
        '=',
        ' ',
        '<http://b/>',
        'rel=duplicate',
        'pri=1',
        'anchor',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fc.string()), { maxLength: 60 }), (parts) => {
        for (const url of urls(parts.join(''))) expect(url).toMatch(/^https?:\/\//);
      }),
    );
    for (const unit of [
      '"',
      '<',
      '>',
      ',',
      ';',
      '\\',
      '=',
      ' ',
      '<>;',
      '<>"',
      'rel=" ',
      '<x>;rel=',
    ]) {
      expect(urls(unit.repeat(LINK_LENGTH_MAX)), unit).toEqual([]);
    }
  });
});
