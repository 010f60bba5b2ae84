// One content over many links, as a machine: fetches it, serves it, or both. No Promise, timer, clock,
// randomness or I/O: a driver feeds handle(input, now) and drains poll() until it answers `timeout`.

import type { Bitset } from '../base/index.ts';
import { CorruptError, ProtocolError, Rng, UsageError } from '../base/index.ts';
import type { LinkId } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import { layoutOf, openDescriptor } from '../content/index.ts';
import type { LinkOptions } from '../session/index.ts';
import { FreshCursors, TokenBucket } from '../session/index.ts';
import { WorkingSet } from '../store/index.ts';
import { Journal } from '../summary/index.ts';
import { CLOSE, FLAG } from '../wire/index.ts';
import type { Account } from './account.ts';
import { Blocks } from './blocks.ts';
import { DescriptorDesk } from './descriptor-desk.ts';
import { Fetching } from './fetching.ts';
import type { FailureCode, TransferInput, TransferOutput, TransferStatus } from './io.ts';
import { takeMessage } from './messages.ts';
import type { MirrorOpen } from './mirrors/mirrors.ts';
import { Mirrors, MIRRORS_AT_ONCE } from './mirrors/mirrors.ts';
import type { PeerMessage } from './neighbours.ts';
import { Neighbours } from './neighbours.ts';
import type { TransferOptions } from './options.ts';
import { SCHEDULE } from './options.ts';
import { Patience } from './patience.ts';
import type { Exchange, Peer } from './peer.ts';
import { refuse, sendLeaves, Serving } from './serving.ts';
import { makeScheduler } from './scheduler/index.ts';
import { statusOf } from './status.ts';

/** Program and protocol version, told to neighbours for people to read. */
const AGENT = 'headwater/0.1';
/** Waking up this much too late means that this process slept, ms. */
const SLEPT_MS = 500;

export class Transfer {
  readonly options: TransferOptions;
  readonly neighbours: Neighbours;
  readonly mirrors: Mirrors;
  readonly desk: DescriptorDesk = new DescriptorDesk();
  phase: TransferStatus['phase'] = 'describing';
  descriptor: Uint8Array | undefined;
  exchange: Exchange | undefined;
  fetching: Fetching | undefined;
  private serving: Serving | undefined;
  private parsed: Descriptor | undefined;
  private plain: Layout | undefined;
  private readonly rng: Rng;
  private readonly nonce: Uint8Array;
  private readonly patience: Patience;
  private readonly outputs: TransferOutput[] = [];
  private outputAt = 0;
  private wakeAt = Infinity;
  private now = 0;

  constructor(options: TransferOptions) {
    if (options.contentId.length !== 32) throw new UsageError('contentId is not 32 bytes');
    this.options = options;
    this.rng = new Rng(options.seed);
    this.nonce = this.rng.fill(new Uint8Array(16));
    this.neighbours = new Neighbours(this, this.rng.fork());
    const { dialer, accounts } = this.neighbours;
    const { mirrorsAtOnce: atOnce = MIRRORS_AT_ONCE } = options;
    const output = (o: TransferOutput): void => this.output(o);
    this.mirrors = new Mirrors({ dialer, accounts, atOnce, output });
    this.patience = new Patience(dialer, options.patienceMs);
  }

  get peers(): readonly Peer[] {
    return this.neighbours.peers;
  }

  /** A peer is connected, or may be soon. */
  get hasPeers(): boolean {
    return this.peers.length > 0 || this.neighbours.expectsPeers;
  }

  /** One input, with the time in ms of any monotonic clock. Drain poll() before the next. */
  handle(input: TransferInput, now: number): void {
    if (now - this.wakeAt > SLEPT_MS) this.forgive(now - this.wakeAt, now);
    this.now = now;
    this.dispatch(input, now);
    if (now >= this.wakeAt || input.kind === 'timeout') this.tick(now);
    this.neighbours.pumpAll(now);
  }

  /** The next thing to do; `timeout` when there is nothing until the next input or the time it names. */
  poll(): TransferOutput {
    const output = this.outputs[this.outputAt];
    if (output !== undefined) {
      this.outputAt++;
      return output;
    }
    this.outputs.length = 0;
    this.outputAt = 0;
    this.wakeAt = this.nextWake(this.now);
    return { kind: 'timeout', at: this.wakeAt };
  }

