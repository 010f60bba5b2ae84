// The generators: which intermediate symbols an encoding symbol is the XOR of (RFC 6330, 5.3.5).

import type { Parameters } from './params.ts';
import { DEGREE, V0, V1, V2, V3 } from './tables.ts';

/** Most columns of one encoding symbol: LT degree at most 30, and 3 permanently inactive ones. */
export const COLUMNS_MAX = 33;

/** V0, V1, V2, V3 one after the other, as signed words. */
const V: Int32Array = Int32Array.of(...V0, ...V1, ...V2, ...V3);

/** Rand[y, i, m] (RFC 6330, 5.3.5.1): a number in 0..m−1; y is taken modulo 2^32. */
export function rand(y: number, i: number, m: number): number {
  const word =
    V[(y + i) & 255]! ^
    V[256 + (((y >>> 8) + i) & 255)]! ^
    V[512 + (((y >>> 16) + i) & 255)]! ^
    V[768 + (((y >>> 24) + i) & 255)]!;
  // All three unsigned: V8 then divides integers instead of doubles, which saves half of the time of a tuple.
  return ((word >>> 0) % (m >>> 0)) >>> 0;
}

/** The degree of v = n << 12: where the search for the degree of any v with these upper 8 bits begins. */
const DEGREE_OF_UPPER = Uint8Array.from({ length: 256 }, (_, n) =>
  DEGREE.findIndex((bound) => n << 12 < bound),
);

/** Deg[v] (RFC 6330, 5.3.5.2), for 0 ≤ v < 2^20. */
export function degree(v: number, W: number): number {
  let d = DEGREE_OF_UPPER[v >>> 12]!;
  while (v >= DEGREE[d]!) d++;
  return Math.min(d, W - 2);
}

/** The tuple (d, a, b, d1, a1, b1) of RFC 6330, 5.3.5.4. */
export interface Tuple {
  readonly d: number;
  readonly a: number;
  readonly b: number;
  readonly d1: number;
  readonly a1: number;
  readonly b1: number;
}

/** Tuple[K', X] (RFC 6330, 5.3.5.4), X being the internal symbol id. */
export function tuple(p: Parameters, X: number): Tuple {
  const A = (53591 + p.J * 997) | 1;
  // Math.imul and the shift are "mod 2^32".
  const y = (10267 * (p.J + 1) + Math.imul(X, A)) >>> 0;
  const d = degree(rand(y, 0, 1 << 20), p.W);
  return {
    d,
    a: 1 + rand(y, 1, p.W - 1),
    b: rand(y, 2, p.W),
    d1: d < 4 ? 2 + rand(X, 3, 2) : 2,
    a1: 1 + rand(X, 4, p.P1 - 1),
    b1: rand(X, 5, p.P1),
  };
}

/** (a + b) mod m, for a and b below m. */
function step(a: number, b: number, m: number): number {
  const sum = a + b;
  return sum < m ? sum : sum - m;
}

/**
 * Enc[] (RFC 6330, 5.3.5.3): writes the columns whose XOR is symbol X to target[at…], the LT ones first, and
 * returns how many. No column occurs twice: W and P1 are prime, so the steps do not repeat.
 */
export function symbolColumns(p: Parameters, X: number, target: Uint16Array, at = 0): number {
  const { d, a, b, d1, a1, b1 } = tuple(p, X);
  const { W, P, P1 } = p;
  let end = at;
  let column = b;
  for (let i = 0; i < d; i++) {
    target[end++] = column;
    column = step(column, a, W);
  }
  column = b1;
  for (let i = 0; i < d1; i++) {
    while (column >= P) column = step(column, a1, P1);
    target[end++] = W + column;
    column = step(column, a1, P1);
  }
  return end - at;
}

/** The internal symbol id of an encoding symbol (RFC 6330, 5.3.1): the padding symbols K..K'−1 are skipped. */
export function internalId(p: Parameters, sourceSymbols: number, esi: number): number {
  return esi < sourceSymbols ? esi : esi + p.kPrime - sourceSymbols;
}
