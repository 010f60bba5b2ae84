// Rateless IBLT, the reading side: any two sets reconcile exactly, and at the price that the paper says.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rng } from '../../src/base/index.ts';
import { Bitset } from '../../src/base/index.ts';
import {
  RIBLT_CELLS_MAX,
  ribltCellsFor,
  ribltCellsMax,
  RibltDecoder,
  RibltStream,
  RibltTable,
} from '../../src/summary/index.ts';
import { bitsetOf, idsOf, rangeAndIds, rngOf, sample } from './helpers.ts';
import { twinCells, twinDifferences } from './riblt-twin.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const NO_CAP = { cellsMax: RIBLT_CELLS_MAX };

/** Bodies of the given sizes, over and over, until the reader is done; a stream that should end, does. */
function reconcile(stream: RibltStream, decoder: RibltDecoder, sizes: readonly number[]): void {
  for (let i = 0; decoder.cells < 100_000; i++) {
    const progress = decoder.take(stream.next(sizes[i % sizes.length]!)!);
    if (progress === 'done') return;
    if (progress === 'refused') expect.fail('an honest stream was refused');
  }
  expect.fail('does not end');
}

const ascending = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);

function expectDifference(decoder: RibltDecoder, remote: Bitset, own: Bitset): void {
  expect(ascending(decoder.added)).toEqual(idsOf(remote).filter((id) => !own.has(id)));
  expect(ascending(decoder.lacking)).toEqual(idsOf(own).filter((id) => !remote.has(id)));
  expect(decoder.differences).toBe(decoder.added.length + decoder.lacking.length);
}

const WINDOW = 2 ** 16;

/** Two sets of a range of 2^16 ids that share 1,000 and differ in d. */
function pairOf(rng: Rng, d: number): [remote: Bitset, own: Bitset] {
  const ids = new Set<number>();
  while (ids.size < 1000 + d) ids.add(rng.below(WINDOW));
  const [remote, own] = [new Bitset(WINDOW), new Bitset(WINDOW)];
  let left = d;
  for (const id of ids) {
    const side = left-- > 0 ? rng.below(2) : 2;
    if (side !== 0) remote.add(id);
    if (side !== 1) own.add(id);
  }
  return [remote, own];
}

describe('RibltDecoder', () => {
  it('finds the difference of every pair of sets of five ids, as the brute force does', () => {
    const universe = [40, 41, 42, 43, 47];
    const setOf = (chosen: number): number[] =>
      universe.filter((_, k) => ((chosen >> k) & 1) === 1);
    for (let a = 0; a < 32; a++) {
      for (let b = 0; b < 32; b++) {
        const [remote, own] = [bitsetOf(48, setOf(a)), bitsetOf(48, setOf(b))];
        const salt = 32 * a + b;
        const decoder = new RibltDecoder(own, 40, 48, NO_CAP);
        reconcile(new RibltStream(remote, 40, 48, salt), decoder, [1]);
        expectDifference(decoder, remote, own);
        const cells = twinCells(setOf(a ^ b), salt, decoder.cells);
        expect(twinDifferences(universe, salt, cells)).toEqual([setOf(a ^ b)]);
      }
    }
  });

  it('reconciles any two sets exactly, in bodies of any size', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        rangeAndIds,
        rangeAndIds,
        u32,
        sizes,
        ({ from, to, ids }, other, salt, bodies) => {
          const inside = (set: ReadonlySet<number>): Bitset =>
            bitsetOf(
              to,
              [...set].filter((id) => id >= from && id < to),
            );
          const [remote, own] = [inside(ids), inside(other.ids)];
          const decoder = new RibltDecoder(own, from, to, NO_CAP);
          reconcile(new RibltStream(remote, from, to, salt), decoder, bodies);
          expectDifference(decoder, remote, own);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is done at the same cell whether they come one by one or all at once', () => {
    const [remote, own] = pairOf(rngOf(2), 200);
    const byOne = new RibltDecoder(own, 0, WINDOW, NO_CAP);
    reconcile(new RibltStream(remote, 0, WINDOW, 3), byOne, [1]);
    const atOnce = new RibltDecoder(own, 0, WINDOW, NO_CAP);
    const stream = new RibltStream(remote, 0, WINDOW, 3);
    expect(atOnce.take(stream.next(byOne.cells - 1)!)).toBe('more');
    expect(atOnce.take(stream.next(1)!)).toBe('done');
    expectDifference(atOnce, remote, own);
  });

  it('looks at its range only', () => {
    const remote = bitsetOf(300, [50, 99, 100, 150, 199, 200, 250]);
    const own = bitsetOf(300, [7, 99, 150, 160, 201]);
    const decoder = new RibltDecoder(own, 100, 200);
    expect(decoder.take(new RibltStream(remote, 100, 200, 1).next(30)!)).toBe('done');
    expect(ascending(decoder.added)).toEqual([100, 199]);
    expect(decoder.lacking).toEqual([160]);
  });

  it('is done with one cell when there is no difference, also of empty sets', () => {
    for (const ids of [[], [0], sample(rngOf(5), 500, 0, 1000)]) {
      const bits = bitsetOf(1000, ids);
      const decoder = new RibltDecoder(bits, 0, 1000);
      expect(decoder.take(new RibltStream(bits, 0, 1000, 4).next(1)!)).toBe('done');
      expect([decoder.cells, decoder.differences, decoder.wanted]).toEqual([1, 0, 1]);
    }
  });

  it('does not see what its own set becomes after it began', () => {
    const own = bitsetOf(1000, sample(rngOf(6), 500, 0, 1000));
    const before = own.clone();
    const remote = bitsetOf(1000, [...idsOf(own).slice(3), 0, 1, 2]);
    const decoder = new RibltDecoder(own, 0, 1000, NO_CAP);
    own.addRange(0, 400);
    const stream = new RibltStream(remote, 0, 1000, 8);
    decoder.take(stream.next(4)!);
    own.clear();
    reconcile(stream, decoder, [4]);
    expectDifference(decoder, remote, before);
  });

  it('reads the cells of a kept table', () => {
    const [remote, own] = pairOf(rngOf(9), 30);
    const table = new RibltTable(77, 200);
    remote.forEach((id) => table.add(id));
    const decoder = new RibltDecoder(own, 0, WINDOW);
    expect(decoder.take(table.body(0, 10))).toBe('more');
    expect(decoder.take(table.body(10, 190))).toBe('done');
    expectDifference(decoder, remote, own);
  });

  it('refuses to begin with a range that is not of its set', () => {
    expect(() => new RibltDecoder(new Bitset(10), 0, 11)).toThrow();
    expect(() => new RibltDecoder(new Bitset(10), 4, 4)).toThrow();
  });
});

