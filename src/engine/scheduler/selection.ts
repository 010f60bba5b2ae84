// EEPT's choice of servers: the most capacity per price first, as long as they fit into the client's link.

import { unsteadiness } from './common.ts';

/** A source to choose from. Rates in any one unit. */
export interface Candidate {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Per time of use. */
  readonly price: number;
}

export interface SelectionOptions {
  /** Limit of the client's link, in the unit of the rates. */
  readonly cap: number;
  /** Fills what the greedy choice leaves free with one source more, the one that adds most for its price. */
  readonly fill?: boolean;
}

/** CP, formula 1: capacity per price. Infinity for what is free. */
export function capacityPerPrice({ mean, price }: Candidate): number {
  return price > 0 ? mean / price : Infinity;
}

/**
 * Positions of the chosen, in the order of choice: sorted by CP, ties by the smaller α, each taken when its mean rate still fits.
 * (EEPT, greedy selection.)
 */
export function select(candidates: readonly Candidate[], options: SelectionOptions): number[] {
  const order = candidates
    .map((_, i) => i)
    .sort((a, b) => compare(candidates[a] as Candidate, candidates[b] as Candidate) || a - b);
  const chosen: number[] = [];
  let left = options.cap;
  for (const i of order) {
    const { mean } = candidates[i] as Candidate;
    if (mean > left) continue;
    chosen.push(i);
    left -= mean;
  }
  if (options.fill !== true || left <= 0) return chosen;
  const gain = (i: number): number => {
    const { mean, price } = candidates[i] as Candidate;
    return Math.min(mean, left) / Math.max(price, Number.MIN_VALUE);
  };
  const rest = order.filter((i) => !chosen.includes(i)).sort((a, b) => gain(b) - gain(a));
  const [filler] = rest;
  return filler === undefined ? chosen : [...chosen, filler];
}

/**
 * Who takes the place of a lost one: the largest mean that fits into the capacity that is free, not the next by CP; the smallest
 * of all when none fits. Undefined when there is nobody.
 */
export function promote(spares: readonly Candidate[], free: number): number | undefined {
  let best: number | undefined;
  let smallest: number | undefined;
  spares.forEach(({ mean }, i) => {
    if (smallest === undefined || mean < (spares[smallest] as Candidate).mean) smallest = i;
    if (mean > free) return;
    if (best === undefined || mean > (spares[best] as Candidate).mean) best = i;
  });
  return best ?? smallest;
}

function compare(a: Candidate, b: Candidate): number {
  const [cpA, cpB] = [capacityPerPrice(a), capacityPerPrice(b)];
  if (cpA !== cpB) return cpB - cpA;
  return unsteadiness(a) - unsteadiness(b);
}
