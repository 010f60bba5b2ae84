// Reads of a file by frames of 64 KiB, done by the disk in pieces of 1 MiB where they follow each other.
// Scattered reads go straight through: reading a megabyte for each would be a waste.

import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;
/** Sequential readers that are told apart; each needs two chunks. */
const STREAMS_MAX = 16;
const CHUNKS_MAX = 2 * STREAMS_MAX;

interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Set while the disk reads. */
  loading: Promise<void> | undefined;
}

/** A reader of one file that does not change. */
export class ReadAhead {
  private readonly file: FileHandle;
  private readonly length: number;
  /** Oldest first. */
  private readonly chunks = new Map<number, Chunk>();
  private readonly spare: Uint8Array[] = [];
  /** Where each known sequential reader goes on, oldest first. */
  private readonly streams: number[] = [];

  constructor(file: FileHandle, length: number) {
    this.file = file;
    this.length = length;
  }

  /** Fills `target` from `offset`, inside the file. True: done; else a promise that is done when it is. */
  read(offset: number, target: Uint8Array): true | Promise<true> {
    const stream = this.streams.indexOf(offset);
    if (stream >= 0) this.streams.splice(stream, 1);
    else if (this.streams.length >= STREAMS_MAX) this.streams.shift();
    this.streams.push(offset + target.length);
    const sequential = stream >= 0 || offset % CHUNK_BYTES === 0;
    if (this.copy(offset, target)) {
      if (sequential) this.prefetch(offset + target.length);
      return true;
    }
    if (!sequential) return readExactly(this.file, target, offset).then(() => true);
    return this.load(offset, target);
  }

  /** True when everything was in memory. */
  private copy(offset: number, target: Uint8Array): boolean {
    const end = offset + target.length;
    for (let i = chunkOf(offset); i * CHUNK_BYTES < end; i++) {
      const chunk = this.chunks.get(i);
      if (chunk === undefined || chunk.loading !== undefined) return false;
    }
    for (let at = offset; at < end;) {
      const index = chunkOf(at);
      const from = at - index * CHUNK_BYTES;
      const count = Math.min(CHUNK_BYTES - from, end - at);
      const chunk = this.chunks.get(index);
      if (chunk !== undefined) target.set(chunk.bytes.subarray(from, from + count), at - offset);
      at += count;
    }
    return true;
  }

  private async load(offset: number, target: Uint8Array): Promise<true> {
    const end = offset + target.length;
    const loading: Promise<void>[] = [];
    for (let i = chunkOf(offset); i * CHUNK_BYTES < end; i++) {
      const chunk = this.chunk(i);
      if (chunk?.loading !== undefined) loading.push(chunk.loading);
    }
    this.prefetch(end);
    await Promise.all(loading);
    // Not there: all chunks were busy, or this one was dropped while the disk read another.
    if (!this.copy(offset, target)) await readExactly(this.file, target, offset);
    return true;
  }

  /** Begins to read the chunk that follows, once the reader is past the middle of its own. */
  private prefetch(position: number): void {
    const index = chunkOf(position);
    if (position - index * CHUNK_BYTES < CHUNK_BYTES / 2 && this.chunks.has(index)) return;
    const next = this.chunks.has(index) ? index + 1 : index;
    if (next * CHUNK_BYTES >= this.length) return;
    // A failed prefetch is found again, and reported, by the read that needs the chunk.
    this.chunk(next)?.loading?.catch(() => undefined);
  }

  /** The chunk, which begins to load when it is new; undefined when all places are busy loading. */
  private chunk(index: number): Chunk | undefined {
    const known = this.chunks.get(index);
    if (known !== undefined) {
      this.chunks.delete(index);
      this.chunks.set(index, known);
      return known;
    }
    if (this.chunks.size >= CHUNKS_MAX && !this.dropOldest()) return undefined;
    const chunk: Chunk = {
      index,
      bytes: this.spare.pop() ?? new Uint8Array(CHUNK_BYTES),
      loading: undefined,
    };
    const offset = index * CHUNK_BYTES;
    const view = chunk.bytes.subarray(0, Math.min(CHUNK_BYTES, this.length - offset));
    chunk.loading = readExactly(this.file, view, offset).then(
      () => {
        chunk.loading = undefined;
      },
      (error: unknown) => {
        this.chunks.delete(index);
        throw error;
      },
    );
    this.chunks.set(index, chunk);
    return chunk;
  }

  private dropOldest(): boolean {
    for (const [index, chunk] of this.chunks) {
      if (chunk.loading !== undefined) continue;
      this.chunks.delete(index);
      this.spare.push(chunk.bytes);
      return true;
    }
    return false;
  }
}

function chunkOf(offset: number): number {
  return Math.floor(offset / CHUNK_BYTES);
}

/** Reads exactly `target.length` bytes; rejects when the file ends before. */
export async function readExactly(
  file: FileHandle,
  target: Uint8Array,
  offset: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, offset + done);
    if (bytesRead === 0) throw new Error(`the file ends at byte ${offset + done}: was it cut?`);
    done += bytesRead;
  }
}