  status(): TransferStatus {
    const { phase, exchange, fetching, neighbours } = this;
    return statusOf(phase, exchange, fetching, neighbours.accounts, this.now);
  }

  // ---- what the parts ask of the transfer

  output(output: TransferOutput): void {
    this.outputs.push(output);
  }

  linkOptions(): LinkOptions {
    const { nonce, flags } = this;
    return { contentId: this.options.contentId, nonce, agent: AGENT, flags };
  }

  ready(peer: Peer, now: number): void {
    if (this.descriptor === undefined) this.desk.ask(this.peers, now);
    this.join(peer, now);
  }

  message(peer: Peer, message: PeerMessage, size: number, now: number): void {
    takeMessage(this, peer, message, size, now);
  }

  gone(peer: Peer, now: number): void {
    this.desk.forget(peer);
    if (this.descriptor === undefined) this.desk.ask(this.peers, now);
    this.fetching?.forget(peer, now);
    this.fetching?.shareOut();
    if (this.phase === 'running') this.fetching?.plan(now);
    this.checkHope();
  }

  drop(peer: Peer, code: number, reason: string, now: number): void {
    this.neighbours.drop(peer, code, reason, now);
  }

  /** The download cannot succeed. */
  fail(code: FailureCode, message: string): void {
    if (this.phase === 'failed' || this.phase === 'done') return;
    this.phase = 'failed';
    this.output({ kind: 'event', event: { type: 'failed', code, message } });
    this.closeAll(code === 'DISK' ? CLOSE.DISK : CLOSE.DONE, 'transfer ended');
  }

  /** A dialled source has been of use: its next loss is not held against it. */
  proved(source: number): void {
    this.neighbours.dialer.proved(source);
  }

  /** A source proved bad: its link ends, and it is not dialled again. */
  ban(link: LinkId, account: Account, now: number): void {
    const peer = this.neighbours.peerOf(link);
    const mirror = this.mirrors.ofLink(link);
    const reason = 'sent symbols that fail their leaf';
    if (mirror !== undefined) this.fetching?.desk.lose(mirror, { reason, permanent: true }, now);
    else if (peer !== undefined) this.drop(peer, CLOSE.BAD_SYMBOL, reason, now);
    else if (account.source !== undefined) this.neighbours.dialer.ban(account.source, reason);
    this.checkHope();
  }

  /** Something came that the transfer was waiting for. */
  progress(now: number): void {
    this.patience.renew(now);
  }

  /** The encoded descriptor is here. Throws CorruptError when it is not the right one. */
  describe(bytes: Uint8Array): void {
    this.parsed = openDescriptor(bytes, this.options.contentId, this.options.sha256);
    this.descriptor = bytes;
    this.phase = 'opening';
    this.output({ kind: 'open', descriptor: bytes });
  }

  /** Symbols may flow on this link as soon as both ends know the layout. */
  join(peer: Peer, now: number): void {
    const { exchange, fetching } = this;
    if (exchange === undefined || peer.link.phase !== 'open') return;
    if (peer.halves === undefined) peer.join(exchange);
    if (fetching === undefined || this.phase !== 'running' || !peer.link.serving) return;
    if (!peer.asked) peer.ask(exchange, this.options, fetching.received);
    fetching.shareOut();
    fetching.plan(now);
  }

  /** Gives senders their turn. */
  serve(now: number): void {
    this.serving?.serve(this.peers, now);
  }

  /** Brings neighbours up to date that have not been for a whole period of their update frequency. */
  update(now: number): void {
    const received = this.fetching?.received ?? 0;
    for (const peer of this.peers) peer.updateAt(received, now);
  }

  // ---- inputs

