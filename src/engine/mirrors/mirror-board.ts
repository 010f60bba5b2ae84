// What a scheduler sees of the mirrors of a download, and what its decisions do to their queues and requests. A unit is a
// source symbol.

import type { Board, ScheduledSource } from '../scheduler/board.ts';
import type { Mirror, RangeRequest, Run } from './mirror.ts';
import type { Work } from './work.ts';

/** What a mirror of unknown rate is given first, bytes: a second of 2 Mbit/s. */
const PROBE_BYTES = 256 * 1024;

export interface MirrorBoardOptions {
  readonly work: Work;
  readonly mirrors: readonly Mirror[];
  /** Blocks that a mirror may be given symbols of. */
  readonly may: (mirror: Mirror, sbn: number) => boolean;
  /** Every block is fetched by one mirror alone: nobody takes over a part of it. */
  readonly isApart: () => boolean;
  /** The mirror gives its blocks up, when each has one mirror alone. */
  readonly disown: (mirror: Mirror) => void;
  /** These symbols were given to the mirror. */
  readonly given: (mirror: Mirror, runs: readonly Run[]) => void;
  /** Of this request only symbols before `to` are wanted. */
  readonly cut: (mirror: Mirror, request: RangeRequest) => void;
  /** Limit of the receiving rate, bytes per second; Infinity: none. */
  readonly clientRate: number;
  /** Rate of all peers, bytes per second. */
  readonly otherRate: () => number;
}

export class MirrorBoard implements Board {
  readonly total: number;
  readonly clientRate: number;
  unassigned = 0;
  readonly probeAmount: number;
  private readonly o: MirrorBoardOptions;
  private readonly symbolBytes: number;
  private views: ScheduledSource[] = [];
  private now = 0;

  constructor(options: MirrorBoardOptions) {
    this.o = options;
    this.symbolBytes = options.work.layout.symbolBytes;
    this.total = options.work.unassigned;
    this.clientRate = options.clientRate / this.symbolBytes;
    this.probeAmount = Math.max(1, Math.ceil(PROBE_BYTES / this.symbolBytes));
  }

  get sources(): readonly ScheduledSource[] {
    return this.views;
  }

  get otherRate(): number {
    return this.o.otherRate() / this.symbolBytes;
  }

  /** The scheduler is about to be asked, at `now` (ms). */
  begin(now: number): void {
    this.now = now;
    this.unassigned = this.o.work.unassigned;
    const { mirrors } = this.o;
    for (let i = this.views.length; i < mirrors.length; i++) {
      const mirror = mirrors[i];
      if (mirror !== undefined) this.views.push(new MirrorView(i, mirror, this.symbolBytes));
    }
  }

  give(source: number, amount: number): void {
    const mirror = this.o.mirrors[source];
    if (mirror?.link === undefined) return;
    const { work } = this.o;
    const runs = mirror.isWhole
      ? this.whole()
      : work.take(Math.min(this.unassigned, Math.ceil(amount)), (sbn) => this.o.may(mirror, sbn));
    if (runs.length === 0) return;
    for (const run of runs) this.unassigned -= run.to - run.from;
    mirror.queue.push(...runs);
    mirror.use(this.now);
    this.o.given(mirror, runs);
  }

  move(from: number, to: number, amount: number): void {
    const giver = this.o.mirrors[from];
    const taker = this.o.mirrors[to];
    if (giver === undefined || taker === undefined || giver === taker) return;
    if (taker.link === undefined || taker.isWhole || giver.isWhole || this.o.isApart()) return;
    const runs = this.relieve(giver, Math.floor(amount));
    if (runs.length === 0) return;
    for (const { from: start, to: end } of runs) this.o.work.enqueue(start, end);
    taker.queue.push(...runs);
    taker.use(this.now);
  }

