// Phase 1 of the decoder (RFC 6330, 5.4.2.2): choosing rows. Each chosen row either has one active column left,
// which it then determines, or it has more: one is kept as its pivot and the others become inactive. Only the
// degrees of the rows are tracked here; what the choices mean for the symbols is recorded by the solver.

import { RowQueue } from './row-queue.ts';
import { borrowInt32, borrowUint8, withScratch } from './scratch.ts';
import type { SparseRows } from './structure.ts';

/** The outcome of phase 1: a triangle of chosen rows, and everything that is left. */
export interface Peeling {
  /** How many rows were chosen. */
  readonly count: number;
  /** Chosen rows, in order. Every active column of a row is the pivot of this row or of an earlier one. */
  readonly rows: Int32Array;
  /** pivots[i] is the column that rows[i] determines. */
  readonly pivots: Int32Array;
  /** The inactive columns, in ascending order. */
  readonly inactive: Int32Array;
  /** Rows that were not chosen. */
  readonly leftover: Int32Array;
}

/** Peels the columns 0..W−1; the columns W..L−1 are inactive from the start. */
export function peel(matrix: SparseRows, W: number, L: number): Peeling {
  const rows = borrowInt32(W);
  const pivots = borrowInt32(W);
  const count = withScratch(() => chooseRows(matrix, W, L, rows, pivots));
  return {
    count,
    rows: rows.subarray(0, count),
    pivots: pivots.subarray(0, count),
    inactive: complement(pivots, count, L),
    leftover: complement(rows, count, matrix.count),
  };
}

/** Writes the chosen rows and their pivots, and returns how many. */
function chooseRows(
  matrix: SparseRows,
  W: number,
  L: number,
  rows: Int32Array,
  pivots: Int32Array,
): number {
  const queue = new RowQueue(matrix, W, L);
  const { starts, columns } = matrix;
  let count = 0;
  for (let row = queue.take(); row >= 0; row = queue.take()) {
    rows[count] = row;
    const single = queue.single(row);
    if (single >= 0) {
      pivots[count++] = single;
      queue.deactivate(single);
      continue;
    }
    const pivot = queue.rarestColumn(row);
    queue.drop(row);
    pivots[count++] = pivot;
    queue.deactivate(pivot);
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) {
      if (queue.isActive(columns[i]!)) queue.deactivate(columns[i]!);
    }
  }
  return count;
}

/** The numbers below `length` that are not among the first `count` of `values`, ascending. */
function complement(values: Int32Array, count: number, length: number): Int32Array {
  const absent = borrowInt32(length - count);
  const present = borrowUint8(length).fill(0);
  for (let i = 0; i < count; i++) present[values[i]!] = 1;
  for (let n = 0, at = 0; n < length; n++) if (present[n] === 0) absent[at++] = n;
  return absent;
}
