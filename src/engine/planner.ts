// Gives credit: decides for every link how many symbols, and which, it is asked for next. Nothing is asked
// for twice while its credit lives, and never more than is needed (protocol/session.md, "Credit").

import type { Bitset, Rng } from '../base/index.ts';
import type { TokenBucket } from '../session/index.ts';
import { encodeIdRuns } from '../summary/index.ts';
import type { Grant } from '../wire/index.ts';
import { LIMITS } from '../wire/index.ts';
import type { Blocks } from './blocks.ts';
import type { LeavesDesk } from './leaves-desk.ts';
import type { Strategy } from './options.ts';
import type { Halves, Peer } from './peer.ts';
import { hasWanted, pickWanted } from './picker.ts';
import { Pools } from './pools.ts';
import type { RecodedDesk } from './recoded-desk.ts';

/** Bytes that may wait for the disk before no more credit is given. */
const ARRIVING_BYTES_MAX = 16 * 1024 * 1024;
/** Blocks ahead of the open ones whose leaves are fetched in time. */
const LEAVES_AHEAD = 4;
/** The usefulness of uninformed symbols is not taken to be less than this. */
const USEFUL_MIN = 0.1;

/**
 * Sums of a pool that may wait to be resolved, for each of its symbols that is not held, and beyond. Those that take part
 * in resolving are fewer than there are symbols.
 */
const UNRESOLVED_SHARE = 2;
const UNRESOLVED_SPARE = 16;

/** More than any window has symbols. */
const ROTATIONS = 2 ** 24;

/** Ids named in one message: at most 16 KiB of id runs. */
export const REQUEST_IDS_MAX = 2_048;

export interface PlannerOptions {
  readonly blocks: Blocks;
  readonly leaves: LeavesDesk;
  readonly recoded: RecodedDesk;
  /** The links of the download. */
  readonly peers: () => readonly Peer[];
  readonly strategy: Strategy;
  /** Symbols that stay undecided do not count: as with uninformed senders, more are asked for than are lacking. */
  readonly substitution: boolean;
  /** The limit of the receiving rate, in bytes. */
  readonly bucket: TokenBucket | undefined;
  readonly rng: Rng;
}

export class Planner {
  private readonly o: PlannerOptions;
  private readonly arrivingMax: number;
  /** Share of the recent symbols that were useful; only uninformed and substituted ones lower it. */
  private usefulness = 1;
  private readonly learns: boolean;
  private readonly pools: Pools;
  private last = false;

  constructor(options: PlannerOptions) {
    this.o = options;
    const { symbolBytes } = options.blocks.layout;
    this.arrivingMax = Math.max(16, Math.floor(ARRIVING_BYTES_MAX / symbolBytes));
    this.pools = new Pools(options.blocks, options.recoded, options.peers);
    this.learns = options.strategy.startsWith('uninformed') || options.substitution;
  }

  /** True when the disk is behind: no more credit until symbols settle. */
  get congested(): boolean {
    return this.o.blocks.arriving.count >= this.arrivingMax;
  }

  /** One symbol came: was it of use? */
  learn(useful: boolean): void {
    if (!this.learns) return;
    this.usefulness += ((useful ? 1 : 0) - this.usefulness) / 64;
  }

  /**
   * Asks one link for as much as it may owe. `traders`: other receivers of this content that are about. `last`: all links
   * have been asked for what they may be granted, and something is still stuck.
   */
  fill(peer: Peer, traders: number, now: number, last = false): void {
    const { halves } = peer;
    this.last = last;
    if (halves === undefined || !peer.asked || !peer.link.serving) return;
    for (;;) {
      const room = this.allowance(halves, now);
      if (room <= 0 || !halves.receiver.hungry(now)) return;
      const done =
        this.o.strategy === 'coordinated'
          ? this.want(peer, halves, room, traders, now)
          : this.grant(peer, halves, room, now);
      if (!done) return;
    }
  }

  private allowance(halves: Halves, now: number): number {
    const { bucket, blocks } = this.o;
    const room = Math.min(
      halves.receiver.room(now),
      this.arrivingMax - blocks.arriving.count,
      REQUEST_IDS_MAX,
    );
    if (room <= 0 || bucket === undefined) return room;
    return bucket.ready(now) ? room : 0;
  }

