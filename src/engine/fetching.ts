// The receiving side of a transfer: credit out, symbols in, blocks finished. It owns no link; the transfer
// tells it what came over which.

import type { Bitset, LinkId, Sha256, SymbolId } from '../base/index.ts';
import { ProtocolError } from '../base/index.ts';
import type { Descriptor } from '../content/index.ts';
import type { Cover, TokenBucket, VoidCredit } from '../session/index.ts';
import { STALLS_MAX, STRIKES_MAX } from '../session/index.ts';
import { readIdRuns } from '../summary/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS } from '../wire/index.ts';
import type { Account } from './account.ts';
import type { RowSource } from './block-rows.ts';
import type { Blocks } from './blocks.ts';
import type { BlockFinished } from './finishing.ts';
import { Finishing } from './finishing.ts';
import type { FailureCode, TransferInput, TransferOutput, Verdict } from './io.ts';
import { LeavesDesk } from './leaves-desk.ts';
import { MirrorDesk } from './mirrors/mirror-desk.ts';
import type { Mirrors } from './mirrors/mirrors.ts';
import type { Strategy } from './options.ts';
import type { Exchange, Halves, Peer } from './peer.ts';
import { Planner } from './planner.ts';
import { RecodedDesk } from './recoded-desk.ts';
import type { Scheduler } from './scheduler/board.ts';

/** A sender that had nothing for a block is asked again after this time, ms. */
const DRY_RETRY_MS = 1_000;

/** What fetching asks of the transfer it belongs to. */
export interface FetchingHost {
  readonly peers: readonly Peer[];
  readonly mirrors: Mirrors;
  /** A peer is connected, or may be soon. */
  readonly hasPeers: boolean;
  output(output: TransferOutput): void;
  drop(peer: Peer, code: number, reason: string, now: number): void;
  fail(code: FailureCode, message: string): void;
  /** A source proved bad: its link ends, if it is open, and it is not dialled again. */
  ban(link: LinkId, account: Account, now: number): void;
  /** A dialled source has been of use. */
  proved(source: number): void;
  /** Something was gained. */
  progress(now: number): void;
}

export interface FetchingOptions {
  readonly exchange: Exchange;
  readonly blocks: Blocks;
  /** Undefined for a plain file. */
  readonly descriptor: Descriptor | undefined;
  /** Blocks whose leaves are stored. */
  readonly leaves: Bitset;
  readonly strategy: Strategy;
  readonly finish: 'full-rank' | 'substitution';
  readonly bucket: TokenBucket | undefined;
  readonly sha256: Sha256;
  readonly scheduler: Scheduler;
  /** Limit of the receiving rate, bytes per second; undefined: none. */
  readonly clientRate: number | undefined;
}

type SymbolsInput = Extract<TransferInput, { kind: 'symbols' }>;
type RecodedInput = Extract<TransferInput, { kind: 'recoded' }>;
type WrittenInput = Extract<TransferInput, { kind: 'written' }>;

export class Fetching {
  readonly blocks: Blocks;
  readonly leaves: LeavesDesk;
  /** Fetching from mirrors. */
  readonly desk: MirrorDesk;
  /** ℓ minus what was held at the start. */
  readonly needed: number;
  /** Symbols received over all links, duplicates counted. */
  received = 0;
  private readonly host: FetchingHost;
  private readonly exchange: Exchange;
  private readonly planner: Planner;
  private readonly bucket: TokenBucket | undefined;
  private readonly recoded: RecodedDesk;
  private readonly finishing: Finishing;
  /** Senders send sums of pools. */
  private readonly recodes: boolean;
  private readonly substitution: boolean;
  /** Since when symbols are lacking and none has been owed, ms. */
  private starvedSince = Infinity;
  /** The time of the input that is being handled. */
  private now = 0;
  private turn = 0;

