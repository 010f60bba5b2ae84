// Reading and writing whole blocks of a file, in a worker: synchronous, because nothing else waits there.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Layout } from '../../content/index.ts';

/** Opens `path`, runs `use` with the descriptor, closes it whatever happens. */
export function withFile<T>(path: string, flags: 'r' | 'r+', use: (fd: number) => T): T {
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

/** Block sbn of the file as K·T bytes: zero behind the end of the content and in holes. */
export function readBlock(fd: number, layout: Layout, sbn: number): Uint8Array {
  const block = new Uint8Array(layout.sourceSymbols(sbn) * layout.symbolBytes);
  readFully(fd, block.subarray(0, layout.blockBytes(sbn)), layout.blockOffset(sbn));
  return block;
}
