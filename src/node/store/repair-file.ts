// Repair symbols: a file of fixed slots of T bytes. Which symbol is in which slot is kept here in memory and in the
// index log on the disk.

import { crc32 } from 'node:zlib';
import type { SymbolId } from '../../base/index.ts';
import { CorruptError, UsageError } from '../../base/index.ts';
import type { Layout } from '../../content/index.ts';
import type { SymbolEntry } from '../../store/index.ts';
import type { IndexEntry } from './index-log.ts';
import type { OpenFile } from './store-fs.ts';
import { readUpTo, writeAll } from './store-fs.ts';

const NONE = -1;

/** The slots of one part directory. */
export class RepairFile {
  private readonly file: OpenFile;
  private readonly layout: Layout;
  /** For each block that has any: the slot of each repair symbol, by esi − K. Plain arrays, because peers pick ids. */
  private readonly slots: (Float64Array | undefined)[];
  /** crc32 of the payload in each slot. */
  private readonly crcs: number[] = [];
  private free: number[] = [];
  /** Slots of deleted symbols, with the index entry that says so: not free before a mark covers that entry. */
  private deleted: { readonly slot: number; readonly position: number }[] = [];

  constructor(file: OpenFile, layout: Layout) {
    this.file = file;
    this.layout = layout;
    this.slots = new Array<Float64Array | undefined>(layout.blockCount).fill(undefined);
  }

  /** Writes the payloads to slots; returns the index entries, which `claim` takes when they are logged. */
  async write(entries: readonly SymbolEntry[]): Promise<IndexEntry[]> {
    const taken = entries.map(() => this.free.pop() ?? this.crcs.push(0) - 1);
    taken.sort((a, b) => a - b);
    try {
      for (let first = 0; first < entries.length;) {
        const start = taken[first] ?? 0;
        let count = 1;
        while (taken[first + count] === start + count) count++;
        const payloads = entries.slice(first, first + count).map(({ bytes }) => bytes);
        await writeAll(this.file, payloads, start * this.layout.symbolBytes);
        first += count;
      }
    } catch (error) {
      this.release(taken);
      throw error;
    }
    return entries.map(({ id, bytes }, i) => ({ id, slot: taken[i] ?? 0, crc: crc32(bytes) }));
  }

  /** Gives slots back that were written but never logged. */
  release(slots: readonly number[]): void {
    this.free.push(...slots);
  }

  /** Notes which slot holds a symbol. */
  claim({ id, slot, crc }: IndexEntry): void {
    const { sbn, at } = this.place(id);
    let own = this.slots[sbn];
    if (own === undefined) {
      own = new Float64Array(this.layout.windowSize(sbn) - this.layout.sourceSymbols(sbn)).fill(
        NONE,
      );
      this.slots[sbn] = own;
    }
    own[at] = slot;
    this.crcs[slot] = crc;
  }

  /** Takes back a claim that proved wrong. */
  unclaim({ id }: IndexEntry): void {
    const { sbn, at } = this.place(id);
    const own = this.slots[sbn];
    if (own !== undefined) own[at] = NONE;
  }

  /** Forgets the symbols of a block; the index entry at `position` says so on the disk. */
  deleteBlock(sbn: number, position: number): void {
    for (const slot of this.slots[sbn] ?? []) {
      if (slot !== NONE) this.deleted.push({ slot, position });
    }
    this.slots[sbn] = undefined;
  }

  /** A mark that covers `indexMark` index entries is durable: slots deleted before it may be used again. */
  reclaim(indexMark: number): void {
    this.release(this.deleted.filter((d) => d.position < indexMark).map((d) => d.slot));
    this.deleted = this.deleted.filter((d) => d.position >= indexMark);
  }

  /** At open: every slot below `count` that no symbol holds is free. */
  freeUnclaimed(count: number): void {
    const claimed = new Uint8Array(count);
    for (const block of this.slots) {
      for (const slot of block ?? []) if (slot !== NONE) claimed[slot] = 1;
    }
    this.free = [];
    while (this.crcs.length < count) this.crcs.push(0);
    for (let slot = count - 1; slot >= 0; slot--) if (claimed[slot] === 0) this.free.push(slot);
  }

  /** Offset of a symbol that is held. Throws UsageError for another one. */
  offsetOf(id: SymbolId): number {
    const { sbn, at } = this.place(id);
    const slot = this.slots[sbn]?.[at] ?? NONE;
    if (slot === NONE) throw new UsageError(`repair symbol ${id} is not held`);
    return slot * this.layout.symbolBytes;
  }

  /** The T bytes of a symbol that is held. Rejects with CorruptError when the disk gives other bytes back. */
  async read(id: SymbolId): Promise<Uint8Array> {
    const offset = this.offsetOf(id);
    const crc = this.crcs[offset / this.layout.symbolBytes];
    const bytes = new Uint8Array(this.layout.symbolBytes);
    const size = await readUpTo(this.file, bytes, offset);
    if (size < bytes.length || crc32(bytes) !== crc) {
      throw new CorruptError(`repair symbol ${id} changed on the disk (${this.file.path})`);
    }
    return bytes;
  }

  /** Like `read`, but undefined instead of CorruptError. */
  async tryRead(id: SymbolId): Promise<Uint8Array | undefined> {
    try {
      return await this.read(id);
    } catch (error) {
      if (error instanceof CorruptError) return undefined;
      throw error;
    }
  }

  private place(id: SymbolId): { sbn: number; at: number } {
    const sbn = this.layout.sbnOf(id);
    return { sbn, at: id - this.layout.id(sbn, this.layout.sourceSymbols(sbn)) };
  }
}
