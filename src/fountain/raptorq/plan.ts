// The encoding plan: the program that turns the source symbols of a block into intermediate symbols. It depends on
// K' only, so it is recorded once and run for every block (RFC 6330, 5.3.3.4).

import { ProgramWriter } from '../../kernel/index.ts';
import type { Parameters } from './params.ts';
import { Schedule, workRows } from './schedule.ts';
import { solve } from './solver.ts';
import { constraintRows } from './sparse.ts';

/** A recorded plan. Its memory has source symbol i < K', padding included, in row i; all rows are overwritten. */
export interface EncodingPlan {
  readonly program: Int32Array;
  /** Rows and work rows of the memory. */
  readonly rows: number;
  readonly workRows: number;
  /** By column: the row in which the program leaves the intermediate symbol. */
  readonly columnRows: Int32Array;
  /** A row that the program does not use. */
  readonly spare: number;
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
  const plan = recordPlan(p);
  cache.set(p.kPrime, plan);
  cachedWords += wordsOf(plan);
  for (const [kPrime, old] of cache) {
    if (cachedWords <= CACHE_WORDS_MAX || old === plan) break;
    cache.delete(kPrime);
    cachedWords -= wordsOf(old);
  }
  return plan;
}

function wordsOf(plan: EncodingPlan): number {
  return plan.program.length + plan.columnRows.length;
}

function recordPlan(p: Parameters): EncodingPlan {
  // Memory rows: K' source symbols, S LDPC rows, H free columns, one spare.
  const ids = Int32Array.from({ length: p.kPrime }, (_, X) => X);
  const values = Int32Array.from({ length: p.S + p.kPrime }, (_, row) =>
    row < p.S ? p.kPrime + row : row - p.S,
  );
  const free = p.kPrime + p.S;
  const spare = free + p.H;
  const matrix = constraintRows(p, ids);
  const solution = solve(p, matrix);
  // RFC 6330, 5.3.3.4.1: A is invertible for every K' of the table.
  if (typeof solution === 'number') throw new Error(`K' ${p.kPrime} has no encoding plan`);
  const program = new ProgramWriter();
  const map = { values, zeroRows: p.S, free, work: spare + 1 };
  const schedule = new Schedule(program, p, matrix, solution, map);
  schedule.recordCorrections();
  return {
    program: program.finish(),
    rows: spare + 1,
    workRows: workRows(p),
    columnRows: schedule.columnRows,
    spare,
  };
}
