// The SHA-256 port with the platform's hash.

import { createHash, hash } from 'node:crypto';
import type { Sha256 } from '../base/index.ts';

/** SHA-256 of the concatenated parts. One call into the platform for the usual single part. */
export const sha256: Sha256 = (...parts) => {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return plain(hash('sha256', only, 'buffer'));
  const running = createHash('sha256');
  for (const part of parts) running.update(part);
  return plain(running.digest());
};

/** The same bytes as a Uint8Array proper: a Buffer has a different `slice`. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
