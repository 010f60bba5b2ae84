// Phase 1 of the decoder (RFC 6330, 5.4.2.2): choosing rows. Each chosen row either has one active column left,
// which it then determines, or it has more: one is kept as its pivot and the others become inactive. Only the
// degrees of the rows are tracked here; what the choices mean for the symbols is recorded by the solver.

import { RowQueue } from './row-queue.ts';
import type { SparseRows } from './structure.ts';
import { transpose } from './sparse.ts';

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
  const byColumn = transpose(matrix, W);
  const active = new Uint8Array(L).fill(1, 0, W);
  const queue = new RowQueue(matrix, active, W);
  const rows = new Int32Array(W);
  const pivots = new Int32Array(W);
  let count = 0;

  const deactivate = (column: number): void => {
    active[column] = 0;
    const end = byColumn.starts[column + 1]!;
    for (let i = byColumn.starts[column]!; i < end; i++) queue.shrink(byColumn.columns[i]!, column);
  };

  for (let row = queue.take(); row >= 0; row = queue.take()) {
    rows[count] = row;
    const single = queue.single(row);
    if (single >= 0) {
      pivots[count++] = single;
      deactivate(single);
      continue;
    }
    queue.drop(row);
    const pivot = rarestColumn(matrix, byColumn, active, row);
    pivots[count++] = pivot;
    deactivate(pivot);
    for (let i = matrix.starts[row]!; i < matrix.starts[row + 1]!; i++) {
      const column = matrix.columns[i]!;
      if (active[column] !== 0) deactivate(column);
    }
  }
  return {
    count,
    rows: rows.slice(0, count),
    pivots: pivots.slice(0, count),
    inactive: complement(pivots, count, L),
    leftover: complement(rows, count, matrix.count),
  };
}

/** The active column of a row that is in the fewest rows: the others, made inactive, shorten more rows. */
function rarestColumn(
  matrix: SparseRows,
  byColumn: SparseRows,
  active: Uint8Array,
  row: number,
): number {
  let rarest = -1;
  let fewest = Infinity;
  for (let i = matrix.starts[row]!; i < matrix.starts[row + 1]!; i++) {
    const column = matrix.columns[i]!;
    if (active[column] === 0) continue;
    const rows = byColumn.starts[column + 1]! - byColumn.starts[column]!;
    if (rows < fewest) {
      rarest = column;
      fewest = rows;
    }
  }
  return rarest;
}

/** The numbers below `length` that are not among the first `count` of `values`, ascending. */
function complement(values: Int32Array, count: number, length: number): Int32Array {
  const present = new Uint8Array(length);
  for (let i = 0; i < count; i++) present[values[i]!] = 1;
  const absent = new Int32Array(length - count);
  for (let n = 0, at = 0; n < length; n++) if (present[n] === 0) absent[at++] = n;
  return absent;
}
