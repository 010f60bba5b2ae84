// What the other end of a link has said it holds: the reading side of summaries and deltas.

import type { SymbolId } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { Summary } from '../summary/index.ts';
import { decodeSummary, readIdRuns, summaryKindOf } from '../summary/index.ts';
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
      throw new ProtocolError(CLOSE.BAD_SUMMARY, `summary of blocks beyond the content`);
    }
    const from = this.layout.windowStart(firstSbn);
    const to = this.layout.windowStart(firstSbn + blockCount);
    const kind = summaryKindOf(message.kind);
    const summary = kind && decodeSummary(kind, message.body, from, to);
    if (summary?.kind === 'exact') {
      this.replace(summary, from, to);
    } else if (summary?.kind === 'bloom') {
      for (let sbn = firstSbn; sbn < firstSbn + blockCount; sbn++) this.filters[sbn] = summary;
    } else if (kind === undefined || kind === 'exact') {
      throw new ProtocolError(CLOSE.BAD_SUMMARY, 'summary cannot be decoded');
    }
    this.version++;
  }

  delta(message: MessageOf<'delta'>): void {
    this.advance(message.sequence, false);
    const { idCount } = this.layout;
    const count = readIdRuns(message.body, idCount, idCount, (start, end) => {
      for (let id = start; id < end; id++) if (this.exact.add(id)) this.listener?.added(id);
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

  private replace(described: Summary, from: number, to: number): void {
    for (let id = from; id < to; id++) {
      const now = described.has(id);
      if (now === this.exact.has(id)) continue;
      if (now) {
        this.exact.add(id);
        this.listener?.added(id);
      } else {
        this.exact.delete(id);
        this.listener?.removed(id);
      }
    }
  }

  private advance(sequence: number, more: boolean): void {
    if (sequence !== this.nextSequence) {
      throw new ProtocolError(CLOSE.MALFORMED, `summary ${sequence}, expected ${this.nextSequence}`);
    }
    if (!more) this.nextSequence++;
  }
}
