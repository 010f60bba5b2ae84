// The decoder of RFC 6330, 5.4.2, arranged so that nearly all work on symbols is fused XORs in one direction.
//
// The RFC transforms the matrix and the symbols together, row by row. Here the matrix is solved first, on its own,
// and the symbol operations are recorded as a program that is run afterwards, or many times. What the five phases
// become (inactive columns are of two kinds: determined by left-over binary rows, or free, at most H of them):
//
//   phase 1  peel: choose rows and pivots. Record, for each chosen row in order, the value its pivot would have if
//            all inactive columns were zero; then the left-over rows' sums under the same assumption.
//   phase 2  solve the left-over rows over GF(2): the values of the determined columns if free columns were zero.
//   3 and 5  once more through the chosen rows in order, now with the determined columns in place. The original
//            sparse rows are used, so nothing has to be undone (the RFC's phase 3).
//   phase 2  for the free columns: HDPC rows evaluated on these values by a Horner scheme, then an at most H × H
//            system over GF(256).
//   phase 4  every column is now its value plus a sum of free columns: one or a few XORs from tables of sums.
//
// HDPC rows thus cost no multiplication of a symbol by a coefficient, and are skipped when no column is free.

import { ProgramWriter } from '../../kernel/index.ts';
import { solveFree } from './free.ts';
import { hdpcCoefficients, recordHdpc } from './hdpc.ts';
import type { InactiveSystem } from './inactive.ts';
import { solveInactive, testBit } from './inactive.ts';
import type { Parameters } from './params.ts';
import type { Peeling } from './peeling.ts';
import { peel } from './peeling.ts';
import type { SparseRows } from './sparse.ts';
import { recordSubsetSums, SubsetTables } from './subset-sums.ts';

/** Where the symbols are in the kernel's memory. */
export interface MemoryMap {
  /** Memory row of the value of each matrix row. The program overwrites those of left-over rows. */
  readonly values: Int32Array;
  /** The values of the first zeroRows matrix rows are zero: their memory rows need not hold it. */
  readonly zeroRows: number;
  /** First of L rows for the intermediate symbols. */
  readonly columns: number;
  /** First of scratchRows(p) rows. */
  readonly scratch: number;
}

/** Free columns are corrected through tables of this many columns. */
const CORRECTION_BITS = 4;

/** Rows of scratch memory that any solution with these parameters may use. */
export function scratchRows(p: Parameters): number {
  return 8 * p.H + 17;
}

/** A full-rank system, solved: the program that computes the intermediate symbols. */
export interface Solution {
  /** Leaves in the row of each column its value without the free columns, and prepares the tables of those. */
  readonly program: ProgramWriter;
  /** How many columns were inactive: the size of the dense problem. */
  readonly inactiveCount: number;
  /** Records target = XOR of the columns, corrected by the free columns. */
  recordSum(target: number, columns: ArrayLike<number>, count: number): void;
  /** Records the correction of every column, so that their rows hold the intermediate symbols. */
  recordCorrections(): void;
}

/** How many more symbols are needed at least, or the solution. */
export type Outcome = { readonly deficiency: number } | Solution;

/** Solves the constraint matrix whose binary rows are given. */
export function solve(p: Parameters, matrix: SparseRows, map: MemoryMap): Outcome {
  const peeling = peel(matrix, p.W, p.L);
  const system = solveInactive(matrix, peeling, p.L);
  const free = system.free.map((i) => peeling.inactive[i]!);
  // Every free column takes an HDPC row; more than H of them can never be determined.
  if (free.length > p.H) return { deficiency: free.length - p.H };
  const masks = freeMasks(p, matrix, peeling, system);
  const coefficients = solveFree(hdpcCoefficients(p, masks, free.length), p.H, free.length);
  if (typeof coefficients === 'number') return { deficiency: free.length - coefficients };

  const program = new ProgramWriter(16 * p.L);
  const steps = new Recorder(program, matrix, peeling, map);
  const isFree = flags(p.L, free);
  steps.recordPeeling(system.kept, flags(p.L, peeling.inactive));
  recordDetermined(program, peeling, system, map);
  steps.recordSubstitution(isFree);
  const corrections = new Corrections(program, map, masks, isFree, peeling.inactive.length);
  if (free.length > 0) corrections.recordFree(p, free, coefficients);
  return corrections;
}

