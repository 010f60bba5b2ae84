// The mark: what is known to be on the disk, verified. Two slots are written in turn, each with a sequence number
// and a checksum, so that a torn write leaves the mark before it.
//
// Slot, little-endian: 16 magic, u32 version, u32 0, f64 sequence, f64 index mark, u32 source symbols, u32 blocks,
// 32 content id, source bitmap, leaves bitmap (u32 words), u32 crc32 of all before.

import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { Bitset, equalBytes } from '../../base/index.ts';
import type { Layout } from '../../content/index.ts';
import type { OpenFile } from './store-fs.ts';
import { readUpTo, syncData, writeAll } from './store-fs.ts';

const MAGIC = 'headwater-state\n';
const VERSION = 1;
const HEADER_BYTES = 80;
const PAGE_BYTES = 4096;

/** What a slot says. */
export interface Mark {
  /** Larger is newer; the first one written is 1. */
  readonly sequence: number;
  /** Entries of the index log that are covered. */
  readonly indexMark: number;
  /** Verified source symbols, by position in the file (offset / T). */
  readonly sources: Bitset;
  /** Blocks whose leaves are stored and verified. */
  readonly leaves: Bitset;
}

/** What opening found. */
export interface FoundMark {
  /** The newest good slot; an empty mark of sequence 0 when there is none. */
  readonly mark: Mark;
  /** A slot was written once and is not good now: the newest mark may be lost. */
  readonly damaged: boolean;
}

/** The two slots of one content. */
export class StateFile {
  private readonly file: OpenFile;
  private readonly layout: Layout;
  private readonly contentId: Uint8Array;
  private readonly slotBytes: number;

  constructor(file: OpenFile, layout: Layout, contentId: Uint8Array) {
    this.file = file;
    this.layout = layout;
    this.contentId = contentId;
    const words = wordsOf(layout.sourceSymbolCount) + wordsOf(layout.blockCount);
    const bytes = HEADER_BYTES + 4 * words + 4;
    this.slotBytes = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  }

  async read(): Promise<FoundMark> {
    let best: Mark | undefined;
    let damaged = false;
    for (let slot = 0; slot < 2; slot++) {
      const bytes = Buffer.alloc(this.slotBytes);
      await readUpTo(this.file, bytes, slot * this.slotBytes);
      const mark = this.parse(bytes);
      if (mark === undefined) damaged ||= bytes.some((byte) => byte !== 0);
      else if (best === undefined || mark.sequence > best.sequence) best = mark;
    }
    return { mark: best ?? this.empty(), damaged };
  }

  /** Writes the mark to its slot and makes it durable. The data it speaks of must be durable before. */
  async write(mark: Mark): Promise<void> {
    await writeAll(this.file, [this.format(mark)], (mark.sequence % 2) * this.slotBytes);
    await syncData(this.file);
  }

  private empty(): Mark {
    const sources = new Bitset(this.layout.sourceSymbolCount);
    return { sequence: 0, indexMark: 0, sources, leaves: new Bitset(this.layout.blockCount) };
  }

  private format(mark: Mark): Uint8Array {
    const bytes = Buffer.alloc(this.slotBytes);
    bytes.write(MAGIC, 0, 'latin1');
    bytes.writeUInt32LE(VERSION, 16);
    bytes.writeDoubleLE(mark.sequence, 24);
    bytes.writeDoubleLE(mark.indexMark, 32);
    bytes.writeUInt32LE(this.layout.sourceSymbolCount, 40);
    bytes.writeUInt32LE(this.layout.blockCount, 44);
    bytes.set(this.contentId, 48);
    bytes.set(wordBytes(mark.sources.words), HEADER_BYTES);
    bytes.set(wordBytes(mark.leaves.words), HEADER_BYTES + 4 * mark.sources.words.length);
    const end = HEADER_BYTES + 4 * (mark.sources.words.length + mark.leaves.words.length);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end);
    return bytes;
  }

  private parse(bytes: Buffer): Mark | undefined {
    const { layout } = this;
    const sourceBytes = 4 * wordsOf(layout.sourceSymbolCount);
    const end = HEADER_BYTES + sourceBytes + 4 * wordsOf(layout.blockCount);
    const good =
      bytes.toString('latin1', 0, 16) === MAGIC &&
      bytes.readUInt32LE(16) === VERSION &&
      bytes.readUInt32LE(40) === layout.sourceSymbolCount &&
      bytes.readUInt32LE(44) === layout.blockCount &&
      equalBytes(bytes.subarray(48, HEADER_BYTES), this.contentId) &&
      bytes.readUInt32LE(end) === crc32(bytes.subarray(0, end));
    if (!good) return undefined;
    return {
      sequence: bytes.readDoubleLE(24),
      indexMark: bytes.readDoubleLE(32),
      sources: bitsetOf(bytes.subarray(HEADER_BYTES), layout.sourceSymbolCount),
      leaves: bitsetOf(bytes.subarray(HEADER_BYTES + sourceBytes), layout.blockCount),
    };
  }
}

function wordsOf(length: number): number {
  return Math.ceil(length / 32);
}

function wordBytes(words: Uint32Array): Buffer {
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

function bitsetOf(bytes: Buffer, length: number): Bitset {
  const bits = new Bitset(length);
  for (let n = 0; n < length; n += 32) {
    const word = bytes.readUInt32LE(n / 8);
    if (word === 0xffffffff && n + 32 <= length) {
      bits.addRange(n, n + 32);
    } else {
      for (let i = 0; i < 32; i++) if ((word & (1 << i)) !== 0 && n + i < length) bits.add(n + i);
    }
  }
  return bits;
}
