// ⟨y, P·x⟩ = ⟨Pᵀ·y, x⟩: what defines the transpose of a program P, for any x and y.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { encodingPlan } from '../../src/fountain/raptorq/plan.ts';
import type { Kernel } from '../../src/kernel/index.ts';
import {
  defaultKernel,
  jsKernel,
  multiplyWord,
  runTransposed,
  TRANSPOSED_COLUMNS,
} from '../../src/kernel/index.ts';
import { slowKernel, slowMultiply } from './slow-kernel.ts';
import { randomProgram } from './suite.ts';

/** P·x for one column x, by a kernel. */
function run(kernel: Kernel, program: Int32Array, x: Uint8Array, workRows: number): Uint8Array {
  const memory = kernel.allocate(x.length, 1, workRows);
  memory.write(0, x);
  memory.run(program, workRows);
  const result = new Uint8Array(x.length);
  memory.readInto(result, 0);
  memory.release();
  return result;
}

/** Pᵀ·y for each of four columns y. */
function transposed(program: Int32Array, ys: Uint8Array[], workRows: number): Uint8Array[] {
  const rows = ys[0]!.length;
  const words = new Int32Array(rows + workRows);
  for (let row = 0; row < rows; row++) {
    ys.forEach((y, column) => (words[row]! |= y[row]! << (8 * column)));
  }
  runTransposed(program, words);
  expect(words.subarray(rows).every((word) => word === 0)).toBe(true);
  return ys.map((_, column) =>
    Uint8Array.from(words.subarray(0, rows), (word) => (word >>> (8 * column)) & 255),
  );
}

function product(u: Uint8Array, v: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum ^= slowMultiply(u[i]!, v[i]!);
  return sum;
}

function checkTranspose(
  kernel: Kernel,
  program: Int32Array,
  rows: number,
  workRows: number,
  rng: Rng,
): void {
  const x = rng.fill(new Uint8Array(rows));
  const ys = Array.from({ length: TRANSPOSED_COLUMNS }, () => rng.fill(new Uint8Array(rows)));
  const image = run(kernel, program, x, workRows);
  transposed(program, ys, workRows).forEach((coefficients, column) => {
    expect(product(coefficients, x)).toBe(product(ys[column]!, image));
  });
}

describe.each([slowKernel, jsKernel, defaultKernel()])(
  'on the $name kernel, the transpose',
  (kernel) => {
    it('is that of a random program', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 0, max: 6 }),
          fc.integer({ min: 0, max: 40 }),
          fc.nat(),
          (rows, workRows, length, seed) => {
            const rng = new Rng(seed);
            const program = randomProgram(rng, rows, workRows, length);
            checkTranspose(kernel, program, rows, workRows, rng);
          },
        ),
        { numRuns: 300 },
      );
    });

    it.each([1, 100, 1000])('is that of the encoding plan of K = %i', (K) => {
      const { program, rows, workRows } = encodingPlan(parametersOf(K));
      checkTranspose(kernel, program, rows, workRows, new Rng(K));
    });
  },
);

it('multiplies the bytes of a word', () => {
  for (let coefficient = 0; coefficient < 256; coefficient++) {
    for (let v = 0; v < 256; v++) {
      const word = (v << 24) | (((v + 1) & 255) << 16) | (v ^ 255);
      expect(multiplyWord(coefficient, word)).toBe(
        (slowMultiply(coefficient, v) << 24) |
          (slowMultiply(coefficient, (v + 1) & 255) << 16) |
          slowMultiply(coefficient, v ^ 255),
      );
    }
  }
});
