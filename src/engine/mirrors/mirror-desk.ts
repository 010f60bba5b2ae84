// Fetching from mirrors: asks them for what the scheduler gave them, about a round trip ahead, books what comes, and takes
// back what is late. Decisions about who gets what are the scheduler's.

import type { LinkId } from '../../base/index.ts';
import type { TokenBucket } from '../../session/index.ts';
import type { Account } from '../account.ts';
import type { Blocks } from '../blocks.ts';
import type { TransferInput, TransferOutput } from '../io.ts';
import type { LeavesDesk } from '../leaves-desk.ts';
import type { Peer } from '../peer.ts';
import type { Scheduler } from '../scheduler/board.ts';
import { Blame } from './blame.ts';
import { MirrorBoard } from './mirror-board.ts';
import type { Mirror, RangeRequest, Run } from './mirror.ts';
import type { Mirrors } from './mirrors.ts';
import { Relief } from './relief.ts';
import type { MirrorFailure } from './terms.ts';
import { Work } from './work.ts';

/** Requests that may be out on one mirror: more than one is needed when they are short for the round trip. */
const REQUESTS_MAX = 8;
/** A request is worth this much time of the mirror, s; one that has not been observed gets the symbols. */
const REQUEST_SECONDS = 2;
const REQUEST_SYMBOLS_MIN = 64;
/** A mirror that owes symbols may be silent for eight round trips, and so long, ms. */
const SILENCE_MIN_MS = 2_000;
/** … and this long before its first symbol. */
const SILENCE_FIRST_MS = 5_000;
/** Blocks ahead of a request whose leaves are fetched in time. */
const LEAVES_AHEAD = 4;
/** Without peers to ask for leaves for so long, blocks are checked by their root alone, ms. */
const LEAVES_WAIT_MS = 3_000;

type SymbolsInput = Extract<TransferInput, { kind: 'symbols' }>;
type FetchedInput = Extract<TransferInput, { kind: 'fetched' }>;

export interface MirrorDeskHost {
  readonly peers: readonly Peer[];
  output(output: TransferOutput): void;
  /** Has the useful ones among symbols that came verified, unless `unverified`, and stored. `live`: positions that count. */
  admit(
    account: Account,
    input: SymbolsInput,
    live: ReadonlySet<number> | undefined,
    unverified: boolean,
    now: number,
  ): boolean[];
  /** Peers may have become able to do something. */
  fillPeers(now: number): void;
  /** A peer is connected, or may be soon. */
  readonly hasPeers: boolean;
}

export interface MirrorDeskOptions {
  readonly mirrors: Mirrors;
  readonly blocks: Blocks;
  readonly leaves: LeavesDesk;
  readonly scheduler: Scheduler;
  /** The content has no descriptor: symbols cannot be checked one by one. */
  readonly isPlain: boolean;
  readonly bucket: TokenBucket | undefined;
  /** Limit of the receiving rate, bytes per second; undefined: none. */
  readonly clientRate: number | undefined;
}

export class MirrorDesk {
  readonly blame: Blame = new Blame();
  private readonly host: MirrorDeskHost;
  private readonly o: MirrorDeskOptions;
  private readonly work: Work;
  private readonly board: MirrorBoard;
  private readonly relief: Relief;
  private readonly symbolBytes: number;
  /** Blocks that are checked by their root alone. */
  private readonly rootOnly = new Set<number>();
  private nextRequest = 1;
  /** Mirrors do not send: the limit of the receiving rate is used up. */
  private isPaused = false;
  /** Since when leaves are waited for, ms. */
  private waitingSince = Infinity;
  private planning = false;
  /** The time of the plan that is being made, ms. */
  private now = 0;

  constructor(host: MirrorDeskHost, options: MirrorDeskOptions) {
    const { mirrors, blocks, clientRate = Infinity } = options;
    this.host = host;
    this.o = options;
    this.symbolBytes = blocks.layout.symbolBytes;
    this.work = new Work(blocks);
    this.board = new MirrorBoard({
      work: this.work,
      mirrors: mirrors.all,
      may: (mirror, sbn) => this.blame.may(sbn, mirror),
      isApart: () => this.blame.isApart,
      disown: (mirror) => this.disown(mirror),
      given: (mirror, runs) => {
        for (const { from, to } of runs) {
          this.work.eachBlock(from, to, (sbn) => this.blame.own(sbn, mirror));
        }
      },
      cut: (mirror, request) => this.cut(mirror, request),
      clientRate,
      otherRate: () =>
        host.peers.reduce((sum, { account }) => sum + account.status(this.now).rate, 0),
    });
    this.relief = new Relief({ blocks, work: this.work, mirrors: mirrors.all, board: this.board });
  }

  /** Why mirrors are given nothing, when the scheduler knows. */
  get obstacle(): string | undefined {
    return this.o.scheduler.obstacle;
  }

  /** Symbols of the block are not checked one by one. */
  isUnverified(sbn: number): boolean {
    return this.o.isPlain || this.rootOnly.has(sbn);
  }

