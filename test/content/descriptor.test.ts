import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptError, equalBytes, toHex, UsageError } from '../../src/base/index.ts';
import type { Descriptor, Mirror } from '../../src/content/index.ts';
import {
  contentId,
  decodeDescriptor,
  describeJson,
  DESCRIPTOR_BYTES_MAX,
  encodeDescriptor,
  layoutOf,
  openDescriptor,
} from '../../src/content/index.ts';
import {
  checkSignature,
  generatePrivateKey,
  parsePrivateKey,
  parsePublicKey,
  publicKeyOf,
  signDescriptor,
} from '../../src/node/keys.ts';
import { sha256 } from '../../src/node/sha256.ts';
import { edgeLengths, sample } from './helpers.ts';
import { encode } from './slow-msgpack.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const mirror: fc.Arbitrary<Mirror> = fc.record({
  url: fc.webUrl().filter((u) => u.length < 2000 && /^https?:\/\/[^@#]+$/.test(u)),
  pricePerGbMicros: fc.maxSafeNat(),
  pricePerSecondMicros: fc.maxSafeNat(),
});
const descriptor: fc.Arbitrary<Descriptor> = fc
  .record({
    symbols: fc.integer({ min: 0, max: 200 }),
    symbolBytes: fc.integer({ min: 1, max: 65_536 }),
  })
  .chain(({ symbols, symbolBytes }) =>
    fc.record({
      symbolBytes: fc.constant(symbolBytes),
      length: fc.constant(symbols * symbolBytes),
      blockCount: fc.integer({ min: Math.min(symbols, 1), max: symbols }),
      windowRatio: fc.integer({ min: 1, max: 4 }),
      name: fc.constantFrom('a', 'sample.bin', '日本語.iso', 'x'.repeat(200)),
      sha256: hash,
      mirrors: fc.array(mirror, { maxLength: 3 }),
      key: fc.option(hash),
      fill: fc.nat(255),
    }),
  )
  .map(({ key, fill, ...d }) => ({
    ...d,
    sourceRoots: new Uint8Array(32 * d.blockCount).fill(fill),
    windowRoots: new Uint8Array(32 * d.blockCount).fill(255 - fill),
    ...(key ? { signature: { publicKey: key, signature: new Uint8Array(64).fill(fill) } } : {}),
  }));