  private dispatch(input: TransferInput, now: number): void {
    switch (input.kind) {
      case 'start':
        this.patience.renew(now);
        if (input.descriptor !== undefined) this.startWith(input.descriptor);
        if (input.plain !== undefined) this.startPlain(input.plain);
        break;
      case 'descriptor':
        this.foundDescriptor(input.bytes);
        break;
      case 'opened':
        this.opened(input.held, input.leaves, now);
        break;
      case 'source':
        this.neighbours.addSource(input.index, input.address, now);
        this.neighbours.dial(now);
        break;
      case 'mirror':
        this.mirrors.add(input.index, input.address, input.terms, now);
        this.neighbours.dial(now);
        break;
      case 'mirror-open':
        this.mirrorOpen(input, now);
        break;
      case 'fetched':
        this.fetched(input, now);
        break;
      case 'dial-failed':
        this.dialFailed(input, now);
        break;
      case 'link-open':
        this.neighbours.open(input, now);
        if (this.over) this.closeAll(CLOSE.DONE, 'transfer ended');
        break;
      case 'link-closed':
        this.neighbours.lost(input.link, input.code, input.reason, now);
        break;
      case 'written':
        if (this.phase !== 'running') break;
        this.fetching?.written(input, this.accountOf(input.link), now);
        this.update(now);
        break;
      case 'peeled':
        if (this.phase !== 'running') break;
        this.fetching?.peeled(input.row, input.verdict, now);
        this.update(now);
        break;
      case 'block-finished':
        if (this.phase !== 'running') break;
        this.fetching?.blockFinished(input, now);
        for (const peer of this.peers) if (peer.wantsExact) peer.tell(this.fetching?.received ?? 0);
        this.checkHope();
        break;
      case 'content-finished':
        if (input.problem === undefined) this.done();
        else this.fail(input.problem.code, input.problem.message);
        break;
      case 'disk-failed':
        this.fail('DISK', input.message);
        break;
      case 'abort':
        this.fail('ABORTED', 'stopped by the user');
        this.closeAll(CLOSE.DONE, 'transfer ended');
        break;
      case 'timeout':
        break;
      default:
        this.linkInput(input, now);
    }
  }

  private linkInput(
    input: Extract<
      TransferInput,
      {
        kind:
          'control' | 'symbols' | 'recoded' | 'violation' | 'sent' | 'unreadable' | 'leaves-read';
      }
    >,
    now: number,
  ): void {
    const peer = this.neighbours.peerOf(input.link);
    if (peer === undefined) {
      const mirror = this.mirrors.ofLink(input.link);
      if (mirror !== undefined && input.kind === 'symbols' && this.phase === 'running') {
        this.fetching?.desk.symbols(mirror, input, now);
        this.update(now);
        return;
      }
      if (input.kind === 'symbols' || input.kind === 'recoded') this.dropFrame(input);
      return;
    }
    this.neighbours.guard(peer, now, () => this.peerInput(peer, input, now));
  }

  private peerInput(peer: Peer, input: Parameters<Transfer['linkInput']>[0], now: number): void {
    switch (input.kind) {
      case 'control':
        peer.link.handle(input, now);
        break;
      case 'violation':
        throw new ProtocolError(input.code, input.reason);
      case 'symbols':
      case 'recoded':
        this.symbols(peer, input, now);
        break;
      case 'sent':
        peer.reading -= input.count;
        this.serve(now);
        break;
      case 'unreadable': {
        const { sbn, count, esis } = input;
        peer.reading -= count;
        const start = this.exchange?.layout.windowStart(sbn) ?? 0;
        const ids = esis.map((esi) => start + esi);
        peer.halves?.sender.refuse(sbn, count, ids);
        refuse(peer);
        this.serve(now);
        break;
      }
      case 'leaves-read':
        peer.leavesReading--;
        sendLeaves(peer, input.sbn, input.leaves);
        break;
    }
  }

  private symbols(
    peer: Peer,
    input: Extract<TransferInput, { kind: 'symbols' | 'recoded' }>,
    now: number,
  ): void {
    if (peer.link.phase !== 'open')
      throw new ProtocolError(CLOSE.UNEXPECTED, 'symbols before hello');
    if (this.fetching === undefined || peer.halves === undefined) {
      const code = input.kind === 'symbols' ? CLOSE.CREDIT : CLOSE.UNEXPECTED;
      throw new ProtocolError(code, 'symbols, but nothing was asked for');
    }
    if (this.phase !== 'running') {
      this.dropFrame(input); // done: credit that had gone void
      return;
    }
    if (input.kind === 'symbols') this.fetching.symbols(peer, peer.halves, input, now);
    else this.fetching.recodedSymbols(peer, peer.halves, input, now);
    this.update(now);
  }