function flags(length: number, set: ArrayLike<number>): Uint8Array {
  const flagged = new Uint8Array(length);
  for (let i = 0; i < set.length; i++) flagged[set[i]!] = 1;
  return flagged;
}

/** Bit q of the mask of a column: free column q occurs in it. */
function freeMasks(
  p: Parameters,
  matrix: SparseRows,
  peeling: Peeling,
  system: InactiveSystem,
): Int32Array {
  const masks = new Int32Array(p.L);
  for (let i = 0; i < peeling.inactive.length; i++) {
    const row = system.determinedBy[i]!;
    let mask = 0;
    for (let q = 0; q < system.free.length; q++) {
      const index = system.free[q]!;
      if (row < 0 ? index === i : testBit(system.bits, row * system.words, index)) mask |= 1 << q;
    }
    masks[peeling.inactive[i]!] = mask;
  }
  for (let i = 0; i < peeling.count; i++) {
    const pivot = peeling.pivots[i]!;
    let mask = 0;
    for (let at = matrix.starts[peeling.rows[i]!]!; at < matrix.starts[peeling.rows[i]! + 1]!; at++) {
      const column = matrix.columns[at]!;
      if (column !== pivot) mask ^= masks[column]!;
    }
    masks[pivot] = mask;
  }
  return masks;
}

/** Records the two passes through the chosen rows. */
class Recorder {
  private readonly program: ProgramWriter;
  private readonly matrix: SparseRows;
  private readonly peeling: Peeling;
  private readonly map: MemoryMap;
  private readonly sources: number[] = [];

  constructor(program: ProgramWriter, matrix: SparseRows, peeling: Peeling, map: MemoryMap) {
    this.program = program;
    this.matrix = matrix;
    this.peeling = peeling;
    this.map = map;
  }

  /** Pivots with all inactive columns zero, as far as the kept rows need them, then the kept rows' sums. */
  recordPeeling(kept: readonly number[], isInactive: Uint8Array): void {
    const { program, peeling, map } = this;
    const needed = this.neededBy(kept, isInactive);
    for (let i = 0; i < peeling.count; i++) {
      const pivot = peeling.pivots[i]!;
      if (needed[pivot] === 0) continue;
      this.collect(peeling.rows[i]!, pivot, isInactive, true);
      program.set(map.columns + pivot, this.sources);
    }
    for (const row of kept) {
      this.collect(row, -1, isInactive, false);
      const value = map.values[row]!;
      if (row < map.zeroRows) program.set(value, this.sources);
      else program.add(value, this.sources);
    }
  }

  /** Pivots with the determined columns in place and the free columns zero. */
  recordSubstitution(isFree: Uint8Array): void {
    const { program, peeling, map } = this;
    for (let i = 0; i < peeling.count; i++) {
      const pivot = peeling.pivots[i]!;
      this.collect(peeling.rows[i]!, pivot, isFree, true);
      program.set(map.columns + pivot, this.sources);
    }
  }

  /** By column: whether a kept row depends on it, through any number of chosen rows. */
  private neededBy(kept: readonly number[], isInactive: Uint8Array): Uint8Array {
    const { starts, columns } = this.matrix;
    const needed = new Uint8Array(isInactive.length);
    const mark = (row: number): void => {
      for (let at = starts[row]!; at < starts[row + 1]!; at++) needed[columns[at]!] = 1;
    };
    for (const row of kept) mark(row);
    for (let i = this.peeling.count - 1; i >= 0; i--) {
      if (needed[this.peeling.pivots[i]!] === 1) mark(this.peeling.rows[i]!);
    }
    return needed;
  }

