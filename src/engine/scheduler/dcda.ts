// DCDA: equal blocks in a ring. Whoever has nothing to do takes the block at the head, which goes to the tail and leaves the ring
// when it is here; so the last blocks are fetched by several.

import type { Board, Scheduler } from './board.ts';
import { usable } from './common.ts';

const BLOCKS = 64;

export class DcdaScheduler implements Scheduler {
  plan(board: Board): void {
    const block = board.total / BLOCKS;
    for (const { index, left } of usable(board)) {
      if (left > 0) continue;
      if (board.unassigned > 0) board.give(index, block);
      else board.repeat(index);
    }
  }
}
