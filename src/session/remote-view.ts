// What the other end of a link has said it holds: the reading side of summaries and deltas.

import type { SymbolId } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { Summary } from '../summary/index.ts';
import { decodeExact, decodeSummary, readIdRuns, summaryKindOf } from '../summary/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE } from '../wire/index.ts';

/** Told of every id that enters or leaves the exact view, so that the planner can count holders. */
export interface ViewListener {
  added(id: SymbolId): void;
  removed(id: SymbolId): void;
}

/** The other end's working set as far as it has described it. */
export class RemoteView {
  /** Ids that the other end certainly holds. */
  readonly exact: Bitset;
  /** Changes with every message, so that what was derived from the view can be renewed. */
  version = 0;
  private readonly layout: Layout;
  private readonly listener: ViewListener | undefined;
  private readonly filters: (Summary | undefined)[] = [];
  private nextSequence = 0;
  /** Scratch of `replace`. */
  private described: Bitset | undefined;

  constructor(layout: Layout, listener?: ViewListener) {
    this.layout = layout;
    this.listener = listener;
    this.exact = new Bitset(layout.idCount);
  }

  /** True when the other end holds the symbol, or its Bloom filter wrongly says so. */
  has(id: SymbolId): boolean {
    if (this.exact.has(id)) return true;
    if (this.filters.length === 0) return false;
    return this.filters[this.layout.sbnOf(id)]?.has(id) ?? false;
  }

  /** Throws ProtocolError when the summary breaks its bounds or the order of the stream. */
  summary(message: MessageOf<'summary'>): void {
    this.advance(message.sequence, message.more);
    const { firstSbn, blockCount } = message;
    if (firstSbn + blockCount > this.layout.blockCount) {
      throw new ProtocolError(CLOSE.BAD_SUMMARY, 'summary of blocks beyond the content');
    }
    const from = this.layout.windowStart(firstSbn);
    const to = this.layout.windowStart(firstSbn + blockCount);
    const kind = summaryKindOf(message.kind);
    if (kind === undefined || kind === 'exact') {
      const valid = kind !== undefined && this.replace(message.body, from, to);
      if (!valid) throw new ProtocolError(CLOSE.BAD_SUMMARY, 'summary cannot be decoded');
      // What is told exactly needs no filter beside it, whose false positives would hide symbols.
      if (this.filters.length > 0) {
        for (let sbn = firstSbn; sbn < firstSbn + blockCount; sbn++) this.filters[sbn] = undefined;
      }
    } else {
      // A filter out of its bounds is no summary: what was known stays.
      const filter = decodeSummary(kind, message.body, from, to);
      if (filter?.kind === 'bloom') {
        for (let sbn = firstSbn; sbn < firstSbn + blockCount; sbn++) this.filters[sbn] = filter;
      }
    }
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

  /** Makes the view of [from, to) that of an exact body, touching only ids that change; false: no such body. */
  private replace(body: Uint8Array, from: number, to: number): boolean {
    const described = (this.described ??= new Bitset(this.layout.idCount));
    if (!decodeExact(body, from, to, described)) return false;
    for (let base = from & ~31; base < to; base += 32) {
      const w = base >>> 5;
      let changed = (described.words[w] ?? 0) ^ (this.exact.words[w] ?? 0);
      if (base < from) changed &= -1 << (from & 31);
      if (base + 32 > to) changed &= ~(-1 << (to & 31));
      for (; changed !== 0; changed &= changed - 1) {
        const id = base + 31 - Math.clz32(changed & -changed);
        if (this.exact.delete(id)) this.listener?.removed(id);
        else if (this.exact.add(id)) this.listener?.added(id);
      }
    }
    return true;
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