  /** Fills `sources` with the columns of a row that count, and with its value unless that is zero. */
  private collect(row: number, pivot: number, isZero: Uint8Array, withValue: boolean): void {
    const { sources, map } = this;
    const { starts, columns } = this.matrix;
    sources.length = 0;
    if (withValue && row >= map.zeroRows) sources.push(map.values[row]!);
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const column = columns[at]!;
      if (column !== pivot && isZero[column] === 0) sources.push(map.columns + column);
    }
  }
}

/** Records the determined columns as sums of the kept rows. The rows of peeled columns serve as scratch. */
function recordDetermined(
  program: ProgramWriter,
  peeling: Peeling,
  system: InactiveSystem,
  map: MemoryMap,
): void {
  const targets: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < peeling.inactive.length; i++) {
    const row = system.determinedBy[i]!;
    if (row < 0) continue;
    targets.push(map.columns + peeling.inactive[i]!);
    starts.push(row * system.words + system.columnWords);
  }
  const sources = system.kept.map((row) => map.values[row]!);
  const spare = peeling.pivots.map((column) => map.columns + column);
  if (targets.length > 0) recordSubsetSums(program, targets, starts, system.bits, sources, spare);
}

/** Determines the free columns, and adds them to the other columns only where somebody asks. */
class Corrections implements Solution {
  readonly program: ProgramWriter;
  readonly inactiveCount: number;
  private readonly map: MemoryMap;
  private readonly masks: Int32Array;
  private readonly isFree: Uint8Array;
  private tables: SubsetTables | undefined;
  private readonly sources: number[] = [];
  private readonly mask: Int32Array = new Int32Array(1);

  constructor(
    program: ProgramWriter,
    map: MemoryMap,
    masks: Int32Array,
    isFree: Uint8Array,
    inactiveCount: number,
  ) {
    this.program = program;
    this.map = map;
    this.masks = masks;
    this.isFree = isFree;
    this.inactiveCount = inactiveCount;
  }

  /** Records the free columns, into their own rows, and the tables of their sums. */
  recordFree(p: Parameters, free: readonly number[], coefficients: Uint8Array): void {
    const { program, map } = this;
    // The powers α^k · value of the HDPC rows, k = 0..7: row 8·i + k. A coefficient then is a choice of powers.
    const values = Array.from({ length: p.H }, (_, i) => map.scratch + 8 * i);
    const columnRow = (column: number): number =>
      this.isFree[column] === 1 ? -1 : map.columns + column;
    recordHdpc(program, p, values, columnRow, map.scratch + 8 * p.H);
    for (const value of values) {
      for (let k = 1; k < 8; k++) program.double(value + k, value + k - 1);
    }
    for (let q = 0; q < free.length; q++) {
      const sources: number[] = [];
      for (let i = 0; i < p.H; i++) {
        const coefficient = coefficients[q * p.H + i]!;
        for (let k = 0; k < 8; k++) if ((coefficient >> k) & 1) sources.push(values[i]! + k);
      }
      program.set(map.columns + free[q]!, sources);
    }
    const rows = free.map((column) => map.columns + column);
    const spare = Array.from({ length: scratchRows(p) }, (_, i) => map.scratch + i);
    this.tables = new SubsetTables(program, rows, CORRECTION_BITS, spare);
  }

  recordSum(target: number, columns: ArrayLike<number>, count: number): void {
    const { sources, map } = this;
    sources.length = 0;
    let mask = 0;
    for (let i = 0; i < count; i++) {
      const column = columns[i]!;
      mask ^= this.masks[column]!;
      if (this.isFree[column] === 0) sources.push(map.columns + column);
    }
    this.mask[0] = mask;
    this.tables?.select(sources, this.mask, 0, 0);
    this.program.set(target, sources);
  }

  recordCorrections(): void {
    for (let column = 0; column < this.masks.length; column++) {
      if (this.isFree[column] === 1) continue;
      this.sources.length = 0;
      this.tables?.select(this.sources, this.masks, column, 0);
      this.program.add(this.map.columns + column, this.sources);
    }
  }
}
