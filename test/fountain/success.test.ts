// How many symbols beyond K decoding takes. The bounds are those of RFC 6330's design: with random ESIs, K
// symbols suffice in all but some 0.5 % of blocks, K + 1 in all but some 10^-4.

import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import { randomBytes, randomEsis } from './helpers.ts';

const T = 8;
const SEED = 6330;

/** How many of `trials` blocks took 0, 1, 2, … symbols beyond K. */
function extraSymbols(K: number, trials: number): number[] {
  const source = randomBytes(K, K * T);
  const encoder = new RaptorQEncoder(source, T);
  const counts = [0, 0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const seed = SEED + trial;
    const esis = randomEsis(new Rng(seed));
    const decoder = new RaptorQDecoder(K, T);
    let received = 0;
    for (; decoder.decode() === undefined; received++) {
      const esi = esis.next().value;
      decoder.add(esi, encoder.symbol(esi));
    }
    expect(decoder.decode(), `K ${K} seed ${seed}`).toEqual(source);
    expect(received - K, `K ${K} seed ${seed}`).toBeLessThanOrEqual(2);
    counts[received - K]!++;
  }
  return counts;
}

it.each([
  { K: 10, trials: 3000, lateMax: 0.012 },
  { K: 100, trials: 3000, lateMax: 0.01 },
  { K: 1000, trials: 200, lateMax: 0.02 },
])('K = $K: K symbols nearly always suffice, K + 2 always', ({ K, trials, lateMax }) => {
  const counts = extraSymbols(K, trials);
  expect(counts[0]! / trials, `extra symbols ${counts.join(', ')}`).toBeGreaterThanOrEqual(
    1 - lateMax,
  );
});
