// The writing side of summaries and deltas: how one end keeps the other told of its working set
// (protocol/session.md, "Describing and updates").

import { mix32 } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Journal, SummaryKind } from '../summary/index.ts';
import {
  encodeArt,
  encodeSummary,
  exactBytes,
  RIBLT_BODY_CELLS_MAX,
  RIBLT_CELL_BYTES,
  ribltCellsFor,
  RibltStream,
  SUMMARY_IDS_MAX,
  summaryKindCode,
} from '../summary/index.ts';
import type { Message, MessageOf, SummaryKindCode } from '../wire/index.ts';
import { LIMITS } from '../wire/index.ts';

/** Ids that one filter may describe: at 8 bits each they fill one body. */
const FILTER_IDS_MAX: number = LIMITS.summaryBytesMax - 64;
/** Cells of the first flight when nothing is known of the difference. */
const FIRST_CELLS = 64;
/** Odd: the salts of successive descriptions differ. */
const SALT_STEP = 0x9e3779b1;
/**
 * The part of the content by which the set has to grow before it is sketched again. A sketch tells containment to within some
 * .015; of 32 updates to four senders of 16 MiB most said nothing new, and cost half a percent.
 */
const SKETCH_NEWS = 1 / 16;
/** No block holds so many symbols. */
const NEVER = 0xffffffff;

export interface DescriptionOptions {
  readonly layout: Layout;
  readonly held: WorkingSet;
  /** Records every id that enters `held`. */
  readonly journal: Journal;
  readonly kind: SummaryKind;
  /**
   * What salts are made of, u32. Readers that are told at the same time get the same filter, as if it were broadcast, and
   * each of them another one with every update.
   */
  readonly salt: number;
  /** About how many ids the two sets differ by, if known: the first flight of a rateless IBLT. */
  readonly differences?: number | undefined;
}

/** One stream of descriptions of the own working set to one reader. */
export class Description {
  /** Symbols this end had received, duplicates counted, at the last message; the owner keeps it. */
  toldAt = 0;
  private kind: SummaryKind;
  private readonly o: DescriptionOptions;
  private sequence = 0;
  private cursor = -1;
  /** By block: symbols held when it was last described by a filter. */
  private readonly described: Uint32Array;
  /** Symbols held when they were last sketched. */
  private sketched = -Infinity;
  /** A rateless IBLT that the reader has not decoded yet. The set that it codes is frozen. */
  private stream: RibltStream | undefined;
  /** Number of its first part. */
  private streamFrom = 0;

  constructor(options: DescriptionOptions) {
    this.o = options;
    this.kind = options.kind;
    this.described = new Uint32Array(options.layout.blockCount).fill(NEVER);
  }

  /** True when `next` would have something to say. */
  get hasNews(): boolean {
    return this.cursor < this.o.journal.end && this.stream === undefined;
  }

  /** True when the reader may take for held what is not, until it is told anew. */
  get mayHide(): boolean {
    return this.kind === 'bloom' || this.kind === 'art';
  }

  /** From the next message on the reader is told exactly. */
  makeExact(): void {
    if (this.kind === 'exact') return;
    this.kind = 'exact';
    this.cursor = -1;
    this.stream = undefined;
  }

  /** The messages that bring the reader up to date: all of it at first, then what is new. */
  next(): Message[] {
    const { journal } = this.o;
    if (this.stream !== undefined) return []; // its reader first has to decode it
    // The reader of a rateless IBLT knows the set exactly in the end.
    if (this.cursor >= 0 && (this.kind === 'exact' || this.kind === 'riblt')) {
      if (this.cursor === journal.end) return [];
      const delta = journal.since(this.cursor, LIMITS.deltaBytesMax);
      if (delta !== undefined) {
        this.cursor = delta.cursor;
        return delta.bodies.map((body) => ({ type: 'delta', sequence: this.sequence++, body }));
      }
    }
    if (this.kind === 'min-wise' && !this.isSketchOld) return [];
    this.cursor = journal.end;
    if (this.kind === 'riblt') return this.begin();
    return this.kind === 'min-wise' ? [this.sketch()] : this.whole(this.kind);
  }

  /** What was said is to be said again, of filters with a new salt where blocks are not finished: they may hide symbols. */
  repeat(): void {
    this.described.fill(NEVER);
    this.sketched = -Infinity;
  }

  /** The reader of a rateless IBLT says how far it is to go on. */
  more({ sequence, cells }: MessageOf<'more'>): Message[] {
    const { stream } = this;
    if (stream === undefined || sequence < this.streamFrom) return []; // of a stream that has ended
    if (cells === 0) {
      this.stream = undefined;
      return [];
    }
    const { layout, held } = this.o;
    if (cells * RIBLT_CELL_BYTES > 2 * exactBytes(held.count, layout.idCount)) {
      this.makeExact();
      return this.next();
    }
    return this.cells(stream, cells - stream.position);
  }

