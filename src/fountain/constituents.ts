// Which symbols a recoded symbol is the sum of (protocol/session.md, "Recoding"): drawn from the sender's pool by a
// generator that both ends know, so that the wire carries a number and a degree instead of ids.

import { mix32 } from '../base/index.ts';

// Odd constants. Every draw goes through the whole mix: rows from a generator that is linear over GF(2), an LFSR or
// xorshift, would have a rank of at most 32, and the transfer would never end.
const BLOCK_STEP = 0x9e3779b1;
const SYMBOL_STEP = 0x85ebca77;
const DRAW_STEP = 0xc2b2ae35;
/** After so many draws the smallest positions that are left are taken: no seed can make it long. */
const DRAWS_MAX = 4096;

/**
 * The positions in a pool of `poolSize` symbols of recoded symbol `number` of block sbn: `degree` different ones, in the
 * order drawn. `start` is the link's seed. 1 ≤ degree ≤ poolSize ≤ 2^20; all others u32.
 */
export function constituentPositions(
  start: number,
  sbn: number,
  number: number,
  degree: number,
  poolSize: number,
): number[] {
  const block = mix32(start + mix32(Math.imul(sbn + 1, BLOCK_STEP)));
  const key = mix32(block + Math.imul(number + 1, SYMBOL_STEP));
  const positions: number[] = [];
  for (let t = 1; positions.length < degree && t <= DRAWS_MAX; t++) {
    const draw = mix32(key + Math.imul(t, DRAW_STEP));
    pushNew(positions, Math.floor((draw * poolSize) / 0x100000000));
  }
  for (let position = 0; positions.length < degree; position++) pushNew(positions, position);
  return positions;
}

/** A loop, because `includes` takes several times as long on so few numbers. */
function pushNew(numbers: number[], n: number): void {
  for (let i = 0; i < numbers.length; i++) if (numbers[i] === n) return;
  numbers.push(n);
}
