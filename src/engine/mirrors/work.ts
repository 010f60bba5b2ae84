// Which source symbols mirrors are given. A symbol that is given waits in the queue of its mirror, and is booked as credit when
// it is asked for; until then anybody else may bring it, or another symbol of its block that makes it needless.

import { Bitset } from '../../base/index.ts';
import type { Layout } from '../../content/index.ts';
import type { Blocks } from '../blocks.ts';
import type { Run } from './mirror.ts';

/**
 * What peers hold is left to them while there is other work, if the others are together in runs of so many symbols: every run
 * is a request of its own, and a header of some 400 bytes each way.
 */
const RUN_MIN = 16;

export class Work {
  readonly layout: Layout;
  private readonly blocks: Blocks;
  /** Positions that wait in a queue. */
  private readonly queued: Bitset;
  private readonly queuedIn: Uint32Array;

  constructor(blocks: Blocks) {
    this.blocks = blocks;
    this.layout = blocks.layout;
    this.queued = new Bitset(this.layout.sourceSymbolCount);
    this.queuedIn = new Uint32Array(this.layout.blockCount);
  }

  /** Symbols that blocks lack and nobody was given or asked for. */
  get unassigned(): number {
    let count = 0;
    for (let sbn = 0; sbn < this.layout.blockCount; sbn++) count += this.spare(sbn);
    return count;
  }

  /** Takes the next symbols, in the order of the file, of the blocks that `may` be taken from; they count as queued. */
  take(amount: number, may: (sbn: number) => boolean): Run[] {
    const runs: Run[] = [];
    let left = this.collect(runs, amount, may, true);
    if (left > 0) left = this.collect(runs, left, may, false);
    return runs.sort((a, b) => a.from - b.from);
  }

  /** These symbols wait in a queue from now on. */
  enqueue(from: number, to: number): void {
    this.eachBlock(from, to, (sbn, start, end) => {
      const before = this.queued.countRange(start, end);
      this.queued.addRange(start, end);
      this.queuedIn[sbn] = (this.queuedIn[sbn] ?? 0) + end - start - before;
    });
  }

  /** They do not any more. */
  dequeue(from: number, to: number): void {
    this.eachBlock(from, to, (sbn, start, end) => {
      for (let position = start; position < end; position++) {
        if (this.queued.delete(position)) this.queuedIn[sbn] = (this.queuedIn[sbn] ?? 0) - 1;
      }
    });
  }

  /** They are asked for: they are credit, and nobody else is asked for them. */
  credit(from: number, to: number): void {
    this.eachBlock(from, to, (sbn, start, end) => {
      const id = this.idOf(start, sbn);
      this.blocks.assigned.addRange(id, id + end - start);
      this.blocks.credit(sbn, end - start);
    });
  }

  /** They will not come. */
  uncredit(from: number, to: number): void {
    this.eachBlock(from, to, (sbn, start, end) => {
      const id = this.idOf(start, sbn);
      for (let i = 0; i < end - start; i++) this.blocks.assigned.delete(id + i);
      this.blocks.credit(sbn, start - end);
    });
  }

  /** How many symbols from `from` on, before `to`, are of use and can be asked for in one request. `copy`: though others were. */
  useful(from: number, to: number, copy: boolean): number {
    const { blocks } = this;
    let position = from;
    while (position < to) {
      const sbn = this.sbnOf(position);
      let room = copy ? Infinity : blocks.room(sbn);
      const end = Math.min(to, this.endOf(sbn));
      for (let id = this.idOf(position, sbn); position < end && room > 0; id++, room--) {
        if (blocks.held.has(id) || blocks.arriving.has(id)) return position - from;
        if (!copy && blocks.assigned.has(id)) return position - from;
        position++;
      }
      if (position < end || !blocks.isWaiting(sbn)) break;
    }
    return position - from;
  }

  /** Block of a source symbol. */
  sbnOf(position: number): number {
    return this.layout.sbnOf(position * this.layout.windowRatio);
  }

  /** First source symbol of a block. */
  startOf(sbn: number): number {
    return this.layout.blockOffset(sbn) / this.layout.symbolBytes;
  }

  /** Symbol id of a source symbol. */
  idOf(position: number, sbn: number): number {
    return this.layout.windowStart(sbn) + position - this.startOf(sbn);
  }

  /** Visits the part of [from, to) that lies in each block. */
  eachBlock(
    from: number,
    to: number,
    visit: (sbn: number, from: number, to: number) => void,
  ): void {
    while (from < to) {
      const sbn = this.sbnOf(from);
      const end = Math.min(to, this.endOf(sbn));
      visit(sbn, from, end);
      from = end;
    }
  }

  private endOf(sbn: number): number {
    return this.startOf(sbn) + this.layout.sourceSymbols(sbn);
  }

  private spare(sbn: number): number {
    return Math.max(0, this.blocks.room(sbn) - (this.queuedIn[sbn] ?? 0));
  }

  /** Collects runs; returns how many symbols are still to be found. `lonely`: only such as no peer has told of. */
  private collect(
    runs: Run[],
    amount: number,
    may: (sbn: number) => boolean,
    lonely: boolean,
  ): number {
    for (let sbn = 0; sbn < this.layout.blockCount && amount > 0; sbn++) {
      const spare = Math.min(amount, this.spare(sbn));
      if (spare > 0 && may(sbn)) amount -= this.collectIn(runs, sbn, spare, lonely);
    }
    return amount;
  }

  private collectIn(runs: Run[], sbn: number, most: number, lonely: boolean): number {
    const end = this.endOf(sbn);
    let found = 0;
    for (let from = this.startOf(sbn); from < end && found < most;) {
      let to = from;
      while (to < end && to - from < most - found && this.isFree(to, sbn, lonely)) to++;
      const count = to - from;
      if (count > 0 && (!lonely || count >= Math.min(RUN_MIN, most - found))) {
        this.enqueue(from, to);
        const last = runs.at(-1);
        if (last?.to === from) last.to = to;
        else runs.push({ from, to, copy: false });
        found += count;
      }
      from = to + 1;
    }
    return found;
  }

  private isFree(position: number, sbn: number, lonely: boolean): boolean {
    const { blocks } = this;
    const id = this.idOf(position, sbn);
    if (this.queued.has(position) || blocks.held.has(id)) return false;
    if (blocks.assigned.has(id) || blocks.arriving.has(id)) return false;
    return !lonely || (blocks.holders[id] ?? 0) === 0;
  }
}
