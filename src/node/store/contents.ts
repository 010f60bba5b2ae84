// What a part directory holds, on disk and in memory: the payload files, the index, and the sets that describe them.
// Knows nothing of marks, locks and names; that is file-store.ts.

import type { SymbolId } from '../../base/index.ts';
import { Bitset } from '../../base/index.ts';
import type { Layout } from '../../content/index.ts';
import type { SymbolEntry } from '../../store/index.ts';
import { WorkingSet } from '../../store/index.ts';
import type { IndexEntry } from './index-log.ts';
import { DELETED, IN_PLACE, IndexLog, LEAVES } from './index-log.ts';
import type { PartFiles } from './part-directory.ts';
import { RepairFile } from './repair-file.ts';
import { readSome, readSource, sourceIndex, writeSource } from './source-io.ts';
import type { Mark } from './state-file.ts';

/** Symbols and leaves of one part directory. */
export class Contents {
  readonly layout: Layout;
  readonly files: PartFiles;
  readonly held: WorkingSet;
  readonly index: IndexLog;
  readonly repair: RepairFile;
  /** Source symbols held, by position (offset / T). */
  readonly sources: Bitset;
  /** Blocks whose leaves are stored. */
  readonly leavesHeld: Bitset;
  /** Bytes written since the last commit began. */
  dirtyBytes = 0;

  constructor(files: PartFiles, layout: Layout) {
    this.files = files;
    this.layout = layout;
    this.held = new WorkingSet(layout);
    this.index = new IndexLog(files.index);
    this.repair = new RepairFile(files.repair, layout);
    this.sources = new Bitset(layout.sourceSymbolCount);
    this.leavesHeld = new Bitset(layout.blockCount);
  }

  isSource(id: SymbolId): boolean {
    return sourceIndex(this.layout, id) >= 0;
  }

  /** Position of the first source symbol of a block. */
  firstIndex(sbn: number): number {
    return this.layout.windowStart(sbn) / this.layout.windowRatio;
  }

  hasBlock(sbn: number): boolean {
    const start = this.firstIndex(sbn);
    const count = this.layout.sourceSymbols(sbn);
    return this.sources.countRange(start, start + count) === count;
  }

  /** What a mark written now would say. */
  snapshot(sequence: number): Mark {
    return {
      sequence,
      indexMark: this.index.settled,
      sources: this.sources.clone(),
      leaves: this.leavesHeld.clone(),
    };
  }

  async write(entries: readonly SymbolEntry[]): Promise<void> {
    const fresh = entries.filter(({ id }) => !this.held.has(id)).sort((a, b) => a.id - b.id);
    const once = fresh.filter(({ id }, i) => id !== fresh[i - 1]?.id);
    const source = once.filter(({ id }) => this.isSource(id));
    const repair = once.filter(({ id }) => !this.isSource(id));
    if (source.length > 0) {
      await writeSource(this.files.data, this.layout, source);
      await this.claimSources(source.map(({ id }) => id));
    }
    if (repair.length > 0) await this.writeRepair(repair);
  }

  /** Notes source symbols that are in the data file and verified. */
  async claimSources(ids: readonly SymbolId[]): Promise<void> {
    if (ids.length === 0) return;
    const logged = ids.map((id): IndexEntry => ({ id, slot: IN_PLACE, crc: 0 }));
    await this.log(logged, () => {
      for (const id of ids) {
        this.held.add(id);
        this.sources.add(sourceIndex(this.layout, id));
      }
    });
    this.dirtyBytes += ids.length * this.layout.symbolBytes;
  }

  async noteLeaves(sbn: number, bytes: number): Promise<void> {
    await this.log([{ id: sbn, slot: LEAVES, crc: 0 }], () => this.leavesHeld.add(sbn));
    this.dirtyBytes += bytes;
  }

  /** Reads held symbols, in the order asked for, T bytes each. */
  async read(ids: readonly SymbolId[]): Promise<Uint8Array[]> {
    const { data } = this.files;
    const source = await readSource(
      data,
      this.layout,
      ids.filter((id) => this.isSource(id)),
    );
    const repair = await readSome(
      ids.filter((id) => !this.isSource(id)),
      (id) => this.repair.read(id),
    );
    const symbols: Uint8Array[] = [];
    let nextSource = 0;
    let nextRepair = 0;
    for (const id of ids) {
      const symbol = this.isSource(id) ? source[nextSource++] : repair[nextRepair++];
      if (symbol !== undefined) symbols.push(symbol);
    }
    return symbols;
  }

  /** Forgets the repair symbols of a block; resolves to how many there were. */
  async deleteRepair(sbn: number): Promise<number> {
    const { layout, held } = this;
    const ids: SymbolId[] = [];
    const from = layout.id(sbn, layout.sourceSymbols(sbn));
    held.bits.forEach((id) => ids.push(id), from, layout.windowStart(sbn + 1));
    if (ids.length === 0) return 0;
    for (const id of ids) held.delete(id);
    await this.log([{ id: sbn, slot: DELETED, crc: 0 }], (position) =>
      this.repair.deleteBlock(sbn, position),
    );
    this.dirtyBytes += 1;
    return ids.length;
  }

  /** Forgets those source symbols of a block that `keep` does not name, by position. */
  dropSources(sbn: number, keep?: Bitset): void {
    const start = this.firstIndex(sbn);
    for (let esi = 0; esi < this.layout.sourceSymbols(sbn); esi++) {
      if (keep?.has(start + esi) === true) continue;
      this.held.delete(this.layout.id(sbn, esi));
      this.sources.delete(start + esi);
    }
    this.dirtyBytes += 1;
  }

  private async writeRepair(entries: readonly SymbolEntry[]): Promise<void> {
    const logged = await this.repair.write(entries);
    await this.log(logged, () => {
      for (const entry of logged) {
        // Another call may have stored the same symbol in the meantime.
        if (this.held.add(entry.id)) this.repair.claim(entry);
      }
    });
    this.dirtyBytes += entries.length * this.layout.symbolBytes;
  }

  /** Appends to the index, then applies the change to memory before a mark can cover the entries. */
  private async log(
    entries: readonly IndexEntry[],
    apply: (position: number) => void,
  ): Promise<void> {
    const reservation = this.index.reserve(entries.length);
    try {
      await this.index.write(reservation, entries);
      apply(reservation.position);
    } finally {
      this.index.settle(reservation);
    }
  }
}
