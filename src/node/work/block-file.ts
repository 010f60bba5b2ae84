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

/** Symbols are read in pieces of about this size. */
const PIECE_BYTES = 1024 * 1024;
let piece = new Uint8Array(0);

/**
 * Calls `use` with every source symbol of block sbn in order: T bytes, zero behind the end of the content and in
 * holes, valid until `use` returns.
 */
export function eachSymbol(
  fd: number,
  layout: Layout,
  sbn: number,
  use: (esi: number, symbol: Uint8Array) => void,
): void {
  const { symbolBytes } = layout;
  const atOnce = Math.max(1, Math.floor(PIECE_BYTES / symbolBytes));
  if (piece.length < atOnce * symbolBytes) piece = new Uint8Array(atOnce * symbolBytes);
  const count = layout.sourceSymbols(sbn);
  for (let first = 0; first < count; first += atOnce) {
    const symbols = piece.subarray(0, Math.min(atOnce, count - first) * symbolBytes);
    const from = first * symbolBytes;
    const here = Math.max(0, Math.min(symbols.length, layout.blockBytes(sbn) - from));
    const done = readFully(fd, symbols.subarray(0, here), layout.blockOffset(sbn) + from);
    symbols.fill(0, done);
    for (let at = 0; at < symbols.length; at += symbolBytes) {
      use(first + at / symbolBytes, symbols.subarray(at, at + symbolBytes));
    }
  }
}

let scratch = new Uint8Array(0);

/**
 * Room for a block, K·T bytes of any content. The next call gives the same bytes away: a worker goes through one block at a
 * time, and fresh block-sized arrays pile up faster than they are collected.
 */
export function scratchBlock(layout: Layout, sbn: number): Uint8Array {
  const length = layout.sourceSymbols(sbn) * layout.symbolBytes;
  if (scratch.length < length) scratch = new Uint8Array(length);
  return scratch.subarray(0, length);
}

/** Block sbn of the file in scratchBlock: zero behind the end of the content and in holes. */
export function readBlockToScratch(fd: number, layout: Layout, sbn: number): Uint8Array {
  const block = scratchBlock(layout, sbn);
  const count = readFully(fd, block.subarray(0, layout.blockBytes(sbn)), layout.blockOffset(sbn));
  block.fill(0, count);
  return block;
}