  /** Coordinated: names symbols. False when there is nothing to ask this link for. */
  private want(peer: Peer, halves: Halves, room: number, traders: number, now: number): boolean {
    const { blocks } = this.o;
    const has = named(peer, halves);
    // A full source goes on to the next block as soon as those who trade can finish one among themselves.
    const spare = traders > 0 && has === undefined;
    // What the others have asked it for and what they have not told of yet: about what this end would have out.
    const coming = spare ? traders * halves.receiver.pace.target() : 0;
    const ask = (sbn: number): boolean => this.name(peer, halves, sbn, room, traders > 0, now);
    if (blocks.open.some((sbn) => !(spare && blocks.isAmongPeers(sbn, coming)) && ask(sbn)))
      return true;
    const opened = this.open(
      has === undefined,
      (sbn) =>
        blocks.room(sbn) > 0 && halves.receiver.mayAsk(sbn, now) && hasWanted(blocks, sbn, has),
    );
    return opened ?? (spare && blocks.open.some(ask));
  }

  /** Names symbols of one block. False when there is nothing to ask this link for. */
  private name(
    peer: Peer,
    halves: Halves,
    sbn: number,
    room: number,
    trading: boolean,
    now: number,
  ): boolean {
    const { blocks, leaves, rng } = this.o;
    if (!leaves.held.has(sbn) || !halves.receiver.mayAsk(sbn, now)) return false;
    const open = Math.min(room, blocks.room(sbn));
    if (open <= 0) return false;
    const has = named(peer, halves);
    // Those who trade begin anywhere, each time anew: from fixed places two of them meet sooner or later, and from
    // then on ask a full source for the same symbols at the same time, again and again.
    const from = has === undefined ? has : this.newsIn(sbn, has, open);
    const ids = pickWanted(blocks, sbn, from, open, trading ? rng.below(ROTATIONS) : 0);
    ids.length = this.paid(ids.length, now);
    if (ids.length === 0) return false;
    halves.receiver.want(ids, now);
    if (!halves.receiver.probing) {
      for (const id of ids) blocks.assigned.add(id);
      blocks.credit(sbn, ids.length);
    } else {
      this.unpaid(ids.length, now);
    }
    peer.say({ type: 'want', body: encodeIdRuns(ids) }, true);
    return true;
  }

  /** What there is in a pool that sums do not tell. Some may depend on each other all the same: in the end all is asked for. */
  private newsIn(sbn: number, pool: Bitset, count: number): Bitset {
    const { blocks, recoded, substitution } = this.o;
    // There what waits is not trusted, or does not count.
    if (substitution || blocks.isPlainOnly(sbn)) return pool;
    const free = recoded.freeOf(sbn, pool, count);
    return this.last && free.count === 0 ? pool : free;
  }

  /** The strategies in which the sender picks: gives leave by the block. */
  private grant(peer: Peer, halves: Halves, room: number, now: number): boolean {
    const { blocks, leaves } = this.o;
    const grants: Grant[] = [];
    let left = room;
    for (const sbn of blocks.open) {
      if (!leaves.held.has(sbn) || !halves.receiver.mayAsk(sbn, now)) continue;
      const open = Math.min(left, this.grantable(peer, halves, sbn));
      if (open <= 0) {
        const named = Math.min(left, this.nameable(peer, halves, sbn));
        if (named > 0 && this.name(peer, halves, sbn, named, false, now)) return true;
        continue;
      }
      const count = this.paid(open, now);
      if (count === 0) break;
      halves.receiver.grant(sbn, count, now);
      if (!halves.receiver.probing) blocks.credit(sbn, count);
      else this.unpaid(count, now);
      grants.push({ sbn, count });
      left -= count;
      if (left <= 0 || grants.length === LIMITS.grantPairsMax) break;
    }
    if (grants.length > 0) {
      peer.say({ type: 'grant', grants }, true);
      return true;
    }
    const opened = this.open(
      true,
      (sbn) =>
        halves.receiver.mayAsk(sbn, now) &&
        blocks.room(sbn) > 0 &&
        (this.grantable(peer, halves, sbn) > 0 || this.canName(peer, halves, sbn)),
    );
    return opened ?? false;
  }

