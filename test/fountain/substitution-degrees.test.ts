// Degrees that are designed for substitution: the known designs, and what they achieve.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import type { DegreeDistribution } from '../../src/fountain/index.ts';
import { DEGREE_MAX, substitutionDegrees, substitutionDesign } from '../../src/fountain/index.ts';
import { Substitution } from '../../src/fountain/substitution.ts';
import type { Allocation } from './recoding-model.ts';
import { fourPeers, pickFrom, shareOfFour, twoPeers } from './recoding-model.ts';

/** 32 MiB in symbols of 1400 bytes. */
const ENOUGH = 23_968;
const NEED = ENOUGH / 2;

const own = (slack: number, c: number): number => ((slack - 0.5) / (1 - c)) * ENOUGH;

/** How many of four senders hold a symbol, in shares. */
function holdersOfFour(slack: number, c: number): number[] {
  const p = shareOfFour(slack, c);
  return [4, 6, 4, 1].map((ways, i) => ways * p ** (i + 1) * (1 - p) ** (3 - i));
}

/** A design as text, "2:0.51 4:0.49", to probabilities. */
function parse(text: string): Map<number, number> {
  return new Map(
    text.split(' ').map((entry) => {
      const [degree, probability] = entry.split(':');
      return [Number(degree), Number(probability)];
    }),
  );
}

function expectDesign(degrees: DegreeDistribution, text: string): void {
  const expected = parse(text);
  let mean = 0;
  for (const [degree, probability] of expected) mean += degree * probability;
  expect(Math.abs(degrees.mean - mean)).toBeLessThan(0.05);
  const all = new Set([...expected.keys(), ...degrees.degrees]);
  for (const degree of all) {
    const probability = degrees.probabilities[degrees.degrees.indexOf(degree)] ?? 0;
    expect(Math.abs(probability - (expected.get(degree) ?? 0)), `${degree}`).toBeLessThan(0.02);
  }
}

// Worked out independently of this code, from the same model with another solver.
describe('the design for two peers', () => {
  it.each([
    [1.1, 0, '1:.002 2:.587 4:.270 5:.141'],
    [1.1, 0.04, '2:.510 4:.490'],
    [1.1, 0.1, '2:.260 3:.524 5:.216'],
    [1.1, 0.14, '2:.128 3:.675 5:.197'],
    [1.1, 0.2, '3:.699 4:.113 5:.188'],
    [1.1, 0.24, '3:.381 4:.619'],
    [1.1, 0.3, '3:.061 4:.939'],
    [1.1, 0.34, '4:.780 5:.220'],
    [1.1, 0.4, '4:.325 5:.675'],
    [1.1, 0.44, '5:.987 6:.013'],
    [1.3, 0, '1:.001 2:.999'],
    [1.3, 0.1, '2:1'],
    [1.3, 0.2, '3:1'],
    [1.3, 0.3, '3:1'],
  ])('slack %d, containment %d: %s', (slack, c, text) => {
    const degrees = substitutionDegrees({ containment: c, own: own(slack, c), need: NEED });
    expectDesign(degrees, text);
  });
});

describe('the design for four senders', () => {
  it.each([
    [0, '1:.008 2:.554 3:.097 5:.341'],
    [0.1, '2:.284 3:.457 6:.259'],
    [0.2, '3:.760 7:.018 8:.222'],
    [0.25, '3:.477 4:.332 9:.192'],
    [0.3, '3:.197 4:.632 10:.171'],
    [0.4, '4:.335 5:.518 12:.147'],
    [0.5, '5:.028 6:.900 14:.073'],
  ])('containment %d: %s', (c, text) => {
    const holders = holdersOfFour(1.1, c);
    const options = { containment: c, own: NEED, need: NEED, holders };
    expectDesign(substitutionDegrees(options), text);
  });
});

