// Degrees for LT codes by a linear programme: the fewest symbols from which substitution is expected to go on to the end.

import { checkWhole } from '../check.ts';
import { DegreeDistribution } from '../degree-distribution.ts';
import { minimise } from '../lp.ts';
import { LT_SYMBOLS_MAX } from './rows.ts';
import { robustSoliton } from './soliton.ts';

/** Each degree that the design may use is about this much larger than the one before. */
const DEGREE_RATIO = 1.2;
/** Largest degree ÷ k. */
const DEGREE_SHARE = 1 / 4;
/** Standard deviations of the unknown symbols that can be decoded at any time. */
const DEVIATIONS = 1.4;
/** How much smaller the designs let the expected number of symbols in no sum be, than 1: e^−2. One costs some 8 %. */
const COVER_SPARE = 2;
const POINTS = 200;

/**
 * Degrees for whole blocks of k source symbols, 1..65536; RangeError otherwise. Takes some milliseconds. Measured by
 * ltOverhead(), seeds from 0 on:
 *
 * | k | mean degree | mean overhead | worst | blocks |
 * |---|---|---|---|---|
 * | 2000 | 9.0 | 8.0 % | 64 % | 1000 |
 * | 23,968 | 11.9 | 3.7 % | 28 % | 200 |
 * | 65,536 | 13.0 | 2.2 % | 8.3 % | 10 |
 *
 * Half of the blocks need some 2 % at k = 23,968; the worst ones wait for a last symbol that is in no sum. The robust
 * soliton distribution with c = 0.03, δ = 0.5 needs 2.7 % there, at a mean degree of 15.9.
 *
 * With a_d symbols of degree d received for each source symbol, and the share x of these known, one is given by no symbol
 * yet with probability e^(−y), y = Σ d·a_d·x^(d − 1). Of the 1 − x that are unknown, 1 − x − e^(−y) are decodable: that
 * share shall be 1.4·√((1 − x) / k) or more. The last symbols are found by being in a sum at all, Σ d·a_d ≥ ln k + 2.
 */
export function designedDegrees(k: number): DegreeDistribution {
  checkWhole('k', k, 1, LT_SYMBOLS_MAX);
  const degrees = degreesUpTo(Math.max(Math.min(k, 4), Math.floor(k * DEGREE_SHARE)));
  // Where so few are unknown the deviation is half of them.
  const last = Math.min(0.5, (4 * DEVIATIONS * DEVIATIONS) / k);
  const rows: number[][] = [degrees];
  const bounds = [Math.log(k) + COVER_SPARE];
  for (let i = 0; i <= POINTS; i++) {
    const unknown = last ** (i / POINTS);
    const decodable = Math.min(DEVIATIONS * Math.sqrt(unknown / k), (3 / 4) * unknown);
    rows.push(degrees.map((degree) => degree * (1 - unknown) ** (degree - 1)));
    bounds.push(-Math.log(unknown - decodable));
  }
  const costs = new Array<number>(degrees.length).fill(1);
  const counts = minimise({ costs, rows, bounds });
  if (counts === undefined) return robustSoliton(k, 0.03, 0.5);
  const weights = new Array<number>(degrees.at(-1)! + 1).fill(0);
  degrees.forEach((degree, i) => (weights[degree] = counts[i]!));
  return new DegreeDistribution(weights);
}

/** 1, 2, 3, … at first, then ever farther apart. */
function degreesUpTo(max: number): number[] {
  const degrees: number[] = [];
  for (let d = 1; d <= max; d = Math.max(d + 1, Math.round(d * DEGREE_RATIO))) degrees.push(d);
  return degrees;
}
