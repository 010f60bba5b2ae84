// Our scheduler. Work is given in small portions, so that nobody holds much that others could bring; at the end whoever is idle
// takes over from the one that would end last. Which sources are used at all is decided by their prices, and again with every
// observation: one that adds less to the throughput than it costs is let go, and taken back when it is missed.

import type { Board, ScheduledSource, Scheduler } from './board.ts';
import { isWaiting, usable } from './common.ts';
import type { Choice } from './economy.ts';
import { choose, hiddenRate, pricePerSecond, worthOfRate } from './economy.ts';
import { help, relieveSlow, Speeds } from './ending.ts';
import type { Objective } from './names.ts';

/** A portion is worth this much of the source's time at most, s, or so many round trips when they are long … */
const PORTION_SECONDS = 1;
const PORTION_ROUND_TRIPS = 20;
/** … and near the end this part of what all need together for the rest; but always some round trips, … */
const PORTION_SHARE = 0.25;
const PORTION_ROUND_TRIPS_MIN = 4;
/** … and this much, s; never more than its share of the rest, or a small file would be one source's alone. */
const PORTION_SECONDS_MIN = 0.1;
/** Sources of unknown rate are waited for so long before the others are chosen by price, s. */
const MEASURE_SECONDS = 3;
/** One that joins later is measured as long as so many first gives are left. */
const PROBES_LEFT = 4;
/** The client's link counts as full from here on. */
const FULL = 0.99;
/** A source that was missed is kept at least so long, s, and so many round trips: letting it go breaks a connection. */
const KEEP_SECONDS = 0.1;
const KEEP_ROUND_TRIPS = 20;
/** A change of the set costs round trips: it has to pay for so many. */
const SETTLE_ROUND_TRIPS = 5;
/** Of a budget so much is planned with: rates are never quite what they were. */
const WITHIN = 0.95;
/**
 * Between the least and the most that sources hold back while the link is full, they are taken to hold back this much. On EEPT's
 * servers .25 to .5 came to the least time × cost; at 0 nobody is let go, at 1 too many.
 */
const LIKELY = 0.5;

export interface HeadwaterOptions {
  readonly objective: Objective;
  /** Money that may be spent; undefined: no limit. */
  readonly budget?: number | undefined;
}

export class HeadwaterScheduler implements Scheduler {
  private readonly o: HeadwaterOptions;
  private startedAt: number | undefined;
  private lastAt = 0;
  private spent = 0;
  private choice: Choice | undefined;
  private chosenFor = '';
  /** The set in use is not changed before this time, s. */
  private settledUntil = 0;
  private readonly speeds: Speeds = new Speeds();
  private readonly keepUntil = new Map<number, number>();

  constructor(options: HeadwaterOptions) {
    this.o = options;
  }

  get obstacle(): string | undefined {
    const { budget = Infinity } = this.o;
    return this.spent < budget ? undefined : `the budget of ${budget} is spent`;
  }

  plan(board: Board, now: number): void {
    this.startedAt ??= now;
    this.account(board, now);
    this.speeds.observe(board);
    const sources = this.affordable(board, usable(board));
    if (sources.length === 0) return;
    const working = this.economise(board, sources, now);
    for (const source of working) this.feed(board, working, source);
    relieveSlow(board, working, this.speeds);
    if (board.unassigned > 0) this.lastResort(board, sources);
  }

  /** What was spent since the last plan. */
  private account(board: Board, now: number): void {
    const seconds = now - this.lastAt;
    this.lastAt = now;
    if (seconds <= 0) return;
    for (const { state, pricePerSecond: second, pricePerUnit, rate } of board.sources) {
      if (state === 'used') this.spent += seconds * (second + pricePerUnit * rate);
    }
  }

  /** Within the budget: all, or those that are free when it is used up. */
  private affordable(board: Board, sources: readonly ScheduledSource[]): ScheduledSource[] {
    const { budget = Infinity } = this.o;
    if (this.spent < budget) return [...sources];
    for (const source of sources) {
      if (isPriced(source) && source.state === 'used') board.release(source.index);
    }
    return sources.filter((source) => !isPriced(source));
  }

  /** Those that are to work now. */
  private economise(
    board: Board,
    sources: readonly ScheduledSource[],
    now: number,
  ): ScheduledSource[] {
    const able = sources.filter(({ isWhole }) => !isWhole);
    const objective = this.objective(board, able);
    const isFree = able.every((source) => !isPriced(source));
    if (objective === 'time' || isFree) return able;
    const known = able.filter(({ mean }) => mean > 0);
    const unknown = able.filter(({ mean }) => mean <= 0);
    const isEarly = now < (this.startedAt ?? now) + MEASURE_SECONDS;
    const isIncomplete = unknown.some(isPriced) || isWaiting(board);
    // Each is measured with a little, at the start or when it joins; who is worth it shows then.
    for (const { index, left, state } of unknown) {
      const isUseful = state !== 'released' && board.unassigned > PROBES_LEFT * board.probeAmount;
      if (left <= 0 && (isEarly || isUseful)) board.give(index, board.probeAmount);
    }
    if (isEarly && isIncomplete) return able.filter((source) => !isPriced(source));
    this.choose(board, known, objective);
    const wanted = this.wanted(board, known, objective, now);
    // Nobody of those whose rate is known is of use: somebody has to begin.
    if (wanted.size === 0) return able;
    for (const { index, state, mean } of able) {
      if (state === 'used' && mean > 0 && !wanted.has(index)) board.release(index);
    }
    return able.filter((source) => wanted.has(source.index));
  }

