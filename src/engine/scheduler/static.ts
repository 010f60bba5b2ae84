// Schedulers that deal the whole file out once: single, brute force and history. What a lost source leaves is dealt anew.

import type { Board, ScheduledSource, Scheduler } from './board.ts';
import { giveRest, isWaiting, measured, usable } from './common.ts';

/** Everything from the source with the highest average. */
export class SingleScheduler implements Scheduler {
  plan(board: Board): void {
    if (isWaiting(board) || board.unassigned <= 0) return;
    const sources = usable(board);
    if (!measured(board, sources)) return;
    const [best] = sources.sort((a, b) => b.mean - a.mean || a.index - b.index);
    if (best !== undefined) board.give(best.index, board.unassigned);
  }
}

/** An equal part from each source. */
export class BruteForceScheduler implements Scheduler {
  private dealt = false;

  plan(board: Board): void {
    if (isWaiting(board)) return;
    const sources = usable(board);
    if (this.dealt) return giveRest(board, sources);
    this.dealt = sources.length > 0;
    const part = board.unassigned / sources.length;
    deal(board, sources, () => part);
  }
}

/** From each source a part in proportion to its average. */
export class HistoryScheduler implements Scheduler {
  private dealt = false;

  plan(board: Board): void {
    if (isWaiting(board)) return;
    const sources = usable(board);
    if (this.dealt) return giveRest(board, sources);
    if (!measured(board, sources)) return;
    this.dealt = sources.length > 0;
    const rates = sources.reduce((sum, { mean }) => sum + mean, 0);
    const all = board.unassigned;
    deal(board, sources, ({ mean }) => (all * mean) / rates);
  }
}

function deal(
  board: Board,
  sources: readonly ScheduledSource[],
  part: (source: ScheduledSource) => number,
): void {
  sources.forEach((source, i) => {
    const isLast = i === sources.length - 1;
    board.give(source.index, isLast ? board.unassigned : part(source));
  });
}
