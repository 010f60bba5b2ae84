// The acceptance suite of reduceBits: whatever the slow twin computes, it computes.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import type { Kernel } from '../../src/kernel/index.ts';
import { slowReduceBits } from './slow-bits.ts';

interface BitsSize {
  readonly rows: number;
  readonly columns: number;
  readonly words: number;
}

function sizeOf(rows: number, columns: number): BitsSize {
  return { rows, columns, words: 4 * Math.ceil(columns / 128) };
}

/** Rows with about `density` of their bits set; some are sums of two rows before them. */
function randomBits(rng: Rng, size: BitsSize, density: number, dependent: number): Int32Array {
  const { rows, columns, words } = size;
  const bits = new Int32Array(rows * words);
  for (let row = 0; row < rows; row++) {
    const at = row * words;
    if (row > 0 && rng.below(100) < 100 * dependent) {
      const a = rng.below(row) * words;
      const b = rng.below(row) * words;
      for (let i = 0; i < words; i++) bits[at + i] = bits[a + i]! ^ bits[b + i]!;
      continue;
    }
    for (let c = 0; c < columns; c++) {
      if (rng.below(1000) < 1000 * density) bits[at + (c >> 5)]! |= 1 << (c & 31);
    }
  }
  return bits;
}

/** The same pivots as those of the slow twin, and the same rows where there is a pivot. Returns the rank. */
function compareReduced(
  kernel: Kernel,
  { rows, columns, words }: BitsSize,
  bits: Int32Array,
): number {
  const slow = bits.slice();
  const expected = slowReduceBits(slow, rows, words, columns);
  const pivots = kernel.reduceBits(bits, rows, words, columns);
  expect(pivots).toEqual(expected);
  let rank = 0;
  pivots.forEach((pivot, row) => {
    if (pivot < 0) return;
    rank++;
    const [from, to] = [row * words, (row + 1) * words];
    expect(bits.subarray(from, to), `row ${row}`).toEqual(slow.subarray(from, to));
  });
  return rank;
}

/** Registers the tests of one kernel. */
export function bitsSuite(kernel: Kernel): void {
  it('reduces rows of bits as the slow twin does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(0, 0.01, 0.1, 0.5, 0.9, 1),
        fc.constantFrom(0, 0, 0.3, 0.9),
        fc.nat(),
        (rows, columns, density, dependent, seed) => {
          const size = sizeOf(rows, columns);
          compareReduced(kernel, size, randomBits(new Rng(seed), size, density, dependent));
        },
      ),
      { numRuns: 200 },
    );
  });

  // Several rounds of tables, of each width, the last round full or not.
  it.each([
    [128, 128],
    [129, 257],
    [300, 250],
    [520, 140],
  ])('reduces %i rows of %i columns', (rows, columns) => {
    const size = sizeOf(rows, columns);
    const ranks = [0, 0.1].map((dependent) =>
      compareReduced(kernel, size, randomBits(new Rng(rows), size, 0.5, dependent)),
    );
    expect(Math.max(...ranks)).toBeGreaterThan(Math.min(rows, columns) - 8);
  });

  it('stops when every column is a pivot', () => {
    const size = sizeOf(100, 40);
    const bits = randomBits(new Rng(1), size, 0.5, 0);
    expect(compareReduced(kernel, size, bits)).toBe(40);
  });

  it('reduces one matrix after another, larger and smaller', () => {
    for (const rows of [3, 150, 20, 260, 1]) {
      const size = sizeOf(rows, rows);
      compareReduced(kernel, size, randomBits(new Rng(rows), size, 0.4, 0.1));
    }
  });
}
