// How many symbols a recoded symbol should take, given how many of them the receiver is likely to hold.

import { DegreeDistribution } from './degree-distribution.ts';

/** Largest degree of a recoded symbol (Byers et al., 2002). The designs here stay far below it. */
export const DEGREE_MAX = 50;

/** The degree for full-rank decoding where nothing is held, and the largest: see fullRankDegree(). */
const FULL_RANK_MIN = 4;
const FULL_RANK_MAX = 16;
/** The largest share of useless symbols that is put up with. */
const USELESS_MAX = 0.002;

/**
 * The degree of recoded symbols for a receiver that solves for all of them together, at a containment c in 0..1.
 *
 * A symbol is useless when the receiver holds all of its constituents, which happens with probability c^degree: the
 * degree makes that at most 0.2 %. Under 4, too many symbols of a small pool are in no sum at all, or the sums depend on
 * each other: 2 takes a fifth more even at c = 0. Over 16 nothing is gained, and the matrix fills. An estimate that is
 * too high is harmless here, so no margin is needed; what is not a number counts as 0.
 */
export function fullRankDegree(containment: number): number {
  if (!(containment > 0)) return FULL_RANK_MIN;
  if (containment >= 1) return FULL_RANK_MAX;
  const degree = Math.ceil(Math.log(USELESS_MAX) / Math.log(containment));
  return Math.min(FULL_RANK_MAX, Math.max(FULL_RANK_MIN, degree));
}

/**
 * The degree of the recoded symbol that is most probably useful at once, ⌊1 / (1 − c)⌋: that all of its constituents but
 * one are held has the probability d·c^(d − 1)·(1 − c). 1..50.
 */
export function optimalDegree(containment: number): number {
  return bounded(Math.floor(1 / (1 - containment)));
}

/** The same rounded to the nearest, as the figures of the paper have it: 2 from c = 1/3 on. */
export function nearestDegree(containment: number): number {
  return bounded(Math.round(1 / (1 - containment)));
}

function bounded(degree: number): number {
  if (degree > DEGREE_MAX) return DEGREE_MAX;
  return degree >= 1 ? degree : 1;
}

/**
 * Degrees as the paper describes them, without its numbers: nearestDegree() is the lower limit, and few symbols take many,
 * up to 50, in proportion to 1 / (d·(d − 1)). A quarter of the symbols have the lowest degree: the paper does not say how
 * many, and where nothing is held only these can be decoded at first.
 */
export function tailDegrees(containment: number): DegreeDistribution {
  const least = nearestDegree(containment);
  const weights = new Array<number>(DEGREE_MAX + 1).fill(0);
  let tail = 0;
  for (let d = least + 1; d <= DEGREE_MAX; d++) tail += weights[d] = 1 / (d * (d - 1));
  // A quarter of all; all of them where there is no tail.
  weights[least] = tail > 0 ? tail / 3 : 1;
  return new DegreeDistribution(weights);
}
