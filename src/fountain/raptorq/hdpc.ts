// The H dense rows (RFC 6330, 5.3.3.3). The RFC gives them as the product MT · GAMMA, H·(K' + S) coefficients of
// GF(256). Since GAMMA is a geometric series, the product with a vector is a Horner scheme instead:
//
//   running value:  g ← α·g + C[j]                         for j = 0..n−1, n = K' + S
//   for j < n − 1:  add g to the two rows that column j of MT names
//   for j = n − 1:  add α^i · g to every row i
//   finally row i adds C[n + i], and the sum is zero
//
// which takes one multiplication by α and two XORs a column (checked against the product in the tests).

import type { ProgramWriter } from '../../kernel/index.ts';
import { multiply } from '../../kernel/index.ts';
import type { Parameters } from './params.ts';
import { rand } from './tuple.ts';

/** Running values that are kept and added to the rows together, so that the XORs can be fused. */
const BATCH = 16;

/** Rows of scratch memory that recordHdpc needs besides its targets. */
export const HDPC_SCRATCH_ROWS: number = BATCH + 1;

/** First of the two HDPC rows that column j of MT, j < K' + S − 1, names. */
function firstRow(p: Parameters, j: number): number {
  return rand(j + 1, 6, p.H);
}

function secondRow(p: Parameters, j: number, first: number): number {
  return (first + rand(j + 1, 7, p.H - 1) + 1) % p.H;
}

/**
 * Records targets[i] = value of HDPC row i. `columnRow` gives the memory row of a column, or −1 for a column whose
 * value counts as zero; `scratch` is the first of HDPC_SCRATCH_ROWS rows.
 */
export function recordHdpc(
  program: ProgramWriter,
  p: Parameters,
  targets: ArrayLike<number>,
  columnRow: (column: number) => number,
  scratch: number,
): void {
  const n = p.kPrime + p.S;
  const waiting: number[][] = [];
  for (let i = 0; i < p.H; i++) {
    const own = columnRow(n + i);
    program.set(targets[i]!, own < 0 ? [] : [own]);
    waiting.push([]);
  }
  // The running values live in a ring: a value is overwritten after it was added to its rows.
  let slot = 0;
  let last = -1;
  for (let j = 0; j < n; j++) {
    const row = columnRow(j);
    const next = scratch + slot;
    if (last < 0) program.set(next, row < 0 ? [] : [row]);
    else if (row < 0) program.double(next, last);
    else program.doubleAdd(next, last, row);
    last = next;
    slot = (slot + 1) % (BATCH + 1);
    if (j < n - 1) {
      const first = firstRow(p, j);
      waiting[first]!.push(last);
      waiting[secondRow(p, j, first)]!.push(last);
    }
    if (j % BATCH === BATCH - 1 || j === n - 1) {
      for (let i = 0; i < p.H; i++) {
        program.add(targets[i]!, waiting[i]!);
        waiting[i]!.length = 0;
      }
    }
  }
  for (let i = 0; i < p.H; i++) {
    program.add(targets[i]!, [last]);
    if (i < p.H - 1) program.double(last, last);
  }
}

/**
 * The HDPC rows as equations between the free columns: an H × free matrix over GF(256), by rows. Bit q of
 * masks[c] says whether free column q occurs in column c.
 */
export function hdpcCoefficients(p: Parameters, masks: Int32Array, free: number): Uint8Array {
  const n = p.kPrime + p.S;
  const matrix = new Uint8Array(p.H * free);
  const running = new Uint8Array(free);
  for (let j = 0; j < n; j++) {
    const mask = masks[j]!;
    const first = j < n - 1 ? firstRow(p, j) * free : 0;
    const second = j < n - 1 ? secondRow(p, j, first / Math.max(1, free)) * free : 0;
    for (let q = 0; q < free; q++) {
      const g = running[q]!;
      const value = ((g << 1) ^ (g > 127 ? 0x1d : 0) ^ ((mask >>> q) & 1)) & 255;
      running[q] = value;
      if (j < n - 1) {
        matrix[first + q]! ^= value;
        matrix[second + q]! ^= value;
      }
    }
  }
  for (let i = 0; i < p.H; i++) {
    for (let q = 0; q < free; q++) {
      matrix[i * free + q]! ^= running[q]! ^ ((masks[n + i]! >>> q) & 1);
      running[q] = multiply(2, running[q]!);
    }
  }
  return matrix;
}
