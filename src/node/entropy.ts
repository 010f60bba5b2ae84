// The one place where randomness enters a transfer.

import { randomBytes } from 'node:crypto';

/** A seed of 48 random bits. */
export function randomSeed(): number {
  return randomBytes(6).readUIntBE(0, 6);
}
