// Which symbols a share gives away when it plays a peer that holds only a part.

import type { Bitset } from '../base/index.ts';
import { Bitset as IdSet, Rng } from '../base/index.ts';
import type { Layout } from '../content/index.ts';

/**
 * A random working set: of every block this fraction of its window, 0..1. Equal seeds give equal sets. 1/ρ of a
 * window is K symbols, which suffice to decode most blocks.
 */
export function randomHold(layout: Layout, fraction: number, seed: number): Bitset {
  const held = new IdSet(layout.idCount);
  const rng = new Rng(seed);
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const start = layout.windowStart(sbn);
    const window = layout.windowSize(sbn);
    const count = Math.round(fraction * window);
    const ids = rng.shuffle(Uint32Array.from({ length: window }, (_, esi) => start + esi));
    for (const id of ids.subarray(0, count)) held.add(id);
  }
  return held;
}
