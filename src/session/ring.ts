// The ring of hashed symbol ids, on which the senders of one receiver begin at different places (protocol/session.md,
// "Partition"): each sends first what no other is about to send.

import type { SymbolId } from '../base/index.ts';
import { mix32 } from '../base/index.ts';

// A constant of its own: positions must not go with the hashes of Bloom filters and sketches.
const RING_HASH = 0x27d4eb2f;

/** Where an id is on the ring, u32. The same for all senders. */
export function ringPosition(id: SymbolId): number {
  return mix32(id ^ RING_HASH);
}

/** The ids in the order in which the ring passes them from `start` on. */
export function alongRing(ids: Uint32Array, start: number): Uint32Array {
  // Distance and index in one double: the native sort of a Float64Array is several times faster than a comparator.
  const keys = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const distance = (ringPosition(ids[i] ?? 0) - start) >>> 0;
    keys[i] = distance * INDEX_SCALE + i;
  }
  keys.sort();
  return Uint32Array.from(keys, (key) => ids[key % INDEX_SCALE] ?? 0);
}

/** More than any window has symbols; with the 32 bits of a distance exact in a double. */
const INDEX_SCALE = 2 ** 20;

/**
 * The start of the n-th sender that is asked, n from 0: the bits of n reversed, so that the starts are spread evenly
 * however many there will be (the van der Corput sequence).
 */
export function ringStart(n: number): number {
  let start = 0;
  for (let bit = 0; bit < 32; bit++) if ((n & (1 << bit)) !== 0) start += 2 ** (31 - bit);
  return start;
}
