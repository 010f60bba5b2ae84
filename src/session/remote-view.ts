// What the other end of a link has said it holds: the reading side of summaries and deltas.

import type { SymbolId } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { RemoteSketch } from '../summary/index.ts';
import {
  decodeArt,
  decodeBloom,
  decodeExact,
  decodeMinWise,
  readIdRuns,
  RibltDecoder,
  readRibltHeader,
  summaryKindOf,
} from '../summary/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS } from '../wire/index.ts';

/** Told of every id that enters or leaves the exact view, so that the planner can count holders. */
export interface ViewListener {
  added(id: SymbolId): void;
  removed(id: SymbolId): void;
}

/**
 * Rateless IBLTs that one link may begin, and trees that are searched for it: a few bytes of either cost a pass over the
 * own set. An honest end begins one, and another when its journal has run over.
 */
const SESSIONS_MAX = 4;
const SEARCHES_MAX = 1_024;

/** What a summary says of single ids, for one or more blocks. */
interface Filter {
  /** Ids described, by the sender's claim. */
  readonly count: number;
  has(id: SymbolId): boolean;
}

/** A min-wise sketch and the ids [from, to) that it describes. */
export interface SketchOfRange {
  readonly sketch: RemoteSketch;
  readonly from: number;
  readonly to: number;
}

/** A rateless IBLT that is being decoded. */
interface RibltSession {
  readonly decoder: RibltDecoder;
  readonly from: number;
  readonly to: number;
}

/** The other end's working set as far as it has described it. */
export class RemoteView {
  /** Ids that the other end certainly holds. */
  readonly exact: Bitset;
  /** The last min-wise sketch. */
  sketched: SketchOfRange | undefined;
  /** True once a whole description has come, whether it could be used or not. */
  described = false;
  /** Changes with every description that is whole, so that what was derived from the view can be renewed. */
  version = 0;
  private readonly layout: Layout;
  private readonly own: Bitset;
  private readonly listener: ViewListener | undefined;
  private readonly filters: (Filter | undefined)[] = [];
  private nextSequence = 0;
  private sessions = 0;
  private searches = 0;
  private riblt: RibltSession | undefined;
  private more: MessageOf<'more'> | undefined;
  /** Scratch of `replace`. */
  private replacement: Bitset | undefined;

  /** @param own what this end holds: some summaries only tell how the other set differs from it */
  constructor(layout: Layout, own: Bitset, listener?: ViewListener) {
    this.layout = layout;
    this.own = own;
    this.listener = listener;
    this.exact = new Bitset(layout.idCount);
  }

  /** True when the other end holds the symbol, or its filter wrongly says so. */
  has(id: SymbolId): boolean {
    if (this.exact.has(id)) return true;
    if (this.filters.length === 0) return false;
    return this.filters[this.layout.sbnOf(id)]?.has(id) ?? false;
  }

  /** Ids that the other end holds, as far as it has said; by its claim where it sent filters. */
  get count(): number {
    let count = this.exact.count;
    this.filters.forEach((filter, sbn) => {
      if (filter !== undefined && filter !== this.filters[sbn - 1]) count += filter.count;
    });
    return count;
  }

  /** The answer that the last summary calls for, once. */
  takeAnswer(): MessageOf<'more'> | undefined {
    const { more } = this;
    this.more = undefined;
    return more;
  }

  /** Throws ProtocolError when the summary breaks its bounds or the order of the stream. */
  summary(message: MessageOf<'summary'>): void {
    this.advance(message.sequence, message.more);
    const { firstSbn, blockCount } = message;
    if (firstSbn + blockCount > this.layout.blockCount) {
      throw new ProtocolError(CLOSE.BAD_SUMMARY, 'summary of blocks beyond the content');
    }
    this.take(message);
    if (message.more) return;
    this.described ||= this.riblt === undefined;
    this.version++;
  }

  delta(message: MessageOf<'delta'>): void {
    this.advance(message.sequence, false);
    const { idCount } = this.layout;
    const { exact } = this;
    const count = readIdRuns(message.body, idCount, idCount, (start, end) => {
      // A few bytes can repeat a long run: what is known already is passed over 32 ids at a step.
      for (let id = exact.nextAbsent(start, end); id >= 0; id = exact.nextAbsent(id + 1, end)) {
        exact.add(id);
        this.listener?.added(id);
      }
    });
    if (count === undefined) throw new ProtocolError(CLOSE.BAD_SUMMARY, 'delta cannot be decoded');
    this.version++;
  }

