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
//
// Phase 4, which adds the free columns to all others, is left to the sums that are asked for (column-sums.ts). No
// symbol is ever multiplied by a coefficient, only by α.

import type { ProgramWriter } from '../../kernel/index.ts';
import { xorWords } from './bits.ts';
import { ColumnSums, FREE_SUMS_MAX } from './column-sums.ts';
import { recordHdpc } from './hdpc.ts';
import { addDetermined } from './inactive.ts';
import type { Parameters } from './params.ts';
import { borrowInt32, borrowUint8 } from './scratch.ts';
import type { Solution } from './solver.ts';
import type { SparseRows } from './structure.ts';
import {
  chooseWidth,
  recordSubsetSums,
  subsetCost,
  SubsetTables,
  tableRows,
} from './subset-sums.ts';

/** Where the symbols are in the kernel's memory. All rows given here are overwritten. */
export interface RowMap {
  /** Memory row of the value of each matrix row. */
  readonly values: Int32Array;
  /** The values of the first zeroRows matrix rows are zero: their memory rows need not hold it. */
  readonly zeroRows: number;
  /** First of H memory rows for free columns. */
  readonly free: number;
  /** First of freeTableRows(H, sums) rows for sums of free columns; they are work rows when it is left out. */
  readonly tables?: number;
  /** About how many sums of columns will be asked for: what to tabulate for. */
  readonly sums: number;
  /** First work row. */
  readonly work: number;
}

/** Bits of a GF(256) coefficient. */
const FIELD_BITS = 8;

/** The width of the tables of so many free columns, for so many sums. */
function freeTableWidth(free: number, sums: number): number {
  return chooseWidth(free, sums, Infinity, free);
}

/** Rows for sums of free columns, when `sums` sums of columns are to be asked for. */
export function freeTableRows(free: number, sums: number): number {
  return tableRows(free, freeTableWidth(free, sums));
}

/** Work rows that a schedule uses when `sums` sums go to as many work rows from Schedule.spareWork on. */
export function workRows(p: Parameters, sums: number): number {
  let tables = 0;
  for (let free = 1; free <= p.H; free++) tables = Math.max(tables, freeTableRows(free, sums));
  return Math.max(p.L, FIELD_BITS * p.H + 1 + tables + sums);
}

