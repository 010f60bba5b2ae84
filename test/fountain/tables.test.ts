// The tables and parameters of RFC 6330, and what the code relies on about them.

import { describe, expect, it } from 'vitest';
import { ESI_MAX, SOURCE_SYMBOLS_MAX } from '../../src/fountain/index.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { constraintRows } from '../../src/fountain/raptorq/sparse.ts';
import {
  DEGREE,
  SYSTEMATIC,
  SYSTEMATIC_COLUMNS,
  V0,
  V1,
  V2,
  V3,
} from '../../src/fountain/raptorq/tables.ts';
import {
  COLUMNS_MAX,
  degree,
  internalId,
  rand,
  symbolColumns,
  tuple,
} from '../../src/fountain/raptorq/tuple.ts';

const rows = Array.from({ length: SYSTEMATIC.length / SYSTEMATIC_COLUMNS }, (_, i) => {
  const [kPrime, J, S, H, W] = SYSTEMATIC.subarray(i * SYSTEMATIC_COLUMNS);
  return { kPrime: kPrime!, J: J!, S: S!, H: H!, W: W! };
});

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}

describe('tables', () => {
  it('have their sizes and ends', () => {
    expect(rows.length).toBe(477);
    expect(rows[0]).toEqual({ kPrime: 10, J: 254, S: 7, H: 10, W: 17 });
    expect(rows[476]).toEqual({ kPrime: 56403, J: 471, S: 907, H: 16, W: 56951 });
    for (const table of [V0, V1, V2, V3]) expect(table.length).toBe(256);
    expect([V0[0], V1[0], V2[0], V3[0]]).toEqual([251291136, 807385413, 1629829892, 1191369816]);
    expect(DEGREE.length).toBe(31);
    expect([DEGREE[0], DEGREE[1], DEGREE[30]]).toEqual([0, 5243, 1 << 20]);
    for (let d = 1; d <= 30; d++) expect(DEGREE[d]!).toBeGreaterThan(DEGREE[d - 1]!);
  });

  it('have what the code relies on in every row', () => {
    let previous = 0;
    for (const { kPrime, J, S, H, W } of rows) {
      const p = parametersOf(kPrime);
      expect(p).toMatchObject({ kPrime, J, S, H, W, L: kPrime + S + H });
      expect(kPrime).toBeGreaterThan(previous);
      previous = kPrime;
      // Steps modulo S and W visit no column twice.
      expect(isPrime(S) && isPrime(W) && isPrime(p.P1)).toBe(true);
      expect(p.P1).toBeGreaterThanOrEqual(p.P);
      // A step of an LDPC column is never a multiple of S.
      expect(1 + Math.floor((p.B - 1) / S)).toBeLessThan(S);
      // HDPC columns are permanently inactive.
      expect(kPrime + S).toBeGreaterThanOrEqual(W);
      expect(p.P).toBeGreaterThanOrEqual(H);
      // Free columns are the bits of an int.
      expect(H).toBeLessThanOrEqual(16);
      // (A · X + …) is exact in a double.
      expect((53592 + J * 997) * (ESI_MAX + kPrime)).toBeLessThan(2 ** 52);
    }
  });
});

describe('parameters', () => {
  it('take the smallest K that fits', () => {
    expect(parametersOf(1).kPrime).toBe(10);
    expect(parametersOf(10).kPrime).toBe(10);
    expect(parametersOf(11).kPrime).toBe(12);
    expect(parametersOf(1000)).toMatchObject({
      kPrime: 1002,
      S: 59,
      H: 10,
      W: 1021,
      L: 1071,
      P: 50,
    });
    expect(parametersOf(10000)).toMatchObject({
      kPrime: 10017,
      S: 241,
      W: 10111,
      L: 10269,
      P: 158,
    });
    expect(parametersOf(56403)).toMatchObject({ S: 907, W: 56951, L: 57326, P: 375 });
    for (const K of [0, -1, 1.5, SOURCE_SYMBOLS_MAX + 1]) {
      expect(() => parametersOf(K)).toThrow(/sourceSymbols/);
    }
  });
});

describe('generators', () => {
  it('map v to degrees by Table 1', () => {
    for (let d = 1; d <= 30; d++) {
      expect(degree(DEGREE[d]! - 1, 1000)).toBe(d);
      if (d < 30) expect(degree(DEGREE[d]!, 1000)).toBe(d + 1);
    }
    expect(degree((1 << 20) - 1, 17)).toBe(15);
  });

  it('stay in range and name no column twice', () => {
    for (const K of [1, 10, 46, 101, 1024, 56403]) {
      const p = parametersOf(K);
      const columns = new Uint16Array(COLUMNS_MAX);
      for (let i = 0; i < 3000; i++) {
        const X = i < 1500 ? i : internalId(p, K, ESI_MAX - i);
        const t = tuple(p, X);
        const count = symbolColumns(p, X, columns);
        expect(count).toBe(t.d + t.d1);
        const used = columns.subarray(0, count);
        expect(new Set(used).size).toBe(count);
        expect(used.every((column) => column >= 0 && column < p.L)).toBe(true);
        expect(used.subarray(t.d).every((column) => column >= p.W)).toBe(true);
      }
    }
  });

  it('draw numbers as 5.3.5.1 says', () => {
    const word = V0[0x13]! ^ V1[0x36]! ^ V2[0x59]! ^ V3[0x7c]!;
    expect(rand(0x79563310, 3, 2 ** 20)).toBe((word >>> 0) % 2 ** 20);
    // Bytes wrap at 256.
    expect(rand(0xffffffff, 1, 1009)).toBe(((V0[0]! ^ V1[0]! ^ V2[0]! ^ V3[0]!) >>> 0) % 1009);
  });

  it('number symbols past the padding', () => {
    const p = parametersOf(11);
    expect([0, 10, 11, ESI_MAX].map((esi) => internalId(p, 11, esi))).toEqual([
      0,
      10,
      12,
      ESI_MAX + 1,
    ]);
  });

  it('have LDPC rows of distinct columns', () => {
    for (const K of [1, 10, 101, 1000]) {
      const p = parametersOf(K);
      const matrix = constraintRows(p, []);
      expect(matrix.count).toBe(p.S);
      expect(matrix.starts[p.S]).toBe(3 * p.B + 3 * p.S);
      for (let row = 0; row < p.S; row++) {
        const columns = matrix.columns.subarray(matrix.starts[row], matrix.starts[row + 1]);
        expect(new Set(columns).size).toBe(columns.length);
      }
    }
  });
});
