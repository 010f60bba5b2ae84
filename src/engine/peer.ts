// One neighbour of a transfer: its link, and, once the layout is known, both halves of the exchange.

import type { Bitset, LinkId, Rng } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { FreshCursors, Link } from '../session/index.ts';
import { Description, Receiver, RemoteView, Sender } from '../session/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Journal } from '../summary/index.ts';
import { chooseSummaryKind } from '../summary/index.ts';
import type { Message } from '../wire/index.ts';
import { LIMITS, STRATEGY, SUMMARY_KIND, symbolsPerFrame } from '../wire/index.ts';
import type { Account } from './account.ts';
import type { TransferOptions } from './options.ts';

/** A coordinated receiver hears of a new symbol within this time, ms. */
const NEWS_MS = 1_000;

/** What all neighbours of one transfer share once its layout is known. */
export interface Exchange {
  readonly layout: Layout;
  readonly held: WorkingSet;
  readonly journal: Journal;
  readonly fresh: FreshCursors;
  /** Partial holders per symbol id, at most 255. */
  readonly holders: Uint8Array;
  readonly rng: Rng;
}

/** The halves of the exchange with one neighbour. */
export interface Halves {
  readonly view: RemoteView;
  readonly sender: Sender;
  readonly receiver: Receiver;
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
  /** No update because of a `dry` before this time, ms. */
  private dryTellAt = 0;
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
    const view = new RemoteView(layout, {
      added: (id) => {
        holders[id] = Math.min(255, (holders[id] ?? 0) + 1);
      },
      removed: (id) => {
        holders[id] = Math.max(0, (holders[id] ?? 0) - 1);
      },
    });
    const batchMax = symbolsPerFrame(layout.symbolBytes);
    const sender = new Sender({ layout, held, view, fresh, rng: rng.fork(), batchMax });
    this.halves = { view, sender, receiver: new Receiver(layout, () => this.link.rttMs) };
    return this.halves;
  }

  /** Starts (or makes exact) the description of what this end holds, and sends its first message. */
  describe(exchange: Exchange, kind: 'exact' | 'bloom', period: number, received: number): void {
    if (this.description === undefined) {
      const { layout, held, journal, rng } = exchange;
      this.description = new Description({ layout, held, journal, kind, rng: rng.fork() });
    } else if (kind === 'exact') {
      this.description.makeExact();
    }
    this.updatePeriod = Math.min(this.updatePeriod, period);
    this.tell(received);
  }

  /** Asks the neighbour for symbols, and describes to it what it must know to choose them. */
  ask(exchange: Exchange, options: TransferOptions, received: number): void {
    const { strategy, updateFrequency: f } = options;
    const summaryKind = strategy === 'reconciled' ? summaryKindFor(exchange, options) : 'exact';
    this.asked = true;
    this.say(
      {
        type: 'ask',
        strategy: STRATEGY[strategy],
        summaryKind: SUMMARY_KIND[summaryKind],
        updateFrequency: Math.min(f, LIMITS.updateFrequencyMax),
      },
      true,
    );
    if (strategy !== 'reconciled') return;
    const period = f > 1 ? Math.ceil(exchange.layout.sourceSymbolCount / f) : Infinity;
    this.describe(exchange, summaryKind, period, received);
  }

  /**
   * Sends an update when its period is over. `received`: symbols this end has received so far. One who receives by the
   * coordinated strategy is not left without news for long either: when nothing more comes here, what has come may be
   * just what it waits for.
   */
  updateAt(received: number, now: number): void {
    if (this.description === undefined) return;
    if (received - this.description.toldAt >= this.updatePeriod || now >= this.tellAt) {
      this.tell(received);
    } else if (this.tellAt === Infinity && this.wantsExact && this.description.hasNews) {
      this.tellAt = now + NEWS_MS;
    }
  }

  /** The neighbour found nothing to send: a new salt may show it what a false positive hid. */
  tellAfterDry(received: number, now: number): void {
    if (!this.asked || this.wantsExact || now < this.dryTellAt) return;
    this.dryTellAt = now + NEWS_MS; // a filter of all blocks is large, and blocks run dry one by one
    this.tell(received);
  }

  /** Sends what is new of the description. */
  tell(received: number): void {
    if (this.description === undefined) return;
    this.description.toldAt = received;
    this.tellAt = Infinity;
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
}

/** The forced kind, or the one that costs the fewest bytes in all. */
function summaryKindFor(exchange: Exchange, options: TransferOptions): 'exact' | 'bloom' {
  if (options.summary !== 'auto') return options.summary;
  const { layout, held } = exchange;
  const { symbolBytes, idCount } = layout;
  return chooseSummaryKind({ held: held.count, window: idCount, symbolBytes });
}
