// Approximate reconciliation trees of Byers et al. (protocol/summaries.md, kind 4): their bytes, when a reader
// believes one, and its search for what the sender lacks. Other than the kinds that answer `has`, this one
// says nothing without the reader's own set. A baseline: it costs a Bloom filter's bytes and finds less.

import { Bitset, UsageError } from '../base/index.ts';
import { ArtTrie } from './art-trie.ts';
import { BLOOM_PROBES_MAX, IdBloomFilter } from './bloom-filter.ts';
import { BLOOM_RANGE_BITS_MAX, bloomProbes } from './bloom.ts';
import { isSummaryRange, SUMMARY_BODY_BYTES_MAX } from './kind.ts';

/** n u32, seed u32, m u32 and k u8 of the leaf filter, m u32 and k u8 of the internal filter. */
export const ART_HEADER_BYTES = 18;
/** Bits per member of both filters together, as the paper has. */
export const ART_BITS_PER_ID = 8;
/** Consecutive internal hits that the search passes over, as in the paper's best row. */
export const ART_CORRECTION = 5;

const BITS_PER_ID_MIN = 4;
/**
 * Share of the bits that the leaf filter gets, of 8 bits 5. It caps what is found: a leaf that is a false
 * positive stays hidden (9.2 %; 5.6 % with 6 of 8, which lose more to pruning below correction 4).
 */
const LEAF_SHARE = 5 / 8;
/** Fewest bits per element of a filter: with one probe it fills to .487, below the bound. */
const FILTER_BITS_MIN = 1.5;
const FILL_MAX = 0.6;
const ONES_SLACK = 8;
const CLAIM_TOLERANCE = 0.15;
const CLAIM_SLACK = 16;

export interface ArtOptions {
  /** Bits per id, of both filters together, at least 4. Default 8. The limits on a body may lower it. */
  readonly bitsPerId?: number;
  /** How many of them are the leaf filter's: 1.5 … bitsPerId − 1.5. Default 5/8 of them. */
  readonly leafBits?: number;
  /** u32; another one for every summary sent. */
  readonly seed: number;
}

export interface ArtSearchOptions {
  /** A branch is given up at more than this many internal hits in a row: 0, 1, 2 … Default 5. */
  readonly correction?: number;
}

/** What a search found. */
export interface ArtFinding {
  /** Own ids that the remote set certainly lacks; of the same length as the own set. */
  readonly lacking: Bitset;
  /** Nodes looked up in a filter. */
  readonly visited: number;
  /** Nodes of the own trie: what a search that prunes nothing visits. */
  readonly nodes: number;
}

/**
 * The tree of the members of `bits` in [from, to). Throws UsageError on a bad range or option, and when the
 * range has so many members that a body holds less than 1.5 bits per element in one of the filters.
 */
export function encodeArt(bits: Bitset, from: number, to: number, options: ArtOptions): Uint8Array {
  const bitsPerId = options.bitsPerId ?? ART_BITS_PER_ID;
  if (!(bitsPerId >= BITS_PER_ID_MIN)) {
    throw new UsageError(`bitsPerId ${bitsPerId} is below ${BITS_PER_ID_MIN}`);
  }
  const leafBits = options.leafBits ?? LEAF_SHARE * bitsPerId;
  if (!(leafBits >= FILTER_BITS_MIN && leafBits <= bitsPerId - FILTER_BITS_MIN)) {
    throw new UsageError(`leafBits ${leafBits} leaves a filter less than ${FILTER_BITS_MIN}`);
  }
  const trie = new ArtTrie(bits, from, to, options.seed);
  const { leafBytes, nodeBytes } = filterBytes(trie, bitsPerId, leafBits, to - from);
  const leaves = filterOf(trie.leafValues, leafBytes, trie.seed);
  const nodes = filterOf(trie.nodeValues, nodeBytes, trie.seed);
  const body = new Uint8Array(ART_HEADER_BYTES + leafBytes + nodeBytes);
  const header = new DataView(body.buffer);
  header.setUint32(0, trie.ids.length);
  header.setUint32(4, trie.seed);
  header.setUint32(8, leaves.bits);
  header.setUint8(12, leaves.probes);
  header.setUint32(13, nodes.bits);
  header.setUint8(17, nodes.probes);
  body.set(leaves.bytes, ART_HEADER_BYTES);
  body.set(nodes.bytes, ART_HEADER_BYTES + leafBytes);
  return body;
}

/** Divides what the body may hold between the filters. */
function filterBytes(
  trie: ArtTrie,
  bitsPerId: number,
  leafBits: number,
  window: number,
): { readonly leafBytes: number; readonly nodeBytes: number } {
  const n = trie.ids.length;
  const most = Math.min(
    (BLOOM_RANGE_BITS_MAX / 8) * window,
    SUMMARY_BODY_BYTES_MAX - ART_HEADER_BYTES,
  );
  const leafMin = Math.max(1, Math.ceil((n * FILTER_BITS_MIN) / 8));
  const nodeMin = Math.max(1, Math.ceil((trie.nodeValues.length * FILTER_BITS_MIN) / 8));
  if (leafMin + nodeMin > most) throw new UsageError(`${n} ids are too many for one tree`);
  const total = Math.min(Math.max(leafMin + nodeMin, Math.ceil((n * bitsPerId) / 8)), most);
  const leafWanted = Math.round((total * leafBits) / bitsPerId);
  const leafBytes = Math.min(Math.max(leafMin, leafWanted), total - nodeMin);
  return { leafBytes, nodeBytes: total - leafBytes };
}

