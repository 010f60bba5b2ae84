// The serving half of one link: what to send next, under the credit that the receiver gave
// (protocol/session.md, "Asking" and "Credit"). Chooses ids only; never sees payloads.

import type { Rng, SymbolId } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Grant, MessageOf, StrategyCode } from '../wire/index.ts';
import { CLOSE, STRATEGY } from '../wire/index.ts';
import type { FreshCursors } from './fresh.ts';
import type { RecodedBatch } from './recoder.ts';
import { isRecoding, Recoder } from './recoder.ts';
import type { RemoteView } from './remote-view.ts';
import { alongRing } from './ring.ts';

/** Wanted ids that may wait: more than any window of credit, less than a burden. */
export const WANTS_MAX = 8_192;
/** Granted symbols that may wait over all blocks. */
export const GRANTED_MAX: number = 2 ** 20;

/** Refused grants in a row after which what was sent of a block may be sent again; */
const DRIES = 3;
/** … and to a receiver that does not tell what it holds, so that all would be sent again. */
const DRIES_UNTOLD = 10;

/** Frames over which the waiting credit is spread, when it would fit into fewer. */
const BATCHES = 4;

/** Symbols of one block, to be sent in one frame. */
export interface PlainBatch {
  readonly kind: 'plain';
  readonly sbn: number;
  readonly esis: number[];
}

export type Batch = PlainBatch | RecodedBatch;

/** Symbols in a batch. */
export function batchCount(batch: Batch): number {
  return batch.kind === 'plain' ? batch.esis.length : batch.symbols.length;
}

/** Credit that the sender gives back. */
export interface Refusal {
  readonly grants: Grant[];
  readonly ids: SymbolId[];
}

/** The symbols that a block offers to this receiver, in the order in which they will go. */
interface Pool {
  readonly ids: Uint32Array;
  at: number;
  /** Symbols of the block that were held, and the version of the view, when the pool was drawn. */
  readonly held: number;
  readonly view: number;
}

export interface SenderOptions {
  readonly layout: Layout;
  /** What this end holds; changes while the sender lives. */
  readonly held: WorkingSet;
  /** What the receiver says it holds. */
  readonly view: RemoteView;
  readonly fresh: FreshCursors;
  readonly rng: Rng;
  /** Most symbols in one batch. */
  readonly batchMax: number;
}

export class Sender {
  /** Present when the receiver asked for recoded symbols. */
  recoder: Recoder | undefined;
  private asked: MessageOf<'ask'> | undefined;
  private readonly o: SenderOptions;
  private readonly granted: Uint32Array;
  private grantedTotal = 0;
  /** Blocks with grants, first come first served. A block stands here once. */
  private readonly blocks: number[] = [];
  private readonly wants: SymbolId[] = [];
  private wantsAt = 0;
  private readonly pools: (Pool | undefined)[] = [];
  private sent: Bitset | undefined;
  /** Ids that went out because they were wanted, where others go out by grant. */
  private named: Bitset | undefined;
  /** Per block, how often in a row a grant met nothing to send. */
  private readonly dries: Uint8Array;
  private refusal: Refusal = { grants: [], ids: [] };

  constructor(options: SenderOptions) {
    this.o = options;
    this.granted = new Uint32Array(options.layout.blockCount);
    this.dries = new Uint8Array(options.layout.blockCount);
  }

  /** What the receiver asked for; undefined until it did. */
  get strategy(): StrategyCode | undefined {
    return this.asked?.strategy;
  }

  /** The receiver says how it wants to be served. Throws ProtocolError the second time. */
  ask(message: MessageOf<'ask'>): void {
    if (this.asked !== undefined) throw new ProtocolError(CLOSE.UNEXPECTED, 'a second ask');
    this.asked = message;
    if (!isRecoding(message.strategy)) return;
    const { layout, held, view, rng } = this.o;
    const { strategy, start, finish } = message;
    this.named = new Bitset(this.o.layout.idCount);
    this.recoder = new Recoder({ layout, held, view, rng: rng.fork(), strategy, start, finish });
  }

  /** False while what to send depends on a description that has not come, or on a pool that is to be told first. */
  get isReady(): boolean {
    if (this.recoder !== undefined) return this.o.view.described && !this.recoder.isPoolDue;
    return !this.isTold || this.o.view.described;
  }

  /** True when the receiver tells what it holds, and the sender picks what it lacks. */
  private get isTold(): boolean {
    return this.strategy === STRATEGY.reconciled || this.strategy === STRATEGY.partition;
  }

