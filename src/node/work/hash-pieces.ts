// Hashes of the pieces of a file, as a Metalink lists them.

import { createHash } from 'node:crypto';
import { readFully, withFile } from './block-file.ts';
import type { HashPiecesTask } from './tasks.ts';

/** Bytes read at a time. */
const CHUNK_BYTES = 1024 * 1024;
const chunk = new Uint8Array(CHUNK_BYTES);

/** The hashes of all pieces in [from, to), one after the other. */
export function hashPieces({ dataPath, type, from, to, pieceBytes }: HashPiecesTask): Uint8Array {
  const hashes: Buffer[] = [];
  withFile(dataPath, (fd) => {
    for (let start = from; start < to; start += pieceBytes) {
      const hash = createHash(type.replace('-', ''));
      const end = Math.min(to, start + pieceBytes);
      for (let at = start; at < end; at += CHUNK_BYTES) {
        const view = chunk.subarray(0, Math.min(CHUNK_BYTES, end - at));
        hash.update(view.subarray(0, readFully(fd, view, at)));
      }
      hashes.push(hash.digest());
    }
  });
  return new Uint8Array(Buffer.concat(hashes));
}
