// The end of a download: how fast each source is taken to be, and who takes over from whom so that all end together.

import type { Board, ScheduledSource } from './board.ts';
import { rateOf } from './common.ts';

/** Help that is worth less time than this is none, s. */
const HELP_SECONDS = 0.001;
/** A source that ends so much later than another is relieved before anybody is idle, s. */
const LATE_SECONDS = 1;

/** The speeds of sources. One that has sent in this use and sends nothing now is stuck; one that has just begun is not. */
export class Speeds {
  private readonly seen = new Set<number>();

  /** To be called with every plan. */
  observe(board: Board): void {
    for (const { index, state, rate } of board.sources) {
      if (state !== 'used') this.seen.delete(index);
      else if (rate > 0) this.seen.add(index);
    }
  }

  /** Units per second; 0: stuck, or nothing is known. */
  of(source: ScheduledSource): number {
    return this.seen.has(source.index) ? source.rate : rateOf(source);
  }

  isUnknown(source: ScheduledSource): boolean {
    return !this.seen.has(source.index) && rateOf(source) <= 0;
  }
}

/** When the source will have brought what is left to it, seconds. */
function endsIn(source: ScheduledSource, speeds: Speeds): number {
  return source.left <= 0 ? 0 : source.left / Math.max(speeds.of(source), Number.MIN_VALUE);
}

/** Whose end can be given to others. */
function isDivisible({ left, isWhole, state }: ScheduledSource): boolean {
  return left > 0 && !isWhole && state === 'used';
}

/**
 * Takes over a part of what would be here last, so that both end together. Of a source of unknown rate that is half: it may
 * be as fast. Of one that is stuck it is all.
 */
export function help(board: Board, helper: ScheduledSource, speeds: Speeds): void {
  const rate = speeds.of(helper);
  if (rate <= 0 || helper.isWhole) return;
  let last: ScheduledSource | undefined;
  for (const source of board.sources) {
    if (source === helper || !isDivisible(source)) continue;
    if (last === undefined || endsIn(source, speeds) > endsIn(last, speeds)) last = source;
  }
  // A request takes a round trip before anything comes of it.
  if (last === undefined || endsIn(last, speeds) <= helper.rttSeconds) return;
  const slow = speeds.isUnknown(last) ? rate : speeds.of(last);
  const amount = ((last.left - slow * helper.rttSeconds) * rate) / (slow + rate);
  if (amount > rate * HELP_SECONDS) board.move(last.index, helper.index, amount);
}

/** A source that has become slow holds more than it can bring before the others are through: they take it over. */
export function relieveSlow(
  board: Board,
  working: readonly ScheduledSource[],
  speeds: Speeds,
): void {
  if (board.unassigned > 0) return;
  const byEnd = working
    .filter((source) => isDivisible(source) && !speeds.isUnknown(source))
    .sort((a, b) => endsIn(a, speeds) - endsIn(b, speeds));
  const first = byEnd[0];
  const last = byEnd.at(-1);
  if (first === undefined || last === undefined || first === last) return;
  const rate = speeds.of(first);
  const slow = speeds.of(last);
  const spare = endsIn(last, speeds) - endsIn(first, speeds) - first.rttSeconds;
  if (rate <= 0 || spare <= Math.max(LATE_SECONDS, endsIn(first, speeds))) return;
  const amount = slow > 0 ? (spare * rate * slow) / (rate + slow) : last.left;
  board.move(last.index, first.index, amount);
}
