// The transpose of a program. A program is a linear map P of the memory over GF(256); running its instructions
// backwards, each one transposed, applies Pᵀ. Where P tells all outputs of one input, Pᵀ tells how one output depends
// on all inputs, at the same cost: about one operation for each operation of P.

import { EXP, LOG } from './gf256.ts';
import { OP_ADD, OP_BITS, OP_DOUBLE, OP_FOLD, OP_MASK, OP_MULTIPLY_ADD, OP_SET } from './kernel.ts';
import { instructionWords } from './program.ts';

/** Columns that runTransposed works on at once: the bytes of a word. */
export const TRANSPOSED_COLUMNS = 4;

/**
 * x ← Pᵀ · x, for a matrix x of one row for each row and work row of the memory that the program is for, and four
 * columns: the bytes of a word. Symbols this narrow would not repay the calls into a kernel. The words of work rows
 * become zero, as no output depends on what was in a work row before.
 */
export function runTransposed(program: Int32Array, x: Int32Array): void {
  const starts = instructionStarts(program);
  for (let n = starts.length - 1; n >= 0; n--) {
    const at = starts[n]!;
    const header = program[at]!;
    const argument = header >>> OP_BITS;
    const end = at + 2 + argument;
    const dst = program[at + 1]!;
    const value = x[dst]!;
    switch (header & OP_MASK) {
      case OP_SET: // dst ← Σ sources: each source gets what dst had, and what dst was before had no effect
        x[dst] = 0;
        if (value === 0) break;
        for (let i = at + 2; i < end; i++) x[program[i]!]! ^= value;
        break;
      case OP_ADD: // dst += Σ sources
        if (value === 0) break;
        for (let i = at + 2; i < end; i++) x[program[i]!]! ^= value;
        break;
      case OP_DOUBLE: // dst ← α·a + b, where dst may be a or b
        x[dst] = 0;
        x[program[at + 2]!]! ^= double(value);
        if (argument === 2) x[program[at + 3]!]! ^= value;
        break;
      case OP_MULTIPLY_ADD: // dst += Σ coefficient · source
        for (let i = at + 2; i < end; i++) {
          x[program[i]! >>> 8]! ^= multiplyWord(program[i]! & 255, value);
        }
        break;
      case OP_FOLD:
        x[dst] = 0;
        foldTransposed(program, at + 2, argument, value, x);
        break;
    }
  }
}

/** OP_FOLD: h, h targets and `count` taps are at program[at…]; `last` is what its row had. */
function foldTransposed(
  program: Int32Array,
  at: number,
  count: number,
  last: number,
  x: Int32Array,
): void {
  const targets = at + 1;
  const taps = targets + program[at]!;
  let g = last;
  for (let n = taps + count - 1; n >= taps; n--) {
    const tap = program[n]!;
    const i = (tap >>> 4) & 15;
    const j = tap & 15;
    if (i !== j) g ^= x[program[targets + i]!]! ^ x[program[targets + j]!]!;
    const row = (tap >>> 8) - 1;
    if (row >= 0) x[row]! ^= g;
    g = double(g);
  }
}

function instructionStarts(program: Int32Array): Int32Array {
  // An instruction has at least two words.
  const starts = new Int32Array(program.length >> 1);
  let count = 0;
  for (let at = 0; at < program.length; at += instructionWords(program, at)) starts[count++] = at;
  return starts.subarray(0, count);
}

/** α·v in each byte of a word. */
function double(word: number): number {
  return ((word & 0x7f7f7f7f) << 1) ^ Math.imul((word >>> 7) & 0x01010101, 0x1d);
}

/** coefficient · v in each byte of a word. */
export function multiplyWord(coefficient: number, word: number): number {
  if (coefficient === 0) return 0;
  const shift = LOG[coefficient]!;
  let product = 0;
  for (let bits = 0; bits < 32; bits += 8) {
    const v = (word >>> bits) & 255;
    if (v !== 0) product |= EXP[shift + LOG[v]!]! << bits;
  }
  return product;
}
