// The encoding plan: the program that turns the source symbols of a block into intermediate symbols. It depends on
// K' only, so it is recorded once and run for every block (RFC 6330, 5.3.3.4).

import type { Parameters } from './params.ts';
import { scratchRows, solve } from './solver.ts';
import { constraintRows } from './sparse.ts';

/** A recorded plan and the memory it works on. */
export interface EncodingPlan {
  readonly program: Int32Array;
  /** Source symbol i, padding included, is expected in memory row i; the program may overwrite it. */
  readonly columns: number;
  /** Intermediate symbol c is found in row columns + c. */
  readonly rows: number;
  /** A row that the caller may use once the program has run. */
  readonly scratch: number;
}

/** Words of all plans that are kept: 16 MiB. The largest plan, K' = 56403, takes about a third. */
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
  cachedWords += plan.program.length;
  for (const [kPrime, old] of cache) {
    if (cachedWords <= CACHE_WORDS_MAX || old === plan) break;
    cache.delete(kPrime);
    cachedWords -= old.program.length;
  }
  return plan;
}

/** Memory rows: K' source symbols, S sums of LDPC rows, L intermediate symbols, scratch. */
function recordPlan(p: Parameters): EncodingPlan {
  const ids = Int32Array.from({ length: p.kPrime }, (_, X) => X);
  const values = Int32Array.from({ length: p.S + p.kPrime }, (_, row) =>
    row < p.S ? p.kPrime + row : row - p.S,
  );
  const columns = p.kPrime + p.S;
  const scratch = columns + p.L;
  const solution = solve(p, constraintRows(p, ids), { values, zeroRows: p.S, columns, scratch });
  // RFC 6330, 5.3.3.4.1: A is invertible for every K' of the table.
  if ('deficiency' in solution) throw new Error(`no encoding plan for K' ${p.kPrime}`);
  solution.recordCorrections();
  return {
    program: solution.program.finish(),
    columns,
    rows: scratch + scratchRows(p),
    scratch,
  };
}
