// Which symbols a share gives away when it plays a peer that holds only a part.

import type { Bitset } from '../base/index.ts';
import { Bitset as IdSet, Rng } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import { HeadwaterError } from './errors.ts';

/** A share of every window, 0..1, drawn at random; or exactly these symbol ids, source and repair. */
export type Hold = number | Bitset;

/** The working set that `hold` means; `seed` draws it when it is a share. Throws HeadwaterError USAGE. */
export function heldBy(layout: Layout, hold: Hold, seed: number): Bitset {
  if (typeof hold === 'number') {
    if (!(hold >= 0 && hold <= 1)) {
      throw new HeadwaterError('USAGE', `hold ${hold} is not between 0 and 1`);
    }
    return randomHold(layout, hold, seed);
  }
  if (hold.length !== layout.idCount) {
    const message = `hold is a set of ids below ${hold.length}; the content has ${layout.idCount}`;
    throw new HeadwaterError('USAGE', message);
  }
  return hold.clone(); // the caller may go on with it
}

/**
 * A random working set: of every block this fraction of its window, 0..1. Equal seeds give equal sets. 1/ρ of a
 * window is K symbols, which suffice to decode most blocks.
 */
function randomHold(layout: Layout, fraction: number, seed: number): Bitset {
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
