// Every vector of protocol/vectors/rfc6330.json: what other implementations computed from RFC 6330.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  blockSymbols,
  encodeOti,
  parseOti,
  partition,
  placeBlock,
  RaptorQDecoder,
  RaptorQEncoder,
  sourceBlock,
} from '../../src/fountain/index.ts';
import { patternBytes } from './helpers.ts';

interface BlockCase {
  K: number;
  T: number;
  symbols: { esi: number; sha256: string; first8: string }[];
}
interface ObjectCase {
  F: number;
  T: number;
  Z: number;
  N: number;
  Al: number;
  oti_hex: string;
  K_per_block: number[];
  symbols: { sbn: number; esi: number; sha256: string }[];
}
interface DerivedOti {
  F: number;
  T: number;
  Z: number;
  N: number;
  Al: number;
  oti_hex: string;
}
const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/rfc6330.json', import.meta.url), 'utf8'),
) as {
  blocks: BlockCase[];
  objects: ObjectCase[];
  derived_oti_cberner_only_WS_10MiB: DerivedOti[];
};

/** Not in the file: N = 3 does not divide T/Al = 25. */
const UNEVEN: ObjectCase = {
  F: 10007,
  T: 100,
  Z: 2,
  N: 3,
  Al: 4,
  oti_hex: '000000271700006402000304',
  K_per_block: [51, 50],
  symbols: [
    {
      sbn: 0,
      esi: 51,
      sha256: 'fa9402aeeea988d2ef9387afbae53c31919aa700ad0dcf73327a43ffb2c541cc',
    },
  ],
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('source blocks', () => {
  it.each(vectors.blocks)('K = $K, T = $T', ({ K, T, symbols }) => {
    const encoder = new RaptorQEncoder(patternBytes(K * T), T);
    expect(encoder.sourceSymbols).toBe(K);
    for (const { esi, first8, sha256: digest } of symbols) {
      const symbol = encoder.symbol(esi);
      expect(hex(symbol.subarray(0, 8)), `esi ${esi}`).toBe(first8);
      expect(sha256(symbol), `esi ${esi}`).toBe(digest);
    }
  });
});

describe('objects', () => {
  it.each([...vectors.objects, UNEVEN])('F = $F, T = $T, Z = $Z, N = $N, Al = $Al', (object) => {
    const { F, T, Z, N, Al } = object;
    const p = partition(F, { symbolBytes: T, blockCount: Z, subBlocks: N, alignment: Al });
    expect(hex(encodeOti(p))).toBe(object.oti_hex);
    expect(parseOti(encodeOti(p))).toEqual(p);
    const sizes = Array.from({ length: Z }, (_, sbn) => blockSymbols(p, sbn));
    expect(sizes).toEqual(object.K_per_block);

    const bytes = patternBytes(F);
    const encoders = sizes.map((_, sbn) => new RaptorQEncoder(sourceBlock(bytes, p, sbn), T));
    for (const { sbn, esi, sha256: digest } of object.symbols) {
      expect(sha256(encoders[sbn]!.symbol(esi)), `sbn ${sbn} esi ${esi}`).toBe(digest);
    }

    const restored = new Uint8Array(F);
    sizes.forEach((K, sbn) => {
      const decoder = new RaptorQDecoder(K, T);
      for (let i = 0; decoder.decode() === undefined; i++) {
        decoder.add(K + 3 + i, encoders[sbn]!.symbol(K + 3 + i));
      }
      placeBlock(restored, p, sbn, decoder.decode()!);
    });
    expect(sha256(restored)).toBe(sha256(bytes));
  });

  it.each(vectors.derived_oti_cberner_only_WS_10MiB)('OTI of F = $F, T = $T', (object) => {
    const { F, T, Z, N, Al } = object;
    const p = partition(F, { symbolBytes: T, blockCount: Z, subBlocks: N, alignment: Al });
    expect(hex(encodeOti(p))).toBe(object.oti_hex);
    expect(parseOti(Buffer.from(object.oti_hex, 'hex'))).toEqual(p);
  });
});
