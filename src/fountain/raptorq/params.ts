// The parameters of a block: everything that follows from K (RFC 6330, 5.3.3.3 and 5.6).

import { checkWhole } from '../check.ts';
import { SYSTEMATIC, SYSTEMATIC_COLUMNS } from './tables.ts';

/** K'_max: most source symbols of a block (RFC 6330, 5.1.2). */
export const SOURCE_SYMBOLS_MAX = 56_403;
/** Largest ESI: 24 bits (RFC 6330, 3.2). */
export const ESI_MAX = 0xffffff;

/** The letters of RFC 6330, 5.3.3.3, for one K'. */
export interface Parameters {
  /** K': source symbols, padding included. */
  readonly kPrime: number;
  /** J(K'): the systematic index. */
  readonly J: number;
  /** Rows of LDPC symbols; prime. */
  readonly S: number;
  /** Rows of HDPC symbols. */
  readonly H: number;
  /** Columns of LT symbols: 0..W−1; prime. */
  readonly W: number;
  /** Intermediate symbols: K' + S + H. */
  readonly L: number;
  /** Permanently inactive columns: W..L−1. */
  readonly P: number;
  /** Smallest prime ≥ P. */
  readonly P1: number;
  /** LT columns that are not LDPC symbols: 0..B−1. */
  readonly B: number;
}

/** The parameters of the smallest K' ≥ sourceSymbols. Throws RangeError outside 1..56403. */
export function parametersOf(sourceSymbols: number): Parameters {
  checkWhole('sourceSymbols', sourceSymbols, 1, SOURCE_SYMBOLS_MAX);
  let low = 0;
  let high = SYSTEMATIC.length / SYSTEMATIC_COLUMNS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (SYSTEMATIC[middle * SYSTEMATIC_COLUMNS]! >= sourceSymbols) high = middle;
    else low = middle + 1;
  }
  const at = low * SYSTEMATIC_COLUMNS;
  const kPrime = SYSTEMATIC[at]!;
  const S = SYSTEMATIC[at + 2]!;
  const H = SYSTEMATIC[at + 3]!;
  const W = SYSTEMATIC[at + 4]!;
  const L = kPrime + S + H;
  const P = L - W;
  return { kPrime, J: SYSTEMATIC[at + 1]!, S, H, W, L, P, P1: smallestPrime(P), B: W - S };
}

function smallestPrime(from: number): number {
  for (let n = Math.max(2, from); ; n++) if (isPrime(n)) return n;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}