  private begin(): Message[] {
    const { layout, held, differences } = this.o;
    this.streamFrom = this.sequence;
    this.stream = new RibltStream(held.bits, 0, layout.idCount, this.salt());
    return this.cells(
      this.stream,
      differences === undefined ? FIRST_CELLS : ribltCellsFor(differences),
    );
  }

  private cells(stream: RibltStream, count: number): Message[] {
    const messages: Message[] = [];
    for (let left = count; left > 0; left -= RIBLT_BODY_CELLS_MAX) {
      const body = stream.next(Math.min(left, RIBLT_BODY_CELLS_MAX));
      if (body === undefined) break;
      messages.push(this.summary('riblt', 0, this.o.layout.blockCount, false, body));
      this.sequence++;
    }
    return messages;
  }

  private get isSketchOld(): boolean {
    const { layout, held } = this.o;
    return held.count - this.sketched >= SKETCH_NEWS * layout.sourceSymbolCount;
  }

  /** One sketch of all blocks that are not finished, from the first to the last. */
  private sketch(): Message {
    const { layout, held } = this.o;
    this.sketched = held.count;
    const isOpen = (sbn: number): boolean => held.countIn(sbn) < layout.windowSize(sbn);
    let first = 0;
    while (first < layout.blockCount - 1 && !isOpen(first)) first++;
    let end = layout.blockCount;
    while (end > first + 1 && !isOpen(end - 1)) end--;
    const [from, to] = [layout.windowStart(first), layout.windowStart(end)];
    const body = encodeSummary('min-wise', held.bits, from, to, this.salt());
    const message = this.summary('min-wise', first, end - first, false, body);
    this.sequence++;
    return message;
  }

  /** All blocks; filters of those that have changed, once all were described. */
  private whole(kind: 'exact' | 'bloom' | 'art'): Message[] {
    const { layout } = this.o;
    const all = kind === 'exact' || this.sequence === 0;
    const ranges: { from: number; end: number }[] = [];
    for (
      let sbn = this.nextToSay(0, all);
      sbn < layout.blockCount;
      sbn = this.nextToSay(sbn, all)
    ) {
      const from = sbn;
      let ids = 0;
      do ids += this.say(sbn++);
      while (this.nextToSay(sbn, all) === sbn && this.fits(from, sbn, ids));
      ranges.push({ from, end: sbn });
    }
    const messages = ranges.map(({ from, end }, i) =>
      this.part(kind, from, end, i < ranges.length - 1),
    );
    if (messages.length > 0) this.sequence++;
    return messages;
  }

  /** The first block from `sbn` on that is to be described; the number of blocks when there is none. */
  private nextToSay(sbn: number, all: boolean): number {
    const { layout, held } = this.o;
    let next = sbn;
    const isKnown = (): boolean =>
      held.countIn(next) === this.described[next] || held.countIn(next) === layout.windowSize(next);
    if (!all) while (next < layout.blockCount && isKnown()) next++;
    return next;
  }

  /** Notes that a block is described; returns how many ids it holds. */
  private say(sbn: number): number {
    const count = this.o.held.countIn(sbn);
    this.described[sbn] = count;
    return count;
  }

  private part(
    kind: 'exact' | 'bloom' | 'art',
    firstSbn: number,
    end: number,
    more: boolean,
  ): Message {
    const { layout, held } = this.o;
    const [from, to] = [layout.windowStart(firstSbn), layout.windowStart(end)];
    const seed = this.salt();
    // A window can hold more ids than a filter has room for.
    const said = held.bits.countRange(from, to) > FILTER_IDS_MAX ? 'exact' : kind;
    const body =
      said === 'art'
        ? encodeArt(held.bits, from, to, { seed })
        : encodeSummary(said, held.bits, from, to, seed);
    return this.summary(said, firstSbn, end - firstSbn, more, body);
  }

  private salt(): number {
    return mix32(this.o.salt + Math.imul(this.sequence, SALT_STEP));
  }

  private summary(
    kind: SummaryKind,
    firstSbn: number,
    blockCount: number,
    more: boolean,
    body: Uint8Array,
  ): Message {
    const { sequence } = this;
    const code = summaryKindCode(kind) as SummaryKindCode;
    return { type: 'summary', sequence, firstSbn, blockCount, more, kind: code, body };
  }

  /** True when block sbn can join the blocks from firstSbn on, which hold `ids`. */
  private fits(firstSbn: number, sbn: number, ids: number): boolean {
    const { layout, held } = this.o;
    if (sbn === layout.blockCount) return false;
    const from = layout.windowStart(firstSbn);
    if (layout.windowStart(sbn + 1) - from > SUMMARY_IDS_MAX) return false;
    return this.kind === 'exact' || ids + held.countIn(sbn) <= FILTER_IDS_MAX;
  }
}