describe('the content descriptor', () => {
  it('survives being encoded and decoded, and is the array that content.md shows', () => {
    fc.assert(
      fc.property(descriptor, (d) => {
        const bytes = encodeDescriptor(d);
        expect(decodeDescriptor(bytes)).toEqual(d);
        const core = [1, d.name, d.length, d.symbolBytes, d.blockCount, d.windowRatio];
        const roots = [d.sourceRoots, d.windowRoots, d.sha256];
        const mirrors = d.mirrors.map((m) => [m.url, m.pricePerGbMicros, m.pricePerSecondMicros]);
        const signature = d.signature ? [d.signature.publicKey, d.signature.signature] : null;
        expect(equalBytes(bytes, encode([...core, ...roots, mirrors, signature]))).toBe(true);
        expect(contentId(d, sha256)).toEqual(sha256(encode([...core, ...roots])));
      }),
    );
  });

  it('has one id, whatever its mirrors and signature', () => {
    fc.assert(
      fc.property(descriptor, (d) => {
        const { signature: _, ...bare } = d;
        expect(contentId({ ...bare, mirrors: [] }, sha256)).toEqual(contentId(d, sha256));
      }),
    );
  });

  it('never has two encodings, and refuses every damaged one with CorruptError', () => {
    fc.assert(
      fc.property(descriptor, fc.nat(), fc.nat(255), fc.nat(), (d, at, byte, cut) => {
        const good = encodeDescriptor(d);
        const bad = good.slice();
        bad[at % Math.min(good.length, 400)] = byte;
        for (const bytes of [bad, good.slice(0, cut % good.length)]) {
          let again: Descriptor;
          try {
            again = decodeDescriptor(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptError);
            continue;
          }
          expect(equalBytes(encodeDescriptor(again), bytes)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses arbitrary bytes with CorruptError', () => {
    const tokens = fc.constantFrom(
      0x9b,
      0x01,
      0xa1,
      0x61,
      0x00,
      0xc4,
      0x20,
      0xc0,
      0x90,
      0xcf,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tokens, fc.nat(255)), { maxLength: 60 }), (list) => {
        try {
          decodeDescriptor(Uint8Array.from(list));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptError);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('gives the reason', () => {
    const { descriptor: d } = sample(1000, { symbolBytes: 64 });
    const bytes = encodeDescriptor(d);
    const reason = (b: Uint8Array): unknown => {
      try {
        return decodeDescriptor(b);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(reason(new Uint8Array(DESCRIPTOR_BYTES_MAX + 1))).toMatch(/above 4456448/);
    expect(reason(new Uint8Array(0))).toMatch(/ends before/);
    expect(reason(Uint8Array.of(0x9b, 0x02))).toMatch(/version 2 is not known/);
    expect(reason(encode([2, 'from the future']))).toMatch(/version 2 is not known/);
    expect(reason(Uint8Array.from([...bytes, 0]))).toMatch(/followed by 1 more/);
    expect(reason(bytes.subarray(0, 100))).toMatch(/ends inside/);
    const fields = (change: unknown[]): Uint8Array => {
      const all: unknown[] = [
        1,
        'a',
        1000,
        64,
        1,
        2,
        d.sourceRoots,
        d.windowRoots,
        d.sha256,
        [],
        null,
      ];
      return encode(all.map((v, i) => change[i] ?? v) as Parameters<typeof encode>[0]);
    };
    expect(reason(fields([]))).toMatchObject({ name: 'a' });
    expect(reason(fields([, '../a']))).toMatch(/slash \(U\+002F\) at byte 2/);
    expect(reason(fields([, , 2 ** 53 - 1]))).toMatch(/source symbols per block/);
    expect(reason(fields([, , , 65_537]))).toMatch(/symbolBytes is 65537, above/);
    expect(reason(fields([, , , , 65_537]))).toMatch(/blockCount is 65537/);
    expect(reason(fields([, , , , 2]))).toMatch(/sourceRoots has 32 bytes, not 64/);
    expect(reason(fields([, , , , , 9]))).toMatch(/windowRatio/);
    expect(reason(fields([, , , , , , , , new Uint8Array(31)]))).toMatch(/sha256 has 31 bytes/);
    expect(reason(fields([, , , , , , , , , [['file:///x', 0, 0]]]))).toMatch(/mirror .*http/);
    expect(reason(fields([, , , , , , , , , [['http://h/', 0]]]))).toMatch(/3 elements/);
    expect(reason(fields([, , , , , , , , , new Array(65).fill(['http://h/', 0, 0])]))).toMatch(
      /65/,
    );
    expect(reason(fields([, , , , , , , , , , [d.sha256]]))).toMatch(/signature lacks/);
    expect(() => encodeDescriptor({ ...d, name: 'a/b' })).toThrow(UsageError);
    expect(() => encodeDescriptor({ ...d, windowRoots: d.sha256.subarray(1) })).toThrow(
      /windowRoots/,
    );
  });

  it('is checked against the id that was asked for', () => {
    const { descriptor: d } = sample(1000);
    const bytes = encodeDescriptor(d);
    expect(openDescriptor(bytes, contentId(d, sha256), sha256)).toEqual(d);
    expect(() => openDescriptor(bytes, d.sha256, sha256)).toThrow(CorruptError);
  });

  it('fits its limit with 65,536 blocks', () => {
    const blockCount = 65_536;
    const roots = new Uint8Array(32 * blockCount);
    const { descriptor: d } = sample(0);
    const length = 2 ** 40;
    const large = {
      ...d,
      length,
      symbolBytes: 16_384,
      blockCount,
      sourceRoots: roots,
      windowRoots: roots,
    };
    const url = `https://h/${'x'.repeat(2038)}`;
    const mirrors = new Array(64).fill({ url, pricePerGbMicros: 1e15, pricePerSecondMicros: 1e15 });
    const bytes = encodeDescriptor({ ...large, mirrors });
    expect(bytes.length).toBeLessThanOrEqual(DESCRIPTOR_BYTES_MAX);
    expect(decodeDescriptor(bytes).mirrors.length).toBe(64);
  });

  it('is shown as JSON for every length around the edges', () => {
    for (const length of edgeLengths(64, 4)) {
      const { descriptor: d, layout } = sample(length, { symbolBytes: 64, blockBytes: 256 });
      const json = describeJson(d, sha256);
      expect(json.contentId).toBe(toHex(contentId(d, sha256)));
      expect(json.blocks.length).toBe(layout.blockCount);
      expect(json.blocks.reduce((sum, b) => sum + b.bytes, 0)).toBe(length);
      expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      expect(layoutOf(decodeDescriptor(encodeDescriptor(d)))).toEqual(layout);
    }
  });
});

describe('signatures', () => {
  it('are made and checked with PEM and raw keys', () => {
    const { descriptor: d } = sample(1000);
    const pem = generatePrivateKey();
    const key = parsePrivateKey(pem);
    const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
    const publicHex = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    // RFC 8032, 7.1, test 1.
    expect(toHex(publicKeyOf(parsePrivateKey(`${seed}\n`)))).toBe(publicHex);
    for (const k of [key, parsePrivateKey(seed)]) {
      const signed = decodeDescriptor(encodeDescriptor(signDescriptor(d, k)));
      expect(contentId(signed, sha256)).toEqual(contentId(d, sha256));
      expect(checkSignature(signed)).toBe('valid');
      expect(checkSignature(signed, publicKeyOf(k))).toBe('valid');
      expect(checkSignature(signed, new Uint8Array(32))).toBe('invalid');
      expect(checkSignature({ ...signed, name: 'other' })).toBe('invalid');
      const { signature } = signed;
      if (signature === undefined) throw new Error('not signed');
      const forged = { ...signature, signature: signature.signature.map((b) => b ^ 1) };
      expect(checkSignature({ ...signed, signature: forged })).toBe('invalid');
      const noKey = { ...signature, publicKey: new Uint8Array(32).fill(255) };
      expect(checkSignature({ ...signed, signature: noKey })).toBe('invalid');
    }
    expect(checkSignature(d)).toBe('unsigned');
    expect(toHex(parsePublicKey(publicHex))).toBe(publicHex);
    expect(parsePublicKey(pem)).toEqual(publicKeyOf(key));
    expect(() => parsePrivateKey('nonsense')).toThrow(UsageError);
    expect(() => parsePublicKey('')).toThrow(UsageError);
  });
});
