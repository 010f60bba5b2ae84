// The working set: which symbols are held, counted per block. Ids only; payload bytes are the store's.

import type { SymbolId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Layout } from '../content/layout.ts';

/** The set of verified symbols that one peer holds of one content. */
export class WorkingSet {
  readonly layout: Layout;
  /** Membership over symbol ids. Read only: change it through `add` and `delete`. */
  readonly bits: Bitset;
  private readonly perBlock: Uint32Array;

  constructor(layout: Layout) {
    this.layout = layout;
    this.bits = new Bitset(layout.idCount);
    this.perBlock = new Uint32Array(layout.blockCount);
  }

  /** The working set of a full source: every symbol of every window. */
  static full(layout: Layout): WorkingSet {
    const set = new WorkingSet(layout);
    for (let sbn = 0; sbn < layout.blockCount; sbn++) set.addBlock(sbn);
    return set;
  }

  /** A working set with the given members. */
  static of(layout: Layout, bits: Bitset): WorkingSet {
    const set = new WorkingSet(layout);
    bits.forEach((id) => set.add(id), 0, layout.idCount);
    return set;
  }

  /** Symbols held. */
  get count(): number {
    return this.bits.count;
  }

  /** Symbols held of one block. */
  countIn(sbn: number): number {
    return this.perBlock[sbn] ?? 0;
  }

  has(id: SymbolId): boolean {
    return this.bits.has(id);
  }

  /** False when it was held already. */
  add(id: SymbolId): boolean {
    if (!this.bits.add(id)) return false;
    const sbn = this.layout.sbnOf(id);
    this.perBlock[sbn] = this.countIn(sbn) + 1;
    return true;
  }

  delete(id: SymbolId): boolean {
    if (!this.bits.delete(id)) return false;
    const sbn = this.layout.sbnOf(id);
    this.perBlock[sbn] = this.countIn(sbn) - 1;
    return true;
  }

  /** Adds the whole window: a decoded block can produce any of its symbols. */
  addBlock(sbn: number): void {
    this.bits.addRange(this.layout.windowStart(sbn), this.layout.windowStart(sbn + 1));
    this.perBlock[sbn] = this.layout.windowSize(sbn);
  }

  /** Removes the whole window. */
  deleteBlock(sbn: number): void {
    this.bits.forEach(
      (id) => this.bits.delete(id),
      this.layout.windowStart(sbn),
      this.layout.windowStart(sbn + 1),
    );
    this.perBlock[sbn] = 0;
  }
}
