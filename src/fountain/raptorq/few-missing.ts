// Decoding when only a few source symbols are missing, without the intermediate symbols. An equation is an encoding
// symbol as a sum of source symbols (dependence.ts). Adding what is known to it leaves its syndrome, a sum of the m
// missing symbols, and m independent equations determine these: m multiply-adds a source symbol instead of some
// twenty XORs and the solution of a matrix.

import type { Kernel, SymbolMemory } from '../../kernel/index.ts';
import { ProgramWriter } from '../../kernel/index.ts';
import { Dependence } from './dependence.ts';
import type { Equations } from './equations.ts';
import { solveFree } from './free.ts';
import type { Incomplete } from './incomplete.ts';

/** What solving the block and rebuilding a few symbols costs for each source symbol, about, in XORs of symbols. */
const SOLUTION_XORS = 20;
const MULTIPLY_COST = 2.5;

/**
 * Most missing symbols for which this is done. For the WebAssembly kernel it is 8: measured, the solution of the block
 * costs as much as 8 (K = 1000, 16 KiB) to 15 missing symbols (K = 10000, 1400 bytes). For the one in JavaScript it is 2.
 */
export function fewMissingMax(kernel: Kernel): number {
  return Math.floor(SOLUTION_XORS / (kernel.multiplyCost ?? MULTIPLY_COST));
}

/** Bytes of source symbols that are worked on at once, to stay in the cache with the syndromes. */
const CHUNK_BYTES = 128 * 1024;

/** m independent equations, and the missing symbols in terms of their syndromes: an m × m matrix, by rows. */
interface Choice {
  readonly numbers: readonly number[];
  readonly inverse: Uint8Array;
}

/**
 * Completes the block. Returns the rank that is short instead, and leaves the block alone, when the equations do not
 * determine what is missing. Equations are only read.
 */
export function rebuildFew(
  kernel: Kernel,
  incomplete: Incomplete,
  equations: Equations,
): number | undefined {
  const { recoded, memory: received } = equations;
  const rows = [...equations.plain.values(), ...recoded.map(({ row }) => row)];
  const sums = Array.from(equations.plain.keys(), (esi): readonly number[] => [esi]);
  for (const { esis } of recoded) sums.push(esis);
  const dependence = new Dependence(incomplete.p, incomplete.sourceSymbols, sums);
  const choice = choose(dependence, sums.length, incomplete.lost);
  if (typeof choice === 'number') return choice;

  const { symbolBytes: T, block, lost } = incomplete;
  const m = lost.length;
  const chunkRows = Math.min(incomplete.sourceSymbols, Math.ceil(CHUNK_BYTES / T));
  // Rows: m syndromes, m results, a chunk of source symbols.
  const memory = kernel.allocate(2 * m + chunkRows, T);
  const symbol = new Uint8Array(T);
  choice.numbers.forEach((n, i) => {
    received.readInto(symbol, rows[n]!);
    memory.write(i, symbol);
  });
  addKnown(memory, dependence, choice.numbers, incomplete, chunkRows);
  const program = new ProgramWriter();
  const syndromes = lost.map((_, i) => i);
  for (let i = 0; i < m; i++) {
    program.set(m + i, []);
    program.multiplyAdd(m + i, syndromes, choice.inverse.subarray(i * m, (i + 1) * m));
  }
  memory.run(program.view());
  lost.forEach((esi, i) => memory.readInto(block.subarray(esi * T, (esi + 1) * T), m + i));
  memory.release();
  return undefined;
}

/** Chooses among `available` equations, preferring the first ones. Returns the rank that is short when there is none. */
function choose(
  dependence: Dependence,
  available: number,
  lost: readonly number[],
): Choice | number {
  const m = lost.length;
  // The first m nearly always suffice. Doubling bounds the work when they do not.
  for (let count = m; ; count *= 2) {
    const rows = Math.min(count, available);
    dependence.reach(rows);
    const matrix = new Uint8Array(rows * m);
    for (let n = 0; n < rows; n++) {
      for (let i = 0; i < m; i++) matrix[n * m + i] = dependence.coefficient(n, lost[i]!);
    }
    const inverse = solveFree(matrix, rows, m);
    if (typeof inverse !== 'number') return withoutUnused(inverse, rows, m);
    if (rows === available) return m - inverse;
  }
}

/** An inverse uses m of the equations: the columns of the others are zero. */
function withoutUnused(inverse: Uint8Array, rows: number, m: number): Choice {
  const numbers: number[] = [];
  for (let n = 0; n < rows; n++) {
    let used = 0;
    for (let i = 0; i < m; i++) used |= inverse[i * rows + n]!;
    if (used !== 0) numbers.push(n);
  }
  const chosen = new Uint8Array(m * m);
  for (let i = 0; i < m; i++) {
    numbers.forEach((n, k) => (chosen[i * m + k] = inverse[i * rows + n]!));
  }
  return { numbers, inverse: chosen };
}

/** Rows 0..m − 1 += what the known source symbols contribute to these equations. */
function addKnown(
  memory: SymbolMemory,
  dependence: Dependence,
  numbers: readonly number[],
  incomplete: Incomplete,
  chunkRows: number,
): void {
  const { block, symbolBytes: T, sourceSymbols: K, isHeld } = incomplete;
  const program = new ProgramWriter(numbers.length * (chunkRows + 2));
  const sources = new Int32Array(chunkRows);
  const coefficients = new Uint8Array(chunkRows);
  const chunkRow = 2 * numbers.length;
  for (let from = 0; from < K; from += chunkRows) {
    const to = Math.min(K, from + chunkRows);
    program.clear();
    numbers.forEach((n, i) => {
      let count = 0;
      for (let esi = from; esi < to; esi++) {
        const coefficient = dependence.coefficient(n, esi);
        if (coefficient === 0 || isHeld[esi] === 0) continue;
        sources[count] = chunkRow + esi - from;
        coefficients[count++] = coefficient;
      }
      program.multiplyAdd(i, sources, coefficients, count);
    });
    if (program.length === 0) continue;
    memory.write(chunkRow, block.subarray(from * T, to * T));
    memory.run(program.view());
  }
}
