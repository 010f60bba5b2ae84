// Distributions of degrees, and the degrees that follow from a containment by a formula.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEGREE_MAX,
  DegreeDistribution,
  fixedDegree,
  fullRankDegree,
  nearestDegree,
  optimalDegree,
  SOURCE_SYMBOLS_MAX,
  tailDegrees,
} from '../../src/fountain/index.ts';

describe('a distribution of degrees', () => {
  it('lists what occurs, in proportion to its weights', () => {
    const distribution = new DegreeDistribution([0, 1, 0, 2, 0, 1]);
    expect(distribution.degrees).toEqual([1, 3, 5]);
    expect(distribution.probabilities).toEqual([0.25, 0.5, 0.25]);
    expect(distribution.mean).toBe(3);
  });

  it('samples each degree as often as it is probable, as its slow twin does', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.nat(5), { minLength: 1, maxLength: 12 })
          .filter((list) => list.some((w) => w > 0)),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (list, u) => {
          const distribution = new DegreeDistribution([0, ...list]);
          let below = 0;
          let slow = distribution.degrees.at(-1);
          for (const [i, probability] of distribution.probabilities.entries()) {
            below += probability;
            if (u >= below) continue;
            slow = distribution.degrees[i];
            break;
          }
          expect(distribution.sample(u)).toBe(slow);
        },
      ),
    );
    const distribution = new DegreeDistribution([0, 1, 0, 2, 0, 1]);
    const sampled = Array.from({ length: 8 }, (_, i) => distribution.sample(i / 8));
    expect(sampled).toEqual([1, 1, 3, 3, 3, 3, 5, 5]);
  });

  it('gives a degree for numbers out of range too', () => {
    const distribution = new DegreeDistribution([0, 1, 0, 2]);
    for (const u of [-1, 1, 2, NaN, Infinity, 1 - 2 ** -53]) {
      expect([1, 3]).toContain(distribution.sample(u));
    }
  });

  it('refuses weights that are none', () => {
    for (const weights of [[], [0], [1], [0, 0], [1, 1], [0, -1, 2], [0, NaN], [0, Infinity]]) {
      expect(() => new DegreeDistribution(weights)).toThrow(RangeError);
    }
  });

  it('of one degree has that degree only', () => {
    expect(fixedDegree(7)).toMatchObject({ degrees: [7], probabilities: [1], mean: 7 });
    expect(fixedDegree(SOURCE_SYMBOLS_MAX).mean).toBe(SOURCE_SYMBOLS_MAX);
    for (const degree of [0, -1, 1.5, NaN, SOURCE_SYMBOLS_MAX + 1]) {
      expect(() => fixedDegree(degree)).toThrow(RangeError);
    }
  });
});

describe('the degree for full-rank decoding', () => {
  it('keeps useless symbols below 0.2 % as far as 16 does', () => {
    expect([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map(fullRankDegree)).toEqual([
      4, 4, 4, 6, 7, 9, 13, 16,
    ]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.67, noNaN: true }), (c) => {
        expect(c ** fullRankDegree(c)).toBeLessThanOrEqual(0.002);
      }),
    );
  });

  it('is a degree for any number', () => {
    expect([NaN, -1, -Infinity].map(fullRankDegree)).toEqual([4, 4, 4]);
    expect([1, 2, Infinity, 1 - 2 ** -53].map(fullRankDegree)).toEqual([16, 16, 16, 16]);
  });
});

describe('the degrees of the paper', () => {
  /** d·c^(d − 1)·(1 − c): that a symbol of degree d is useful at once. */
  const useful = (c: number, d: number): number => d * c ** (d - 1) * (1 - c);

  it('are the ones most probably useful at once', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.98, noNaN: true }), (c) => {
        const best = useful(c, optimalDegree(c));
        for (let d = 1; d <= DEGREE_MAX; d++)
          expect(useful(c, d)).toBeLessThanOrEqual(best + 1e-12);
      }),
    );
  });

  it('jump to two at a third in the figures', () => {
    expect([0, 0.3, 0.334, 0.4, 0.45, 0.5].map(nearestDegree)).toEqual([1, 1, 2, 2, 2, 2]);
    expect([0, 0.3, 0.49, 0.5, 0.7, 0.99].map(optimalDegree)).toEqual([1, 1, 1, 2, 3, DEGREE_MAX]);
  });

  it('with a tail reach from the lower limit to the cap', () => {
    const tail = tailDegrees(0.4);
    expect(tail.degrees[0]).toBe(2);
    expect(tail.degrees.at(-1)).toBe(DEGREE_MAX);
    expect(tail.probabilities[0]).toBeCloseTo(0.25, 12);
    expect(tail.probabilities[1]! / tail.probabilities[2]!).toBeCloseTo(12 / 6, 12);
    expect(tailDegrees(1).degrees).toEqual([DEGREE_MAX]);
  });

  it('are degrees for any number', () => {
    for (const c of [NaN, -1, 1, 2, Infinity, -Infinity]) {
      for (const degree of [optimalDegree(c), nearestDegree(c), ...tailDegrees(c).degrees]) {
        expect(degree).toBeGreaterThanOrEqual(1);
        expect(degree).toBeLessThanOrEqual(DEGREE_MAX);
      }
    }
  });
});
