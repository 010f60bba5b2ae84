// From a solved matrix to a program for the symbols. RFC 6330, 5.4.2 transforms matrix and symbols together, row by
// row; this schedule comes to the same values with fused XORs in one direction, each symbol written twice:
//
//   phase 1  Through the chosen rows in order: the value that each pivot would have if all inactive columns were
//            zero. Then the left-over rows' sums under the same assumption. All of this in work rows.
//   phase 2  The determined columns, if the free columns were zero: sums of left-over rows, over GF(2).
//   3 and 5  Once more through the chosen rows in order, with the determined columns in place. These are the
//            original sparse rows, so nothing has to be undone (the RFC's phase 3). In place: a pivot takes the
//            memory row of the symbol that determines it.
//   phase 2  The free columns: HDPC rows evaluated on these values by a Horner scheme, then a small system over
//            GF(256). Skipped when no column is free.
//   phase 4  Every column is now its value plus a sum of free columns: one XOR a few columns, from tables of sums.
//
// No symbol is ever multiplied by a coefficient, only by α.

import type { ProgramWriter } from '../../kernel/index.ts';
import { HDPC_SCRATCH_ROWS, recordHdpc } from './hdpc.ts';
import type { Parameters } from './params.ts';
import type { Solution } from './solver.ts';
import type { SparseRows } from './sparse.ts';
import { chooseWidth, recordSubsetSums, SubsetTables, tableRows } from './subset-sums.ts';

/** Where the symbols are in the kernel's memory. All rows given here are overwritten. */
export interface RowMap {
  /** Memory row of the value of each matrix row. */
  readonly values: Int32Array;
  /** The values of the first zeroRows matrix rows are zero: their memory rows need not hold it. */
  readonly zeroRows: number;
  /** First of H memory rows for free columns. */
  readonly free: number;
  /** First work row. */
  readonly work: number;
}

/** Bits of a GF(256) coefficient. */
const FIELD_BITS = 8;

/** Work rows that a schedule may use. */
export function workRows(p: Parameters): number {
  return p.L + FIELD_BITS * p.H + HDPC_SCRATCH_ROWS;
}

/** Records the computation of the intermediate symbols, on construction, and what is then asked of them. */
export class Schedule {
  /** Memory row of each column. It holds the intermediate symbol only after recordCorrections. */
  readonly columnRows: Int32Array;
  private readonly program: ProgramWriter;
  private readonly p: Parameters;
  private readonly matrix: SparseRows;
  private readonly solution: Solution;
  private readonly map: RowMap;
  private readonly isFree: Uint8Array;
  private readonly tables: SubsetTables | undefined;
  private readonly sources: number[] = []; // of the operation that is being recorded
  private readonly mask: Int32Array = new Int32Array(1);

  constructor(
    program: ProgramWriter,
    p: Parameters,
    matrix: SparseRows,
    solution: Solution,
    map: RowMap,
  ) {
    this.program = program;
    this.p = p;
    this.matrix = matrix;
    this.solution = solution;
    this.map = map;
    this.isFree = new Uint8Array(p.L);
    for (const column of solution.free) this.isFree[column] = 1;
    this.columnRows = this.assignRows();
    this.recordPeeled();
    this.recordDetermined();
    this.recordSubstitution();
    if (solution.free.length > 0) this.tables = this.recordFree();
  }

  /** Records target = XOR of the intermediate symbols columns[0..count − 1], without need of corrections. */
  recordSum(target: number, columns: ArrayLike<number>, count: number): void {
    this.sources.length = 0;
    let mask = 0;
    for (let i = 0; i < count; i++) {
      const column = columns[i]!;
      mask ^= this.solution.masks[column]!;
      // A free column is in the mask.
      if (this.isFree[column] === 0) this.sources.push(this.columnRows[column]!);
    }
    this.mask[0] = mask;
    this.tables?.select(this.sources, this.mask, 0, 0);
    this.program.set(target, this.sources);
  }

  /** Records phase 4, after which every row of columnRows holds the intermediate symbol. */
  recordCorrections(): void {
    for (let column = 0; column < this.p.L; column++) {
      if (this.isFree[column] === 1) continue;
      this.sources.length = 0;
      this.tables?.select(this.sources, this.solution.masks, column, 0);
      this.program.add(this.columnRows[column]!, this.sources);
    }
  }

  /** A column lives in the memory row of the symbol that determines it. */
  private assignRows(): Int32Array {
    const { peeling, system, free } = this.solution;
    const rows = new Int32Array(this.p.L);
    for (let i = 0; i < peeling.count; i++) {
      rows[peeling.pivots[i]!] = this.map.values[peeling.rows[i]!]!;
    }
    for (let i = 0; i < peeling.inactive.length; i++) {
      const by = system.determinedBy[i]!;
      if (by >= 0) rows[peeling.inactive[i]!] = this.map.values[system.kept[by]!]!;
    }
    for (let q = 0; q < free.length; q++) rows[free[q]!] = this.map.free + q;
    return rows;
  }