  /** What the rest is expected to cost decides: when the budget does not suffice for it, the cheapest way is taken. */
  private objective(board: Board, sources: readonly ScheduledSource[]): Objective {
    const { objective, budget = Infinity } = this.o;
    if (budget === Infinity || objective === 'cost') return objective;
    const { rate, price } = choose(sources, objective, board.clientRate, board.otherRate);
    if (rate <= 0) return objective;
    return this.spent + (remaining(board) / rate) * price > budget * WITHIN ? 'cost' : objective;
  }

  /** The set is chosen anew when sources come or go. */
  private choose(board: Board, known: readonly ScheduledSource[], objective: Objective): void {
    const key = `${objective} ${known.map(({ index }) => index).join()}`;
    if (key === this.chosenFor && this.choice !== undefined) return;
    this.chosenFor = key;
    this.choice = choose(known, objective, board.clientRate, board.otherRate);
  }

  /** The chosen set, less those that are not missed now, and with those that are. */
  private wanted(
    board: Board,
    known: readonly ScheduledSource[],
    objective: Objective,
    now: number,
  ): Set<number> {
    const { choice } = this;
    const wanted = new Set(choice?.indexes);
    if (choice === undefined || objective !== 'balanced') return wanted;
    const worth = worthOfRate(choice);
    const used = known.filter(({ state, rate }) => state === 'used' && rate > 0);
    if (used.length === 0) return wanted;
    const resting = new Set(
      known.filter(({ state }) => state === 'released').map(({ index }) => index),
    );
    for (const index of resting) wanted.delete(index);
    for (const { index, state } of known) if (state === 'used') wanted.add(index);
    if (now < this.settledUntil) return wanted;
    const total = used.reduce((sum, { rate }) => sum + rate, board.otherRate);
    const roundTrip = Math.max(...known.map(({ rttSeconds }) => rttSeconds));
    if (total >= FULL * board.clientRate) {
      const idle = this.dispensable(board, used, worth, now);
      if (idle === undefined) return wanted;
      wanted.delete(idle.index);
      this.settledUntil = now + SETTLE_ROUND_TRIPS * roundTrip;
      return wanted;
    }
    for (const source of used) {
      const isLast = wanted.size === 1;
      const isKept = now < (this.keepUntil.get(source.index) ?? 0);
      if (!isLast && !isKept && source.rate * worth < pricePerSecond(source))
        wanted.delete(source.index);
    }
    const missed = this.missed(known, wanted, board.clientRate - total, worth);
    if (missed !== undefined) {
      wanted.add(missed.index);
      this.settledUntil = now + SETTLE_ROUND_TRIPS * roundTrip;
      const seconds = Math.max(KEEP_SECONDS, KEEP_ROUND_TRIPS * missed.rttSeconds);
      this.keepUntil.set(missed.index, now + seconds);
    }
    return wanted;
  }

  /** With the link full: the source whose price is worth more than what it adds, if the others have more to give. */
  private dispensable(
    board: Board,
    used: readonly ScheduledSource[],
    worth: number,
    now: number,
  ): ScheduledSource | undefined {
    const { low, high } = hiddenRate(board, used);
    const hidden = low + LIKELY * (high - low);
    const total = used.reduce((sum, { rate }) => sum + rate, board.otherRate);
    let best: ScheduledSource | undefined;
    let most = 0;
    for (const source of used) {
      if (!isPriced(source) || now < (this.keepUntil.get(source.index) ?? 0)) continue;
      const without = Math.min(board.clientRate, hidden * (1 - source.rate / total));
      const saved = pricePerSecond(source) - (board.clientRate - without) * worth;
      if (saved > most) [best, most] = [source, saved];
    }
    return best;
  }

  /** With the link not full: the source that would add the most above its price. */
  private missed(
    known: readonly ScheduledSource[],
    wanted: ReadonlySet<number>,
    room: number,
    worth: number,
  ): ScheduledSource | undefined {
    let best: ScheduledSource | undefined;
    let most = 0;
    for (const source of known) {
      if (wanted.has(source.index)) continue;
      const gain = Math.min(source.mean, room) * worth - pricePerSecond(source);
      if (gain > most) [best, most] = [source, gain];
    }
    return best;
  }

  /** Gives a source that has nothing left its next portion, or what another would end last. */
  private feed(board: Board, working: readonly ScheduledSource[], source: ScheduledSource): void {
    if (source.left > 0) return;
    if (board.unassigned <= 0) return help(board, source, this.speeds);
    const rate = this.speeds.of(source) || source.mean;
    if (rate <= 0) return board.give(source.index, board.probeAmount);
    const { rttSeconds } = source;
    const all = working.reduce((sum, one) => sum + this.speeds.of(one), board.otherRate);
    const rest = remaining(board) / all;
    const most = Math.max(PORTION_SECONDS, PORTION_ROUND_TRIPS * rttSeconds);
    const least = Math.max(PORTION_SECONDS_MIN, PORTION_ROUND_TRIPS_MIN * rttSeconds);
    const seconds = Math.max(least, Math.min(most, rest * PORTION_SHARE));
    board.give(source.index, rate * Math.min(seconds, rest));
  }

  /** Nobody that works can bring the rest: one that sends all or nothing is asked. */
  private lastResort(board: Board, sources: readonly ScheduledSource[]): void {
    if (sources.some(({ isWhole }) => !isWhole) || isWaiting(board)) return;
    if (sources.some(({ left }) => left > 0)) return;
    const [whole] = sources.filter(({ isWhole }) => isWhole);
    if (whole !== undefined) board.give(whole.index, board.unassigned);
  }
}

function isPriced({ pricePerSecond: second, pricePerUnit }: ScheduledSource): boolean {
  return second > 0 || pricePerUnit > 0;
}

/** Units that have not come. */
function remaining(board: Board): number {
  return board.sources.reduce((sum, { left }) => sum + left, board.unassigned);
}
