// The binary part of phase 2 (RFC 6330, 5.4.2.3): the left-over rows, seen as equations between the inactive
// columns only, are reduced by Gauss-Jordan elimination over GF(2). This is the only dense matrix of the decoder.

import { flipBit, lowestBit, testBit, xorWords } from './bits.ts';
import type { Peeling } from './peeling.ts';
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
export function solveInactive(matrix: SparseRows, peeling: Peeling, L: number): InactiveSystem {
  const u = peeling.inactive.length;
  const words = WORDS_STEP * Math.ceil(u / (32 * WORDS_STEP));
  const width = 2 * words;
  const columnBits = expandColumns(matrix, peeling, L, words);
  const determinedBy = new Int32Array(u).fill(-1);
  const kept: number[] = [];
  const bits = new Int32Array(u * width);
  const pivots = new Int32Array(u);
  const row = new Int32Array(width);

  for (const candidate of peeling.leftover) {
    if (kept.length === u) break;
    row.fill(0);
    sumColumns(matrix, candidate, columnBits, words, row, 0);
    // The rows found so far contain no pivot but their own, so one pass over the pivots is enough.
    for (let k = 0; k < kept.length; k++) {
      if (testBit(row, 0, pivots[k]!)) xorWords(row, 0, bits, k * width, width);
    }
    const pivot = lowestBit(row, words);
    if (pivot < 0) continue;
    const index = kept.length;
    flipBit(row, words, index);
    for (let k = 0; k < index; k++) {
      if (testBit(bits, k * width, pivot)) xorWords(bits, k * width, row, 0, width);
    }
    bits.set(row, index * width);
    pivots[index] = pivot;
    determinedBy[pivot] = index;
    kept.push(candidate);
  }
  const free: number[] = [];
  for (let i = 0; i < u; i++) if (determinedBy[i]! < 0) free.push(i);
  return { kept, determinedBy, free, words, bits, columnBits };
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
  const columnBits = new Int32Array(L * words);
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
