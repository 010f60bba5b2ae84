// Solving the constraint matrix (RFC 6330, 5.4.2). Only the matrix is looked at here; schedule.ts turns the outcome
// into a program for the symbols. Inactive columns end up as one of two kinds: determined by left-over binary rows,
// or free, at most H of them, and determined by HDPC rows.

import { testBit } from './bits.ts';
import type { Kernel } from '../../kernel/index.ts';
import { solveFree } from './free.ts';
import { hdpcCoefficients } from './hdpc.ts';
import type { InactiveSystem } from './inactive.ts';
import { solveInactive } from './inactive.ts';
import type { Parameters } from './params.ts';
import type { Peeling } from './peeling.ts';
import { peel } from './peeling.ts';
import { borrowInt32 } from './scratch.ts';
import type { SparseRows } from './structure.ts';

/** A matrix of full rank, solved. */
export interface Solution {
  readonly peeling: Peeling;
  readonly system: InactiveSystem;
  /** The free columns, at most H. */
  readonly free: readonly number[];
  /** By column: bit q says that free column q occurs in it. A column is its value without them, plus these. */
  readonly masks: Int32Array;
  /** Free columns from the values of the HDPC rows: a free.length × H matrix over GF(256), by rows. */
  readonly freeCoefficients: Uint8Array;
}

/**
 * Solves the matrix of the given binary rows and the HDPC rows. Returns the rank that is short instead, which is
 * how many symbols more are needed at least. The kernel eliminates the dense part.
 *
 * Long rows, such as sums of symbols, take part by their degree like any other. Kept apart until no other row has an
 * active column, they left three times as many columns inactive (K = 1000 and 4096, half of the rows sums of two).
 */
export function solve(p: Parameters, matrix: SparseRows, kernel: Kernel): Solution | number {
  const peeling = peel(matrix, p.W, p.L);
  const system = solveInactive(matrix, peeling, p.L, kernel);
  const free = system.free.map((i) => peeling.inactive[i]!);
  if (free.length > p.H) return free.length - p.H;
  const masks = freeMasks(p, matrix, peeling, system);
  const coefficients = hdpcCoefficients(p, masks, free.length);
  const freeCoefficients = solveFree(coefficients, p.H, free.length);
  if (typeof freeCoefficients === 'number') return free.length - freeCoefficients;
  return { peeling, system, free, masks, freeCoefficients };
}

/** See Solution.masks. */
function freeMasks(
  p: Parameters,
  matrix: SparseRows,
  peeling: Peeling,
  system: InactiveSystem,
): Int32Array {
  const masks = borrowInt32(p.L).fill(0);
  for (let i = 0; i < peeling.inactive.length; i++) {
    const row = system.determinedBy[i]!;
    let mask = 0;
    for (let q = 0; q < system.free.length; q++) {
      const index = system.free[q]!;
      if (row < 0 ? index === i : testBit(system.bits, 2 * row * system.words, index))
        mask |= 1 << q;
    }
    masks[peeling.inactive[i]!] = mask;
  }
  const { starts, columns } = matrix;
  for (let i = 0; i < peeling.count; i++) {
    const row = peeling.rows[i]!;
    // The pivot's own mask is still zero.
    let mask = 0;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) mask ^= masks[columns[at]!]!;
    masks[peeling.pivots[i]!] = mask;
  }
  return masks;
}
