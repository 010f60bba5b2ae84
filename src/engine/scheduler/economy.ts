// Which sources are worth their price. A set of sources is chosen by what it is expected to bring and cost; while it works, each
// source is looked at again with every observation.

import type { Board, ScheduledSource } from './board.ts';
import type { Objective } from './names.ts';

/** All subsets of so many priced sources are compared; of more, those of the best for their price. */
const SUBSET_SOURCES_MAX = 10;
/** Prices of a unit that differ by less are the same, relatively. */
const SAME_PRICE = 0.02;

/** A set of sources and what it comes to. */
export interface Choice {
  readonly indexes: ReadonlySet<number>;
  /** Expected throughput, units per second, of these and of what no scheduler directs. */
  readonly rate: number;
  /** Price per second of all together at that rate. */
  readonly price: number;
}

/** What the source costs per second, at its expected rate. */
export function pricePerSecond({
  pricePerSecond: second,
  pricePerUnit,
  mean,
}: ScheduledSource): number {
  return second + pricePerUnit * mean;
}

/** The sources that the objective wants in use. Free ones always are. */
export function choose(
  sources: readonly ScheduledSource[],
  objective: Objective,
  clientRate: number,
  otherRate: number,
): Choice {
  const free = sources.filter((source) => pricePerSecond(source) <= 0);
  const priced = sources.filter((source) => pricePerSecond(source) > 0);
  const make = (some: readonly ScheduledSource[]): Choice => {
    const chosen = [...free, ...some];
    const rate = chosen.reduce((sum, { mean }) => sum + mean, otherRate);
    // A full link slows all of them down: seconds cost what they did, bytes are fewer.
    const share = rate > clientRate ? clientRate / rate : 1;
    const price = some.reduce(
      (sum, { pricePerSecond: second, pricePerUnit, mean }) =>
        sum + second + pricePerUnit * mean * share,
      0,
    );
    const indexes = new Set(chosen.map(({ index }) => index));
    return { indexes, rate: rate * share, price };
  };
  if (objective === 'time') return make(priced);
  if (objective === 'cost') {
    if (free.length > 0 || otherRate > 0) return make([]);
    // Alike in price for a unit: as many as do not make each other dearer on a full link.
    const unit = ({ rate, price }: Choice): number => price / rate;
    const order = [...priced].sort((a, b) => unit(make([a])) - unit(make([b])) || b.mean - a.mean);
    const least = order[0] === undefined ? 0 : unit(make([order[0]])) * (1 + SAME_PRICE);
    let some: ScheduledSource[] = [];
    for (const source of order) {
      if (unit(make([...some, source])) <= least) some = [...some, source];
    }
    return make(some);
  }
  // Time × cost for a unit of work: price ÷ rate², whatever the length of the file.
  const best = [...priced]
    .sort((a, b) => pricePerSecond(a) / a.mean - pricePerSecond(b) / b.mean)
    .slice(0, SUBSET_SOURCES_MAX);
  let choice = make(best);
  let least = Infinity;
  for (let subset = 0; subset < 1 << best.length; subset++) {
    const made = make(best.filter((_, i) => (subset & (1 << i)) !== 0));
    if (made.rate <= 0) continue;
    const overhead = made.price / made.rate ** 2;
    if (overhead < least) [choice, least] = [made, overhead];
  }
  return choice;
}

/**
 * What a unit per second more of throughput is worth at the margin of the least time × cost, in money per second: a job of rate R
 * and price P has T·C ∝ P/R², so dP/P = 2·dR/R.
 */
export function worthOfRate({ rate, price }: Choice): number {
  return rate > 0 ? (2 * price) / rate : 0;
}

/** Bounds of the throughput that sources could give if the client's link, which is full, did not share itself among them. */
export function hiddenRate(
  board: Board,
  used: readonly ScheduledSource[],
): { readonly low: number; readonly high: number } {
  let [low, high] = [board.clientRate, Infinity];
  const total = used.reduce((sum, { rate }) => sum + rate, board.otherRate);
  for (const { rate, min, max } of used) {
    if (rate <= 0) continue;
    // It is slowed down as all are, from a rate that is between the least and the greatest seen.
    low = Math.max(low, (min * total) / rate);
    high = Math.min(high, (max * total) / rate);
  }
  return { low, high: Math.max(low, Math.min(high, 2 * board.clientRate)) };
}
