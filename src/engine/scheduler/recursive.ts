// Recursive adjustment (Yang et al.): whenever a source runs dry, half of what is unassigned is dealt so that all end together.

import type { Board, Scheduler } from './board.ts';
import { isWaiting, measured, rateOf, usable } from './common.ts';

export class RecursiveScheduler implements Scheduler {
  private readonly least: number | undefined;

  /** @param least what is dealt whole, units; default: what all bring in a tenth of a second */
  constructor(least?: number) {
    this.least = least;
  }

  plan(board: Board): void {
    if (isWaiting(board) || board.unassigned <= 0) return;
    const sources = usable(board);
    if (!measured(board, sources) || sources.every(({ left }) => left > 0)) return;
    const [first] = sources;
    if (first?.isWhole === true) return board.give(first.index, board.unassigned); // nothing to divide
    const rates = sources.reduce((sum, source) => sum + rateOf(source), 0);
    const least = this.least ?? rates / 10;
    const dealt = board.unassigned < least ? board.unassigned : board.unassigned / 2;
    const all = sources.reduce((sum, { left }) => sum + left, dealt);
    const until = all / rates;
    const wants = sources.map((source) => Math.max(0, rateOf(source) * until - source.left));
    const wanted = wants.reduce((sum, want) => sum + want, 0);
    if (wanted <= 0) return;
    const isAll = dealt >= board.unassigned;
    const last = wants.reduce((at, want, i) => (want > 0 ? i : at), -1);
    sources.forEach((source, i) => {
      const part = isAll && i === last ? board.unassigned : (dealt * (wants[i] ?? 0)) / wanted;
      if (part > 0) board.give(source.index, part);
    });
  }
}