/** Recoded symbols received until the receiver knows enough, ÷ those needed − 1; at most 4. */
function simulate(allocation: Allocation, degrees: DegreeDistribution, seed: number): number {
  const { enough, need, total, held, pools } = allocation;
  const rng = new Rng(seed);
  const substitution = new Substitution(total);
  const ignore = (): void => {};
  for (const id of held) substitution.add([id], ignore);
  let received = 0;
  for (; substitution.knownCount < enough && received < 5 * need; received++) {
    const pool = pools[received % pools.length]!;
    const degree = degrees.sample(rng.unit());
    substitution.add(pickFrom(rng, pool, degree), ignore);
  }
  return received / need - 1;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('what a design achieves', () => {
  it.each([0, 0.1, 0.2, 0.3, 0.4, 0.45])('two peers, slack 1.1, containment %d', (c) => {
    const design = substitutionDesign({ containment: c, own: own(1.1, c), need: NEED });
    const overheads = [1, 2, 3].map((seed) =>
      simulate(twoPeers(ENOUGH, 1.1, c, seed), design.degrees, seed),
    );
    expect(mean(overheads)).toBeLessThan(0.16);
    expect(mean(overheads)).toBeGreaterThan(0.09);
    // The expectation is a promise: within 3 % of the symbols.
    expect(Math.abs(design.symbols / NEED - 1 - mean(overheads))).toBeLessThan(0.03);
  });

  it.each([0, 0.3, 0.5])('four senders, slack 1.1, containment %d', (c) => {
    const holders = holdersOfFour(1.1, c);
    const design = substitutionDesign({ containment: c, own: NEED, need: NEED, holders });
    const overheads = [1, 2].map((seed) =>
      simulate(fourPeers(ENOUGH, 1.1, c, seed), design.degrees, seed),
    );
    expect(mean(overheads)).toBeLessThan(0.16);
    expect(Math.abs((4 * design.symbols) / NEED - 1 - mean(overheads))).toBeLessThan(0.03);
  });

  it('too high a containment costs much, too low a one little', () => {
    const of = (designed: number): number =>
      simulate(
        twoPeers(ENOUGH, 1.1, 0.1, 1),
        substitutionDegrees({ containment: designed, own: own(1.1, 0.1), need: NEED }),
        1,
      );
    expect(of(0)).toBeLessThan(0.25);
    expect(of(0.25)).toBeGreaterThan(1);
  });
});

describe('any input', () => {
  function expectSane(options: Parameters<typeof substitutionDesign>[0]): void {
    const { degrees, symbols } = substitutionDesign(options);
    expect(symbols).toBeGreaterThan(0);
    expect(symbols).toBeLessThan(Infinity);
    expect(degrees.degrees.at(-1)).toBeLessThanOrEqual(DEGREE_MAX);
    expect(degrees.degrees.at(-1)).toBeLessThanOrEqual(Math.max(1, options.own || 1));
    expect(degrees.degrees[0]).toBeGreaterThanOrEqual(1);
    expect(degrees.probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 9);
  }

  it('gives a distribution', () => {
    const odd = [NaN, -1, 0, 1, 30.5, 1e9, Infinity];
    for (const containment of [...odd, -Infinity, 0.5, 0.999999, 1 - 2 ** -53, 2 ** -1074]) {
      for (const size of odd) {
        for (const need of [NaN, 0, 20, Infinity]) expectSane({ containment, own: size, need });
      }
    }
    for (const holders of [[], [0], [NaN, 1], [-1, 2], [Infinity], [0, 0, 0, 1], [1, 0, 0, 0]]) {
      expectSane({ containment: 0.3, own: 1000, need: 400, holders });
    }
  });

  it('of plausible numbers gives a distribution', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.array(fc.nat(9), { maxLength: 8 }),
        (containment, size, need, holders) => expectSane({ containment, own: size, need, holders }),
      ),
      { numRuns: 100 },
    );
  });

  it('that asks for more than the sender has is designed for all that it has', () => {
    const all = substitutionDesign({ containment: 0.2, own: 1000, need: 800 });
    expect(substitutionDesign({ containment: 0.2, own: 1000, need: 5000 })).toEqual(all);
    expect(substitutionDesign({ containment: 0.2, own: 1000, need: NaN })).toEqual(all);
    expect(all.symbols).toBeGreaterThan(800);
    expect(all.symbols).toBeLessThan(1600);
  });
});
