// The binary rows of the constraint matrix as lists of columns: LDPC rows and encoding symbols. HDPC rows are
// dense and never stored (hdpc.ts).

import type { Parameters } from './params.ts';
import { borrowInt32, borrowUint16, borrowUint8 } from './scratch.ts';
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
  const starts = borrowInt32(count + 1);
  let capacity = ldpc.columns.length + ids.length * COLUMNS_MAX;
  for (const sum of sums) capacity += Math.min(p.L, sum.length * COLUMNS_MAX);
  const columns = borrowUint16(capacity);
  starts.set(ldpc.starts);
  columns.set(ldpc.columns);
  let end = ldpc.columns.length;
  let row = p.S;
  for (let i = 0; i < ids.length; i++) {
    end += columnsOf(p, ids[i]!, columns, end);
    starts[++row] = end;
  }
  const odd = borrowUint8(sums.length > 0 ? p.L : 0).fill(0);
  for (const sum of sums) {
    end += sumColumns(p, sum, odd, columns, end);
    starts[++row] = end;
  }
  return { count, starts, columns };
}

/** Like symbolColumns, but looks source symbols up. */
export function columnsOf(p: Parameters, X: number, target: Uint16Array, at = 0): number {
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
  target: Uint16Array,
  at: number,
): number {
  const touched = borrowUint16(ids.length * COLUMNS_MAX);
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
