// One neighbour of a transfer: its link, and, once the layout is known, both halves of the exchange.

import type { Bitset, LinkId, Rng } from '../base/index.ts';
import { popcount32 } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { FreshCursors, Link, ViewListener } from '../session/index.ts';
import {
  Description,
  Receiver,
  RecodedSource,
  RemoteView,
  ringStart,
  Sender,
} from '../session/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Journal, SummaryKind } from '../summary/index.ts';
import { chooseSummaryKind, estimateResemblance, MinWiseSketch } from '../summary/index.ts';
import type { Message, MessageOf } from '../wire/index.ts';
import { FINISH, LIMITS, STRATEGY, SUMMARY_KIND, symbolsPerFrame } from '../wire/index.ts';
import type { Account } from './account.ts';
import type { TransferOptions } from './options.ts';

/** A coordinated receiver hears of a new symbol within this time, ms. */
const NEWS_MS = 1_000;

/** Updates in a row to a neighbour that finds nothing: each shows it all but a fiftieth of what the last one hid. */
const DRY_TELLS_MAX = 8;

/** What all neighbours of one transfer share once its layout is known. */
export interface Exchange {
  readonly layout: Layout;
  readonly held: WorkingSet;
  readonly journal: Journal;
  readonly fresh: FreshCursors;
  /** Partial holders per symbol id, at most 255. */
  readonly holders: Uint8Array;
  readonly rng: Rng;
  /** What the salts of descriptions are made of. */
  readonly salt: number;
  /** Neighbours that were asked for symbols so far. */
  askedCount: number;
}

/** The halves of the exchange with one neighbour. */
export interface Halves {
  readonly view: RemoteView;
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** The other end as a source of recoded symbols, once it was asked for them. */
  recoded: RecodedSource | undefined;
}

export class Peer {
  readonly id: LinkId;
  readonly link: Link;
  readonly account: Account;
  /** Source that was dialled; undefined for an accepted link. */
  readonly source: number | undefined;
  halves: Halves | undefined;
  /** The stream by which this end describes what it holds. */
  description: Description | undefined;
  /** Every how many received symbols the description is updated. */
  updatePeriod: number = Infinity;
  /** When what is new here is told at the latest, ms. */
  tellAt: number = Infinity;
  /** When the pool of its recoded symbols was told last, ms. */
  private pooledAt = -Infinity;
  /** No update because of a `dry` before this time, ms. */
  private dryTellAt = 0;
  /** Updates because of a `dry` since the neighbour last sent a symbol. */
  private dryTells = 0;
  /** What `share` said last. */
  private toldShare: number = LIMITS.partMax;
  /** This end has asked for symbols. */
  asked = false;
  /** Symbols of `read` outputs that are not completed. */
  reading = 0;
  /** Answers to metadata requests given: bounded, they cost more than they ask. */
  metadataAnswers = 0;
  /** Requests for leaves that are open, and the blocks whose leaves it lacks. */
  leavesOpen = 0;
  leavesLacking: Bitset | undefined;
  leavesLackingUntil = 0;
  /** Requests for leaves of the other end that the store has not answered. */
  leavesReading = 0;

  constructor(id: LinkId, link: Link, account: Account, source: number | undefined) {
    this.id = id;
    this.link = link;
    this.account = account;
    this.source = source;
  }

  /** Joins the exchange: from here on symbols may flow both ways. */
  join(exchange: Exchange): Halves {
    const { layout, held, fresh, holders, rng } = exchange;
    const view = new RemoteView(layout, held.bits, countHolders(holders));
    const batchMax = symbolsPerFrame(layout.symbolBytes);
    const sender = new Sender({ layout, held, view, fresh, rng: rng.fork(), batchMax });
    const receiver = new Receiver(layout, () => this.link.rttMs);
    this.halves = { view, sender, receiver, recoded: undefined };
    return this.halves;
  }

  /** Starts (or makes exact) the description of what this end holds, and sends its first message. */
  describe(exchange: Exchange, kind: SummaryKind, period: number, received: number): void {
    if (this.description === undefined) {
      const { layout, held, journal, salt } = exchange;
      const differences = this.differencesTo(held);
      const options = { layout, held, journal, kind, differences, salt };
      this.description = new Description(options);
    } else if (kind === 'exact') {
      this.description.makeExact();
    }
    this.updatePeriod = Math.min(this.updatePeriod, period);
    this.tell(received);
  }

  /** Asks the neighbour for symbols, and describes to it what it must know to choose them. */
  ask(exchange: Exchange, options: TransferOptions, received: number): void {
    const { strategy, updateFrequency: f, finish = 'full-rank' } = options;
    const { layout, rng } = exchange;
    const described = strategy !== 'coordinated' && !strategy.startsWith('uninformed');
    const summaryKind = described ? this.kindFor(exchange, options) : 'exact';
    const turn = exchange.askedCount++;
    const start = strategy === 'partition' ? ringStart(turn) : rng.uint32();
    this.asked = true;
    if (this.halves !== undefined && (strategy === 'speculative' || strategy === 'recode-bf')) {
      const { holders } = exchange;
      this.halves.recoded = new RecodedSource(layout, start, countHolders(holders));
    }
    this.say(
      {
        type: 'ask',
        strategy: STRATEGY[strategy],
        summaryKind: SUMMARY_KIND[summaryKind],
        updateFrequency: Math.min(f, LIMITS.updateFrequencyMax),
        start,
        finish: FINISH[finish],
      },
      true,
    );
    if (!described) return;
    const period = f > 1 ? Math.ceil(layout.sourceSymbolCount / f) : Infinity;
    this.describe(exchange, summaryKind, period, received);
  }

