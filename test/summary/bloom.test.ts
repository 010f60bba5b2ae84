import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset, UsageError } from '../../src/base/index.ts';
import {
  bloomFault,
  bloomProbes,
  bloomRate,
  decodeBloom,
  encodeBloom,
  IdBloomFilter,
  SUMMARY_BODY_BYTES_MAX,
} from '../../src/summary/index.ts';
import { bitsetOf, rangeAndIds, rngOf, sample } from './helpers.ts';

// Filters of this size hold 50,000 ids, so 300,000 others give a rate with a relative error of 1–2 %.
const HELD = 50_000;

function filled(
  bitsPerId: number,
  probes: number,
  salt: number,
  ids: Iterable<number>,
): IdBloomFilter {
  const filter = new IdBloomFilter(HELD * bitsPerId, probes, salt);
  for (const id of ids) filter.add(id);
  return filter;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

function positivesIn(filter: IdBloomFilter, from: number, to: number): number {
  let positives = 0;
  for (let id = from; id < to; id++) if (filter.has(id)) positives++;
  return positives;
}

describe('IdBloomFilter', () => {
  it('has k = 5 at 8 bits per id and k = 7 at 10', () => {
    expect(bloomProbes(8)).toBe(5);
    expect(bloomProbes(10)).toBe(7);
    expect(bloomRate(1, 8, 5)).toBeCloseTo(0.0217, 4);
    expect(bloomRate(1, 10, 7)).toBeCloseTo(0.0082, 4);
  });

  it.each([
    ['dense ids', (i: number) => i],
    ['every 64th id', (i: number) => i * 64],
    ['two lanes', (i: number) => (i % 2) * 2 ** 20 + (i >>> 1)],
  ])('errs at the rate of the theory: %s', (_, idOf) => {
    for (const [bitsPerId, theory] of [
      [8, 0.0217],
      [10, 0.0082],
    ] as const) {
      const ids = new Set(range(0, HELD).map(idOf));
      const filter = filled(bitsPerId, bloomProbes(bitsPerId), 12345, ids);
      let positives = 0;
      for (const id of ids) if (!filter.has(id)) expect.fail(`${id} is missing`);
      for (let i = HELD; i < HELD + 300_000; i++) if (filter.has(idOf(i))) positives++;
      expect(positives / 300_000).toBeGreaterThan(theory * 0.93);
      expect(positives / 300_000).toBeLessThan(theory * 1.07);
      // The package's own rate() would say a third of it.
      expect(Math.abs(filter.rate() / theory - 1)).toBeLessThan(0.03);
    }
  });

  it('hides a symbol for u updates with probability ε^u, also with neighbouring seeds', () => {
    const ids = range(0, HELD);
    const others = range(HELD, 5 * HELD);
    for (const salts of [
      [1, 2, 3],
      [0x80000000, 0x80000001, 0x80000002],
      [7, 0x9e3779b1, 0xffffffff],
    ]) {
      let hidden = others;
      for (const [index, salt] of salts.entries()) {
        const filter = filled(8, 5, salt, ids);
        hidden = hidden.filter((id) => filter.has(id));
        const expected = others.length * 0.0217 ** (index + 1);
        const sigma = Math.sqrt(expected);
        expect(Math.abs(hidden.length - expected)).toBeLessThan(0.05 * expected + 4 * sigma);
      }
    }
  });

  it('gets storage and equality from the package', () => {
    const a = filled(8, 5, 1, [1, 2, 3]);
    const b = filled(8, 5, 1, [3, 2, 1]);
    expect(a.equals(b)).toBe(true);
    b.add(4);
    expect(a.equals(b)).toBe(false);
    expect(a.bits).toBe(8 * HELD);
    expect(a.probes).toBe(5);
    expect(a.bytes.length).toBe(HELD);
  });

  it('refuses sizes out of bounds', () => {
    for (const [bits, probes] of [
      [0, 1],
      [12, 1],
      [2 ** 21 + 8, 1],
      [64, 0],
      [64, 17],
      [64, 1.5],
      [NaN, 1],
    ] as const) {
      expect(() => new IdBloomFilter(bits, probes, 1)).toThrow(UsageError);
    }
  });
});

describe('Bloom summaries', () => {
  it('of any set and seed are believed and hide no member', () => {
    fc.assert(
      fc.property(
        rangeAndIds,
        fc.nat(0xffffffff),
        fc.constantFrom(undefined, 2, 4, 8, 10, 16, 40),
        ({ from, to, ids }, seed, bitsPerId) => {
          let wrong = 0;
          const options = bitsPerId === undefined ? { seed } : { seed, bitsPerId };
          const body = encodeBloom(bitsetOf(1000, ids), from, to, options);
          expect(bloomFault(body, from, to)).toBeUndefined();
          const summary = decodeBloom(body, from, to)!;
          let members = 0;
          for (let id = 0; id < 1000; id++) {
            const inside = id >= from && id < to;
            if (inside && ids.has(id)) {
              members++;
              if (!summary.has(id)) wrong++;
            }
            if (!inside && summary.has(id)) wrong++;
          }
          expect(wrong).toBe(0);
          expect(summary.count).toBe(members);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('of 2 bits for each of a few ids are believed, whatever the seed', () => {
    const bits = new Bitset(100);
    for (let id = 6; id < 46; id++) bits.add(id);
    for (const n of [2, 6, 9, 20, 40]) {
      for (let seed = 0; seed < 3000; seed++) {
        const body = encodeBloom(bits, 6, 6 + n, {
          seed: Math.imul(seed, 0x9e3779b1) >>> 0,
          bitsPerId: 2,
        });
        if (bloomFault(body, 6, 6 + n) !== undefined) expect.fail(`n = ${n}, seed ${seed}`);
      }
    }
  });

  // The tolerances must not refuse honest senders: every size, many seeds.
  it('of honest senders are never refused', () => {
    const rng = rngOf(99);
    const bits = new Bitset(4096);
    for (let n = 0; n <= 300; n++) {
      for (let i = 0; i < 30; i++) {
        const body = encodeBloom(bits, 0, 4096, { seed: rng.uint32() });
        if (bloomFault(body, 0, 4096) !== undefined) expect.fail(`n = ${n}`);
      }
      bits.add(n * 13);
    }
  });

  it('are 8 bits an id and 13 bytes', () => {
    const bits = bitsetOf(8192, sample(rngOf(3), 1000, 0, 8192));
    expect(encodeBloom(bits, 0, 8192, { seed: 1 }).length).toBe(1013);
    expect(encodeBloom(bits, 0, 8192, { seed: 1, bitsPerId: 10 }).length).toBe(1263);
  });

  it('of the largest window, nearly full, are believed', () => {
    const bits = new Bitset(225_612);
    bits.addRange(0, 225_611);
    const body = encodeBloom(bits, 0, 225_612, { seed: 1 });
    expect(bloomFault(body, 0, 225_612)).toBeUndefined();
    const more = new Bitset(491_512);
    more.addRange(0, 491_512);
    expect(() => encodeBloom(more, 0, 491_512, { seed: 1 })).toThrow(UsageError);
  });

  it('stay within a body where 8 bits an id would not', () => {
    const bits = new Bitset(200_000);
    bits.addRange(0, 200_000);
    bits.delete(77);
    const body = encodeBloom(bits, 0, 200_000, { seed: 1 });
    expect(body.length).toBe(SUMMARY_BODY_BYTES_MAX);
    expect(decodeBloom(body, 0, 200_000)?.has(78)).toBe(true);
  });

  it('starve nobody: saturated or empty filters are refused with a reason', () => {
    const body = encodeBloom(bitsetOf(8192, range(0, 1000)), 0, 8192, { seed: 1 });
    expect(bloomFault(body.slice().fill(255, 13), 0, 8192)).toBe('saturated');
    expect(bloomFault(body.slice().fill(0, 13), 0, 8192)).toBe('fill does not match the claim');
    expect(bloomFault(body.subarray(0, 500), 0, 8192)).toBe('length is not that of m');
  });

  it('refuses a bad option', () => {
    expect(() => encodeBloom(new Bitset(8), 0, 8, { seed: 1, bitsPerId: 1.9 })).toThrow(UsageError);
    expect(() => encodeBloom(new Bitset(8), 0, 9, { seed: 1 })).toThrow(UsageError);
  });

  it('a fresh seed hides other symbols', () => {
    const bits = bitsetOf(200_000, range(0, HELD));
    const a = decodeBloom(encodeBloom(bits, 0, 200_000, { seed: 10 }), 0, 200_000)!;
    const b = decodeBloom(encodeBloom(bits, 0, 200_000, { seed: 11 }), 0, 200_000)!;
    const inA = positivesIn(a.filter, HELD, 200_000);
    let both = 0;
    for (let id = HELD; id < 200_000; id++) if (a.has(id) && b.has(id)) both++;
    expect(both / inA).toBeLessThan(0.03);
  });
});
