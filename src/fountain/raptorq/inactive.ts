// The binary part of phase 2 (RFC 6330, 5.4.2.3): the left-over rows, seen as equations between the inactive
// columns only, are reduced by Gauss-Jordan elimination over GF(2). This is the only dense matrix of the decoder.

import type { Peeling } from './peeling.ts';
import type { SparseRows } from './sparse.ts';

/** What the left-over rows say about the u inactive columns. */
export interface InactiveSystem {
  /** Left-over rows that are independent, in the order found; the others say nothing new. */
  readonly kept: readonly number[];
  /** By inactive index: the index in `kept` of the row that determines the column, or −1 for a free column. */
  readonly determinedBy: Int32Array;
  /** Inactive indices of the free columns: those that only HDPC rows can determine. */
  readonly free: readonly number[];
  /** 32-bit words of a row of `bits`. */
  readonly words: number;
  /** Words of its first part. */
  readonly columnWords: number;
  /**
   * A row for each kept row, in two parts. First by inactive index: its own column and the free columns that
   * occur in it. Then, by index in `kept`: the left-over rows that it is the sum of.
   */
  readonly bits: Int32Array;
}

/** Reduces the left-over rows. Stops early when they determine every inactive column. */
export function solveInactive(matrix: SparseRows, peeling: Peeling, L: number): InactiveSystem {
  const u = peeling.inactive.length;
  const columnWords = (u + 31) >>> 5;
  const words = 2 * columnWords;
  const substitution = new Substitution(matrix, peeling, L, columnWords);
  const determinedBy = new Int32Array(u).fill(-1);
  const kept: number[] = [];
  const bits = new Int32Array(u * words);
  const pivots = new Int32Array(u);
  const row = new Int32Array(words);

  for (const candidate of peeling.leftover) {
    if (kept.length === u) break;
    row.fill(0);
    substitution.addRow(row, 0, candidate, -1);
    // The rows found so far contain no pivot but their own, so one pass over the pivots is enough.
    for (let k = 0; k < kept.length; k++) {
      if (testBit(row, 0, pivots[k]!)) xorWords(row, 0, bits, k * words, words);
    }
    const pivot = lowestBit(row, columnWords);
    if (pivot < 0) continue;
    const index = kept.length;
    flipBit(row, columnWords, index);
    for (let k = 0; k < index; k++) {
      if (testBit(bits, k * words, pivot)) xorWords(bits, k * words, row, 0, words);
    }
    bits.set(row, index * words);
    pivots[index] = pivot;
    determinedBy[pivot] = index;
    kept.push(candidate);
  }
  const free: number[] = [];
  for (let i = 0; i < u; i++) if (determinedBy[i]! < 0) free.push(i);
  return { kept, determinedBy, free, words, columnWords, bits };
}

/** Writes peeled columns as sums of inactive columns: the dense part of the rows that phase 1 works on. */
class Substitution {
  private readonly matrix: SparseRows;
  private readonly words: number;
  private readonly bits: Int32Array; // by column; unused for inactive columns
  private readonly position: Int32Array; // inactive index by column, −1 for a peeled one

  constructor(matrix: SparseRows, peeling: Peeling, L: number, words: number) {
    this.matrix = matrix;
    this.words = words;
    this.bits = new Int32Array(L * words);
    this.position = new Int32Array(L).fill(-1);
    for (let i = 0; i < peeling.inactive.length; i++) this.position[peeling.inactive[i]!] = i;
    for (let i = 0; i < peeling.count; i++) {
      const pivot = peeling.pivots[i]!;
      this.addRow(this.bits, pivot * words, peeling.rows[i]!, pivot);
    }
  }

  /** target ^= the row, without column `except`, in terms of inactive columns. */
  addRow(target: Int32Array, at: number, row: number, except: number): void {
    const { starts, columns } = this.matrix;
    for (let i = starts[row]!; i < starts[row + 1]!; i++) {
      const column = columns[i]!;
      if (column === except) continue;
      const position = this.position[column]!;
      if (position >= 0) flipBit(target, at, position);
      else xorWords(target, at, this.bits, column * this.words, this.words);
    }
  }
}

/** True when bit n of the words that start at `at` is set. */
export function testBit(words: Int32Array, at: number, n: number): boolean {
  return ((words[at + (n >>> 5)]! >>> (n & 31)) & 1) !== 0;
}

function flipBit(words: Int32Array, at: number, n: number): void {
  words[at + (n >>> 5)]! ^= 1 << (n & 31);
}

function xorWords(a: Int32Array, atA: number, b: Int32Array, atB: number, count: number): void {
  for (let i = 0; i < count; i++) a[atA + i]! ^= b[atB + i]!;
}

/** The lowest bit set in the first `count` words, or −1. */
function lowestBit(words: Int32Array, count: number): number {
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
  }
  return -1;
}