  repeat(to: number): void {
    const taker = this.o.mirrors[to];
    if (taker?.link === undefined || taker.isWhole || this.o.isApart()) return;
    let oldest: RangeRequest | undefined;
    for (const mirror of this.o.mirrors) {
      if (mirror === taker) continue;
      for (const request of mirror.requests) {
        if (request.copy || request.next >= request.to || this.isCopied(request)) continue;
        if (oldest === undefined || request.request < oldest.request) oldest = request;
      }
    }
    if (oldest === undefined) return;
    taker.queue.push({ from: oldest.next, to: oldest.to, copy: true });
    taker.use(this.now);
  }

  release(source: number): void {
    const mirror = this.o.mirrors[source];
    if (mirror?.state !== 'used') return;
    for (const run of this.relieve(mirror, Infinity)) this.unassigned += run.to - run.from;
    mirror.rest('released', this.now);
    this.o.disown(mirror);
  }

  /** Takes the last `amount` symbols that are left to the mirror from it; nobody has them then. */
  relieve(mirror: Mirror, amount: number): Run[] {
    const { work } = this.o;
    const runs: Run[] = [];
    let left = amount;
    for (let run = mirror.queue.at(-1); run !== undefined && left > 0; run = mirror.queue.at(-1)) {
      const from = Math.max(run.from, run.to - left);
      left -= run.to - from;
      if (!run.copy) {
        work.dequeue(from, run.to);
        runs.push({ from, to: run.to, copy: false });
      }
      run.to = from;
      if (run.to <= run.from) mirror.queue.pop();
    }
    for (let i = mirror.requests.length - 1; i >= 0 && left > 0; i--) {
      const request = mirror.requests[i];
      if (request === undefined) break;
      const from = Math.max(request.next, request.to - left);
      if (from >= request.to) continue;
      left -= request.to - from;
      if (!request.copy) {
        work.uncredit(from, request.to);
        runs.push({ from, to: request.to, copy: false });
      }
      request.to = from;
      this.o.cut(mirror, request);
    }
    return runs.reverse();
  }

  /** All of the file, for one who sends it from the beginning; what is here comes again. */
  private whole(): Run[] {
    const { work } = this.o;
    this.unassigned = 0;
    work.enqueue(0, work.layout.sourceSymbolCount);
    return [{ from: 0, to: work.layout.sourceSymbolCount, copy: false }];
  }

  private isCopied({ from, to }: Run): boolean {
    const overlaps = (run: Run): boolean => run.copy && run.from < to && run.to > from;
    return this.o.mirrors.some(
      ({ queue, requests }) => queue.some(overlaps) || requests.some(overlaps),
    );
  }
}

/** One mirror as a scheduler sees it. */
class MirrorView implements ScheduledSource {
  readonly index: number;
  readonly pricePerSecond: number;
  readonly pricePerUnit: number;
  private readonly mirror: Mirror;
  private readonly symbolBytes: number;

  constructor(index: number, mirror: Mirror, symbolBytes: number) {
    this.index = index;
    this.mirror = mirror;
    this.symbolBytes = symbolBytes;
    this.pricePerSecond = mirror.terms.pricePerSecond;
    this.pricePerUnit = (mirror.terms.pricePerGb * symbolBytes) / 1e9;
  }

  get mean(): number {
    return this.mirror.meter.mean / this.symbolBytes;
  }
  get min(): number {
    return this.mirror.meter.min / this.symbolBytes;
  }
  get max(): number {
    return this.mirror.meter.max / this.symbolBytes;
  }
  get rate(): number {
    return this.mirror.meter.rate / this.symbolBytes;
  }
  get rttSeconds(): number {
    return this.mirror.rttMs / 1000;
  }
  get state(): ScheduledSource['state'] {
    return this.mirror.state;
  }
  get isWhole(): boolean {
    return this.mirror.isWhole;
  }

  /** Less what comes within a round trip: a mirror that has no more than that left is to be given work. */
  get left(): number {
    return Math.max(0, this.mirror.left - this.mirror.leadBytes / this.symbolBytes);
  }
}