  /** Symbols of credit that wait to be sent. */
  get pending(): number {
    return this.grantedTotal + this.wants.length - this.wantsAt;
  }

  /** Takes grants. Throws ProtocolError when they exceed the limit, or before `ask`. */
  grant(grants: readonly Grant[]): void {
    if (this.strategy === undefined || this.strategy === STRATEGY.coordinated) {
      throw new ProtocolError(CLOSE.UNEXPECTED, 'grant without a strategy that grants');
    }
    for (const { sbn, count } of grants) {
      if (sbn >= this.o.layout.blockCount) {
        throw new ProtocolError(CLOSE.MALFORMED, `grant for block ${sbn} beyond the content`);
      }
      this.grantedTotal += count;
      if (this.grantedTotal > GRANTED_MAX) {
        throw new ProtocolError(CLOSE.LIMIT, `more than ${GRANTED_MAX} symbols granted`);
      }
      if (this.granted[sbn] === 0) this.blocks.push(sbn);
      this.granted[sbn] = (this.granted[sbn] ?? 0) + count;
    }
  }

  /** Queues wanted ids. Throws ProtocolError when the queue overflows, or before `ask`. */
  want(ids: Iterable<SymbolId>): void {
    if (this.strategy !== STRATEGY.coordinated && this.recoder === undefined) {
      throw new ProtocolError(CLOSE.UNEXPECTED, 'want without a strategy that names symbols');
    }
    for (const id of ids) this.wants.push(id);
    if (this.wants.length - this.wantsAt > WANTS_MAX) {
      throw new ProtocolError(CLOSE.LIMIT, `more than ${WANTS_MAX} symbols wanted`);
    }
  }

  /** The next batch, its credit used; undefined when there is nothing to send. */
  next(): Batch | undefined {
    return this.nextWanted() ?? this.nextGranted();
  }

  /** Credit given back since the last call; undefined when there is none. */
  takeRefusal(): Refusal | undefined {
    const { grants, ids } = this.refusal;
    if (grants.length === 0 && ids.length === 0) return undefined;
    this.refusal = { grants: [], ids: [] };
    return { grants, ids };
  }

  /** Symbols of a batch turned out unreadable: `ids` when they were named, `count` of block sbn otherwise. */
  refuse(sbn: number, count: number, ids: readonly SymbolId[]): void {
    const all = this.strategy === STRATEGY.coordinated;
    const wanted = all ? ids : ids.filter((id) => this.named?.delete(id));
    this.refusal.ids.push(...wanted);
    if (count > wanted.length) this.refusal.grants.push({ sbn, count: count - wanted.length });
  }

  /**
   * Symbols in the next batch at most. A frame arrives whole or not at all, so what waits goes in several: the receiver
   * can ask for more while the rest is on its way, and a slow link is not idle for a round trip after each frame.
   */
  private get batchMax(): number {
    return Math.min(this.o.batchMax, Math.ceil(this.pending / BATCHES));
  }

  private nextWanted(): Batch | undefined {
    const { layout, held } = this.o;
    const { batchMax } = this;
    const esis: number[] = [];
    let sbn = -1;
    for (; this.wantsAt < this.wants.length && esis.length < batchMax; this.wantsAt++) {
      const id = this.wants[this.wantsAt] ?? 0;
      if (!held.has(id)) {
        this.refusal.ids.push(id);
        continue;
      }
      const block = layout.sbnOf(id);
      if (sbn >= 0 && block !== sbn) break;
      sbn = block;
      this.named?.add(id);
      esis.push(id - layout.windowStart(sbn));
    }
    if (this.wantsAt === this.wants.length || this.wantsAt >= WANTS_MAX) {
      this.wants.splice(0, this.wantsAt);
      this.wantsAt = 0;
    }
    return sbn < 0 ? undefined : { kind: 'plain', sbn, esis };
  }

