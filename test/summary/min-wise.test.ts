import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import {
  decodeMinWise,
  encodeMinWise,
  estimateContainment,
  estimateResemblance,
  MinWiseSketch,
} from '../../src/summary/index.ts';
import { bitsetOf, rangeAndIds } from './helpers.ts';

const RANGE = 400_000;

/** Two sets of n ids each that share a fraction c, scattered by a stride that is prime to the range. */
function pair(n: number, c: number, seed: number): { local: MinWiseSketch; remote: MinWiseSketch } {
  const local = new MinWiseSketch(seed);
  const remote = new MinWiseSketch(seed);
  const shared = Math.round(c * n);
  const idOf = (i: number): number => (i * 7919 + seed * 31) % RANGE;
  for (let i = 0; i < n; i++) remote.add(idOf(i));
  for (let i = n - shared; i < 2 * n - shared; i++) local.add(idOf(i));
  return { local, remote };
}

function rmse(
  n: number,
  c: number,
  trials: number,
  valueBits: 4 | 8,
): { rmse: number; sigma: number } {
  let squares = 0;
  let sigma = 0;
  for (let t = 0; t < trials; t++) {
    const { local, remote } = pair(n, c, 1000 + t);
    const heard = decodeMinWise(encodeMinWise(remote, valueBits), 0, RANGE)!;
    const estimate = estimateContainment(local, heard);
    squares += (estimate.value - c) ** 2;
    sigma += estimate.standardError / trials;
  }
  return { rmse: Math.sqrt(squares / trials), sigma };
}

describe('min-wise estimates', () => {
  // Measured before: .013 .016 .019 .011 .009 for 1,024 bins of 8 bits and 12,000 ids each.
  it.each([
    [0.1, 0.013],
    [0.25, 0.017],
    [0.5, 0.018],
    [0.75, 0.013],
    [0.9, 0.008],
  ])('have the error of the theory at c = %f', (c, theory) => {
    const measured = rmse(12_000, c, 100, 8);
    // An RMSE of 100 trials has a standard error of 7 %.
    expect(measured.rmse).toBeLessThan(theory * 1.3);
    expect(measured.rmse).toBeGreaterThan(theory * 0.65);
    expect(Math.abs(measured.sigma / theory - 1)).toBeLessThan(0.15);
  });

  it.each([
    [5, 0.1],
    [20, 0.035],
    [50, 0.03],
    [200, 0.03],
    [1000, 0.03],
  ])('work for small sets: n = %i', (n, limit) => {
    expect(rmse(n, Math.round(n / 2) / n, 60, 8).rmse).toBeLessThan(limit);
  });

  it('are rougher, not biased, with 4 bits', () => {
    const measured = rmse(12_000, 0.5, 60, 4);
    expect(measured.rmse).toBeLessThan(0.03);
  });

  it('tell equal and disjoint sets', () => {
    const same = pair(5000, 1, 3);
    const heard = decodeMinWise(encodeMinWise(same.remote), 0, RANGE)!;
    expect(estimateResemblance(same.local, heard)).toEqual({ value: 1, standardError: 0 });
    expect(estimateContainment(same.local, heard).value).toBe(1);
    const none = pair(5000, 0, 3);
    const other = decodeMinWise(encodeMinWise(none.remote), 0, RANGE)!;
    expect(estimateContainment(none.local, other).value).toBeLessThan(0.02);
  });

  it('follow the sizes: a small receiver cannot contain a large sender', () => {
    const local = new MinWiseSketch(1);
    const remote = new MinWiseSketch(1);
    for (let id = 0; id < 20_000; id++) remote.add(id);
    for (let id = 0; id < 5000; id++) local.add(id);
    const heard = decodeMinWise(encodeMinWise(remote), 0, RANGE)!;
    const { value, standardError } = estimateContainment(local, heard);
    expect(Math.abs(value - 0.25)).toBeLessThan(5 * standardError);
    expect(value).toBeLessThanOrEqual(0.25);
  });

  it('know the empty set', () => {
    const empty = new MinWiseSketch(1);
    const one = MinWiseSketch.of(bitsetOf(10, [3]), 0, 10, 1);
    const heard = (s: MinWiseSketch) => decodeMinWise(encodeMinWise(s), 0, 10)!;
    expect(encodeMinWise(empty).length).toBe(10);
    expect(estimateResemblance(empty, heard(empty)).value).toBe(1);
    expect(estimateContainment(empty, heard(one)).value).toBe(0);
    expect(estimateContainment(one, heard(empty)).value).toBe(1);
    expect(estimateContainment(one, heard(one)).value).toBe(1);
  });

  it('refuse to compare other seeds or sizes', () => {
    const a = new MinWiseSketch(1);
    const other = decodeMinWise(encodeMinWise(new MinWiseSketch(2)), 0, 10)!;
    const small = decodeMinWise(encodeMinWise(new MinWiseSketch(1, 6)), 0, 10)!;
    expect(() => estimateResemblance(a, other)).toThrow(UsageError);
    expect(() => estimateContainment(a, small)).toThrow(UsageError);
    expect(() => a.merge(new MinWiseSketch(2))).toThrow(UsageError);
    expect(() => new MinWiseSketch(1, 5)).toThrow(UsageError);
    expect(() => new MinWiseSketch(1, 13)).toThrow(UsageError);
  });
});

describe('MinWiseSketch', () => {
  it('does not depend on the order, and merging is the union', () => {
    fc.assert(
      fc.property(rangeAndIds, fc.nat(0xffffffff), ({ ids }, seed) => {
        const all = [...ids];
        const whole = MinWiseSketch.of(bitsetOf(1000, all), 0, 1000, seed, 7);
        const left = new MinWiseSketch(seed, 7);
        const right = new MinWiseSketch(seed, 7);
        for (const id of [...all].reverse()) if (id % 3 !== 0) left.add(id);
        for (const id of all) if (id % 3 !== 1) right.add(id);
        left.merge(right, all.filter((id) => id % 3 === 2).length);
        expect(left.count).toBe(all.length);
        expect(left.bins(8)).toEqual(whole.bins(8));
      }),
    );
  });

  it('fills the most bins from a single id, quickly', () => {
    const start = performance.now();
    const sketch = MinWiseSketch.of(bitsetOf(100, [42]), 0, 100, 5, 12);
    expect(new Set(sketch.bins(8)).size).toBe(1);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe('min-wise bodies', () => {
  it('return what was sent', () => {
    fc.assert(
      fc.property(
        rangeAndIds,
        fc.nat(0xffffffff),
        fc.integer({ min: 6, max: 12 }),
        fc.constantFrom(4 as const, 8 as const),
        ({ from, to, ids }, seed, binBits, valueBits) => {
          const sketch = MinWiseSketch.of(bitsetOf(1000, ids), from, to, seed, binBits);
          const heard = decodeMinWise(encodeMinWise(sketch, valueBits), from, to)!;
          expect(heard).toMatchObject({ kind: 'min-wise', seed, binBits, valueBits });
          expect(heard.count).toBe(sketch.count);
          expect(heard.bins).toEqual(
            sketch.count === 0 ? new Uint8Array(0) : sketch.bins(valueBits),
          );
        },
      ),
    );
  });

  it('are 1 KB by default', () => {
    expect(encodeMinWise(MinWiseSketch.of(bitsetOf(9, [1]), 0, 9, 1)).length).toBe(10 + 1024);
    expect(() => encodeMinWise(new MinWiseSketch(1), 5 as 4)).toThrow(UsageError);
  });
});
