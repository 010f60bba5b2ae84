// Reading and writing blocks of a file, in a worker: synchronous, because nothing else waits there.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Layout } from '../../content/index.ts';

/** Opens `path`, runs `use` with the descriptor, closes it whatever happens. */
export function withFile<T>(path: string, use: (fd: number) => T, flags: 'r' | 'r+' = 'r'): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Fills `target` from `offset`; what lies past the end of the file stays zero. Returns the bytes read. */
export function readFully(fd: number, target: Uint8Array, offset: number): number {
  let done = 0;
  while (done < target.length) {
    const count = readSync(fd, target, done, target.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Writes all of `bytes` at `offset`. */
export function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
  }
}

/**
 * Block sbn of the file as K·T bytes: zero behind the end of the content and in holes. Into `buffer` when that
 * is large enough, else into a new array.
 */
export function readBlock(
  fd: number,
  layout: Layout,
  sbn: number,
  buffer?: Uint8Array,
): Uint8Array {
  const length = layout.sourceSymbols(sbn) * layout.symbolBytes;
  const isLarge = buffer !== undefined && buffer.length >= length;
  const block = isLarge ? buffer.subarray(0, length) : new Uint8Array(length);
  const count = readFully(fd, block.subarray(0, layout.blockBytes(sbn)), layout.blockOffset(sbn));
  if (isLarge) block.fill(0, count);
  return block;
}

let scratch = new Uint8Array(0);

/**
 * Like readBlock, into memory that the next call overwrites: a worker goes through one block at a time, and
 * fresh block-sized arrays pile up faster than they are collected.
 */
export function readBlockToScratch(fd: number, layout: Layout, sbn: number): Uint8Array {
  const length = layout.sourceSymbols(sbn) * layout.symbolBytes;
  if (scratch.length < length) scratch = new Uint8Array(length);
  return readBlock(fd, layout, sbn, scratch);
}
