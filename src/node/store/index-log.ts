// The index: one 16-byte entry for every symbol and every block of leaves that was written, in order. What lies
// past the mark is re-verified at open, so that a crash costs neither a claim nor a scan of the whole file.
//
// Entry, little-endian: u32 id, u32 slot, u32 crc32 of the payload, u32 crc32 of the 12 bytes before.

import { crc32 } from 'node:zlib';
import type { OpenFile } from './store-fs.ts';
import { readUpTo, writeAll } from './store-fs.ts';

/** Bytes of an entry. */
export const ENTRY_BYTES = 16;
/** Slot of a source symbol: at its place in the data file. */
export const IN_PLACE = 0xffffffff;
/** Slot of an entry that says: the repair symbols of block `id` are deleted. */
export const DELETED = 0xfffffffe;
/** Slot of an entry that says: the leaves of block `id` are written. */
export const LEAVES = 0xfffffffd;
/** Slots of repair symbols are below. */
export const SLOT_COUNT_MAX = 0xfffffff0;
const READ_BYTES = 1024 * 1024;

export interface IndexEntry {
  /** A symbol id, or a block number for DELETED and LEAVES. */
  readonly id: number;
  readonly slot: number;
  /** crc32 of a repair symbol's payload; 0 otherwise. */
  readonly crc: number;
}

/** A place reserved in the log, to be closed when its entries count in the mark. */
export interface Reservation {
  readonly position: number;
  readonly count: number;
}

/** The append-only log of one part directory. */
export class IndexLog {
  private readonly file: OpenFile;
  private end = 0;
  private readonly open = new Set<Reservation>();

  constructor(file: OpenFile) {
    this.file = file;
  }

  /** Entries before this one are written, or will never be: a mark may cover them. */
  get settled(): number {
    let first = this.end;
    for (const reservation of this.open) first = Math.min(first, reservation.position);
    return first;
  }

  /** Calls visit with every good entry in order, and appends after them. Torn or damaged entries are skipped. */
  async replay(visit: (entry: IndexEntry, position: number) => void): Promise<void> {
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      const size = await readUpTo(this.file, buffer, this.end * ENTRY_BYTES);
      const count = Math.floor(size / ENTRY_BYTES);
      for (let i = 0; i < count; i++) {
        const at = i * ENTRY_BYTES;
        if (buffer.readUInt32LE(at + 12) !== entryCrc(buffer, at)) continue;
        visit(
          {
            id: buffer.readUInt32LE(at),
            slot: buffer.readUInt32LE(at + 4),
            crc: buffer.readUInt32LE(at + 8),
          },
          this.end + i,
        );
      }
      this.end += count;
      if (size < READ_BYTES) return;
    }
  }

  /** Writes the entries. The mark does not pass them before `settle`, which the caller owes in any case. */
  reserve(count: number): Reservation {
    const reservation: Reservation = { position: this.end, count };
    this.end += count;
    this.open.add(reservation);
    return reservation;
  }

  async write(reservation: Reservation, entries: readonly IndexEntry[]): Promise<void> {
    const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
    entries.forEach((entry, i) => {
      const at = i * ENTRY_BYTES;
      bytes.writeUInt32LE(entry.id, at);
      bytes.writeUInt32LE(entry.slot, at + 4);
      bytes.writeUInt32LE(entry.crc, at + 8);
      bytes.writeUInt32LE(entryCrc(bytes, at), at + 12);
    });
    await writeAll(this.file, [bytes], reservation.position * ENTRY_BYTES);
  }

  settle(reservation: Reservation): void {
    this.open.delete(reservation);
  }
}

// Not zero for an entry of zeros, which is what a hole in the log reads as.
function entryCrc(bytes: Buffer, at: number): number {
  return crc32(bytes.subarray(at, at + 12), 0x68776978);
}
