// The writing side of summaries and deltas: how one end keeps the other told of its working set
// (protocol/session.md, "Describing and updates").

import type { Rng } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Journal } from '../summary/index.ts';
import { encodeSummary, SUMMARY_IDS_MAX, summaryKindCode } from '../summary/index.ts';
import type { Message, SummaryKindCode } from '../wire/index.ts';
import { LIMITS } from '../wire/index.ts';

/** Ids that one Bloom summary may describe: at 8 bits each they fill one body. */
const BLOOM_IDS_MAX: number = LIMITS.summaryBytesMax - 64;

export interface DescriptionOptions {
  readonly layout: Layout;
  readonly held: WorkingSet;
  /** Records every id that enters `held`. */
  readonly journal: Journal;
  readonly kind: 'exact' | 'bloom';
  /** Draws the salts. */
  readonly rng: Rng;
}

/** One stream of descriptions of the own working set to one reader. */
export class Description {
  /** Symbols this end had received, duplicates counted, at the last message; the owner keeps it. */
  toldAt = 0;
  private kind: 'exact' | 'bloom';
  private readonly o: DescriptionOptions;
  private sequence = 0;
  private cursor = -1;

  constructor(options: DescriptionOptions) {
    this.o = options;
    this.kind = options.kind;
  }

  /** True when `next` would have something to say. */
  get hasNews(): boolean {
    return this.cursor < this.o.journal.end;
  }

  /** From the next message on the reader is told exactly. */
  makeExact(): void {
    if (this.kind === 'exact') return;
    this.kind = 'exact';
    this.cursor = -1;
  }

  /** The messages that bring the reader up to date: all of it at first, then what is new. */
  next(): Message[] {
    if (this.cursor >= 0 && this.kind === 'exact') {
      if (this.cursor === this.o.journal.end) return [];
      const delta = this.o.journal.since(this.cursor, LIMITS.deltaBytesMax);
      if (delta !== undefined) {
        this.cursor = delta.cursor;
        return delta.bodies.map((body) => ({ type: 'delta', sequence: this.sequence++, body }));
      }
    }
    this.cursor = this.o.journal.end;
    return this.whole();
  }

  private whole(): Message[] {
    const { layout, held, rng } = this.o;
    const { kind } = this;
    const messages: Message[] = [];
    for (let sbn = 0; sbn < layout.blockCount;) {
      const firstSbn = sbn;
      const from = layout.windowStart(sbn);
      let ids = 0;
      do {
        ids += held.countIn(sbn++);
      } while (sbn < layout.blockCount && this.fits(from, sbn, ids));
      const to = layout.windowStart(sbn);
      // A window can hold more ids than a filter has room for.
      const said = ids > BLOOM_IDS_MAX ? 'exact' : kind;
      messages.push({
        type: 'summary',
        sequence: this.sequence,
        firstSbn,
        blockCount: sbn - firstSbn,
        more: sbn < layout.blockCount,
        kind: summaryKindCode(said) as SummaryKindCode,
        body: encodeSummary(said, held.bits, from, to, rng.uint32()),
      });
    }
    this.sequence++;
    return messages;
  }

  /** True when block sbn can join the blocks whose windows start at `from` and hold `ids`. */
  private fits(from: number, sbn: number, ids: number): boolean {
    const { layout, held } = this.o;
    if (layout.windowStart(sbn + 1) - from > SUMMARY_IDS_MAX) return false;
    return this.kind === 'exact' || ids + held.countIn(sbn) <= BLOOM_IDS_MAX;
  }
}
