// EEPT (economical and efficient parallel transfer): a few servers with much capacity for their price, as many as fill the
// client's link; parts in proportion to their averages; whoever is ready helps the one with the most left; a spare for a lost one.

import type { Board, ScheduledSource, Scheduler } from './board.ts';
import { isWaiting, measured, mostLeft, rateOf, usable } from './common.ts';
import { promote, select } from './selection.ts';

/** Threshold 1 when none is given: what comes in a round trip, and at least in this time, s. */
const HELP_SECONDS = 0.05;

export interface EeptOptions {
  /** Threshold 1, units: a source with no more left is not helped. */
  readonly threshold?: number | undefined;
  /** One source more where the greedy choice leaves the link unfilled. */
  readonly fill?: boolean | undefined;
  /** What the chosen may bring together, units per second; default: the limit of the client's link. */
  readonly cap?: number | undefined;
}

export class EeptScheduler implements Scheduler {
  private readonly o: EeptOptions;
  private chosen: number[] | undefined;

  constructor(options: EeptOptions = {}) {
    this.o = options;
  }

  plan(board: Board): void {
    if (isWaiting(board)) return;
    const sources = usable(board);
    if (sources.length === 0 || !measured(board, sources)) return;
    if (this.chosen === undefined) return this.begin(board, sources);
    const before = this.chosen;
    this.chosen = before.filter((index) => sources.some((source) => source.index === index));
    if (this.chosen.length < before.length) this.promote(board, sources);
    const mine = sources.filter(({ index }) => this.chosen?.includes(index));
    if (board.unassigned > 0) dealByRate(board, mine);
    for (const helper of mine) if (helper.left <= 0) this.help(board, mine, helper);
  }

  private begin(board: Board, sources: readonly ScheduledSource[]): void {
    const cap = (this.o.cap ?? board.clientRate) - board.otherRate;
    const positions = select(sources.map(candidate), { cap, fill: this.o.fill === true });
    // With a limit below the slowest nothing is chosen: somebody must bring the file.
    const some = positions.length > 0 ? positions : [promote(sources.map(candidate), 0) ?? 0];
    const mine = some.flatMap((position) => sources[position] ?? []);
    this.chosen = mine.map(({ index }) => index);
    for (const { index, state } of sources) {
      if (state === 'used' && !this.chosen.includes(index)) board.release(index); // it was only measured
    }
    const rates = mine.reduce((sum, { mean }) => sum + mean, 0);
    const all = board.unassigned;
    mine.forEach(({ index, mean }, i) => {
      board.give(index, i === mine.length - 1 ? board.unassigned : (all * mean) / rates);
    });
  }

  /** The unused source that fits the freed capacity best joins. */
  private promote(board: Board, sources: readonly ScheduledSource[]): void {
    const chosen = this.chosen ?? [];
    const spares = sources.filter(({ index }) => !chosen.includes(index));
    const used = sources.filter(({ index }) => chosen.includes(index));
    const cap = this.o.cap ?? board.clientRate;
    const free = cap - used.reduce((sum, { mean }) => sum + mean, board.otherRate);
    const best = promote(spares.map(candidate), free);
    if (best !== undefined) chosen.push((spares[best] as ScheduledSource).index);
  }

  private help(board: Board, mine: readonly ScheduledSource[], helper: ScheduledSource): void {
    const slow = mostLeft(mine, helper);
    if (slow === undefined) return;
    const rates = rateOf(helper) + rateOf(slow);
    const seconds = Math.max(HELP_SECONDS, helper.rttSeconds);
    const threshold = this.o.threshold ?? seconds * rateOf(slow);
    if (slow.left <= threshold) return;
    board.move(slow.index, helper.index, (slow.left * rateOf(helper)) / rates);
  }
}

/** Deals what is unassigned in proportion to the last rates. */
function dealByRate(board: Board, sources: readonly ScheduledSource[]): void {
  const rates = sources.reduce((sum, source) => sum + rateOf(source), 0);
  const all = board.unassigned;
  sources.forEach((source, i) => {
    const isLast = i === sources.length - 1;
    board.give(source.index, isLast ? board.unassigned : (all * rateOf(source)) / rates);
  });
}

function candidate({ mean, min, max, pricePerSecond, pricePerUnit }: ScheduledSource): {
  mean: number;
  min: number;
  max: number;
  price: number;
} {
  return { mean, min, max, price: pricePerSecond + pricePerUnit * mean };
}
