// The code of RFC 6330 as its section 5.3.3.4 defines it, and nothing else: the whole constraint matrix over
// GF(256), HDPC rows by the product MT · GAMMA, solved by Gaussian elimination. Obviously right, and slow.

import type { Parameters } from '../../src/fountain/raptorq/params.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { DEGREE, V0, V1, V2, V3 } from '../../src/fountain/raptorq/tables.ts';
import { slowMultiply } from '../kernel/slow-kernel.ts';

function slowInverse(u: number): number {
  for (let v = 1; v < 256; v++) if (slowMultiply(u, v) === 1) return v;
  throw new Error('zero has no inverse');
}

function rand(y: bigint, i: number, m: number): number {
  const at = (shift: number): number => Number(((y >> BigInt(shift)) + BigInt(i)) % 256n);
  const word = V0[at(0)]! ^ V1[at(8)]! ^ V2[at(16)]! ^ V3[at(24)]!;
  return (word >>> 0) % m;
}

/** The row of L coefficients of internal symbol X. */
export function denseSymbolRow(p: Parameters, X: number): Uint8Array {
  const row = new Uint8Array(p.L);
  let A = 53591 + p.J * 997;
  if (A % 2 === 0) A++;
  const y = (10267n * BigInt(p.J + 1) + BigInt(X) * BigInt(A)) % 2n ** 32n;
  const v = rand(y, 0, 2 ** 20);
  let d = 0;
  while (!(v < DEGREE[d]!)) d++;
  d = Math.min(d, p.W - 2);
  const a = 1 + rand(y, 1, p.W - 1);
  let b = rand(y, 2, p.W);
  const x = BigInt(X);
  const d1 = d < 4 ? 2 + rand(x, 3, 2) : 2;
  const a1 = 1 + rand(x, 4, p.P1 - 1);
  let b1 = rand(x, 5, p.P1);
  row[b]! ^= 1;
  for (let j = 1; j < d; j++) {
    b = (b + a) % p.W;
    row[b]! ^= 1;
  }
  while (b1 >= p.P) b1 = (b1 + a1) % p.P1;
  row[p.W + b1]! ^= 1;
  for (let j = 1; j < d1; j++) {
    b1 = (b1 + a1) % p.P1;
    while (b1 >= p.P) b1 = (b1 + a1) % p.P1;
    row[p.W + b1]! ^= 1;
  }
  return row;
}

function ldpcRows(p: Parameters): Uint8Array[] {
  const rows = Array.from({ length: p.S }, () => new Uint8Array(p.L));
  for (let i = 0; i < p.B; i++) {
    const a = 1 + Math.floor(i / p.S);
    let b = i % p.S;
    rows[b]![i]! ^= 1;
    b = (b + a) % p.S;
    rows[b]![i]! ^= 1;
    b = (b + a) % p.S;
    rows[b]![i]! ^= 1;
  }
  for (let i = 0; i < p.S; i++) {
    rows[i]![p.B + i]! ^= 1;
    rows[i]![p.W + (i % p.P)]! ^= 1;
    rows[i]![p.W + ((i + 1) % p.P)]! ^= 1;
  }
  return rows;
}

/** The H rows [ MT · GAMMA | identity ]. */
export function denseHdpcRows(p: Parameters): Uint8Array[] {
  const n = p.kPrime + p.S;
  const alpha = (power: number): number => {
    let value = 1;
    for (let i = 0; i < power; i++) value = slowMultiply(value, 2);
    return value;
  };
  const MT = Array.from({ length: p.H }, () => new Uint8Array(n));
  for (let j = 0; j < n - 1; j++) {
    const first = rand(BigInt(j + 1), 6, p.H);
    const second = (first + rand(BigInt(j + 1), 7, p.H - 1) + 1) % p.H;
    MT[first]![j] = 1;
    MT[second]![j] = 1;
  }
  for (let i = 0; i < p.H; i++) MT[i]![n - 1] = alpha(i);
  const powers = Array.from({ length: 255 }, (_, i) => alpha(i));
  return MT.map((mt, i) => {
    const row = new Uint8Array(p.L);
    for (let j = 0; j < n; j++) {
      for (let k = j; k < n; k++) {
        if (mt[k] !== 0) row[j]! ^= slowMultiply(mt[k]!, powers[(k - j) % 255]!);
      }
    }
    row[n + i] = 1;
    return row;
  });
}

/**
 * Solves the constraints with the given symbols, or XORs of symbols: the rank, and the L intermediate symbols when it is
 * full. The padding symbols K..K'−1 are added here; ids are internal symbol ids.
 */
export function denseSolve(
  K: number,
  T: number,
  symbols: readonly { ids: readonly number[]; bytes: Uint8Array }[],
): { rank: number; needed: number; intermediate: Uint8Array[] | undefined } {
  const p = parametersOf(K);
  const zero = new Uint8Array(T);
  const equations: { row: Uint8Array; value: Uint8Array }[] = [];
  for (const row of [...ldpcRows(p), ...denseHdpcRows(p)])
    equations.push({ row, value: zero.slice() });
  for (let X = K; X < p.kPrime; X++) {
    equations.push({ row: denseSymbolRow(p, X), value: zero.slice() });
  }
  for (const { ids, bytes } of symbols) {
    const row = new Uint8Array(p.L);
    for (const id of ids) denseSymbolRow(p, id).forEach((bit, column) => (row[column]! ^= bit));
    equations.push({ row, value: bytes.slice() });
  }
  let rank = 0;
  for (let column = 0; column < p.L; column++) {
    const at = equations.findIndex(({ row }, i) => i >= rank && row[column] !== 0);
    if (at < 0) continue;
    [equations[rank], equations[at]] = [equations[at]!, equations[rank]!];
    const pivot = equations[rank]!;
    const scale = slowInverse(pivot.row[column]!);
    for (const bytes of [pivot.row, pivot.value]) {
      for (let k = 0; k < bytes.length; k++) bytes[k] = slowMultiply(scale, bytes[k]!);
    }
    equations.forEach(({ row, value }, i) => {
      const factor = row[column]!;
      if (i === rank || factor === 0) return;
      for (let k = 0; k < p.L; k++) row[k]! ^= slowMultiply(factor, pivot.row[k]!);
      for (let k = 0; k < T; k++) value[k]! ^= slowMultiply(factor, pivot.value[k]!);
    });
    rank++;
  }
  const full = rank === p.L;
  const intermediate = full ? equations.slice(0, p.L).map(({ value }) => value) : undefined;
  return { rank, needed: p.L, intermediate };
}

/** Internal symbol X from the intermediate symbols. */
export function denseSymbol(
  p: Parameters,
  intermediate: readonly Uint8Array[],
  X: number,
): Uint8Array {
  const symbol = new Uint8Array(intermediate[0]!.length);
  denseSymbolRow(p, X).forEach((bit, column) => {
    if (bit === 0) return;
    for (let k = 0; k < symbol.length; k++) symbol[k]! ^= intermediate[column]![k]!;
  });
  return symbol;
}