  private dropFrame(input: Extract<TransferInput, { kind: 'symbols' | 'recoded' }>): void {
    if (input.kind === 'symbols') this.output({ ...input, kind: 'write', keep: [] });
    else {
      const { link, frame } = input;
      this.output({ kind: 'quarantine', link, frame, keep: [], rows: [] });
    }
  }

  /** A plain file: what is here of it is the store's to say. */
  private startPlain(layout: Layout): void {
    this.plain = layout;
    this.phase = 'opening';
    this.output({ kind: 'open', descriptor: undefined });
  }

  private mirrorOpen(input: MirrorOpen, now: number): void {
    const mirror = this.mirrors.open(input);
    if (mirror === undefined || this.over || this.phase === 'done') {
      const { link } = input;
      this.output({
        kind: 'close',
        link,
        code: CLOSE.DONE,
        reason: 'not needed',
        bytes: undefined,
      });
    } else if (this.phase === 'running') this.fetching?.plan(now);
  }

  private dialFailed(input: Extract<TransferInput, { kind: 'dial-failed' }>, now: number): void {
    this.mirrors.dialFailed(input.index, now);
    this.neighbours.dialFailed(input, now);
    if (this.phase === 'running') this.fetching?.plan(now);
    this.checkHope();
  }

  private fetched(input: Extract<TransferInput, { kind: 'fetched' }>, now: number): void {
    const mirror = this.mirrors.ofLink(input.link);
    if (mirror === undefined || this.phase !== 'running') return;
    this.fetching?.desk.fetched(mirror, input, now);
    this.checkHope();
  }

  private accountOf(link: LinkId): Account | undefined {
    return this.neighbours.accountOf(link) ?? this.mirrors.accountOf(link);
  }

  private startWith(descriptor: Uint8Array): void {
    try {
      this.describe(descriptor);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      this.fail('BAD_DESCRIPTOR', error.message);
    }
  }

  private foundDescriptor(bytes: Uint8Array): void {
    if (this.descriptor !== undefined || this.plain !== undefined || this.over) return;
    try {
      this.describe(bytes);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
    }
  }

  private opened(bits: Bitset, leaves: Bitset, now: number): void {
    const { parsed, options, rng } = this;
    const layout = parsed === undefined ? this.plain : layoutOf(parsed);
    if (layout === undefined || this.exchange !== undefined) {
      throw new UsageError('`opened` answers `open`, once');
    }
    const held = WorkingSet.of(layout, bits);
    const blocks = new Blocks(held);
    const { sendBytesPerSecond: up, receiveBytesPerSecond: down } = options;
    this.exchange = {
      layout,
      held,
      journal: new Journal(),
      fresh: new FreshCursors(layout, options.freshFrom, rng.fork()),
      holders: blocks.holders,
      rng: rng.fork(),
      salt: rng.uint32(),
      askedCount: 0,
    };
    const upBucket = up === undefined ? undefined : new TokenBucket(up);
    this.serving = new Serving(
      layout.symbolBytes,
      upBucket,
      (output) => this.output(output),
      (peer) => this.neighbours.pump(peer, this.now),
    );
    this.phase = 'running';
    this.patience.renew(now);
    if (options.fetch) {
      const bucket = down === undefined ? undefined : new TokenBucket(down);
      const { exchange } = this;
      const { strategy, sha256, finish = 'full-rank' } = options;
      this.fetching = new Fetching(this, {
        exchange,
        blocks,
        descriptor: parsed,
        leaves,
        strategy,
        finish,
        bucket,
        sha256,
        scheduler: makeScheduler(options.schedule ?? SCHEDULE),
        clientRate: down,
      });
      this.fetching.advance();
    }
    this.sayStatus();
    for (const peer of [...this.peers]) this.join(peer, now);
  }

