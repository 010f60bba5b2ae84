// A distribution of degrees: how many symbols a sum takes.

import { checkWhole } from './check.ts';
import { SOURCE_SYMBOLS_MAX } from './raptorq/params.ts';

/** Probabilities of degrees. */
export class DegreeDistribution {
  /** The degrees that occur, ascending. */
  readonly degrees: readonly number[];
  /** Of these degrees, in order; they sum to 1. */
  readonly probabilities: readonly number[];
  /** The mean degree. */
  readonly mean: number;
  /** How probable at most this degree is. */
  private readonly cumulative: Float64Array;

  /**
   * `weights` by degree from 0 on: in proportion to the probabilities. RangeError unless they are finite, ≥ 0, not all
   * zero, and zero for degree 0.
   */
  constructor(weights: readonly number[]) {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (!(sum > 0 && sum < Infinity) || weights[0] !== 0 || weights.some((weight) => weight < 0)) {
      throw new RangeError('weights are no probabilities of degrees from 0 on');
    }
    this.degrees = weights.flatMap((weight, degree) => (weight > 0 ? [degree] : []));
    this.probabilities = this.degrees.map((degree) => weights[degree]! / sum);
    let below = 0;
    this.cumulative = Float64Array.from(
      this.probabilities,
      (probability) => (below += probability),
    );
    this.mean = this.degrees.reduce((mean, d, i) => mean + d * this.probabilities[i]!, 0);
  }

  /** The degree that a uniform number 0 ≤ u < 1 falls on. */
  sample(u: number): number {
    const { cumulative } = this;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u < cumulative[middle]!) high = middle;
      else low = middle + 1;
    }
    return this.degrees[low]!;
  }
}

/** One degree only, in 1..56403; RangeError otherwise. */
export function fixedDegree(degree: number): DegreeDistribution {
  checkWhole('degree', degree, 1, SOURCE_SYMBOLS_MAX);
  const weights = new Array<number>(degree + 1).fill(0);
  weights[degree] = 1;
  return new DegreeDistribution(weights);
}
