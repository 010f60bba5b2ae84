// Recoded symbols in the decoder: XORs of encoding symbols of one block.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { ESI_MAX, RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import { CONSTITUENTS_MAX, RECODED_MAX } from '../../src/fountain/raptorq/recoded.ts';
import { slowKernel } from '../kernel/slow-kernel.ts';
import {
  KERNELS,
  patternBytes,
  randomBytes,
  Rank,
  spyKernel,
  unitEncoder,
  xorOf,
} from './helpers.ts';

/** `count` different numbers of a list. */
function pick(rng: Rng, list: readonly number[], count: number): number[] {
  return rng.shuffle([...list]).slice(0, count);
}

describe.each([slowKernel, ...KERNELS])('on the $name kernel', (kernel) => {
  it('a block is decoded as soon as the rank suffices, and not before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (K, T, seed) => {
          const rng = new Rng(seed);
          const source = randomBytes(seed, K * T);
          const encoder = new RaptorQEncoder(source, T);
          const units = unitEncoder(K);
          const rank = new Rank();
          const decoder = new RaptorQDecoder(K, T, { kernel });
          const sourceOnly = rng.below(4) === 0;
          // Few ids, so that duplicates and constituents that are held abound.
          const pool = Array.from({ length: sourceOnly ? K : 2 * K + 3 }, (_, esi) => esi);
          for (let n = 0; n < 6 * K + 20 && rank.value < K; n++) {
            const esis = pick(rng, pool, rng.below(2) === 0 ? 1 : 1 + rng.below(5));
            const bytes = xorOf(encoder, esis);
            if (esis.length === 1) decoder.add(esis[0]!, bytes);
            else decoder.addRecoded(esis, bytes);
            rank.add(xorOf(units, esis));
            const lacking = K - rank.value;
            const before = decoder.missing;
            expect(before).toBeLessThanOrEqual(lacking);
            const block = decoder.decode();
            if (lacking === 0) {
              expect(block).toEqual(source);
            } else {
              expect(block).toBeUndefined();
              // After a failed attempt the number is exact.
              expect(decoder.missing).toBe(before === 0 ? lacking : before);
            }
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});

/** Symbols beyond K that it took to decode a block; `next` makes them. */
function extraSymbols(K: number, seed: number, next: (rng: Rng) => number[]): number {
  const rng = new Rng(seed);
  const T = 4;
  const source = randomBytes(seed, K * T);
  const encoder = new RaptorQEncoder(source, T);
  const decoder = new RaptorQDecoder(K, T);
  let received = 0;
  for (; decoder.decode() === undefined; received++) {
    const esis = next(rng);
    decoder.addRecoded(esis, xorOf(encoder, esis));
  }
  expect(decoder.decode(), `K ${K} seed ${seed}`).toEqual(source);
  return received - K;
}

describe('how many symbols it takes', () => {
  const fresh = (K: number, rng: Rng): number => K + rng.below(ESI_MAX + 1 - K);

  // The reference has 2976 to 2990 of 3000 blocks without any symbol more, and none beyond + 2.
  it.each([2, 3, 8])('XORs of %i fresh repair symbols are as good as plain ones', (degree) => {
    const K = 100;
    const extra = Array.from({ length: 60 }, (_, seed) =>
      extraSymbols(K, seed, (rng) => Array.from({ length: degree }, () => fresh(K, rng))),
    );
    expect(extra.filter((n) => n === 0).length).toBeGreaterThanOrEqual(57);
    expect(Math.max(...extra)).toBeLessThanOrEqual(2);
  });

  it('half plain, half recoded', () => {
    const K = 100;
    const extra = Array.from({ length: 40 }, (_, seed) =>
      extraSymbols(K, seed, (rng) =>
        Array.from({ length: rng.below(2) === 0 ? 1 : 4 }, () => fresh(K, rng)),
      ),
    );
    expect(extra.filter((n) => n === 0).length).toBeGreaterThanOrEqual(37);
  });

  // The reference: 1271, 1037, 455, 174, 49, 11, 3 of 3000 blocks took 0, 1, 2, … more; a mean of 0.91.
  it('XORs of 1 to 8 symbols from a pool of 1.1 K', () => {
    const K = 100;
    const trials = 100;
    let sum = 0;
    for (let seed = 0; seed < trials; seed++) {
      let pool: number[] | undefined;
      const extra = extraSymbols(K, seed, (rng) => {
        pool ??= Array.from({ length: 110 }, () => fresh(K, rng));
        return pick(rng, pool, 1 + rng.below(8));
      });
      expect(extra, `seed ${seed}`).toBeLessThanOrEqual(10);
      sum += extra;
    }
    expect(sum / trials).toBeGreaterThan(0.5);
    expect(sum / trials).toBeLessThan(1.5);
  });
});

describe('addRecoded', () => {
  const K = 40;
  const T = 11;
  const source = patternBytes(K * T);
  const encoder = new RaptorQEncoder(source, T);

  it('takes what is held out of a symbol', () => {
    const decoder = new RaptorQDecoder(K, T);
    const add = (...esis: number[]): boolean => decoder.addRecoded(esis, xorOf(encoder, esis));
    expect(add(3)).toBe(true);
    expect(add(77)).toBe(true);
    // One is unknown: it is that symbol.
    expect(add(3, 77, 4)).toBe(true);
    expect(decoder.add(4, encoder.symbol(4))).toBe(false);
    expect(add(4, 100)).toBe(true);
    expect(decoder.add(100, encoder.symbol(100))).toBe(false);
    // None is unknown.
    expect(add(4, 100, 3)).toBe(false);
    expect(decoder.missing).toBe(K - 4);
    // The same is unknown.
    expect(add(5, 6, 3)).toBe(true);
    expect(add(6, 5)).toBe(false);
    expect(add(77, 5, 6, 4)).toBe(false);
    expect(decoder.missing).toBe(K - 5);
    // A symbol of which all but one came since is that symbol, whether it is added again or not.
    decoder.add(6, encoder.symbol(6));
    for (let esi = 7; esi < K; esi++) decoder.add(esi, encoder.symbol(esi));
    for (let esi = 200; decoder.decode() === undefined; esi++)
      decoder.add(esi, encoder.symbol(esi));
    expect(decoder.decode()).toEqual(source);
    expect(add(300, 301)).toBe(false);
  });

  it('peels chains of symbols', () => {
    const decoder = new RaptorQDecoder(K, T);
    for (let esi = 0; esi + 1 < K; esi++) {
      decoder.addRecoded([esi + 1, esi], xorOf(encoder, [esi, esi + 1]));
    }
    expect(decoder.missing).toBe(1);
    decoder.add(17, encoder.symbol(17));
    expect(decoder.decode()).toEqual(source);
    expect(decoder.repaired.length).toBe(K - 1);
  });

  it('never completes from source symbols of even degree, without growing', () => {
    const kernel = spyKernel();
    const decoder = new RaptorQDecoder(K, T, { kernel });
    const rng = new Rng(1);
    for (let n = 0; n < 1500; n++) {
      const pair = pick(
        rng,
        Array.from({ length: K }, (_, esi) => esi),
        2,
      );
      decoder.addRecoded(pair, xorOf(encoder, pair));
      expect(decoder.decode()).toBeUndefined();
      expect(decoder.missing).toBeGreaterThan(0);
    }
    expect(decoder.missing).toBe(1);
    expect(kernel.allocated.length).toBe(1);
    // A symbol of odd degree is all that lacks.
    decoder.addRecoded([1, 2, 3], xorOf(encoder, [1, 2, 3]));
    expect(decoder.decode()).toEqual(source);
  });

  it('holds a bounded number of them', () => {
    const large = new RaptorQDecoder(2 * RECODED_MAX, 1);
    const bytes = Uint8Array.of(0);
    for (let n = 0; n < RECODED_MAX; n++) expect(large.addRecoded([n, n + 1], bytes)).toBe(true);
    expect(large.addRecoded([RECODED_MAX, RECODED_MAX + 1], bytes)).toBe(false);
    expect(large.missing).toBe(RECODED_MAX);
    expect(large.add(0, bytes)).toBe(true);
  });

  it('takes a copy', () => {
    const decoder = new RaptorQDecoder(2, T);
    const esis = [5, 6];
    const pair = new RaptorQEncoder(source.slice(0, 2 * T), T);
    const bytes = xorOf(pair, esis);
    decoder.addRecoded(esis, bytes);
    esis[0] = 9;
    bytes.fill(0);
    for (let esi = 20; decoder.decode() === undefined; esi++) decoder.add(esi, pair.symbol(esi));
    expect(decoder.decode()).toEqual(source.slice(0, 2 * T));
  });

  it('refuses arguments out of range, by name', () => {
    const decoder = new RaptorQDecoder(K, T);
    const bytes = new Uint8Array(T);
    const many = Array.from({ length: CONSTITUENTS_MAX + 1 }, (_, esi) => esi);
    expect(() => decoder.addRecoded([], bytes)).toThrow(RangeError);
    expect(() => decoder.addRecoded([], bytes)).toThrow(/esis/);
    expect(() => decoder.addRecoded(many, bytes)).toThrow(/esis\.length/);
    for (const esi of [-1, ESI_MAX + 1, 0.5, NaN]) {
      expect(() => decoder.addRecoded([1, esi], bytes)).toThrow(/esis\[1\]/);
    }
    expect(() => decoder.addRecoded([7, 8, 7], bytes)).toThrow(RangeError);
    expect(() => decoder.addRecoded([7, 8, 7], bytes)).toThrow(/esis/);
    expect(() => decoder.addRecoded([7, 8], bytes.subarray(1))).toThrow(/bytes\.length/);
    expect(decoder.missing).toBe(K);
    expect(decoder.addRecoded(many.slice(1), bytes)).toBe(true);
  });
});

it('equations that depend on held symbols in any number are no obstacle', () => {
  const K = 200;
  const T = 4;
  for (let seed = 0; seed < 120; seed++) {
    const rng = new Rng(seed);
    const source = randomBytes(seed, K * T);
    const encoder = new RaptorQEncoder(source, T);
    const decoder = new RaptorQDecoder(K, T);
    const sources = Array.from({ length: K }, (_, i) => i);
    for (const esi of pick(rng, sources, rng.below(180))) decoder.add(esi, encoder.symbol(esi));
    for (let n = rng.below(60); n > 0; n--) {
      const esi = K + rng.below(100);
      decoder.add(esi, encoder.symbol(esi));
    }
    // Up to 1.5 sums for each source symbol, of few symbols: many say the same.
    const pool = Array.from({ length: K + rng.below(150) }, (_, i) => i);
    const degree = 2 + rng.below(4);
    for (let n = 20 + rng.below(300); n > 0; n--) {
      const esis = pick(rng, pool, degree);
      decoder.addRecoded(esis, xorOf(encoder, esis));
    }
    const block = decoder.decode();
    if (block === undefined) expect(decoder.missing, `seed ${seed}`).toBeGreaterThan(0);
    else expect(block, `seed ${seed}`).toEqual(source);
  }
});