  private done(): void {
    this.phase = 'done';
    this.output({ kind: 'event', event: { type: 'done' } });
    this.mirrors.closeAll('has the whole content', this.now);
    if (this.options.linger) this.sayStatus();
    else this.closeAll(CLOSE.DONE, 'has the whole content');
  }

  // ---- time

  private tick(now: number): void {
    for (const peer of [...this.peers]) {
      peer.link.handle({ kind: 'timeout' }, now);
      this.neighbours.pump(peer, now);
    }
    if (this.over) return;
    this.neighbours.dial(now);
    if (this.descriptor === undefined) this.desk.ask(this.peers, now);
    if (this.fetching !== undefined && this.phase === 'running') {
      this.fetching.checkStalls(now);
      this.fetching.plan(now);
    }
    // One that has all still owes its news: a time to tell that stayed in the past would wake it again and again.
    this.update(now);
    this.serve(now);
    if (now >= this.giveUpAt()) {
      this.fail('UNFINISHED', this.patience.exhausted(this.obstacle()));
    }
  }

  private nextWake(now: number): number {
    let at = Math.min(this.giveUpAt(), this.serving?.readyAt(now) ?? Infinity);
    for (const peer of this.peers) at = Math.min(at, peer.link.timeoutAt);
    if (this.over) return at;
    for (const peer of this.peers) at = Math.min(at, peer.tellAt);
    at = Math.min(at, this.neighbours.dialer.dueAt());
    if (this.descriptor === undefined) at = Math.min(at, this.desk.timeoutAt);
    if (this.phase === 'running') at = Math.min(at, this.fetching?.dueAt(now) ?? Infinity);
    return at;
  }

  /** Nothing more will be done: no source is dialled. */
  private get over(): boolean {
    return this.phase === 'failed' || (this.phase === 'done' && !this.options.linger);
  }

  /** When the transfer fails for want of progress. */
  private giveUpAt(): number {
    if (!this.options.fetch || this.phase === 'done' || this.phase === 'failed') return Infinity;
    if (this.phase === 'opening' || this.fetching?.busy) return Infinity;
    return this.patience.endsAt;
  }

  /** This process slept: nobody else was silent meanwhile. */
  private forgive(ms: number, now: number): void {
    this.patience.forgive(ms);
    this.desk.forgive(ms);
    this.fetching?.leaves.forgive(ms);
    this.fetching?.desk.forgive(ms);
    for (const peer of this.peers) {
      peer.link.heard(now);
      peer.halves?.receiver.forgive(ms);
    }
  }

  /** What a download without progress is waiting for, for a person. */
  private obstacle(): string {
    const isConnected = this.peers.some(({ link }) => link.phase === 'open');
    if (!isConnected && !this.mirrors.anyOpen) return 'no source is connected';
    if (this.descriptor === undefined && this.plain === undefined) {
      return 'no source has the content descriptor';
    }
    return this.fetching?.obstacle() ?? 'the store does not answer';
  }

  /** Fails at once when no source is left that could be reached. */
  private checkHope(): void {
    if (!this.options.fetch || this.phase === 'done' || this.fetching?.busy) return;
    const { hopeless } = this.patience;
    if (this.peers.length === 0 && !this.mirrors.anyOpen && hopeless !== undefined)
      this.fail('UNREACHABLE', hopeless);
  }

  // ---- what this end is

  /** Sum of FLAG bits. */
  private get flags(): number {
    const { exchange, options } = this;
    const fetching = options.fetch && this.phase !== 'done' ? FLAG.fetching : 0;
    if (exchange === undefined) return fetching;
    const complete = exchange.held.count === exchange.layout.idCount ? FLAG.complete : 0;
    return complete | fetching | (options.serve ? FLAG.serving : 0);
  }

  private sayStatus(): void {
    for (const peer of this.peers) {
      // Before the other end's hello, too: ours has left with the old flags.
      peer.say({ type: 'status', flags: this.flags }, false);
    }
  }

  private closeAll(code: number, reason: string): void {
    for (const peer of [...this.peers]) this.drop(peer, code, reason, this.now);
    this.mirrors.closeAll(reason, this.now);
  }
}