  /** Phase 1: pivot i in work row i, as far as the left-over rows need it, then their sums in the rows after. */
  private recordPeeled(): void {
    const { program, map } = this;
    const { peeling, system } = this.solution;
    const needed = this.neededColumns();
    const work = new Int32Array(this.p.L).fill(-1); // inactive columns stay −1: zero
    for (let i = 0; i < peeling.count; i++) {
      const pivot = peeling.pivots[i]!;
      if (needed[pivot] === 1) {
        this.collect(peeling.rows[i]!, pivot, work, true);
        program.set(map.work + i, this.sources);
      }
      work[pivot] = map.work + i;
    }
    for (let k = 0; k < system.kept.length; k++) {
      this.collect(system.kept[k]!, -1, work, true);
      program.set(map.work + peeling.count + k, this.sources);
    }
  }

  /** Phase 2 over GF(2). The work rows of the pivots are spent and hold the tables. */
  private recordDetermined(): void {
    const { peeling, system } = this.solution;
    const targets: number[] = [];
    const starts: number[] = [];
    for (let i = 0; i < peeling.inactive.length; i++) {
      const row = system.determinedBy[i]!;
      if (row < 0) continue;
      targets.push(this.columnRows[peeling.inactive[i]!]!);
      starts.push(row * system.words + system.columnWords);
    }
    const sources = range(this.map.work + peeling.count, system.kept.length);
    const spare = range(this.map.work, peeling.count);
    recordSubsetSums(this.program, targets, starts, system.bits, sources, spare);
  }

  /** Phases 3 and 5, the free columns being zero. */
  private recordSubstitution(): void {
    const { peeling } = this.solution;
    const rows = this.columnRows.map((row, column) => (this.isFree[column] === 1 ? -1 : row));
    for (let i = 0; i < peeling.count; i++) {
      const row = peeling.rows[i]!;
      this.collect(row, peeling.pivots[i]!, rows, false);
      if (row < this.map.zeroRows) this.program.set(this.map.values[row]!, this.sources);
      else this.program.add(this.map.values[row]!, this.sources);
    }
  }

  /** Phase 2 over GF(256): the free columns, then the tables of their sums. */
  private recordFree(): SubsetTables {
    const { program, p, map } = this;
    const { free, freeCoefficients } = this.solution;
    // α^k times the value of HDPC row i, k = 0..7, is in row 8·i + k: a coefficient is a choice of these.
    const scratch = map.work + p.L;
    const values = Array.from({ length: p.H }, (_, i) => scratch + FIELD_BITS * i);
    const columnRow = (column: number): number =>
      this.isFree[column] === 1 ? -1 : this.columnRows[column]!;
    recordHdpc(program, p, values, columnRow, scratch + FIELD_BITS * p.H);
    for (const value of values) {
      for (let k = 1; k < FIELD_BITS; k++) program.double(value + k, value + k - 1);
    }
    for (let q = 0; q < free.length; q++) {
      this.sources.length = 0;
      for (let i = 0; i < p.H; i++) {
        const coefficient = freeCoefficients[q * p.H + i]!;
        for (let k = 0; k < FIELD_BITS; k++) {
          if (((coefficient >> k) & 1) !== 0) this.sources.push(values[i]! + k);
        }
      }
      program.set(this.columnRows[free[q]!]!, this.sources);
    }
    // The L work rows below are spent as well.
    const width = chooseWidth(free.length, p.L, p.L, free.length);
    const spare = range(map.work, tableRows(free.length, width));
    return new SubsetTables(program, range(map.free, free.length), width, spare);
  }

  /** By column: 1 where a kept row depends on it, through any number of chosen rows. */
  private neededColumns(): Uint8Array {
    const { peeling, system } = this.solution;
    const { starts, columns } = this.matrix;
    const needed = new Uint8Array(this.p.L);
    const mark = (row: number): void => {
      for (let at = starts[row]!; at < starts[row + 1]!; at++) needed[columns[at]!] = 1;
    };
    for (const row of system.kept) mark(row);
    for (let i = peeling.count - 1; i >= 0; i--) {
      if (needed[peeling.pivots[i]!] === 1) mark(peeling.rows[i]!);
    }
    return needed;
  }

  /** Fills `sources`: the value of a matrix row unless zero, and its columns other than the pivot and those at −1. */
  private collect(row: number, pivot: number, rows: Int32Array, withValue: boolean): void {
    const { sources, map } = this;
    const { starts, columns } = this.matrix;
    sources.length = 0;
    if (withValue && row >= map.zeroRows) sources.push(map.values[row]!);
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const column = columns[at]!;
      if (column !== pivot && rows[column]! >= 0) sources.push(rows[column]!);
    }
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
