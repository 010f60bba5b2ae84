import type { Board, Scheduler } from './board.ts';
export interface O { readonly name: string; readonly objective: string }
class Greedy implements Scheduler {
  plan(board: Board): void {
    for (const s of board.sources) {
      if (s.state === 'lost' || s.left > 0) continue;
      if (board.unassigned > 0) { board.give(s.index, s.mean > 0 ? Math.max(16, s.mean) : 16); continue; }
      let worst = -1; let at = 0;
      for (const o of board.sources) { const t = o.left / Math.max(1e-9, o.rate || 1e-9); if (o !== s && o.left > 0 && t > at) { at = t; worst = o.index; } }
      const o = board.sources[worst];
      if (o !== undefined && s.rate > 0) board.move(worst, s.index, (o.left * s.rate) / (s.rate + o.rate));
    }
  }
}
export function makeScheduler(_: O): Scheduler { return new Greedy(); }