  /** Symbols of a block that the link may be granted now. */
  private grantable(peer: Peer, halves: Halves, sbn: number): number {
    const { blocks, recoded } = this.o;
    const credit = blocks.creditIn(sbn);
    const useful = Math.ceil(blocks.lacking(sbn) / Math.max(USEFUL_MIN, this.usefulness));
    const most = Math.min(useful - credit, LIMITS.grantCountMax);
    if (halves.recoded === undefined || peer.link.complete || most <= 0) return most;
    // Sums turned out to depend on each other, or one lied: single symbols do not.
    if (blocks.isPlainOnly(sbn) || blocks.fellShort(sbn)) return 0;
    const { lacking, sums } = this.pools.newsOf(peer, sbn);
    if (lacking === 0) return 0;
    if (this.o.substitution) {
      return this.doNotResolve(peer, lacking, sbn) ? 0 : Math.min(most, recoded.room(sbn) - credit);
    }
    return Math.min(most, sums, recoded.room(sbn) - credit);
  }

  /** Symbols of a block that a recoding link is to be asked for by name now, because sums would not do. */
  private nameable(peer: Peer, halves: Halves, sbn: number): number {
    const { blocks, recoded, substitution } = this.o;
    if (halves.recoded === undefined || peer.link.complete) return 0;
    if (blocks.isPlainOnly(sbn) || (this.last && blocks.isStuck(sbn))) return Infinity;
    if (recoded.room(sbn) <= blocks.creditIn(sbn)) return Infinity;
    if (substitution) {
      const { lacking } = this.pools.newsOf(peer, sbn);
      return blocks.fellShort(sbn) || this.doNotResolve(peer, lacking, sbn) ? Infinity : 0;
    }
    if (blocks.fellShort(sbn)) return Math.max(0, blocks.news(sbn) - blocks.creditIn(sbn));
    const { left, sums, coming } = this.pools.newsOf(peer, sbn);
    // What is news to the sums on their way shows when they are here.
    return sums > 0 || coming > 0 ? 0 : left;
  }

  /**
   * True when so many sums of the link wait that they will not be resolved by more of them: a pool of three symbols may
   * have nothing but the sum of all three. `lacking`: symbols of its pool that are not held.
   */
  private doNotResolve(peer: Peer, lacking: number, sbn: number): boolean {
    return this.o.recoded.waitingOf(sbn, peer.id) > UNRESOLVED_SHARE * lacking + UNRESOLVED_SPARE;
  }

  /** True when the link can be asked for symbols of the block by name now. */
  private canName(peer: Peer, halves: Halves, sbn: number): boolean {
    if (this.nameable(peer, halves, sbn) <= 0) return false;
    return hasWanted(this.o.blocks, sbn, named(peer, halves));
  }

  /** Opens one more block. True when it can be asked for at once; undefined when none could be opened. */
  private open(ordered: boolean, useful: (sbn: number) => boolean): boolean | undefined {
    const { blocks, leaves } = this.o;
    const sbn = blocks.openNext(ordered, useful);
    if (sbn < 0) return undefined;
    const end = Math.min(blocks.layout.blockCount, sbn + 1 + LEAVES_AHEAD);
    for (let ahead = sbn; ahead < end; ahead++) {
      if (!blocks.isFinished(ahead)) leaves.need(ahead);
    }
    return leaves.held.has(sbn);
  }

  /** A probe is paid for when it is answered, as all that comes of void credit. */
  private unpaid(count: number, now: number): void {
    this.o.bucket?.give(count * this.o.blocks.layout.symbolBytes, now);
  }

  /** How many of `count` symbols the rate limit lets through now; they are paid for. */
  private paid(count: number, now: number): number {
    const { bucket, blocks } = this.o;
    if (count === 0) return 0;
    return bucket === undefined ? count : bucket.take(count, blocks.layout.symbolBytes, now);
  }
}

/** What can be named to the link: all when it holds everything. */
function named(peer: Peer, halves: Halves): Bitset | undefined {
  if (peer.link.complete) return undefined;
  return halves.recoded?.offered ?? halves.view.exact;
}
