// What the constraint matrix has in common for all blocks of one K': the LDPC rows, the rows of the source symbols, and
// where the HDPC rows add. Made once and kept, since a file has many blocks of the same K'.

import type { Parameters } from './params.ts';
import { COLUMNS_MAX, rand, symbolColumns } from './tuple.ts';

/** Rows of columns: row r has columns[starts[r]..starts[r + 1] − 1], in no particular order. */
export interface SparseRows {
  readonly count: number;
  readonly starts: Int32Array;
  /** Below L, so 16 bits each. May be longer than needed. */
  readonly columns: Uint16Array;
}

/** The parts of the matrix that depend on K' only. */
export interface Structure {
  readonly kPrime: number;
  /** S rows (RFC 6330, 5.3.3.3). */
  readonly ldpc: SparseRows;
  /** The rows of the symbols 0..K'−1. */
  readonly source: SparseRows;
  /** By column j of MT, j < K' + S − 1: the two HDPC rows that it names, first << 4 | second. */
  readonly hdpcPairs: Uint8Array;
}

/** Structures that are kept. The largest takes 1.4 MB. */
const CACHE_MAX = 4;

/** The ones used last, in order. */
let cache: readonly Structure[] = [];

/** The structure for K', made on first use. */
export function structureOf(p: Parameters): Structure {
  const { kPrime } = p;
  const first = cache[0];
  if (first?.kPrime === kPrime) return first;
  const structure = cache.find((cached) => cached.kPrime === kPrime) ?? {
    kPrime,
    ldpc: ldpcRows(p),
    source: sourceRows(p),
    hdpcPairs: hdpcPairs(p),
  };
  cache = [structure, ...cache.filter((cached) => cached !== structure)].slice(0, CACHE_MAX);
  return structure;
}

function ldpcRows(p: Parameters): SparseRows {
  const { S, B, W, P } = p;
  const starts = new Int32Array(S + 1);
  const columns = new Uint16Array(3 * B + 3 * S);
  // G_LDPC,1 is given by columns, so the rows are first counted, then filled.
  const next = new Int32Array(S).fill(3);
  eachLdpcEntry(p, (row) => next[row]!++);
  for (let row = 0; row < S; row++) {
    starts[row + 1] = starts[row]! + next[row]!;
    const at = starts[row]!;
    columns[at] = B + row;
    columns[at + 1] = W + (row % P);
    columns[at + 2] = W + ((row + 1) % P);
    next[row] = at + 3;
  }
  eachLdpcEntry(p, (row, column) => {
    columns[next[row]!++] = column;
  });
  return { count: S, starts, columns };
}

function eachLdpcEntry(p: Parameters, visit: (row: number, column: number) => void): void {
  for (let column = 0; column < p.B; column++) {
    const step = 1 + Math.floor(column / p.S);
    for (let n = 0; n < 3; n++) visit((column + n * step) % p.S, column);
  }
}

function sourceRows(p: Parameters): SparseRows {
  const starts = new Int32Array(p.kPrime + 1);
  const columns = new Uint16Array(p.kPrime * COLUMNS_MAX);
  for (let X = 0; X < p.kPrime; X++) {
    starts[X + 1] = starts[X]! + symbolColumns(p, X, columns, starts[X]);
  }
  return { count: p.kPrime, starts, columns: columns.slice(0, starts[p.kPrime]) };
}

function hdpcPairs(p: Parameters): Uint8Array {
  const pairs = new Uint8Array(p.kPrime + p.S - 1);
  for (let j = 0; j < pairs.length; j++) {
    const first = rand(j + 1, 6, p.H);
    const second = (first + rand(j + 1, 7, p.H - 1) + 1) % p.H;
    pairs[j] = (first << 4) | second;
  }
  return pairs;
}