  /** A frame of symbols came. Those of a request that was cut short are dropped. */
  symbols(mirror: Mirror, input: SymbolsInput, now: number): void {
    const { blocks } = this.o;
    const { sbn, esis } = input;
    const start = this.work.startOf(sbn);
    const live = new Set<number>();
    let request: RangeRequest | undefined;
    esis.forEach((esi, i) => {
      const position = start + esi;
      if (request?.next !== position || request.next >= request.to) {
        request = mirror.requests.find((r) => r.next === position && r.next < r.to);
      }
      if (request === undefined) return;
      request.next++;
      live.add(i);
      if (request.copy) return;
      blocks.assigned.delete(blocks.layout.id(sbn, esi));
      blocks.credit(sbn, -1);
    });
    const bytes = esis.length * this.symbolBytes;
    mirror.heardAt = now;
    mirror.meter.arrive(bytes, now);
    if (mirror.outstanding === 0) mirror.meter.observeFirst(now);
    this.o.bucket?.give(-bytes, now);
    const unverified = this.isUnverified(sbn);
    if (unverified && live.size > 0) this.blame.sent(sbn, mirror);
    this.host.admit(mirror.account, input, live, unverified, now);
    this.pace(now);
    if (mirror.queue.length > 0) this.pump(mirror, now);
    else if (!mirror.idle && this.isThirsty(mirror)) this.plan(now);
  }

  /** A request has ended: with all that was asked for, or with less and a reason. */
  fetched(mirror: Mirror, input: FetchedInput, now: number): void {
    const at = mirror.requests.findIndex(({ request }) => request === input.request);
    const [ended] = at < 0 ? [] : mirror.requests.splice(at, 1);
    if (ended !== undefined && ended.next < ended.to && !ended.copy) {
      this.work.uncredit(ended.next, ended.to);
    }
    if (mirror.requests.length === 0) mirror.meter.stop(now);
    if (input.failure !== undefined) this.lose(mirror, input.failure, now);
    else if (mirror.queue.length > 0) this.pump(mirror, now);
    this.host.fillPeers(now);
    this.plan(now);
  }

  /** The mirror is of no use now: what it was given is others'. */
  lose(mirror: Mirror, failure: MirrorFailure, now: number): void {
    this.takeBack(mirror);
    this.o.mirrors.close(mirror, failure, now);
    this.disown(mirror);
  }

  /** A block of unverified symbols does not have its hash. */
  spoiled(sbn: number, now: number): void {
    const guilty = this.blame.spoiled(sbn);
    const reason = `sent block ${sbn} with a wrong hash`;
    if (guilty !== undefined) this.lose(guilty, { reason, permanent: true }, now);
  }

  /** Has the scheduler give out work, and asks for it. */
  plan(now: number): void {
    const { scheduler, mirrors } = this.o;
    if (this.planning || mirrors.all.length === 0) return;
    this.planning = true;
    this.now = now;
    this.board.begin(now);
    scheduler.plan(this.board, now / 1000);
    for (const mirror of mirrors.all) this.pump(mirror, now);
    const relieved = this.relief.peers(this.host.peers, now);
    if (relieved) this.host.fillPeers(now);
    for (const mirror of mirrors.all) mirror.idle = this.isThirsty(mirror);
    this.planning = false;
  }

  /** What time brings: observations, stalls, and the end of a pause. */
  tick(now: number): void {
    this.pace(now);
    let observed = false;
    for (const mirror of this.o.mirrors.all) {
      if (mirror.link === undefined) continue;
      if (!this.isPaused && mirror.meter.observe(now)) observed = true;
      if (now < this.stallsAt(mirror)) continue;
      observed = true;
      const { link, account } = mirror;
      const { address } = account;
      this.host.output({ kind: 'event', event: { type: 'stalled', link, address } });
      mirror.meter.forget();
      this.lose(mirror, { reason: 'owes symbols and sends none', permanent: false }, now);
    }
    if (observed || now >= this.waitingSince + LEAVES_WAIT_MS) this.plan(now);
  }

  /** When something here is due, ms. */
  dueAt(now: number): number {
    let at = this.isPaused ? (this.o.bucket?.readyAt(now) ?? Infinity) : Infinity;
    if (this.waitingSince !== Infinity) at = Math.min(at, this.waitingSince + LEAVES_WAIT_MS);
    for (const mirror of this.o.mirrors.all) {
      if (mirror.link === undefined || this.isPaused) continue;
      at = Math.min(at, mirror.meter.observeAt, this.stallsAt(mirror));
    }
    return at;
  }

  /** This process slept for `ms`: nobody was silent meanwhile. */
  forgive(ms: number): void {
    for (const mirror of this.o.mirrors.all) mirror.heardAt += ms;
  }

  /** All that mirrors were given is nobody's. */
  private takeBack(mirror: Mirror): void {
    this.board.relieve(mirror, Infinity);
    mirror.queue.length = 0;
  }

  private disown(mirror: Mirror): void {
    const { blocks } = this.o;
    for (const sbn of this.blame.disown(mirror)) {
      if (!blocks.isWaiting(sbn)) continue;
      blocks.discard(sbn);
      this.host.output({ kind: 'discard-block', sbn });
    }
  }

