// The trie of an approximate reconciliation tree (protocol/summaries.md, kind 4): a working set as a binary
// trie of hashed ids without one-child nodes, every node valued by what lies below it.

import type { Bitset } from '../base/index.ts';
import { mix32 } from '../base/index.ts';
import { seededKey } from './bloom-filter.ts';
import { requireRange } from './kind.ts';

const PLACE_HASH = 0x27d4eb2f;
const VALUE_HASH = 0x165667b1;

/** Bits of a place, so internal nodes on the longest path: places differ, whoever chose the ids. */
const PLACE_BITS = 32;

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * The trie of a set. Nodes are named by whole numbers: ~i (negative) is leaf i, in the order of the places;
 * i ≥ 0 is the internal node that parts leaf i from leaf i + 1.
 */
export class ArtTrie {
  readonly seed: number;
  /** The ids of the leaves, in the order of their places. */
  readonly ids: Uint32Array;
  /** Values of the leaves. */
  readonly leafValues: Uint32Array;
  /** Values of the internal nodes: XOR of all leaf values below. One less than the leaves, if there are any. */
  readonly nodeValues: Uint32Array;
  /** Names of the children of each internal node. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Name of the root; undefined in the trie of no ids. */
  readonly root: number | undefined;

  /** The trie of the members of `bits` in [from, to). O(n). Throws UsageError on a bad range. */
  constructor(bits: Bitset, from: number, to: number, seed: number) {
    requireRange('art', bits, from, to);
    this.seed = seed >>> 0;
    const ids = new Uint32Array(bits.countRange(from, to));
    let count = 0;
    bits.forEach((id) => (ids[count++] = id), from, to);
    const { sorted, places } = sortByPlace(ids, this.seed);
    this.ids = sorted;
    this.leafValues = sorted.map((id) => mix32(seededKey(id, this.seed) + VALUE_HASH));
    const internal = Math.max(0, count - 1);
    this.nodeValues = new Uint32Array(internal);
    this.left = new Int32Array(internal);
    this.right = new Int32Array(internal);
    this.root = this.join(places);
  }

  /**
   * Joins the leaves from left to right. The stack is the path from the root to the last leaf: nodes whose
   * left side is known, each deeper than the one below it. No two on it part at the same bit, because two
   * neighbours that part at bit b stand on either side of all that shares the bits above b.
   */
  private join(places: Uint32Array): number | undefined {
    const count = places.length;
    if (count === 0) return undefined;
    const { left, right, nodeValues, leafValues } = this;
    const path = new Int32Array(PLACE_BITS);
    const depths = new Int32Array(PLACE_BITS);
    let height = 0;
    for (let i = 0; ; i++) {
      const isLast = i === count - 1;
      const depth = isLast ? -1 : Math.clz32((places[i] ?? 0) ^ (places[i + 1] ?? 0));
      let done = ~i;
      let value = leafValues[i] ?? 0;
      while (height > 0 && (depths[height - 1] ?? 0) > depth) {
        const node = path[--height] ?? 0;
        right[node] = done;
        value ^= nodeValues[node] ?? 0;
        nodeValues[node] = value;
        done = node;
      }
      if (isLast) return done;
      // Until its right side is known a node's value is that of its left side.
      left[i] = done;
      nodeValues[i] = value;
      path[height] = i;
      depths[height++] = depth;
    }
  }
}

/** The ids in the order of their places, and these. Radix sort from the lowest digit: 3 passes, each stable. */
function sortByPlace(
  ids: Uint32Array,
  seed: number,
): { readonly sorted: Uint32Array; readonly places: Uint32Array } {
  let sorted = ids;
  let places = ids.map((id) => mix32(seededKey(id, seed) + PLACE_HASH));
  for (let shift = 0; shift < PLACE_BITS; shift += DIGIT_BITS) {
    const starts = new Uint32Array(DIGITS + 1);
    for (const place of places) {
      const digit = (place >>> shift) & (DIGITS - 1);
      starts[digit + 1] = (starts[digit + 1] ?? 0) + 1;
    }
    for (let d = 1; d < DIGITS; d++) starts[d] = (starts[d] ?? 0) + (starts[d - 1] ?? 0);
    const nextSorted = new Uint32Array(ids.length);
    const nextPlaces = new Uint32Array(ids.length);
    for (let i = 0; i < places.length; i++) {
      const place = places[i] ?? 0;
      const digit = (place >>> shift) & (DIGITS - 1);
      const at = starts[digit] ?? 0;
      starts[digit] = at + 1;
      nextSorted[at] = sorted[i] ?? 0;
      nextPlaces[at] = place;
    }
    sorted = nextSorted;
    places = nextPlaces;
  }
  return { sorted, places };
}
