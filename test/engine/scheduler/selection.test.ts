// EEPT's selection, with the vectors of its two tables, and what a spare is chosen by.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/engine/index.ts';
import { select } from '../../../src/engine/index.ts';
import { capacityPerPrice, promote } from '../../../src/engine/scheduler/selection.ts';

const server = (mean: number, min: number, max: number, price: number): Candidate => ({
  mean,
  min,
  max,
  price,
});

const TABLE_1 = [
  server(20, 15, 25, 2),
  server(30, 20, 40, 2),
  server(50, 45, 55, 4),
  server(50, 30, 70, 4),
];
const TABLE_2 = [
  server(30, 10, 50, 2),
  server(60, 40, 80, 4),
  server(20, 10, 30, 1),
  server(20, 15, 25, 1),
  server(50, 40, 60, 4),
];

const names = (chosen: readonly number[]): string => chosen.map((i) => `S${i + 1}`).join(' ');

describe('the greedy selection', () => {
  it('table 1, client 100: S2, S3, S1 with 300, 500 and 200 of 1000', () => {
    const chosen = select(TABLE_1, { cap: 100 });
    expect(names(chosen)).toBe('S2 S3 S1');
    const rates = chosen.reduce((sum, i) => sum + TABLE_1[i]!.mean, 0);
    expect(chosen.map((i) => (1000 * TABLE_1[i]!.mean) / rates)).toEqual([300, 500, 200]);
  });

  it.each([
    [12.5, ''],
    [20, 'S4'],
    [40, 'S4 S3'],
    [60, 'S4 S3'],
    [80, 'S4 S3 S1'],
    [100, 'S4 S3 S2'],
    [120, 'S4 S3 S2'],
    [150, 'S4 S3 S2 S1'],
    [180, 'S4 S3 S2 S1 S5'],
  ])('table 2, client %d: %s', (cap, expected) => {
    expect(names(select(TABLE_2, { cap }))).toBe(expected);
  });

  it('with fill the rest of the link is used, by one more', () => {
    expect(names(select(TABLE_2, { cap: 60, fill: true }))).toBe('S4 S3 S1');
    expect(names(select(TABLE_2, { cap: 100, fill: true }))).toBe('S4 S3 S2');
    expect(names(select(TABLE_2, { cap: 12.5, fill: true }))).toBe('S4');
  });

  it('never exceeds the link without fill, and leaves out nobody who would fit', () => {
    const candidate = fc.record({
      mean: fc.integer({ min: 1, max: 100 }),
      min: fc.integer({ min: 1, max: 50 }),
      max: fc.integer({ min: 50, max: 150 }),
      price: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 8 }), fc.nat(300), (candidates, cap) => {
        const chosen = select(candidates, { cap });
        const used = chosen.reduce((sum, i) => sum + candidates[i]!.mean, 0);
        expect(used).toBeLessThanOrEqual(cap);
        candidates.forEach(({ mean }, i) => {
          if (!chosen.includes(i)) expect(mean).toBeGreaterThan(cap - used);
        });
        const values = chosen.map((i) => capacityPerPrice(candidates[i]!));
        expect(values).toEqual([...values].sort((a, b) => b - a));
      }),
    );
  });
});

describe('a spare', () => {
  it('is the largest that fits the freed capacity, not the next by capacity per price', () => {
    expect(promote([TABLE_2[0]!, TABLE_2[4]!], 60)).toBe(1);
    expect(promote([TABLE_2[0]!, TABLE_2[4]!], 40)).toBe(0);
    expect(promote([TABLE_2[0]!, TABLE_2[4]!], 5), 'none fits: the smallest').toBe(0);
    expect(promote([], 60)).toBeUndefined();
  });
});
