// The binary rows of the constraint matrix as lists of columns: LDPC rows and encoding symbols. HDPC rows are
// dense and never stored (hdpc.ts).

import type { Parameters } from './params.ts';
import { COLUMNS_MAX, symbolColumns } from './tuple.ts';

/** Rows of columns: row r has columns[starts[r]..starts[r + 1] − 1], in no particular order. */
export interface SparseRows {
  readonly count: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
}

/**
 * The S LDPC rows (RFC 6330, 5.3.3.3), then one row for each internal symbol id: the binary part of the matrix
 * A of 5.3.3.4.2 for K' ids 0..K'−1, or of a decoder's.
 */
export function constraintRows(p: Parameters, ids: ArrayLike<number>): SparseRows {
  const count = p.S + ids.length;
  const starts = new Int32Array(count + 1);
  const ldpcColumns = 3 * p.B + 3 * p.S;
  const columns = new Int32Array(ldpcColumns + ids.length * COLUMNS_MAX);
  let end = ldpcRows(p, starts, columns);
  for (let i = 0; i < ids.length; i++) {
    end += symbolColumns(p, ids[i]!, columns, end);
    starts[p.S + i + 1] = end;
  }
  return { count, starts, columns: columns.slice(0, end) };
}

/** Fills starts[0..S] and the columns of the LDPC rows; returns how many columns. */
function ldpcRows(p: Parameters, starts: Int32Array, columns: Int32Array): number {
  const { S, B, W, P } = p;
  // G_LDPC,1 is given by columns, so the rows are first counted, then filled.
  const next = new Int32Array(S).fill(3);
  eachLdpcEntry(p, (row) => next[row]!++);
  for (let row = 0; row < S; row++) {
    starts[row + 1] = starts[row]! + next[row]!;
    const at = starts[row]!;
    columns[at] = B + row;
    columns[at + 1] = W + (row % P);
    columns[at + 2] = W + ((row + 1) % P);
    next[row] = at + 3;
  }
  eachLdpcEntry(p, (row, column) => {
    columns[next[row]!++] = column;
  });
  return starts[S]!;
}

function eachLdpcEntry(p: Parameters, visit: (row: number, column: number) => void): void {
  for (let column = 0; column < p.B; column++) {
    const step = 1 + Math.floor(column / p.S);
    for (let n = 0; n < 3; n++) visit((column + n * step) % p.S, column);
  }
}

/** The transpose, of the columns below `width`: for each column its rows. */
export function transpose(rows: SparseRows, width: number): SparseRows {
  const starts = new Int32Array(width + 1);
  const { columns } = rows;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    if (column < width) starts[column + 1]!++;
  }
  for (let column = 0; column < width; column++) starts[column + 1]! += starts[column]!;
  const next = starts.slice();
  const transposed = new Int32Array(starts[width]!);
  for (let row = 0; row < rows.count; row++) {
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) {
      const column = columns[i]!;
      if (column < width) transposed[next[column]!++] = row;
    }
  }
  return { count: width, starts, columns: transposed };
}
