// The binary rows of the constraint matrix as lists of columns: LDPC rows and encoding symbols. HDPC rows are
// dense and never stored (hdpc.ts).

import type { Parameters } from './params.ts';
import type { SparseRows } from './structure.ts';
import { structureOf } from './structure.ts';
import { COLUMNS_MAX, symbolColumns } from './tuple.ts';

/**
 * The S LDPC rows (RFC 6330, 5.3.3.3), then one row for each internal symbol id: the binary part of the matrix
 * A of 5.3.3.4.2 for K' ids 0..K'−1, or of a decoder's. Last, one row for each list of ids in `sums`: the XOR of
 * these symbols.
 */
export function constraintRows(
  p: Parameters,
  ids: ArrayLike<number>,
  sums: readonly ArrayLike<number>[] = [],
): SparseRows {
  const { ldpc } = structureOf(p);
  const count = p.S + ids.length + sums.length;
  const starts = new Int32Array(count + 1);
  let capacity = ldpc.columns.length + ids.length * COLUMNS_MAX;
  for (const sum of sums) capacity += Math.min(p.L, sum.length * COLUMNS_MAX);
  const columns = new Int32Array(capacity);
  starts.set(ldpc.starts);
  columns.set(ldpc.columns);
  let end = ldpc.columns.length;
  let row = p.S;
  for (let i = 0; i < ids.length; i++) {
    end += columnsOf(p, ids[i]!, columns, end);
    starts[++row] = end;
  }
  const odd = new Uint8Array(sums.length > 0 ? p.L : 0);
  for (const sum of sums) {
    end += sumColumns(p, sum, odd, columns, end);
    starts[++row] = end;
  }
  return { count, starts, columns };
}

/** Like symbolColumns, but looks source symbols up. */
export function columnsOf(p: Parameters, X: number, target: Int32Array, at = 0): number {
  if (X >= p.kPrime) return symbolColumns(p, X, target, at);
  const { starts, columns } = structureOf(p).source;
  const start = starts[X]!;
  const count = starts[X + 1]! - start;
  for (let i = 0; i < count; i++) target[at + i] = columns[start + i]!;
  return count;
}

/**
 * Writes the columns that occur in an odd number of the symbols to target[at…] and returns how many. `odd` has L
 * zeros, before and after.
 */
function sumColumns(
  p: Parameters,
  ids: ArrayLike<number>,
  odd: Uint8Array,
  target: Int32Array,
  at: number,
): number {
  const touched = new Int32Array(ids.length * COLUMNS_MAX);
  let count = 0;
  for (let i = 0; i < ids.length; i++) count += symbolColumns(p, ids[i]!, touched, count);
  for (let i = 0; i < count; i++) odd[touched[i]!]! ^= 1;
  let end = at;
  for (let i = 0; i < count; i++) {
    const column = touched[i]!;
    if (odd[column] === 1) target[end++] = column;
    odd[column] = 0;
  }
  return end - at;
}

/** The transpose, of the columns below `width`: for each column its rows. */
export function transpose(rows: SparseRows, width: number): SparseRows {
  const { columns, count } = rows;
  const entries = rows.starts[count]!;
  // First starts[c] counts the entries of c, then it is where they end; filling them in from the last to the first
  // moves it to where they start.
  const starts = new Int32Array(width + 1);
  for (let i = 0; i < entries; i++) {
    const column = columns[i]!;
    if (column < width) starts[column]!++;
  }
  for (let column = 1; column <= width; column++) starts[column]! += starts[column - 1]!;
  const transposed = new Int32Array(starts[width]!);
  for (let row = count - 1; row >= 0; row--) {
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) {
      const column = columns[i]!;
      if (column < width) transposed[--starts[column]!] = row;
    }
  }
  return { count: width, starts, columns: transposed };
}