  constructor(host: FetchingHost, options: FetchingOptions) {
    const { exchange, blocks, descriptor, leaves, strategy, finish, bucket, sha256 } = options;
    this.host = host;
    this.exchange = exchange;
    this.blocks = blocks;
    this.bucket = bucket;
    this.needed = exchange.layout.sourceSymbolCount - blocks.have;
    this.leaves = new LeavesDesk(descriptor, exchange.layout, leaves, sha256);
    const fullRank = finish === 'full-rank';
    const output = (out: TransferOutput): void => host.output(out);
    this.recoded = new RecodedDesk({ blocks, fullRank, output });
    const recodes = strategy === 'speculative' || strategy === 'recode-bf';
    this.recodes = recodes;
    this.substitution = recodes && !fullRank;
    this.planner = new Planner({
      blocks,
      leaves: this.leaves,
      recoded: this.recoded,
      peers: () => host.peers,
      strategy,
      substitution: this.substitution,
      bucket,
      rng: exchange.rng.fork(),
    });
    const { journal } = exchange;
    this.finishing = new Finishing(this, { blocks, recoded: this.recoded, journal, fullRank });
    const { scheduler, clientRate } = options;
    this.desk = new MirrorDesk(this, {
      mirrors: host.mirrors,
      blocks,
      leaves: this.leaves,
      scheduler,
      isPlain: descriptor === undefined,
      bucket,
      clientRate,
    });
  }

  /** Blocks or the content are being finished: that is progress, however long it takes. */
  get busy(): boolean {
    return this.finishing.busy;
  }

  /** Symbols towards ℓ that are on hand: held, or equations for the decoder. */
  get have(): number {
    return this.blocks.have + this.recoded.count;
  }

  /** What is in the way when nothing comes, for a person. */
  obstacle(): string {
    const missing = this.leaves.missing;
    if (missing >= 0) return `no source has the right hashes (leaves) of block ${missing}`;
    const { obstacle } = this.desk;
    if (obstacle !== undefined) return obstacle;
    const { open } = this.blocks;
    const lacking = open.reduce((sum, sbn) => sum + this.blocks.lacking(sbn), 0);
    return `the sources that are left do not have the ${lacking} symbols that blocks ${open.join(', ')} lack`;
  }

  /** Starts what can be started. */
  advance(): void {
    this.finishing.advance();
  }

  get peers(): readonly Peer[] {
    return this.host.peers;
  }

  get hasPeers(): boolean {
    return this.host.hasPeers;
  }

  /** Gives out all that may be asked for now. */
  plan(now: number): void {
    this.fillPeers(now);
    this.desk.plan(now);
    this.unhide(now);
    this.leaves.ask(this.peers, now);
  }

