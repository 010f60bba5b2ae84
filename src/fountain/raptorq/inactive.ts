// The binary part of phase 2 (RFC 6330, 5.4.2.3): the left-over rows, seen as equations between the inactive
// columns only, are reduced by Gauss-Jordan elimination over GF(2). This is the only dense matrix of the decoder.

import type { Kernel } from '../../kernel/index.ts';
import { flipBit, testBit, xorWords } from './bits.ts';
import type { Peeling } from './peeling.ts';
import { borrowInt32 } from './scratch.ts';
import type { SparseRows } from './structure.ts';

/** What the left-over rows say about the u inactive columns. */
export interface InactiveSystem {
  /** Left-over rows that are independent, in the order found; the others say nothing new. */
  readonly kept: readonly number[];
  /** By inactive index: the index in `kept` of the row that determines the column, or −1 for a free column. */
  readonly determinedBy: Int32Array;
  /** Inactive indices of the free columns: those that only HDPC rows can determine. */
  readonly free: readonly number[];
  /** 32-bit words for u bits. */
  readonly words: number;
  /**
   * 2 · words words for each kept row, in two parts. First by inactive index: its own column and the free columns that
   * occur in it. Then, by index in `kept`: the left-over rows that it is the sum of.
   */
  readonly bits: Int32Array;
  /** By column, `words` words each: a column as a sum of inactive columns, by inactive index. */
  readonly columnBits: Int32Array;
}

/** Words that sumColumns takes together: u bits take a multiple of them. */
const WORDS_STEP = 4;

/** Reduces the left-over rows. Stops early when they determine every inactive column. */
export function solveInactive(
  matrix: SparseRows,
  peeling: Peeling,
  L: number,
  kernel: Kernel,
): InactiveSystem {
  const { leftover } = peeling;
  const u = peeling.inactive.length;
  const words = WORDS_STEP * Math.ceil(u / (32 * WORDS_STEP));
  const columnBits = expandColumns(matrix, peeling, L, words);
  const reduced = borrowInt32(leftover.length * words);
  leftover.forEach((row, i) => sumColumns(matrix, row, columnBits, words, reduced, i * words));
  const pivots = kernel.reduceBits(reduced, leftover.length, words, u);

  const kept: number[] = [];
  const determinedBy = new Int32Array(u).fill(-1);
  pivots.forEach((pivot, i) => {
    if (pivot >= 0) determinedBy[pivot] = kept.push(leftover[i]!) - 1;
  });
  const bits = borrowInt32(kept.length * 2 * words).fill(0);
  let index = 0;
  pivots.forEach((pivot, i) => {
    if (pivot < 0) return;
    const at = index++ * 2 * words;
    separate(reduced, i * words, words, determinedBy, bits, at);
    flipBit(bits, at, pivot);
  });
  const free: number[] = [];
  for (let i = 0; i < u; i++) if (determinedBy[i]! < 0) free.push(i);
  return { kept, determinedBy, free, words, bits, columnBits };
}

/**
 * A reduced row says at the columns of pivots which rows it is the sum of (Kernel.reduceBits): flips the others in the
 * `words` words from target[at] on, and these, by index in `kept`, in the words after them.
 */
function separate(
  reduced: Int32Array,
  from: number,
  words: number,
  determinedBy: Int32Array,
  target: Int32Array,
  at: number,
): void {
  for (let i = 0; i < words; i++) {
    for (let word = reduced[from + i]!; word !== 0; word &= word - 1) {
      const column = 32 * i + 31 - Math.clz32(word & -word);
      const index = determinedBy[column]!;
      if (index < 0) flipBit(target, at, column);
      else flipBit(target, at + words, index);
    }
  }
}

/**
 * target ^= what the determined columns add to a peeled column, as a sum of left-over rows: `words` words of bits, by
 * index in `kept`.
 */
export function addDetermined(
  system: InactiveSystem,
  column: number,
  target: Int32Array,
  at: number,
): void {
  const { determinedBy, words, bits, columnBits } = system;
  for (let i = 0; i < determinedBy.length; i++) {
    const row = determinedBy[i]!;
    if (row < 0 || !testBit(columnBits, column * words, i)) continue;
    xorWords(target, at, bits, (2 * row + 1) * words, words);
  }
}

/** See InactiveSystem.columnBits. */
function expandColumns(matrix: SparseRows, peeling: Peeling, L: number, words: number): Int32Array {
  const columnBits = borrowInt32(L * words).fill(0);
  peeling.inactive.forEach((column, i) => flipBit(columnBits, column * words, i));
  for (let i = 0; i < peeling.count; i++) {
    // The pivot itself is still zero.
    sumColumns(matrix, peeling.rows[i]!, columnBits, words, columnBits, peeling.pivots[i]! * words);
  }
  return columnBits;
}

/** target = the sum of the columns of a matrix row. */
function sumColumns(
  matrix: SparseRows,
  row: number,
  columnBits: Int32Array,
  words: number,
  target: Int32Array,
  at: number,
): void {
  const { starts, columns } = matrix;
  const start = starts[row]!;
  const end = starts[row + 1]!;
  for (let from = 0; from < words; from += WORDS_STEP) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = start; i < end; i++) {
      const source = columns[i]! * words + from;
      a ^= columnBits[source]!;
      b ^= columnBits[source + 1]!;
      c ^= columnBits[source + 2]!;
      d ^= columnBits[source + 3]!;
    }
    target[at + from] = a;
    target[at + from + 1] = b;
    target[at + from + 2] = c;
    target[at + from + 3] = d;
  }
}