  /** Takes back one id: the other end refused to send it. */
  remove(id: SymbolId): void {
    if (this.exact.delete(id)) this.listener?.removed(id);
  }

  /** Forgets everything, so that the listener's counts are right when the link is gone. */
  clear(): void {
    this.exact.forEach((id) => this.listener?.removed(id));
    this.exact.clear();
  }

  private take(message: MessageOf<'summary'>): void {
    const { body } = message;
    const from = this.layout.windowStart(message.firstSbn);
    const to = this.layout.windowStart(message.firstSbn + message.blockCount);
    const kind = summaryKindOf(message.kind);
    switch (kind) {
      case undefined:
      case 'exact':
        this.replacement ??= new Bitset(this.layout.idCount);
        if (kind === undefined || !decodeExact(body, from, to, this.replacement)) {
          throw new ProtocolError(CLOSE.BAD_SUMMARY, 'summary cannot be decoded');
        }
        this.become(this.replacement, from, to);
        // What is told exactly needs no filter beside it, whose false positives would hide symbols.
        if (this.filters.length > 0) this.filter(message, undefined);
        this.riblt = undefined;
        break;
      // One of these that is out of its bounds is no summary: what was known stays.
      case 'bloom':
        this.filter(message, decodeBloom(body, from, to) ?? 'keep');
        break;
      case 'art': {
        const tree = this.searches++ < SEARCHES_MAX ? decodeArt(body, from, to) : undefined;
        const lacking = tree?.search(this.own).lacking;
        const has = (id: SymbolId): boolean => lacking?.has(id) === false;
        this.filter(message, tree === undefined ? 'keep' : { count: tree.count, has });
        break;
      }
      case 'min-wise': {
        const sketch = decodeMinWise(body, from, to);
        if (sketch !== undefined) this.sketched = { sketch, from, to };
        break;
      }
      case 'riblt':
        this.takeCells(message, from, to);
        break;
    }
  }

  private filter(message: MessageOf<'summary'>, filter: Filter | undefined | 'keep'): void {
    if (filter === 'keep') return;
    const end = message.firstSbn + message.blockCount;
    for (let sbn = message.firstSbn; sbn < end; sbn++) this.filters[sbn] = filter;
  }

  /** Cells of a rateless IBLT: until they are decoded, the view stays what it was. */
  private takeCells({ sequence, body }: MessageOf<'summary'>, from: number, to: number): void {
    const begins = readRibltHeader(body, to - from)?.first === 0;
    if (begins) {
      const mayBegin = this.sessions++ < SESSIONS_MAX;
      this.riblt = mayBegin
        ? { decoder: new RibltDecoder(this.own, from, to), from, to }
        : undefined;
    }
    const session = this.riblt;
    const isIt = session !== undefined && session.from === from && session.to === to;
    const progress = isIt ? session.decoder.take(body) : 'refused';
    let cells = begins && !isIt ? LIMITS.cellsMax : 0;
    if (isIt && progress === 'more') {
      // Past its bound an exact summary is shorter: asking for all that there can be asks for that.
      cells = session.decoder.exhausted ? LIMITS.cellsMax : session.decoder.wanted;
    } else {
      this.riblt = undefined;
      if (isIt && progress === 'done') this.become(session.decoder.remote(), from, to);
    }
    this.more = { type: 'more', sequence, cells };
  }

  /** Makes the view of [from, to) that of `next`, touching only ids that change. */
  private become(next: Bitset, from: number, to: number): void {
    for (let base = from & ~31; base < to; base += 32) {
      const w = base >>> 5;
      let changed = (next.words[w] ?? 0) ^ (this.exact.words[w] ?? 0);
      if (base < from) changed &= -1 << (from & 31);
      if (base + 32 > to) changed &= ~(-1 << (to & 31));
      for (; changed !== 0; changed &= changed - 1) {
        const id = base + 31 - Math.clz32(changed & -changed);
        if (this.exact.delete(id)) this.listener?.removed(id);
        else if (this.exact.add(id)) this.listener?.added(id);
      }
    }
  }

  private advance(sequence: number, more: boolean): void {
    if (sequence !== this.nextSequence) {
      throw new ProtocolError(
        CLOSE.MALFORMED,
        `summary ${sequence}, expected ${this.nextSequence}`,
      );
    }
    if (!more) this.nextSequence++;
  }
}
