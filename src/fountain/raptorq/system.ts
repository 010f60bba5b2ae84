// The matrix of a decoder: what is known of a block, as rows for the solver.

import type { Equations } from './equations.ts';
import type { Incomplete } from './incomplete.ts';
import type { Reduction } from './recoded.ts';
import { borrowInt32 } from './scratch.ts';
import { constraintRows } from './sparse.ts';
import type { SparseRows } from './structure.ts';
import { internalId } from './tuple.ts';

/** Rows: S LDPC rows, padding, held source symbols, repair symbols, recoded symbols with one unknown, with more. */
export interface System {
  readonly matrix: SparseRows;
  /** How many rows the first two kinds have: their symbols are zero. */
  readonly zeroRows: number;
  /** The held source symbols, ascending. */
  readonly held: Int32Array;
  /** By row from zeroRows + held.length on: its row in Equations. */
  readonly equationRows: Int32Array;
}

/** Takes the first `plainCount` repair symbols, and what recoded symbols were reduced to. */
export function systemOf(
  incomplete: Incomplete,
  equations: Equations,
  plainCount: number,
  reduction: Reduction,
): System {
  const { p, sourceSymbols: K, isHeld } = incomplete;
  const padding = p.kPrime - K;
  const held = borrowInt32(K - incomplete.lost.length);
  const { solved, open } = reduction;
  const ids = borrowInt32(padding + held.length + plainCount + solved.length);
  const equationRows = borrowInt32(plainCount + solved.length + open.length);
  let id = 0;
  let row = 0;
  for (let X = K; X < p.kPrime; X++) ids[id++] = X;
  for (let esi = 0; esi < K; esi++) {
    if (isHeld[esi] === 0) continue;
    held[id - padding] = esi;
    ids[id++] = esi;
  }
  const esis = equations.plain.keys();
  const rows = equations.plain.values();
  for (; row < plainCount; row++) {
    ids[id++] = internalId(p, K, esis[row]!);
    equationRows[row] = rows[row]!;
  }
  for (const { symbol, unknown } of solved) {
    ids[id++] = internalId(p, K, unknown[0]!);
    equationRows[row++] = symbol.row;
  }
  const sums = open.map(({ symbol, unknown }) => {
    equationRows[row++] = symbol.row;
    return unknown.map((esi) => internalId(p, K, esi));
  });
  return {
    matrix: constraintRows(p, ids, sums),
    zeroRows: p.S + padding,
    held,
    equationRows,
  };
}
