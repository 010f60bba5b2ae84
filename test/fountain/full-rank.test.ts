// Recoded symbols of the degree for full-rank decoding: how many more than needed it takes to solve for all of them. The
// code is the ideal one over GF(2): each symbol is a random sum of the source symbols.

import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { fixedDegree, fullRankDegree } from '../../src/fountain/index.ts';
import type { Allocation } from './recoding-model.ts';
import { fourPeers, pickFrom, twoPeers } from './recoding-model.ts';

/** The rank of rows of bits, one row after the other. */
class BitRank {
  private readonly pivots: (Int32Array | undefined)[] = [];
  value = 0;

  /** Takes the row as its own. */
  add(row: Int32Array): void {
    for (let word = 0; word < row.length; word++) {
      while (row[word] !== 0) {
        const bit = 32 * word + 31 - Math.clz32(row[word]! & -row[word]!);
        const pivot = this.pivots[bit];
        if (pivot === undefined) {
          this.pivots[bit] = row;
          this.value++;
          return;
        }
        for (let i = word; i < row.length; i++) row[i]! ^= pivot[i]!;
      }
    }
  }
}

/** Recoded symbols beyond those needed until the receiver can solve for the content. */
function extraSymbols({ enough, need, total, held, pools }: Allocation, degree: number): number {
  const rng = new Rng(enough + degree);
  const words = Math.ceil(enough / 32);
  const rows = Array.from({ length: total }, () => {
    const row = Int32Array.from({ length: words }, () => rng.uint32());
    if (enough % 32 !== 0) row[words - 1]! &= (1 << (enough % 32)) - 1;
    return row;
  });
  const rank = new BitRank();
  for (const id of held) rank.add(rows[id]!.slice());
  const degrees = fixedDegree(degree);
  let received = 0;
  for (; rank.value < enough && received < 4 * enough; received++) {
    const sum = new Int32Array(words);
    const pool = pools[received % pools.length]!;
    for (const id of pickFrom(rng, pool, degrees.sample(rng.unit()))) {
      rows[id]!.forEach((word, i) => (sum[i]! ^= word));
    }
    rank.add(sum);
  }
  return received - need;
}

const CONTAINMENTS = [0, 0.1, 0.2, 0.3, 0.4];

it.each([600, 1000])('%i symbols take a hundredth of the needed and 6 more at most', (enough) => {
  const allocations = [1, 2].flatMap((seed) => [
    ...[...CONTAINMENTS, 0.45].map((c) => ({ c, allocation: twoPeers(enough, 1.1, c, seed) })),
    ...[...CONTAINMENTS, 0.5].map((c) => ({ c, allocation: fourPeers(enough, 1.1, c, seed) })),
  ]);
  for (const { c, allocation } of allocations) {
    const extra = extraSymbols(allocation, fullRankDegree(c));
    expect(extra, `c ${c}`).toBeLessThanOrEqual(allocation.need / 100 + 6);
  }
});

it('lower degrees take many more', () => {
  const four = fourPeers(600, 1.1, 0.5, 1);
  expect(extraSymbols(four, fullRankDegree(0.5))).toBeLessThan(10);
  expect(extraSymbols(four, 4)).toBeGreaterThan(60);
  expect(extraSymbols(twoPeers(600, 1.1, 0, 1), 2)).toBeGreaterThan(25);
});
