// The encoding plan: the program that turns the source symbols of a block into intermediate symbols. It depends on
// K' only, so it is recorded once and run for every block (RFC 6330, 5.3.3.4).

import { defaultKernel, ProgramWriter } from '../../kernel/index.ts';
import type { ColumnSums } from './column-sums.ts';
import { FREE_SUMS_MAX } from './column-sums.ts';
import type { Parameters } from './params.ts';
import { freeTableRows, Schedule, workRows } from './schedule.ts';
import { borrowInt32, withScratch } from './scratch.ts';
import { solve } from './solver.ts';
import { columnsOf, constraintRows } from './sparse.ts';
import { COLUMNS_MAX } from './tuple.ts';

/**
 * Rows of a plan's memory that are left for its user: K', and at least so many. A program reads every stripe of the
 * memory once, however many symbols it sums: at K = 4096 and 10000, repair symbols come 1.3 to 1.6 times as fast by K' as
 * by a quarter of that. Rows that nobody uses cost no memory.
 */
const SPARE_ROWS_MIN = 64;

/** Most memory rows of one encoding symbol. */
export const SYMBOL_ROWS_MAX: number = COLUMNS_MAX + FREE_SUMS_MAX;

/** A recorded plan. Its memory has source symbol i < K', padding included, in row i; all rows are overwritten. */
export interface EncodingPlan {
  readonly program: Int32Array;
  /** Rows and work rows of the memory. */
  readonly rows: number;
  readonly workRows: number;
  /** First of the rows, up to the last one, that the program does not use. */
  readonly spare: number;
  /**
   * Writes the rows whose XOR, after the program, is the encoding symbol of internal id X to target[at…], each of them
   * once, and returns how many: at most SYMBOL_ROWS_MAX. They are below `spare`.
   */
  symbolRows(X: number, target: Int32Array, at?: number): number;
}

/** Words of all plans that are kept: 16 MiB. The largest plan, K' = 56403, takes about half. */
const CACHE_WORDS_MAX = 4 * 1024 * 1024;

const cache = new Map<number, EncodingPlan>();
let cachedWords = 0;

/** The plan for K', recorded on first use. The plans used last are kept, up to CACHE_WORDS_MAX words. */
export function encodingPlan(p: Parameters): EncodingPlan {
  const cached = cache.get(p.kPrime);
  if (cached !== undefined) {
    // A Map keeps the order of insertion: the first entry is the one used least recently.
    cache.delete(p.kPrime);
    cache.set(p.kPrime, cached);
    return cached;
  }
  const plan = withScratch(() => recordPlan(p));
  cache.set(p.kPrime, plan);
  cachedWords += wordsOf(plan);
  for (const [kPrime, old] of cache) {
    if (cachedWords <= CACHE_WORDS_MAX || old === plan) break;
    cache.delete(kPrime);
    cachedWords -= wordsOf(old);
  }
  return plan;
}

/** The program, and two words a column for the sums. */
function wordsOf(plan: EncodingPlan): number {
  return plan.program.length + 2 * plan.rows;
}

function recordPlan(p: Parameters): EncodingPlan {
  // Memory rows: K' source symbols, S LDPC rows, H free columns and their tables, spare ones.
  const ids = Int32Array.from({ length: p.kPrime }, (_, X) => X);
  const values = Int32Array.from({ length: p.S + p.kPrime }, (_, row) =>
    row < p.S ? p.kPrime + row : row - p.S,
  );
  const free = p.kPrime + p.S;
  const tables = free + p.H;
  const spare = tables + freeTableRows(p.H, p.kPrime);
  const matrix = constraintRows(p, ids);
  const solution = solve(p, matrix, defaultKernel());
  // RFC 6330, 5.3.3.4.1: A is invertible for every K' of the table.
  if (typeof solution === 'number') throw new Error(`K' ${p.kPrime} has no encoding plan`);
  const program = new ProgramWriter(borrowInt32(32 * p.L));
  const rows = spare + Math.max(SPARE_ROWS_MIN, p.kPrime);
  const map = { values, zeroRows: p.S, free, tables, sums: p.kPrime, work: rows };
  const { sums } = new Schedule(program, p, matrix, solution, map);
  return new Plan(p, program.finish(), rows, spare, sums);
}

/** Does not hold on to the matrix, unlike a closure of recordPlan. */
class Plan implements EncodingPlan {
  readonly program: Int32Array;
  readonly rows: number;
  readonly workRows: number;
  readonly spare: number;
  private readonly p: Parameters;
  private readonly sums: ColumnSums;
  private readonly columns: Uint16Array = new Uint16Array(COLUMNS_MAX);

  constructor(p: Parameters, program: Int32Array, rows: number, spare: number, sums: ColumnSums) {
    this.p = p;
    this.program = program;
    this.spare = spare;
    this.rows = rows;
    this.workRows = workRows(p, 0);
    this.sums = sums;
  }

  symbolRows(X: number, target: Int32Array, at = 0): number {
    const { columns } = this;
    return this.sums.rowsOf(columns, 0, columnsOf(this.p, X, columns), target, at);
  }
}