  private cut(mirror: Mirror, { request, to }: RangeRequest): void {
    if (mirror.link === undefined) return;
    this.host.output({ kind: 'cut', link: mirror.link, request, to });
  }

  /** It has no more to send than comes within a round trip. */
  private isThirsty({ queue, outstanding, leadBytes }: Mirror): boolean {
    return queue.length === 0 && outstanding * this.symbolBytes <= leadBytes;
  }

  /** Asks for what is queued, so that there is always as much on its way as comes within a round trip. */
  private pump(mirror: Mirror, now: number): void {
    const { link } = mirror;
    if (link === undefined) return;
    while (mirror.queue.length > 0 && mirror.requests.length < REQUESTS_MAX) {
      if (mirror.outstanding > 0 && mirror.outstanding * this.symbolBytes > mirror.leadBytes)
        return;
      const run = mirror.isWhole ? this.wholeRun(mirror) : this.nextRun(mirror, now);
      if (run === undefined) return;
      this.ask(mirror, link, run, now);
    }
  }

  /** All that such a mirror was given, in one request. */
  private wholeRun(mirror: Mirror): Run | undefined {
    const run = mirror.queue[0];
    if (run === undefined) return undefined;
    const whole = { ...run };
    this.dequeue(mirror, run.to);
    return whole;
  }

  private ask(mirror: Mirror, link: LinkId, run: Run, now: number): void {
    const request = this.nextRequest++;
    const { from, to, copy } = run;
    if (mirror.outstanding === 0) mirror.heardAt = now;
    mirror.meter.start(now);
    mirror.requests.push({ request, from, to, copy, next: from });
    if (!copy) this.work.credit(from, to);
    this.host.output({ kind: 'fetch', link, request, from, to });
  }

  /** The next symbols of the queue that are still of use, in one run; they are out of the queue then. */
  private nextRun(mirror: Mirror, now: number): Run | undefined {
    const { meter } = mirror;
    const most = Math.max(
      REQUEST_SYMBOLS_MIN,
      Math.floor((meter.rate * REQUEST_SECONDS) / this.symbolBytes),
    );
    for (let run = mirror.queue[0]; run !== undefined; run = mirror.queue[0]) {
      const end = Math.min(run.to, this.readyUntil(run.from, run.to, now), run.from + most);
      if (end <= run.from) return undefined; // its leaves are not here
      const { from, copy } = run;
      const count = this.work.useful(from, end, copy);
      this.dequeue(mirror, from + Math.max(1, count));
      if (count > 0) return { from, to: from + count, copy };
    }
    return undefined;
  }

  /** Takes what is before `to` out of the queue's first run. */
  private dequeue(mirror: Mirror, to: number): void {
    const run = mirror.queue[0];
    if (run === undefined) return;
    if (!run.copy) this.work.dequeue(run.from, to);
    run.from = to;
    if (run.from >= run.to) mirror.queue.shift();
  }

  /** How far from `from` on symbols can be checked when they come; has the leaves of what follows fetched. */
  private readyUntil(from: number, to: number, now: number): number {
    const { leaves, isPlain, blocks } = this.o;
    if (isPlain) return to;
    let ready = to;
    let ahead = 0;
    this.work.eachBlock(from, to, (sbn, start) => {
      if (leaves.held.has(sbn) || this.rootOnly.has(sbn) || blocks.isFinished(sbn)) return;
      if (ahead++ > LEAVES_AHEAD) ready = Math.min(ready, start);
      else if (!this.mayDoWithout(sbn, now)) {
        leaves.need(sbn);
        ready = Math.min(ready, start);
      }
    });
    if (ready === to) this.waitingSince = Infinity;
    return ready;
  }

  /** With nobody to ask for its leaves, a block is checked as a whole. */
  private mayDoWithout(sbn: number, now: number): boolean {
    const { hasPeers, peers } = this.host;
    if (hasPeers) {
      this.waitingSince = Math.min(this.waitingSince, now);
      const mayHave = peers.some(({ leavesLacking }) => leavesLacking?.has(sbn) !== true);
      if (mayHave || now < this.waitingSince + LEAVES_WAIT_MS) return false;
    }
    this.rootOnly.add(sbn);
    return true;
  }

  /** Stops mirrors from sending while the limit of the receiving rate is used up. */
  private pace(now: number): void {
    const { bucket, mirrors } = this.o;
    if (bucket === undefined || this.isPaused === !bucket.ready(now)) return;
    this.isPaused = !this.isPaused;
    for (const mirror of mirrors.all) {
      if (mirror.link === undefined) continue;
      mirror.heardAt = now;
      this.host.output({ kind: 'hold', link: mirror.link, on: this.isPaused });
    }
  }

  private stallsAt({ requests, heardAt, meter, rttMs }: Mirror): number {
    if (requests.length === 0 || this.isPaused) return Infinity;
    const silence = meter.max > 0 ? Math.max(SILENCE_MIN_MS, 8 * rttMs) : SILENCE_FIRST_MS;
    return heardAt + silence;
  }
}