function filterOf(values: Uint32Array, bytes: number, seed: number): IdBloomFilter {
  const probes = bloomProbes((bytes * 8) / Math.max(1, values.length));
  const filter = new IdBloomFilter(bytes * 8, probes, seed);
  for (const value of values) filter.add(value);
  return filter;
}

/** A remote tree. It says what the remote lacks, given the own set. */
export class ArtSummary {
  readonly kind = 'art';
  /** The sender's claim, checked against the fill of both filters. */
  readonly count: number;
  readonly seed: number;
  private readonly leaves: IdBloomFilter;
  private readonly nodes: IdBloomFilter;
  private readonly from: number;
  private readonly to: number;

  constructor(
    count: number,
    leaves: IdBloomFilter,
    nodes: IdBloomFilter,
    from: number,
    to: number,
  ) {
    this.count = count;
    this.seed = leaves.salt;
    this.leaves = leaves;
    this.nodes = nodes;
    this.from = from;
    this.to = to;
  }

  /**
   * The ids of `own` in the summary's range that the remote certainly lacks: not all of them, but never one
   * that it holds. O(own ids). Throws UsageError when `own` does not cover the range, or on a bad option.
   */
  search(own: Bitset, options: ArtSearchOptions = {}): ArtFinding {
    const correction = options.correction ?? ART_CORRECTION;
    if (!(Number.isSafeInteger(correction) && correction >= 0)) {
      throw new UsageError(`correction ${correction} is not a whole number from 0`);
    }
    const lacking = new Bitset(own.length);
    const trie = new ArtTrie(own, this.from, this.to, this.seed);
    const visited = this.walk(trie, correction, lacking);
    return { lacking, visited, nodes: trie.leafValues.length + trie.nodeValues.length };
  }

  /** Adds to `lacking`; answers the nodes visited. The stack is at most one node a level, and one more. */
  private walk(trie: ArtTrie, correction: number, lacking: Bitset): number {
    if (trie.root === undefined) return 0;
    const stack: number[] = [trie.root];
    const hitsAbove: number[] = [0];
    let visited = 0;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const above = hitsAbove.pop() ?? 0;
      visited++;
      if (node < 0) {
        if (!this.leaves.has(trie.leafValues[~node] ?? 0)) lacking.add(trie.ids[~node] ?? 0);
        continue;
      }
      const hits = this.nodes.has(trie.nodeValues[node] ?? 0) ? above + 1 : 0;
      if (hits > correction) continue;
      stack.push(trie.right[node] ?? 0, trie.left[node] ?? 0);
      hitsAbove.push(hits, hits);
    }
    return visited;
  }
}

/** Undefined when the bytes are no tree for [from, to) that a reader should believe. Never throws. */
export function decodeArt(bytes: Uint8Array, from: number, to: number): ArtSummary | undefined {
  const read = readArt(bytes, from, to);
  return typeof read === 'string' ? undefined : read;
}

/** Why `decodeArt` says no, for logs and tests; undefined when it does not. */
export function artFault(bytes: Uint8Array, from: number, to: number): string | undefined {
  const read = readArt(bytes, from, to);
  return typeof read === 'string' ? read : undefined;
}

function readArt(bytes: Uint8Array, from: number, to: number): ArtSummary | string {
  if (!isSummaryRange('art', from, to)) return 'no such range';
  if (bytes.length > SUMMARY_BODY_BYTES_MAX) return 'body too long';
  if (bytes.length < ART_HEADER_BYTES) return 'header cut short';
  const header = new DataView(bytes.buffer, bytes.byteOffset, ART_HEADER_BYTES);
  const n = header.getUint32(0);
  const seed = header.getUint32(4);
  const leafBits = header.getUint32(8);
  const nodeBits = header.getUint32(13);
  for (const m of [leafBits, nodeBits]) if (m % 8 !== 0 || m < 8) return 'm out of bounds';
  if (leafBits + nodeBits > BLOOM_RANGE_BITS_MAX * (to - from)) return 'm out of bounds';
  const nodesAt = ART_HEADER_BYTES + leafBits / 8;
  if (bytes.length !== nodesAt + nodeBits / 8) return 'length is not that of m';
  if (n > to - from) return 'claims more ids than the range has';
  const leaves = readFilter(
    bytes.subarray(ART_HEADER_BYTES, nodesAt),
    header.getUint8(12),
    seed,
    n,
  );
  if (typeof leaves === 'string') return `leaves: ${leaves}`;
  const internal = Math.max(0, n - 1);
  const nodes = readFilter(bytes.subarray(nodesAt), header.getUint8(17), seed, internal);
  if (typeof nodes === 'string') return `internal nodes: ${nodes}`;
  return new ArtSummary(n, leaves, nodes, from, to);
}

/** A filter that is said to hold `count` values, if it looks like that. */
function readFilter(
  bytes: Uint8Array,
  probes: number,
  seed: number,
  count: number,
): IdBloomFilter | string {
  if (probes < 1 || probes > BLOOM_PROBES_MAX) return 'k out of bounds';
  const bits = bytes.length * 8;
  const filter = new IdBloomFilter(bits, probes, seed);
  filter.bytes.set(bytes);
  const { ones } = filter;
  if (ones > FILL_MAX * bits + ONES_SLACK) return 'saturated';
  // Written so that an infinite estimate (every bit of a tiny filter set) is refused.
  const estimate = (-bits / probes) * Math.log(1 - ones / bits);
  if (!(Math.abs(estimate - count) <= CLAIM_TOLERANCE * count + CLAIM_SLACK)) {
    return 'fill does not match the claim';
  }
  return filter;
}
