// The draw of constituents against the text of protocol/session.md, and what a linear generator would get wrong.

import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { constituentPositions } from '../../src/fountain/index.ts';

const MOD = 2n ** 32n;

/** mix of protocol/summaries.md, in whole numbers of any size. */
function slowMix(value: bigint): bigint {
  let v = value % MOD;
  v ^= v >> 16n;
  v = (v * 0x7feb352dn) % MOD;
  v ^= v >> 15n;
  v = (v * 0x846ca68bn) % MOD;
  return v ^ (v >> 16n);
}

/** The formulas of protocol/session.md, "Recoding", one by one. */
function slowPositions(start: number, sbn: number, n: number, degree: number, p: number): number[] {
  const block = slowMix(BigInt(start) + slowMix(BigInt(sbn + 1) * 0x9e3779b1n));
  const key = slowMix(block + BigInt(n + 1) * 0x85ebca77n);
  const drawn: number[] = [];
  for (let t = 1; t <= 4096 && drawn.length < degree; t++) {
    const position = Number((slowMix(key + BigInt(t) * 0xc2b2ae35n) * BigInt(p)) / MOD);
    if (!drawn.includes(position)) drawn.push(position);
  }
  for (let position = 0; drawn.length < degree; position++) {
    if (!drawn.includes(position)) drawn.push(position);
  }
  return drawn;
}

/** Rank over GF(2) of rows given as the places of their ones. */
function rankOf(rows: readonly (readonly number[])[]): number {
  const pivots = new Map<number, bigint>();
  for (const ones of rows) {
    let row = ones.reduce((sum, place) => sum ^ (1n << BigInt(place)), 0n);
    while (row !== 0n) {
      const top = row.toString(2).length - 1;
      const pivot = pivots.get(top);
      if (pivot === undefined) {
        pivots.set(top, row);
        break;
      }
      row ^= pivot;
    }
  }
  return pivots.size;
}

describe('constituents', () => {
  it('are those that the protocol text draws', () => {
    const rng = new Rng(1);
    for (let round = 0; round < 1_500; round++) {
      const size = 1 + rng.below(10 ** (1 + rng.below(5)));
      const degree = 1 + rng.below(Math.min(64, size));
      const [start, number] = [rng.uint32(), rng.below(3) === 0 ? rng.uint32() : rng.below(500)];
      const sbn = rng.below(65_536);
      expect(constituentPositions(start, sbn, number, degree, size)).toEqual(
        slowPositions(start, sbn, number, degree, size),
      );
    }
  });

  it('are different ones of the pool, as many as the degree', () => {
    const rng = new Rng(2);
    for (let round = 0; round < 3_000; round++) {
      const size = 1 + rng.below(200);
      const degree = 1 + rng.below(Math.min(64, size));
      const positions = constituentPositions(rng.uint32(), 3, round, degree, size);
      const bad = positions.filter((p) => !Number.isInteger(p) || p < 0 || p >= size);
      if (positions.length !== degree || new Set(positions).size !== degree || bad.length > 0) {
        throw new Error(`${positions.join()} of ${size}`);
      }
    }
  });

  it('are found after 4,096 draws at most: the whole of a pool of 64, whatever the seed', () => {
    // The last of 64 takes 64 draws on average and some 300 at times; all of them are there in the end.
    const rng = new Rng(3);
    for (let round = 0; round < 200; round++) {
      const positions = constituentPositions(rng.uint32(), 0, round, 64, 64);
      expect([...positions].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    }
  });

  it('past the draws are the smallest that are left', () => {
    // No pool of 64 comes near the bound; one as large as a block with all of it drawn does.
    const positions = constituentPositions(7, 0, 0, 4_000, 4_000);
    expect(positions).toEqual(slowPositions(7, 0, 0, 4_000, 4_000));
    // Some 4,000/e are left after the draws, in order.
    const rest = positions.slice(-1_300);
    expect(rest).toEqual([...rest].sort((a, b) => a - b));
  });

  it('fall on all positions alike', () => {
    const size = 50;
    const counts = new Uint32Array(size);
    for (let number = 0; number < 5_000; number++) {
      for (const p of constituentPositions(99, 1, number, 4, size)) counts[p] = counts[p]! + 1;
    }
    const mean = (5_000 * 4) / size;
    for (const count of counts) expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean));
  });

  it('of 200 symbols over 200 have a rank that no generator linear over GF(2) could reach', () => {
    // Positions that were linear in the 32 bits of the key would give sums of rank 32 at most.
    for (const start of [0, 1, 0xffffffff, 12345]) {
      const rows = Array.from({ length: 200 }, (_, n) =>
        constituentPositions(start, 0, n, 16, 200),
      );
      expect(rankOf(rows)).toBeGreaterThan(190);
      // Degree 4 leaves some symbols out (e^−4 of them), and loses no more than that.
      const sparse = Array.from({ length: 200 }, (_, n) =>
        constituentPositions(start, 0, n, 4, 200),
      );
      expect(rankOf(sparse)).toBeGreaterThan(180);
    }
  });

  it('of different numbers, blocks and starts are not related', () => {
    const base = constituentPositions(5, 5, 5, 16, 100_000);
    for (const [start, sbn, number] of [
      [6, 5, 5],
      [5, 6, 5],
      [5, 5, 6],
      [0x80000005, 5, 5],
    ] as const) {
      const other = constituentPositions(start, sbn, number, 16, 100_000);
      expect(other.filter((p) => base.includes(p)).length).toBeLessThan(2);
    }
  });
});