  private nextGranted(): Batch | undefined {
    for (let sbn = this.blocks[0]; sbn !== undefined; sbn = this.blocks[0]) {
      const credit = this.granted[sbn] ?? 0;
      const most = Math.min(credit, this.batchMax);
      const batch = this.batch(sbn, most);
      const count = batch === undefined ? 0 : batchCount(batch);
      const left = credit - count;
      const ranDry = count < most;
      if (ranDry) this.refusal.grants.push({ sbn, count: left });
      if (count > 0) this.dries[sbn] = 0;
      else if (ranDry) this.wasDry(sbn);
      this.granted[sbn] = ranDry ? 0 : left;
      this.grantedTotal -= ranDry ? credit : count;
      // Blocks take turns, so that one large grant does not hold up the others.
      this.blocks.shift();
      if (!ranDry && left > 0) this.blocks.push(sbn);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  /** Up to `most` symbols of a block by the asked strategy; undefined when there is none to send. */
  private batch(sbn: number, most: number): Batch | undefined {
    const { layout, held } = this.o;
    // One that holds the whole window has something better than sums: symbols that nobody has.
    if (this.recoder !== undefined && held.countIn(sbn) < layout.windowSize(sbn)) {
      return this.recoder.next(sbn, most);
    }
    const esis: number[] = [];
    while (esis.length < most) {
      const esi = this.pick(sbn);
      if (esi === undefined) break;
      esis.push(esi);
    }
    return esis.length === 0 ? undefined : { kind: 'plain', sbn, esis };
  }

  /** One ESI by the asked strategy; undefined when there is none (left) to send. */
  private pick(sbn: number): number | undefined {
    const { layout, held, fresh } = this.o;
    const start = layout.windowStart(sbn);
    const again = this.strategy === STRATEGY.uninformed;
    if (held.countIn(sbn) === layout.windowSize(sbn)) {
      const esi = fresh.take(sbn, (e) => !again && this.spent(start + e));
      if (esi !== undefined) {
        this.markSent(start + esi);
        return esi;
      }
    }
    const id = again ? this.anyOf(sbn) : this.nextOf(sbn);
    return id === undefined ? undefined : id - start;
  }

  /** With replacement: any held symbol of the block. */
  private anyOf(sbn: number): SymbolId | undefined {
    const { held, rng } = this.o;
    const now = held.countIn(sbn);
    let pool = this.pools[sbn];
    // A few symbols more change nothing; to draw the pool anew for each would cost the block for each.
    if (pool === undefined || now < pool.held || (now - pool.held) * 16 > pool.held) {
      pool = this.draw(sbn);
    }
    return pool.ids.length === 0 ? undefined : pool.ids[rng.below(pool.ids.length)];
  }

  /** Without replacement: the next of a random order that is still of use. */
  private nextOf(sbn: number): SymbolId | undefined {
    const { held, view } = this.o;
    let pool = this.pools[sbn] ?? this.draw(sbn);
    for (;;) {
      while (pool.at < pool.ids.length) {
        const id = pool.ids[pool.at++] ?? 0;
        if (this.spent(id) || !held.has(id)) continue;
        this.markSent(id);
        return id;
      }
      if (pool.held === held.countIn(sbn) && pool.view === view.version) return undefined;
      pool = this.draw(sbn);
      if (pool.ids.length === 0) return undefined;
    }
  }

  /** The held symbols of a block that may be sent, in random order; replaces the pool of the block. */
  private draw(sbn: number): Pool {
    const { layout, held, view } = this.o;
    const ids: number[] = [];
    const again = this.strategy === STRATEGY.uninformed;
    held.bits.forEach(
      (id) => {
        if (again || !this.spent(id)) ids.push(id);
      },
      layout.windowStart(sbn),
      layout.windowStart(sbn + 1),
    );
    const pool = {
      ids: this.inOrder(Uint32Array.from(ids)),
      at: 0,
      held: held.countIn(sbn),
      view: view.version,
    };
    this.pools[sbn] = pool;
    return pool;
  }

  /** Random; for `partition` round the ring of hashed ids from where the receiver said. */
  private inOrder(ids: Uint32Array): Uint32Array {
    if (this.strategy !== STRATEGY.partition) return this.o.rng.shuffle(ids);
    return alongRing(ids, this.asked?.start ?? 0);
  }

  /** Sent already on this link, or known to be held by a receiver that tells. */
  private spent(id: SymbolId): boolean {
    if (this.sent?.has(id)) return true;
    return this.isTold && this.o.view.has(id);
  }

  /**
   * Nothing to send for a block that the receiver goes on asking for, long after all that was sent has arrived and been
   * told of. A symbol it had no use for then (more than K, before a decode fell short) may be what it needs now.
   */
  private wasDry(sbn: number): void {
    const { sent } = this;
    const dries = (this.dries[sbn] ?? 0) + 1;
    const most = this.isTold ? DRIES : DRIES_UNTOLD;
    this.dries[sbn] = dries % most;
    if (dries < most || sent === undefined) return;
    const { layout } = this.o;
    sent.forEach((id) => sent.delete(id), layout.windowStart(sbn), layout.windowStart(sbn + 1));
    this.pools[sbn] = undefined;
  }

  private markSent(id: SymbolId): void {
    this.sent ??= new Bitset(this.o.layout.idCount);
    this.sent.add(id);
  }
}
