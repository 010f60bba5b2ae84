// What several schedulers do alike.

import type { Board, ScheduledSource } from './board.ts';

/**
 * Sources that may be given work. One that sends all of the content or nothing is asked only when there is, and may come, nobody
 * else; and then one of them alone.
 */
export function usable(board: Board): ScheduledSource[] {
  const able = board.sources.filter(({ state }) => state !== 'lost' && state !== 'coming');
  const divisible = able.filter(({ isWhole }) => !isWhole);
  if (divisible.length > 0) return divisible;
  if (isWaiting(board)) return [];
  return able.sort((a, b) => b.left - a.left || b.mean - a.mean).slice(0, 1);
}

/** True while a source may still come that a plan for all of them should count in. */
export function isWaiting(board: Board): boolean {
  return board.sources.some(({ state }) => state === 'coming');
}

/** The last observed rate, or the expected one. */
export function rateOf({ rate, mean }: ScheduledSource): number {
  return rate > 0 ? rate : mean;
}

/**
 * Gives sources of which nothing is known a little, all at the same time, and what is left over of an earlier plan to those that
 * have nothing to do. True when the rates of all are known.
 */
export function measured(board: Board, sources: readonly ScheduledSource[]): boolean {
  const unknown = sources.filter(({ mean, isWhole }) => mean <= 0 && !isWhole);
  for (const { index, left } of unknown) if (left <= 0) board.give(index, board.probeAmount);
  return unknown.length === 0;
}

/** Gives unassigned work to sources that have nothing left, in proportion to their rates. */
export function giveRest(board: Board, sources: readonly ScheduledSource[]): void {
  const idle = sources.filter(({ left }) => left <= 0);
  const rates = idle.reduce((sum, source) => sum + rateOf(source), 0);
  const rest = board.unassigned;
  if (rest <= 0) return;
  idle.forEach((source, i) => {
    const share = rates > 0 ? rateOf(source) / rates : 1 / idle.length;
    board.give(source.index, i === idle.length - 1 ? board.unassigned : rest * share);
  });
}

/** The one, other than `helper`, that has the most left; undefined when nobody has. */
export function mostLeft(
  sources: readonly ScheduledSource[],
  helper: ScheduledSource,
): ScheduledSource | undefined {
  let most: ScheduledSource | undefined;
  for (const source of sources) {
    if (source === helper || source.left <= 0 || source.isWhole) continue;
    if (most === undefined || source.left > most.left) most = source;
  }
  return most;
}

/** α of EEPT, its formula 2: unsteadiness. 0 while nothing is known. */
export function unsteadiness({
  mean,
  min,
  max,
}: Pick<ScheduledSource, 'mean' | 'min' | 'max'>): number {
  return mean > 0 ? (max - min) / mean : 0;
}