  /**
   * Sends an update when its period is over. `received`: symbols this end has received so far. One who receives by the
   * coordinated strategy is not left without news for long either: when nothing more comes here, what has come may be
   * just what it waits for.
   */
  updateAt(received: number, now: number): void {
    const { description } = this;
    const recoder = this.halves?.sender.recoder;
    if (recoder?.hasNews === true) {
      const poolAt = this.pooledAt + NEWS_MS;
      if (now >= poolAt) recoder.makePoolDue();
      else this.tellAt = Math.min(this.tellAt, poolAt);
    }
    if (now >= this.tellAt) {
      this.tell(received);
    } else if (description !== undefined && received - description.toldAt >= this.updatePeriod) {
      this.tell(received);
    } else if (this.tellAt === Infinity && this.wantsExact && description?.hasNews === true) {
      this.tellAt = now + NEWS_MS;
    }
  }

  /**
   * Tells the receiver what is recoded for it, when that has changed and all that was sent before has left. True when
   * there was something to tell.
   */
  tellPool(now: number): boolean {
    const recoder = this.halves?.sender.recoder;
    if (recoder?.isPoolDue !== true || this.reading > 0) return false;
    this.pooledAt = now;
    const messages = recoder.renewPool();
    for (const message of messages) this.say(message, false);
    return messages.length > 0;
  }

  /**
   * The neighbour found nothing to send: a new salt may show it what a false positive hid. False when there is nothing
   * that could help.
   */
  tellAfterDry(received: number, now: number): boolean {
    const { description } = this;
    if (!this.asked || this.wantsExact || description === undefined) return false;
    if (this.dryTells >= DRY_TELLS_MAX || !(description.mayHide || description.hasNews))
      return false;
    if (now < this.dryTellAt) {
      this.tellAt = Math.min(this.tellAt, this.dryTellAt);
      return true;
    }
    this.dryTellAt = now + NEWS_MS; // a filter of all blocks is large, and blocks run dry one by one
    this.dryTells++;
    description.repeat();
    this.tell(received);
    return true;
  }

  /** Symbols came from the neighbour: it is not dry. */
  notDry(): void {
    this.dryTells = 0;
  }

  /** Tells a recoding sender which part of what is lacking is expected of its like, when that has changed. */
  sayShare(part: number): void {
    if (this.halves?.recoded === undefined || part === this.toldShare) return;
    this.toldShare = part;
    this.say({ type: 'share', part }, true);
  }

  /** The reader of a rateless IBLT says how far it is to go on. */
  goOn(message: MessageOf<'more'>): void {
    const messages = this.description?.more(message) ?? [];
    for (const part of messages) this.say(part, !this.wantsExact);
  }

  /** Sends what is new of the description. */
  tell(received: number): void {
    // A pool that is out of date still is, and is not to wait for ever behind frequent updates.
    const isPoolOld = this.halves?.sender.recoder?.hasNews === true;
    this.tellAt = isPoolOld ? this.pooledAt + NEWS_MS : Infinity;
    if (this.description === undefined) return;
    this.description.toldAt = received;
    for (const message of this.description.next()) this.say(message, !this.wantsExact);
  }

  /** True when the other end receives by the coordinated strategy, so it needs to know what is held here. */
  get wantsExact(): boolean {
    return this.halves?.sender.strategy === STRATEGY.coordinated;
  }

  /** Sends a message; `ours`: its bytes are the price of this end's receiving. */
  say(message: Message, ours: boolean): void {
    const bytes = this.link.send(message);
    if (ours) this.account.summaryBytes += bytes;
  }

  /** The kind that the strategy needs, the forced one, or the one that costs the fewest bytes in all. */
  private kindFor(exchange: Exchange, options: TransferOptions): SummaryKind {
    const { strategy, summary } = options;
    if (summary !== 'auto') return summary;
    if (strategy === 'speculative') return 'min-wise';
    if (strategy === 'recode-bf') return 'bloom';
    const { layout, held } = exchange;
    const { symbolBytes, idCount } = layout;
    const differences = this.differencesTo(held);
    return chooseSummaryKind({
      held: held.count,
      window: idCount,
      symbolBytes,
      ...(differences === undefined ? {} : { differences }),
    });
  }

  /** By how many ids the two ends differ, when the other has said enough to know. */
  private differencesTo(held: WorkingSet): number | undefined {
    const { exact, sketched } = this.halves?.view ?? {};
    if (exact !== undefined && exact.count > 0) return differenceCount(held.bits, exact);
    if (sketched === undefined) return undefined;
    const { sketch, from, to } = sketched;
    const own = MinWiseSketch.of(held.bits, from, to, sketch.seed, sketch.binBits);
    const { value: j } = estimateResemblance(own, sketch);
    return Math.ceil(((1 - j) / (1 + j)) * (own.count + sketch.count));
  }
}

/** Keeps count of who holds what. */
function countHolders(holders: Uint8Array): ViewListener {
  return {
    added: (id) => {
      holders[id] = Math.min(255, (holders[id] ?? 0) + 1);
    },
    removed: (id) => {
      holders[id] = Math.max(0, (holders[id] ?? 0) - 1);
    },
  };
}

/** Ids that are in one of the sets only. */
function differenceCount(a: Bitset, b: Bitset): number {
  let count = 0;
  a.words.forEach((word, i) => (count += popcount32(word ^ (b.words[i] ?? 0))));
  return count;
}
