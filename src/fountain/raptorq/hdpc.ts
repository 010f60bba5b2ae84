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
import { foldTap } from '../../kernel/index.ts';
import type { Parameters } from './params.ts';
import { borrowInt32 } from './scratch.ts';
import { structureOf } from './structure.ts';

/**
 * Records targets[i] = value of HDPC row i. `columnRows` has the memory row of each column, or −1 for a column whose
 * value counts as zero; `scratch` is a row that loses its content.
 */
export function recordHdpc(
  program: ProgramWriter,
  p: Parameters,
  targets: ArrayLike<number>,
  columnRows: Int32Array,
  scratch: number,
): void {
  const n = p.kPrime + p.S;
  for (let i = 0; i < p.H; i++) {
    const own = columnRows[n + i]!;
    program.set(targets[i]!, [own], own < 0 ? 0 : 1);
  }
  const pairs = structureOf(p).hdpcPairs;
  const taps = borrowInt32(n);
  for (let j = 0; j < n - 1; j++) {
    taps[j] = foldTap(columnRows[j]!, pairs[j]! >>> 4, pairs[j]! & 15);
  }
  taps[n - 1] = foldTap(columnRows[n - 1]!, 0, 0);
  program.fold(scratch, targets, taps, n);
  for (let i = 0; i < p.H; i++) {
    program.add(targets[i]!, [scratch]);
    if (i < p.H - 1) program.double(scratch, scratch);
  }
}

/** Four bits, spread to the lowest bit of each byte of a word. */
const SPREAD = Int32Array.from(
  { length: 16 },
  (_, bits) => (bits & 1) | ((bits & 2) << 7) | ((bits & 4) << 14) | ((bits & 8) << 21),
);

/** α·x in each byte of a word. */
function double(word: number): number {
  return ((word & 0x7f7f7f7f) << 1) ^ Math.imul((word >>> 7) & 0x01010101, 0x1d);
}

/**
 * The HDPC rows as equations between the free columns: an H × free matrix over GF(256), by rows. Bit q of
 * masks[c] says whether free column q occurs in column c.
 */
export function hdpcCoefficients(p: Parameters, masks: Int32Array, free: number): Uint8Array {
  const n = p.kPrime + p.S;
  const { hdpcPairs: pairs } = structureOf(p);
  const matrix = new Uint8Array(p.H * free);
  // Four free columns at a time, one in each byte of a word.
  const rows = new Int32Array(p.H);
  for (let q = 0; q < free; q += 4) {
    rows.fill(0);
    let running = 0;
    for (let j = 0; j < n - 1; j++) {
      running = double(running) ^ SPREAD[(masks[j]! >>> q) & 15]!;
      const pair = pairs[j]!;
      rows[pair >>> 4]! ^= running;
      rows[pair & 15]! ^= running;
    }
    running = double(running) ^ SPREAD[(masks[n - 1]! >>> q) & 15]!;
    for (let i = 0; i < p.H; i++) {
      const row = rows[i]! ^ running ^ SPREAD[(masks[n + i]! >>> q) & 15]!;
      for (let k = 0; k < 4 && q + k < free; k++) matrix[i * free + q + k] = row >>> (8 * k);
      running = double(running);
    }
  }
  return matrix;
}
