// SHA-256 in plain JavaScript, for a platform that brings none of its own. Correct anywhere; a driver that
// hashes payloads injects something 10 to 20 times faster.

import { sha256 as noble } from '@noble/hashes/sha2.js';
import type { Sha256 } from './hasher.ts';

/** The fallback for the Sha256 port. */
export const sha256: Sha256 = (...parts) => {
  const hash = noble.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
};
