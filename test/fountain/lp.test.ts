// Linear programmes, against a twin that tries every corner.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LinearProgramme } from '../../src/fountain/lp.ts';
import { minimise } from '../../src/fountain/lp.ts';

const cost = ({ costs }: LinearProgramme, x: ArrayLike<number>): number =>
  costs.reduce((sum, c, i) => sum + c * x[i]!, 0);

/** How far x is from satisfying all rows and x ≥ 0. */
function violation({ rows, bounds }: LinearProgramme, x: ArrayLike<number>): number {
  const short = rows.map((row, j) => bounds[j]! - row.reduce((sum, a, i) => sum + a * x[i]!, 0));
  return Math.max(0, ...short, ...Array.from(x, (value) => -value));
}

/** Solves square equations; undefined when they are singular. */
function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const work = matrix.map((row, i) => [...row, right[i]!]);
  const n = work.length;
  for (let c = 0; c < n; c++) {
    const rest = work.slice(c).map((row) => Math.abs(row[c]!));
    const pivot = c + rest.indexOf(Math.max(...rest));
    if (Math.abs(work[pivot]![c]!) < 1e-9) return undefined;
    [work[c], work[pivot]] = [work[pivot]!, work[c]!];
    for (let i = 0; i < n; i++) {
      if (i === c) continue;
      const factor = work[i]![c]! / work[c]![c]!;
      for (let k = c; k <= n; k++) work[i]![k]! -= factor * work[c]![k]!;
    }
  }
  return work.map((row, i) => row[n]! / row[i]!);
}

/** All ways to choose `count` of the numbers 0..n − 1. */
function* choices(n: number, count: number, from = 0): Generator<number[]> {
  if (count === 0) yield [];
  for (let first = from; first < n && count > 0; first++) {
    for (const rest of choices(n, count - 1, first + 1)) yield [first, ...rest];
  }
}

/** The least cost of all corners: points where as many of the rows and x ≥ 0 are equations as there are variables. */
function slowMinimum(programme: LinearProgramme): number | undefined {
  const n = programme.costs.length;
  const units = Array.from({ length: n }, (_, i) =>
    programme.costs.map((_, k) => (k === i ? 1 : 0)),
  );
  const rows = [...programme.rows, ...units];
  const bounds = [...programme.bounds, ...programme.costs.map(() => 0)];
  let least: number | undefined;
  for (const chosen of choices(rows.length, n)) {
    const x = solve(
      chosen.map((j) => rows[j]!),
      chosen.map((j) => bounds[j]!),
    );
    if (x === undefined || violation(programme, x) > 1e-7) continue;
    least = Math.min(least ?? Infinity, cost(programme, x));
  }
  return least;
}

function expectSameAsSlow(programme: LinearProgramme): void {
  const least = slowMinimum(programme);
  const x = minimise(programme);
  if (least === undefined) {
    expect(x).toBeUndefined();
  } else {
    expect(x).toBeDefined();
    expect(violation(programme, x!)).toBeLessThan(1e-7);
    expect(cost(programme, x!)).toBeCloseTo(least, 6);
  }
}

/** Tiny programmes with small whole numbers: many have equal ratios, idle pivots or no solution. */
const programmes = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 }))
  .chain(([n, m]) => {
    const row = fc.array(fc.integer({ min: -3, max: 5 }), { minLength: n, maxLength: n });
    return fc.record({
      costs: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: n, maxLength: n }),
      rows: fc.array(row, { minLength: m, maxLength: m }),
      bounds: fc.array(fc.integer({ min: -4, max: 6 }), { minLength: m, maxLength: m }),
    });
  });

describe('a linear programme', () => {
  it('has the minimum that trying every corner finds, or none when that finds none', () => {
    fc.assert(fc.property(programmes, expectSameAsSlow), { numRuns: 3000 });
  });

  it('with more rows than variables has the same minimum as the slow twin', () => {
    const n = 3;
    const number = fc.double({ min: 0, max: 1, noNaN: true });
    const triple = fc.tuple(number, number, number);
    fc.assert(
      fc.property(triple, fc.array(triple, { minLength: 8, maxLength: 12 }), (costs, rows) => {
        // Rows well above zero, so that rounding does not decide whether there is a solution.
        const shifted = rows.map((row) => row.map((a) => a + 0.1));
        expectSameAsSlow({
          costs: [...costs],
          rows: shifted,
          bounds: rows.map((_, j) => 1 + j / n),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('does not cycle where the steepest column alone would', () => {
    // Beale, 1955: six pivots that gain nothing lead back to the beginning.
    expectSameAsSlow({
      costs: [0, 0, 1],
      rows: [
        [0.25, 0.5, 0],
        [-8, -12, 0],
        [-1, -0.5, 1],
        [9, 3, 0],
      ],
      bounds: [0.75, -20, 0.5, -6],
    });
    expectSameAsSlow({
      costs: [0, 0, 1],
      rows: [
        [0.25, 0.5, 0],
        [-60, -90, 0],
        [-1 / 25, -1 / 50, 1],
        [9, 3, 0],
      ],
      bounds: [0.75, -150, 1 / 50, -6],
    });
  });

  it('without a solution, with numbers that are none, or without pivots left gives undefined', () => {
    expect(minimise({ costs: [1], rows: [[1], [-1]], bounds: [2, -1] })).toBeUndefined();
    expect(minimise({ costs: [1], rows: [[0]], bounds: [1] })).toBeUndefined();
    expect(minimise({ costs: [NaN], rows: [[1]], bounds: [1] })).toBeUndefined();
    expect(minimise({ costs: [1], rows: [[Infinity]], bounds: [1] })).toBeUndefined();
    expect(minimise({ costs: [1], rows: [[1]], bounds: [NaN] })).toBeUndefined();
    const one = { costs: [1], rows: [[2]], bounds: [1] };
    expect(minimise(one, 0)).toBeUndefined();
    expect(minimise(one, 1)).toEqual(Float64Array.of(0.5));
  });

  it('that asks for nothing is solved by nothing', () => {
    expect(minimise({ costs: [1, 2], rows: [], bounds: [] })).toEqual(Float64Array.of(0, 0));
    expect(minimise({ costs: [], rows: [], bounds: [] })).toEqual(new Float64Array(0));
    expect(minimise({ costs: [1], rows: [[1]], bounds: [-1] })).toEqual(Float64Array.of(0));
  });

  it('of a wrong shape is refused', () => {
    expect(() => minimise({ costs: [-1], rows: [], bounds: [] })).toThrow(RangeError);
    expect(() => minimise({ costs: [1], rows: [[1]], bounds: [] })).toThrow(RangeError);
    expect(() => minimise({ costs: [1], rows: [[1, 2]], bounds: [0] })).toThrow(RangeError);
  });
});
