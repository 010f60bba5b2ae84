// Metalinks in the shape that common generators give them, and what is read of each. They were written for this test.

import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/index.ts';
import type { MetalinkFile } from '../../../src/node/metalink/index.ts';
import { formatMetalink } from '../../../src/node/metalink/index.ts';
import { parseMetalink } from '../../../src/node/metalink/parse.ts';

const sample = (name: string): MetalinkFile[] =>
  parseMetalink(readFileSync(new URL(`samples/${name}.meta4`, import.meta.url)), name);
const hash = (type: string, text: string): string => createHash(type).update(text).digest('hex');
const urls = (file: MetalinkFile): string[] =>
  file.urls.map(({ url, priority, location }) => `${priority} ${location ?? '-'} ${url}`);
const pieces = (file: MetalinkFile): string[] | undefined => file.pieces?.hashes.map(toHex);

describe('a Metalink in the shape of', () => {
  it('MirrorCache: groups of mirrors in comments, pieces of 4 MiB in SHA-1', () => {
    const [file, ...more] = sample('mirrorcache');
    expect(more).toEqual([]);
    expect(file).toMatchObject({ name: 'Leap.iso', size: 9_000_000 });
    expect(toHex(file!.sha256!)).toBe(hash('sha256', 'a'));
    expect(file!.pieces).toMatchObject({ type: 'sha-1', length: 4_194_304 });
    expect(pieces(file!)).toEqual(['p0', 'p1', 'p2'].map((text) => hash('sha1', text)));
    expect(urls(file!)).toEqual([
      '1 DE https://ftp.example.de/iso/Leap.iso',
      '2 DE http://mirror.example.de/iso/Leap.iso',
      '3 JP http://ftp.example.jp/iso/Leap.iso',
    ]);
  });

  it('MirrorBrain: a signature, a torrent, and mirrors that are not HTTP', () => {
    const [file] = sample('mirrorbrain');
    expect(pieces(file!)).toHaveLength(2);
    expect(urls(file!)).toEqual(['1 at http://ftp.example.at/office.tar.gz?from=a&to=b']);
  });

  it('a distribution: several files on one line, SHA-512 first, no priorities', () => {
    const files = sample('debian');
    expect(files.map(({ name, size }) => [name, size])).toEqual([
      ['debian-amd64.iso', 1000],
      ['debian-arm64.iso', 1001],
    ]);
    expect(files.map((file) => toHex(file.sha256!))).toEqual([
      hash('sha256', 'amd64'),
      hash('sha256', 'arm64'),
    ]);
    expect(urls(files[0]!)).toEqual(['999999 - https://cdimage.example.org/debian-amd64.iso']);
  });

  it("aria2's manual: two lists of pieces, of which SHA-256 is taken, two mirrors of one rank", () => {
    const [file] = sample('aria2');
    expect(file!.sha256).toBeUndefined();
    expect(pieces(file!)).toEqual(['p0', 'p1', 'p2'].map((text) => hash('sha256', text)));
    expect(urls(file!)).toEqual([
      '1 de http://example.com/example.ext',
      '1 fr http://example.net/example.ext',
    ]);
  });

  it('a careful writer of XML: a mark, prefixes, CDATA, references, spaces', () => {
    const [file] = sample('prefixed');
    expect(file).toMatchObject({ name: 'set & more.bin', size: 5 });
    expect(toHex(file!.sha256!)).toBe(hash('sha256', 'e'));
    expect(urls(file!)).toEqual(['999999 - http://example.com/set?a=1&b=2']);
  });
});

describe('what is written', () => {
  const file = (over: Partial<MetalinkFile>): MetalinkFile => ({
    name: 'a',
    size: undefined,
    sha256: undefined,
    pieces: undefined,
    urls: [],
    ...over,
  });
  const text = (one: MetalinkFile, published?: string): string =>
    formatMetalink(one, 'headwater', published);
  const again = (one: MetalinkFile): MetalinkFile[] =>
    parseMetalink(new TextEncoder().encode(text(one)), 'again');

  it('has the time that it is given, and no other', () => {
    expect(text(file({}))).not.toContain('published');
    expect(text(file({}), '2026-08-01T10:00:00Z')).toContain(
      '<published>2026-08-01T10:00:00Z</published>',
    );
  });

  it('is read back: any name, pieces of each type, countries', () => {
    const letter = fc.constantFrom(
      ' ',
      '&',
      '<',
      '>',
      '"',
      "'",
      ';',
      '#',
      'a',
      'é',
      '漢',
      '🙂',
      ']',
    );
    const name = fc
      .array(letter, { maxLength: 30 })
      .map((letters) => `${letters.join('')}z`)
      .filter((one) => one.normalize('NFC') === one);
    const list = fc
      .constantFrom(['sha-1', 20] as const, ['sha-256', 32] as const, ['sha-512', 64] as const)
      .chain(([type, bytes]) =>
        fc
          .array(fc.uint8Array({ minLength: bytes, maxLength: bytes }), {
            minLength: 1,
            maxLength: 4,
          })
          .map((hashes) => ({ type, length: 7, hashes })),
      );
    const url = fc.record({
      url: fc.constantFrom(
        "http://a.example/?a=1&b='2'",
        'https://b.example/%20',
        'http://[::1]:80/',
      ),
      priority: fc.integer({ min: 1, max: 999_999 }),
      location: fc.constantFrom('de', 'JP'),
    });
    fc.assert(
      fc.property(name, list, fc.array(url, { maxLength: 5 }), (fileName, one, mirrors) => {
        const written = file({
          name: fileName,
          size: 7 * one.hashes.length - 3,
          pieces: one,
          urls: mirrors.sort((a, b) => a.priority - b.priority),
        });
        expect(again(written)).toEqual([written]);
      }),
    );
  });
});