/** Records the computation of the intermediate symbols, on construction, and what is then asked of them. */
export class Schedule {
  /** How to sum columns from what is in memory after all that is recorded by the constructor. */
  readonly sums: ColumnSums;
  /** Work rows from this one on are not needed any more. */
  readonly spareWork: number;
  private readonly program: ProgramWriter;
  private readonly p: Parameters;
  private readonly matrix: SparseRows;
  private readonly solution: Solution;
  private readonly map: RowMap;
  /** Memory row of each column, −1 for a free one. */
  private readonly columnRows: Int32Array;
  private readonly isLong: Uint8Array;

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
    this.columnRows = this.assignRows();
    this.isLong = this.findLong();
    this.recordPeeled();
    this.recordDetermined();
    this.recordSubstitution();
    const free = solution.free.length;
    const tables = free > 0 ? this.recordFree() : undefined;
    this.sums = new ColumnSums(this.columnRows, solution.masks, tables);
    this.spareWork = map.work + FIELD_BITS * p.H + 1 + freeTableRows(free, map.sums);
  }

  /**
   * Records target = XOR of the intermediate symbols of the distinct columns columns[from..to − 1]. The target is none
   * of the rows of the map, but may be a work row from spareWork on.
   */
  recordSum(target: number, columns: Uint16Array, from: number, to: number): void {
    const { program } = this;
    const operands = program.open(to - from + FREE_SUMS_MAX);
    program.setWritten(target, this.sums.rowsOf(columns, from, to, operands, program.operands));
  }

  /** A column lives in the memory row of the symbol that determines it. */
  private assignRows(): Int32Array {
    const { peeling, system, free } = this.solution;
    const rows = borrowInt32(this.p.L);
    for (let i = 0; i < peeling.count; i++) {
      rows[peeling.pivots[i]!] = this.map.values[peeling.rows[i]!]!;
    }
    for (let i = 0; i < peeling.inactive.length; i++) {
      const by = system.determinedBy[i]!;
      if (by >= 0) rows[peeling.inactive[i]!] = this.map.values[system.kept[by]!]!;
    }
    for (const column of free) rows[column] = -1;
    return rows;
  }

  /**
   * Phase 1: pivot i in work row i, or in its own row when that is how it will be completed. Then the sums of the
   * left-over rows, in the work rows after those of the pivots.
   */
  private recordPeeled(): void {
    const { program, map } = this;
    const { peeling, system } = this.solution;
    const work = borrowInt32(this.p.L).fill(-1); // inactive columns stay −1: zero
    for (let i = 0; i < peeling.count; i++) {
      const row = peeling.rows[i]!;
      const pivot = peeling.pivots[i]!;
      const count = this.collect(row, work);
      if (this.isLong[i] === 1) {
        work[pivot] = this.columnRows[pivot]!;
        this.complete(row, count);
      } else if (count === 0 && row >= map.zeroRows) {
        work[pivot] = map.values[row]!;
      } else {
        work[pivot] = map.work + i;
        program.setWritten(work[pivot], this.withValue(row, count));
      }
    }
    for (let k = 0; k < system.kept.length; k++) {
      const row = system.kept[k]!;
      const count = this.withValue(row, this.collect(row, work));
      program.setWritten(map.work + peeling.count + k, count);
    }
  }

  /** Phase 2 over GF(2), and the long rows. The work rows of the pivots are spent and hold the tables. */
  private recordDetermined(): void {
    const { peeling, system } = this.solution;
    const { words } = system;
    const kept = system.kept.length;
    const long: number[] = [];
    for (let i = 0; i < peeling.count; i++) {
      if (this.isLong[i] === 1) long.push(peeling.pivots[i]!);
    }
    const targets = new Int32Array(kept + long.length);
    const subsets = borrowInt32(targets.length * words).fill(0);
    for (let i = 0; i < peeling.inactive.length; i++) {
      const row = system.determinedBy[i]!;
      if (row < 0) continue;
      targets[row] = this.columnRows[peeling.inactive[i]!]!;
      xorWords(subsets, row * words, system.bits, (2 * row + 1) * words, words);
    }
    for (let i = 0; i < long.length; i++) {
      targets[kept + i] = this.columnRows[long[i]!]!;
      addDetermined(system, long[i]!, subsets, (kept + i) * words);
    }
    const { work } = this.map;
    const sources = range(work + peeling.count, kept);
    const sums = { targets, fresh: kept, subsets, words };
    recordSubsetSums(this.program, sums, sources, work, peeling.count);
  }

  /** Phases 3 and 5, the free columns being zero. */
  private recordSubstitution(): void {
    const { peeling } = this.solution;
    const rows = this.columnRows;
    for (let i = 0; i < peeling.count; i++) {
      if (this.isLong[i] === 1) continue;
      const pivot = peeling.pivots[i]!;
      const own = rows[pivot]!;
      rows[pivot] = -1; // not a source
      const count = this.collect(peeling.rows[i]!, rows);
      rows[pivot] = own;
      this.complete(peeling.rows[i]!, count);
    }
  }

  /** Phase 2 over GF(256): the free columns, then the tables of their sums. */
  private recordFree(): SubsetTables {
    const { program, p, map } = this;
    const sources = new Int32Array(FIELD_BITS * p.H);
    const { free, freeCoefficients } = this.solution;
    // All work rows are spent. α^k times the value of HDPC row i, k = 0..7, goes to number 8·i + k of them: a
    // coefficient is a choice of these.
    const values = Array.from({ length: p.H }, (_, i) => map.work + FIELD_BITS * i);
    const scratch = map.work + FIELD_BITS * p.H;
    recordHdpc(program, p, values, this.columnRows, scratch);
    for (const value of values) {
      for (let k = 1; k < FIELD_BITS; k++) program.double(value + k, value + k - 1);
    }
    for (let q = 0; q < free.length; q++) {
      let count = 0;
      for (let i = 0; i < p.H; i++) {
        const coefficient = freeCoefficients[q * p.H + i]!;
        for (let k = 0; k < FIELD_BITS; k++) {
          if (((coefficient >> k) & 1) !== 0) sources[count++] = values[i]! + k;
        }
      }
      program.set(map.free + q, sources, count);
    }
    const tables = map.tables ?? scratch + 1;
    const width = freeTableWidth(free.length, map.sums);
    return new SubsetTables(program, range(map.free, free.length), 0, free.length, width, tables);
  }

  /** By place in the order of phase 1: 1 where the dense system completes the pivot with fewer reads than its row. */
  private findLong(): Uint8Array {
    const { peeling, system } = this.solution;
    const { starts } = this.matrix;
    const dense = subsetCost(system.kept.length, peeling.count);
    const isLong = borrowUint8(peeling.count).fill(0);
    for (let i = 0; i < peeling.count; i++) {
      const row = peeling.rows[i]!;
      if (starts[row + 1]! - starts[row]! > dense + 1) isLong[i] = 1;
    }
    return isLong;
  }

  /** Writes the rows of the columns of a matrix row, except those at −1, as operands, and returns how many. */
  private collect(row: number, rows: Int32Array): number {
    const { program } = this;
    const { starts, columns } = this.matrix;
    const start = starts[row]!;
    const end = starts[row + 1]!;
    const buffer = program.open(end - start + 1);
    const first = program.operands;
    let next = first;
    for (let at = start; at < end; at++) {
      const source = rows[columns[at]!]!;
      if (source >= 0) buffer[next++] = source;
    }
    return next - first;
  }

  /** Appends the value of a matrix row to what collect wrote unless it is zero. */
  private withValue(row: number, count: number): number {
    if (row < this.map.zeroRows) return count;
    const { program } = this;
    program.open(count + 1)[program.operands + count] = this.map.values[row]!;
    return count + 1;
  }

  /** Records that what collect wrote is added to the value of a matrix row, in place. */
  private complete(row: number, count: number): void {
    const value = this.map.values[row]!;
    if (row < this.map.zeroRows) this.program.setWritten(value, count);
    else this.program.addWritten(value, count);
  }
}

function range(first: number, count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = first + i;
  return numbers;
}