  /** Gives credit to every link that may have more, each time beginning with another one. */
  fillPeers(now: number): void {
    const { peers } = this;
    this.turn++;
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(this.turn + i) % peers.length];
      if (peer !== undefined) this.fill(peer, now);
    }
    if (this.blocks.anyStuck) for (const peer of peers) this.fill(peer, now, true);
  }

  /** Links came or went, or are complete now: what is expected of those that recode changes with it. */
  shareOut(): void {
    if (!this.substitution) return;
    const peers = this.host.peers.filter(({ asked, link }) => asked && link.serving);
    const partial = peers.filter(({ link }) => !link.complete);
    const part = Math.round((LIMITS.partMax * partial.length) / peers.length);
    for (const peer of partial) peer.sayShare(part);
  }

  /** One link may have become useful: gives credit to it alone. */
  planFor(peer: Peer, now: number): void {
    this.refill(peer, now);
    this.leaves.ask(this.host.peers, now);
  }

  /** A symbol frame came: books each symbol and has the useful ones verified. Throws ProtocolError. */
  symbols(peer: Peer, halves: Halves, input: SymbolsInput, now: number): void {
    const { layout } = this.blocks;
    const { sbn, esis } = input;
    if (sbn >= layout.blockCount) {
      throw new ProtocolError(CLOSE.MALFORMED, `symbol of block ${sbn} beyond the content`);
    }
    const window = layout.windowSize(sbn);
    const start = layout.windowStart(sbn);
    // All of the frame is checked before any of it counts: a violation must leave nothing half booked.
    for (const esi of esis) {
      if (esi >= window) throw new ProtocolError(CLOSE.MALFORMED, `esi ${esi} beyond the window`);
    }
    for (const esi of esis) {
      if (this.book(halves, start + esi, sbn, now)) continue;
      throw new ProtocolError(CLOSE.CREDIT, `symbol ${start + esi} was not asked for`);
    }
    const isUseful = this.admit(peer.account, input, undefined, false, now);
    for (const useful of isUseful) this.planner.learn(useful);
    peer.link.heard(now);
    peer.notDry();
    halves.receiver.progress(esis.length, now);
    // Credit of a symbol that was of no use is free again, for a link that may have been waiting for it.
    if (isUseful.includes(false)) this.plan(now);
    else if (halves.receiver.hungry(now)) this.refill(peer, now);
  }

  /**
   * Has the symbols of a frame that are of use verified and stored; the others are duplicates. Which were of use. `live`:
   * positions in the frame of those that still count; all when undefined. `unverified`: they are stored as they are.
   */
  admit(
    account: Account,
    input: SymbolsInput,
    live: ReadonlySet<number> | undefined,
    unverified: boolean,
    now: number,
  ): boolean[] {
    const { blocks } = this;
    const { link, frame, sbn, esis } = input;
    const start = blocks.layout.windowStart(sbn);
    const mayKeep = unverified || this.leaves.held.has(sbn);
    const keep: number[] = [];
    const isUseful = esis.map((esi, i) => {
      const id = start + esi;
      if (!mayKeep || live?.has(i) === false || !blocks.wants(id, sbn)) return false;
      blocks.arrive(id, sbn);
      keep.push(i);
      return true;
    });
    account.duplicate += esis.length - keep.length;
    account.arrive(esis.length, blocks.layout.symbolBytes, now);
    this.received += esis.length;
    const how = unverified ? { unverified } : {};
    this.host.output({ kind: 'write', link, frame, sbn, esis, keep, ...how });
    return isUseful;
  }

  /** A frame of recoded symbols came: books each, and has the useful ones kept. Throws ProtocolError. */
  recodedSymbols(peer: Peer, halves: Halves, input: RecodedInput, now: number): void {
    const { blocks, recoded, host } = this;
    const { link, frame, sbn, first, degrees } = input;
    if (sbn >= blocks.layout.blockCount) {
      throw new ProtocolError(CLOSE.MALFORMED, `symbol of block ${sbn} beyond the content`);
    }
    if (halves.recoded === undefined) {
      throw new ProtocolError(CLOSE.UNEXPECTED, 'recoded symbols that were not asked for');
    }
    const symbols = halves.recoded.constituents(sbn, first, degrees);
    const keep: number[] = [];
    const rows: number[] = [];
    const source = { link: peer.id, account: peer.account };
    symbols.forEach((esis, i) => {
      const cover = halves.receiver.arriveRecoded(sbn);
      if (cover === undefined) {
        recoded.remove(rows);
        throw new ProtocolError(CLOSE.CREDIT, `recoded symbol ${first + i} was not asked for`);
      }
      this.booked(cover, sbn, now);
      const row = blocks.wantsRecoded(sbn) ? recoded.add(sbn, esis, source) : undefined;
      if (row === undefined) peer.account.duplicate++;
      else {
        keep.push(i);
        rows.push(row);
      }
    });
    this.received += degrees.length;
    peer.account.arrive(degrees.length, blocks.layout.symbolBytes, now);
    peer.link.heard(now);
    peer.notDry();
    halves.receiver.progress(degrees.length, now);
    host.output({ kind: 'quarantine', link, frame, keep, rows });
    if (rows.length > 0) host.progress(now);
    for (const row of rows) this.planner.learn(recoded.settle(row));
    this.finishing.advance();
    // With the last sum of the link here it shows what these do not tell: others may have waited to name that.
    if (keep.length < degrees.length || halves.receiver.grantedIn(sbn) === 0) this.plan(now);
    else if (halves.receiver.hungry(now)) this.refill(peer, now);
  }

  /** A recoded symbol was reduced to one symbol, which was verified and stored, or not. */
  peeled(row: number, verdict: Verdict, now: number): void {
    const peeled = this.recoded.peeled(row);
    if (peeled === undefined) return;
    const { sbn, esi, account } = peeled;
    const kept = verdict === 'kept';
    const isNew = esi !== undefined && this.settle(sbn, esi, kept);
    if (isNew) this.gained(account, sbn, esi, now);
    else if (verdict === 'rejected') this.strike(peeled, sbn, esi ?? peeled.esis[0] ?? 0, now);
    else account.duplicate++;
    this.finishing.advance();
    // A row that said nothing is to be made up for.
    if (!isNew || this.blocks.isFinished(sbn) || this.blocks.starved) this.plan(now);
  }

  /** Symbols were verified and stored, or not. Their link may be gone by now; its account is not. */
  written(input: WrittenInput, account: Account | undefined, now: number): void {
    const congested = this.planner.congested;
    const { sbn, esis, verdicts } = input;
    let again = congested;
    esis.forEach((esi, i) => {
      const kept = verdicts[i] === 'kept';
      this.settle(sbn, esi, kept);
      if (kept) this.gained(account, sbn, esi, now);
      else {
        again = true;
        if (verdicts[i] === 'rejected' && account !== undefined)
          this.strike({ link: input.link, account }, sbn, esi, now);
      }
    });
    const isReady = this.blocks.isReady(sbn);
    if (isReady || this.blocks.isPlainOnly(sbn)) this.advance();
    // With nothing on its way any more it shows what is stuck.
    if (again || isReady || this.blocks.starved) this.plan(now);
  }

  blockFinished(input: BlockFinished, now: number): void {
    this.now = now;
    this.host.progress(now);
    if (this.finishing.blockFinished(input)) this.plan(now);
  }

  /** The other end gives credit back. Throws ProtocolError when the message is out of bounds. */
  dry(peer: Peer, halves: Halves, message: MessageOf<'dry'>, now: number): void {
    const { blocks } = this;
    for (const { sbn, count } of message.grants) {
      if (sbn >= blocks.layout.blockCount) {
        throw new ProtocolError(CLOSE.MALFORMED, `dry for block ${sbn} beyond the content`);
      }
      const live = halves.receiver.dryGrant(sbn, count, now, DRY_RETRY_MS);
      blocks.credit(sbn, -live);
      this.refund(live, now);
    }
    const read = readIdRuns(
      message.body,
      blocks.layout.idCount,
      LIMITS.wantIdsMax,
      (start, end) => {
        for (let id = start; id < end; id++) {
          // A pool stays what both ends took it for, and one that says it holds everything has no view to learn from.
          if (halves.recoded === undefined) halves.view.remove(id);
          if (peer.link.complete || halves.recoded !== undefined) {
            halves.receiver.pause(blocks.layout.sbnOf(id), now + DRY_RETRY_MS);
          }
          if (halves.receiver.dryWant(id, now)) this.release(id, now);
        }
      },
    );
    if (read === undefined) throw new ProtocolError(CLOSE.MALFORMED, 'dry names no id runs');
    this.plan(now);
  }

  /** Ends the silence of links that owe symbols for too long. */
  checkStalls(now: number): void {
    this.desk.tick(now);
    for (const peer of [...this.host.peers]) {
      const receiver = peer.halves?.receiver;
      if (receiver === undefined || now < receiver.stallsAt(peer.link.rttMs)) continue;
      this.revoke(receiver.stall(now), now);
      const { id: link } = peer;
      const { address } = peer.account;
      this.host.output({ kind: 'event', event: { type: 'stalled', link, address } });
      if (receiver.stalls >= STALLS_MAX) {
        this.host.drop(peer, CLOSE.STALLED, 'owes symbols and sends none', now);
      }
    }
  }

  /** The link is gone: its credit goes to others. */
  forget(peer: Peer, now: number): void {
    this.leaves.forget(peer);
    if (peer.halves !== undefined) this.revoke(peer.halves.receiver.revoke(), now);
  }

  /** When something here is due, ms. */
  dueAt(now: number): number {
    const { desk, leaves } = this;
    let at = Math.min(leaves.dueAt(this.peers), desk.dueAt(now), this.starvedSince + DRY_RETRY_MS);
    let waiting = false;
    for (const peer of this.host.peers) {
      const receiver = peer.halves?.receiver;
      if (receiver === undefined || !peer.asked) continue;
      at = Math.min(at, receiver.stallsAt(peer.link.rttMs));
      if (receiver.suspendedUntil > now) at = Math.min(at, receiver.suspendedUntil);
      if (receiver.retryAt > now) at = Math.min(at, receiver.retryAt);
      waiting ||= receiver.room(now) > 0;
    }
    if (waiting && this.bucket !== undefined && !this.bucket.ready(now)) {
      at = Math.min(at, this.bucket.readyAt(now));
    }
    return at;
  }

  /**
   * What the description hides is in no pool, and more than a pool has is not granted, so its sender never says `dry`.
   * When nothing has been on its way for a while, all of them are told anew.
   */
  private unhide(now: number): void {
    if (!this.recodes || !this.blocks.starved) {
      this.starvedSince = Infinity;
      this.blocks.famine = 0;
      return;
    }
    this.starvedSince = Math.min(this.starvedSince, now);
    if (now < this.starvedSince + DRY_RETRY_MS) return;
    this.starvedSince = now;
    this.blocks.famine++;
    for (const peer of this.host.peers) {
      if (!peer.link.complete) peer.tellAfterDry(this.received, now);
    }
  }

  /** One link has room for more: gives credit to it alone. */
  private refill(peer: Peer, now: number): void {
    this.fill(peer, now);
    if (this.blocks.anyStuck) this.fill(peer, now, true);
  }

  private fill(peer: Peer, now: number, last = false): void {
    let traders = 0;
    for (const { link } of this.host.peers) if (link.fetching && !link.complete) traders++;
    this.planner.fill(peer, traders, now, last);
  }

  /** Takes one arriving symbol off the credit; false when none covers it. */
  private book(halves: Halves, id: SymbolId, sbn: number, now: number): boolean {
    const cover = halves.receiver.arrive(id, sbn);
    if (cover === undefined) return false;
    this.booked(cover, sbn, now);
    if (cover === 'want') this.blocks.assigned.delete(id);
    return true;
  }

  private booked(cover: Cover, sbn: number, now: number): void {
    if (cover === 'void') this.refund(-1, now);
    else this.blocks.credit(sbn, -1);
  }

  /** A symbol is held, or is not after all; rows that it is part of hear of it. False when it was held already. */
  private settle(sbn: number, esi: number, kept: boolean): boolean {
    const isNew = this.blocks.settle(this.blocks.layout.windowStart(sbn) + esi, sbn, kept);
    if (isNew) this.recoded.resolved(sbn, esi);
    else if (!kept) this.recoded.retry(sbn, esi);
    return isNew;
  }

  /** A symbol was kept. */
  private gained(account: Account | undefined, sbn: number, esi: number, now: number): void {
    this.exchange.journal.add(this.blocks.layout.windowStart(sbn) + esi);
    if (account !== undefined) this.proved(account);
    this.host.progress(now);
  }

  private release(id: SymbolId, now: number): void {
    this.blocks.assigned.delete(id);
    this.blocks.credit(this.blocks.layout.sbnOf(id), -1);
    this.refund(1, now);
  }

  private revoke(credit: VoidCredit, now: number): void {
    for (const { sbn, count } of credit.grants) {
      this.blocks.credit(sbn, -count);
      this.refund(count, now);
    }
    for (const id of credit.ids) this.release(id, now);
  }

  /** Symbols that were paid for will not come, or (negative) come unpaid. */
  private refund(count: number, now: number): void {
    this.bucket?.give(count * this.blocks.layout.symbolBytes, now);
  }

  /** The source brought a symbol that was kept. */
  private proved(account: Account): void {
    account.useful++;
    if (account.source !== undefined) this.host.proved(account.source);
  }

  /** What finishing asks for: see FinishingHost. */
  output(output: TransferOutput): void {
    this.host.output(output);
  }

  fail(code: FailureCode, message: string): void {
    this.host.fail(code, message);
  }

  spoiled(sbn: number): boolean {
    if (!this.desk.isUnverified(sbn)) return false;
    this.desk.spoiled(sbn, this.now);
    return true;
  }

  lied(source: RowSource, sbn: number, esi: number): void {
    this.strike(source, sbn, esi, this.now);
  }

  private strike({ link, account }: RowSource, sbn: number, esi: number, now: number): void {
    account.rejected++;
    if (account.strikes >= STRIKES_MAX) return; // the rest of what it sent before it was dropped
    account.strikes++;
    const { address } = account;
    this.host.output({ kind: 'event', event: { type: 'rejected', link, address, sbn, esi } });
    if (account.strikes < STRIKES_MAX) return;
    this.recoded.banish(account);
    this.finishing.purged();
    this.host.ban(link, account, now);
  }
}
