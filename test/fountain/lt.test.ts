// LT codes: blocks are decoded, as soon as a slow twin can.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, Rng } from '../../src/base/index.ts';
import type { LtCode } from '../../src/fountain/index.ts';
import {
  designedDegrees,
  ESI_MAX,
  fixedDegree,
  LT_SYMBOLS_MAX,
  LtDecoder,
  LtEncoder,
  ltOverhead,
  robustSoliton,
} from '../../src/fountain/index.ts';
import { LtRows } from '../../src/fountain/lt/rows.ts';
import { Substitution } from '../../src/fountain/substitution.ts';
import { randomBytes, Rank } from './helpers.ts';

/** The symbols that sums give by substitution: looks at all sums again until none gives another. */
function slowSubstitution(sums: readonly (readonly number[])[]): Set<number> {
  const known = new Set<number>();
  for (let before = -1; before < known.size;) {
    before = known.size;
    for (const sum of sums) {
      const unknown = sum.filter((symbol) => !known.has(symbol));
      if (unknown.length === 1) known.add(unknown[0]!);
    }
  }
  return known;
}

describe('substitution', () => {
  it('gives what its slow twin gives, each symbol once and from a sum whose others are known', () => {
    const sums = fc.array(fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 5 }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(sums, (list) => {
        const substitution = new Substitution(12);
        const known = new Set<number>();
        const numbered: number[][] = [];
        list.forEach((sum, n) => {
          const isNew = sum.some((symbol) => !known.has(symbol));
          if (isNew) numbered.push(sum);
          const added = substitution.add(sum, (symbol, by) => {
            expect(known.has(symbol)).toBe(false);
            expect(numbered[by]).toContain(symbol);
            for (const other of numbered[by]!) {
              if (other !== symbol) expect(known.has(other)).toBe(true);
            }
            known.add(symbol);
          });
          expect(added).toBe(isNew);
          expect(substitution.sumCount).toBe(numbered.length);
          expect(known).toEqual(slowSubstitution(list.slice(0, n + 1)));
          expect(substitution.knownCount).toBe(known.size);
        });
        for (let symbol = 0; symbol < 12; symbol++) {
          expect(substitution.isKnown(symbol)).toBe(known.has(symbol));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the constituents of an encoding symbol', () => {
  it('are different source symbols, as many as the distribution says, and the same every time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(ESI_MAX), (k, seed, esi) => {
        const degrees = designedDegrees(k);
        const constituents = new LtRows(k, { degrees, seed }).constituents(esi);
        expect(degrees.degrees).toContain(constituents.length);
        expect(new Set(constituents).size).toBe(constituents.length);
        for (const symbol of constituents) {
          expect(symbol).toBeGreaterThanOrEqual(0);
          expect(symbol).toBeLessThan(k);
        }
        expect(new LtRows(k, { degrees, seed }).constituents(esi)).toEqual(constituents);
      }),
      { numRuns: 100 },
    );
  });

  it('are all of them at the largest degree', () => {
    const rows = new LtRows(40, { degrees: fixedDegree(40), seed: 1 });
    expect(rows.constituents(9).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  // Floyd's sample: each symbol is as probable as any other, whatever its place.
  it('are uniform', () => {
    const rows = new LtRows(10, { degrees: fixedDegree(4), seed: 5 });
    const counts = new Array<number>(10).fill(0);
    for (let esi = 0; esi < 10_000; esi++) for (const s of rows.constituents(esi)) counts[s]!++;
    // 4000 each, with a standard deviation of 49.
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(250);
  });

  // A generator that is linear over GF(2) would end at a rank of 32 or 64.
  it('are of full rank', () => {
    const k = 200;
    const rows = new LtRows(k, { degrees: fixedDegree(7), seed: 3 });
    const rank = new Rank();
    for (let esi = 0; esi < k + 20; esi++) {
      const vector = new Uint8Array(k);
      for (const symbol of rows.constituents(esi)) vector[symbol] = 1;
      rank.add(vector);
    }
    expect(rank.value).toBe(k);
  });

  it('depend on the seed', () => {
    const of = (seed: number): number[] =>
      new LtRows(1000, { degrees: fixedDegree(8), seed }).constituents(0);
    expect(of(1)).not.toEqual(of(2));
    expect(of(0xffffffff)).not.toEqual(of(0));
  });
});

describe('an LT code', () => {
  const distributions = [designedDegrees, (k: number) => robustSoliton(k, 0.1, 0.5)];

  it('gives the block back exactly when substitution does, and never before the rank suffices', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        fc.constantFrom(...distributions),
        (K, T, seed, distribution) => {
          const rng = new Rng(seed);
          // The last symbol may be short.
          const source = randomBytes(seed, K * T - rng.below(T));
          const code: LtCode = { degrees: distribution(K), seed: rng.uint32() };
          const encoder = new LtEncoder(source, T, code);
          const decoder = new LtDecoder(K, T, code);
          const rows = new LtRows(K, code);
          expect(encoder.sourceSymbols).toBe(K);
          const padded = new Uint8Array(K * T);
          padded.set(source);
          const sums: number[][] = [];
          const rank = new Rank();
          for (let n = 0; n < 12 * K + 60 && decoder.missing > 0; n++) {
            // Few ESIs, so that duplicates abound.
            const esi = rng.below(6 * K + 30);
            const bytes = encoder.symbol(esi);
            const before = decoder.missing;
            const isNew = decoder.add(esi, bytes);
            bytes.fill(255);
            sums.push(rows.constituents(esi));
            const vector = new Uint8Array(K);
            for (const symbol of sums.at(-1)!) vector[symbol] = 1;
            rank.add(vector);
            expect(decoder.missing).toBe(K - slowSubstitution(sums).size);
            expect(rank.value).toBeGreaterThanOrEqual(K - decoder.missing);
            if (!isNew) expect(decoder.missing).toBe(before);
            if (decoder.missing === 0) expect(decoder.decode()).toEqual(padded);
            else expect(decoder.decode()).toBeUndefined();
          }
          expect(decoder.add(0, new Uint8Array(T))).toBe(decoder.missing > 0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('decodes a block of 1000 symbols of 1400 bytes', () => {
    const [K, T] = [1000, 1400];
    const source = randomBytes(7, K * T);
    const code = { degrees: designedDegrees(K), seed: 7 };
    const encoder = new LtEncoder(source, T, code);
    const decoder = new LtDecoder(K, T, code);
    let esi = 0;
    while (decoder.missing > 0 && esi < 3 * K) decoder.add(esi, encoder.symbol(esi++));
    expect(equalBytes(decoder.decode()!, source)).toBe(true);
    expect(esi / K - 1).toBe(ltOverhead(K, code.degrees, code.seed));
  });

  it('holds a bounded number of symbols that wait, and takes those that need not', () => {
    const K = 10;
    // Without a symbol of degree 1 nothing is ever decoded.
    const stuck = new LtDecoder(K, 1, { degrees: fixedDegree(2), seed: 1 });
    const bytes = Uint8Array.of(0);
    for (let esi = 0; esi < 2 * K + 1000; esi++) expect(stuck.add(esi, bytes)).toBe(true);
    expect(stuck.add(5000, bytes)).toBe(false);
    expect(stuck.missing).toBe(K);

    const long = new LtDecoder(1000, 1, { degrees: fixedDegree(1000), seed: 1 });
    let taken = 0;
    while (long.add(taken, bytes)) taken++;
    expect(taken).toBe(128);
  });

  it('takes a symbol with one unknown constituent however many wait', () => {
    const K = 10;
    const code = { degrees: robustSoliton(K, 0.1, 0.5), seed: 1 };
    const encoder = new LtEncoder(randomBytes(1, K), 1, code);
    const decoder = new LtDecoder(K, 1, code);
    const rows = new LtRows(K, code);
    const esis = Array.from({ length: 5000 }, (_, esi) => esi);
    const isLong = (esi: number): boolean => rows.constituents(esi).length > 1;
    for (const esi of esis.filter(isLong)) decoder.add(esi, encoder.symbol(esi));
    expect(decoder.missing).toBe(K);
    for (const esi of esis.filter((n) => !isLong(n))) decoder.add(esi, encoder.symbol(esi));
    expect(decoder.decode()).toEqual(randomBytes(1, K));
  });

  it('refuses arguments out of range, by name', () => {
    const code = { degrees: fixedDegree(2), seed: 1 };
    const bytes = new Uint8Array(8);
    for (const value of [0, -1, 0.5, NaN, Infinity, 65_537]) {
      expect(() => new LtEncoder(bytes, value, code)).toThrow(/symbolBytes/);
      expect(() => new LtDecoder(4, value, code)).toThrow(/symbolBytes/);
      expect(() => new LtDecoder(value, 2, code)).toThrow(RangeError);
      expect(() => new LtDecoder(value, 2, code)).toThrow(/sourceSymbols/);
      expect(() => ltOverhead(value, code.degrees, 1)).toThrow(/sourceSymbols/);
      expect(() => designedDegrees(value)).toThrow(/k /);
      expect(() => robustSoliton(value, 0.1, 0.5)).toThrow(/k /);
    }
    expect(() => new LtEncoder(bytes.subarray(8), 2, code)).toThrow(/source\.length/);
    expect(() => new LtEncoder(new Uint8Array(LT_SYMBOLS_MAX + 1), 1, code)).toThrow(
      /source\.length/,
    );
    expect(() => new LtDecoder(1, 2, code)).toThrow(/degrees/);
    for (const seed of [-1, 0.5, NaN, 2 ** 32]) {
      expect(() => new LtDecoder(4, 2, { ...code, seed })).toThrow(/seed/);
    }
    for (const c of [0, -1, NaN, Infinity]) expect(() => robustSoliton(9, c, 0.5)).toThrow(/c /);
    for (const delta of [0, 1, -1, NaN])
      expect(() => robustSoliton(9, 0.1, delta)).toThrow(/delta/);
    const encoder = new LtEncoder(bytes, 2, code);
    const decoder = new LtDecoder(4, 2, code);
    for (const esi of [-1, ESI_MAX + 1, 0.5, NaN]) {
      expect(() => encoder.symbol(esi)).toThrow(/esi/);
      expect(() => decoder.add(esi, bytes.subarray(6))).toThrow(/esi/);
    }
    expect(() => decoder.add(0, bytes)).toThrow(/bytes\.length/);
    expect(decoder.add(ESI_MAX, bytes.subarray(6))).toBe(true);
  });
});