/** Cells at which a reader is done that looks at every `step` of them, over d. */
function cellsPerDifference(d: number, runs: number, step: number): number {
  const rng = rngOf(d);
  let cells = 0;
  for (let run = 0; run < runs; run++) {
    const [remote, own] = pairOf(rng, d);
    const decoder = new RibltDecoder(own, 0, WINDOW, NO_CAP);
    reconcile(new RibltStream(remote, 0, WINDOW, rng.uint32()), decoder, [step]);
    cells += decoder.cells;
  }
  return cells / (runs * d);
}

describe('the price', () => {
  // Means of thousands of runs: 1.73, 1.456, 1.40, 1.38; these few have a standard error of .03, .007, .01, .01.
  it.each([
    [10, 300, 1, 1.85],
    [100, 200, 1, 1.475],
    [300, 40, 1, 1.43],
    [1000, 12, 1, 1.41],
    [10_000, 2, 50, 1.38],
  ])('of d = %i differences, in mean cells per difference', (d, runs, step, most) => {
    const mean = cellsPerDifference(d, runs, step);
    expect(mean).toBeLessThanOrEqual(most);
    expect(mean).toBeGreaterThan(1.3);
  });

  it.each([1, 5, 20, 100, 1000])('is within 1.45·d + 16 cells nearly always, d = %i', (d) => {
    const rng = rngOf(d);
    let done = 0;
    for (let run = 0; run < 60; run++) {
      const [remote, own] = pairOf(rng, d);
      const stream = new RibltStream(remote, 0, WINDOW, rng.uint32());
      const progress = new RibltDecoder(own, 0, WINDOW).take(stream.next(ribltCellsFor(d))!);
      if (progress === 'done') done++;
    }
    expect(done).toBeGreaterThanOrEqual(54);
  });
});

describe('wanted', () => {
  const begin = (d: number, seed: number): [RibltStream, RibltDecoder] => {
    const [remote, own] = pairOf(rngOf(seed), d);
    return [new RibltStream(remote, 0, WINDOW, seed), new RibltDecoder(own, 0, WINDOW, NO_CAP)];
  };

  it('is 16 cells at first, and at least twice as many while no cell is zero', () => {
    const [stream, decoder] = begin(5000, 1);
    expect(decoder.wanted).toBe(16);
    expect(decoder.take(stream.next(16)!)).toBe('more');
    expect(decoder.wanted).toBeGreaterThanOrEqual(32);
  });

  it('knows the difference from the zero cells before it can decode it', () => {
    for (const d of [300, 1000, 5000]) {
      const [stream, decoder] = begin(d, 2);
      expect(decoder.take(stream.next(d)!)).toBe('more');
      expect(Math.abs(decoder.wanted / (1.45 * d + 16) - 1), `${d}`).toBeLessThan(0.25);
    }
  });

  it('knows at least the difference of the sizes', () => {
    const own = new Bitset(WINDOW);
    const remote = bitsetOf(WINDOW, sample(rngOf(3), 2000, 0, 9000));
    const decoder = new RibltDecoder(own, 0, WINDOW, NO_CAP);
    decoder.take(new RibltStream(remote, 0, WINDOW, 3).next(16)!);
    expect(decoder.wanted).toBe(1.45 * 2000 + 16);
  });

  it('leads to the end in a few rounds, with cells for little more than the difference', () => {
    for (const d of [10, 100, 1000, 10_000]) {
      const [stream, decoder] = begin(d, 4);
      let rounds = 0;
      for (let progress = 'more'; progress === 'more'; rounds++) {
        const most = Math.min(7000, decoder.wanted - decoder.cells);
        expect(most).toBeGreaterThan(0);
        progress = decoder.take(stream.next(most)!);
      }
      expect(rounds).toBeLessThanOrEqual(2 + Math.log2(d));
      expect(decoder.cells).toBeLessThanOrEqual(2 * d + 40);
      expect(decoder.wanted).toBe(decoder.cells);
    }
  });

  it('ends where a bitmap is cheaper, and then the reader is exhausted', () => {
    const [remote, own] = [new Bitset(6400), bitsetOf(6400, sample(rngOf(5), 3000, 0, 6400))];
    const decoder = new RibltDecoder(own, 0, 6400);
    const stream = new RibltStream(remote, 0, 6400, 5);
    while (decoder.wanted > decoder.cells) {
      expect(decoder.exhausted).toBe(false);
      expect(decoder.take(stream.next(decoder.wanted - decoder.cells)!)).toBe('more');
    }
    expect(decoder.cells).toBe(ribltCellsMax(6400));
    expect(decoder.exhausted).toBe(true);
    // It still reads what comes.
    reconcile(stream, decoder, [1000]);
    expect(decoder.exhausted).toBe(false);
    expectDifference(decoder, remote, own);
  });
});
