// How many symbols beyond K an LT code takes. The robust soliton figures agree with independent simulations: 3.6 % and
// 6.6 % at K = 23,968.

import { describe, expect, it } from 'vitest';
import type { DegreeDistribution } from '../../src/fountain/index.ts';
import {
  designedDegrees,
  fixedDegree,
  ltOverhead,
  robustSoliton,
} from '../../src/fountain/index.ts';

/** 32 MiB in symbols of 1400 bytes. */
const PAPER = 23_968;

function overheads(k: number, degrees: DegreeDistribution, trials: number): number[] {
  return Array.from({ length: trials }, (_, i) => ltOverhead(k, degrees, i + 1));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the robust soliton distribution', () => {
  it('has the probabilities of its definition', () => {
    const [k, c, delta] = [1000, 0.1, 0.5];
    const R = c * Math.sqrt(k) * Math.log(k / delta); // 24.04: the spike is at 42
    const tau = (d: number): number =>
      d < 42 ? R / (d * k) : d === 42 ? (R * Math.log(R / delta)) / k : 0;
    const rho = (d: number): number => (d === 1 ? 1 / k : 1 / (d * (d - 1)));
    let beta = 0;
    for (let d = 1; d <= k; d++) beta += rho(d) + tau(d);
    const { degrees, probabilities } = robustSoliton(k, c, delta);
    expect(degrees.length).toBe(k);
    for (const d of [1, 2, 3, 41, 42, 43, 1000]) {
      expect(probabilities[d - 1]).toBeCloseTo((rho(d) + tau(d)) / beta, 12);
    }
  });

  it.each([
    { k: PAPER, c: 0.03, degree: 15.9, least: 0.02, most: 0.045 },
    { k: PAPER, c: 0.1, degree: 16.2, least: 0.055, most: 0.075 },
    { k: 2000, c: 0.03, degree: 11.7, least: 0.07, most: 0.15 },
    { k: 2000, c: 0.1, degree: 11.6, least: 0.11, most: 0.18 },
  ])('k = $k, c = $c: mean degree $degree', ({ k, c, degree, least, most }) => {
    const degrees = robustSoliton(k, c, 0.5);
    expect(degrees.mean).toBeCloseTo(degree, 1);
    const measured = mean(overheads(k, degrees, k === PAPER ? 5 : 20));
    expect(measured).toBeGreaterThan(least);
    expect(measured).toBeLessThan(most);
  });

  it('is one of tiny blocks, too', () => {
    for (let k = 1; k <= 20; k++) {
      for (const [c, delta] of [
        [0.001, 0.999],
        [0.1, 0.5],
        [100, 0.001],
      ] as const) {
        const degrees = robustSoliton(k, c, delta);
        expect(degrees.degrees).toEqual(Array.from({ length: k }, (_, i) => i + 1));
        expect(ltOverhead(k, degrees, 1)).toBeLessThan(40);
      }
    }
  });
});

describe('the designed degrees', () => {
  it('have a mean of 10 to 12 at the size of the paper, and take less than 4 % more', () => {
    const degrees = designedDegrees(PAPER);
    expect(degrees.mean).toBeGreaterThan(10);
    expect(degrees.mean).toBeLessThan(12);
    const measured = overheads(PAPER, degrees, 8);
    expect(mean(measured), measured.join()).toBeLessThan(0.04);
    expect(mean(measured)).toBeGreaterThan(0.01);
  });

  it('take some 8 % more at k = 2000', () => {
    const measured = mean(overheads(2000, designedDegrees(2000), 60));
    expect(measured).toBeGreaterThan(0.05);
    expect(measured).toBeLessThan(0.11);
  });

  it('decode blocks of any size', () => {
    for (const k of [...Array(40).keys()].map((n) => n + 1).concat(77, 150, 400)) {
      const degrees = designedDegrees(k);
      expect(degrees.degrees.at(-1)).toBeLessThanOrEqual(k);
      const measured = mean(overheads(k, degrees, 20));
      expect(measured, `${k}`).toBeLessThan(0.8);
    }
  });
});

it('what never decodes has no overhead', () => {
  expect(ltOverhead(10, fixedDegree(2), 1)).toBe(Infinity);
});

it('a single source symbol takes one symbol', () => {
  expect(ltOverhead(1, fixedDegree(1), 9)).toBe(0);
});
