// Bloom summaries (protocol/summaries.md, kind 1): their bytes, and the bounds within which a reader
// believes one. The parameters travel with the filter.

import type { Bitset, SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import { BLOOM_PROBES_MAX, IdBloomFilter } from './bloom-filter.ts';
import type { Summary } from './kind.ts';
import { isSummaryRange, requireRange, SUMMARY_BODY_BYTES_MAX } from './kind.ts';

/** m u32, k u8, seed u32, n u32. */
export const BLOOM_HEADER_BYTES = 13;
/** Largest filter a reader accepts, bits per id of the range. */
export const BLOOM_RANGE_BITS_MAX = 16;
/** Bits per member that the paper uses: ε = 2.2 %. */
export const BLOOM_BITS_PER_ID = 8;

const BITS_PER_ID_MIN = 2;
const FILL_MAX = 0.6;
/** Fill that a sender aims at: below the bound by more than chance adds. The best k is near a half. */
const FILL_AIM = 0.55;
const ONES_SLACK = 8;
const CLAIM_TOLERANCE = 0.15;
const CLAIM_SLACK = 4;

export interface BloomOptions {
  /** m/n, at least 2. Default 8. The limits on m may lower it; bad luck with few ids raises it. */
  readonly bitsPerId?: number;
  /** u32; another one for every summary sent. */
  readonly seed: number;
}

/** (1 − e^(−kn/m))^k: the false-positive rate of n ids in m bits with k probes. */
export function bloomRate(n: number, bits: number, probes: number): number {
  return (1 - Math.exp((-probes * n) / bits)) ** probes;
}

/**
 * Probes for a number of bits per id (≥ 2): the smallest k within 2 % of the best rate (near (m/n)·ln 2), as
 * each probe costs time and fill. 5 at 8 bits (ε 2.17 %), 7 at 10 bits (.82 %).
 */
export function bloomProbes(bitsPerId: number): number {
  const rates: number[] = [];
  for (let k = 1; k <= BLOOM_PROBES_MAX; k++) {
    if (1 - Math.exp(-k / bitsPerId) < FILL_AIM) rates.push(bloomRate(1, bitsPerId, k));
  }
  const best = Math.min(...rates);
  return rates.findIndex((rate) => rate <= 1.02 * best) + 1;
}

/**
 * A Bloom filter of the members of `bits` in [from, to). Throws UsageError on a bad range or option, and when
 * the range has so many members that a body holds less than 2 bits for each (see `summaryRangeIds`).
 */
export function encodeBloom(
  bits: Bitset,
  from: number,
  to: number,
  options: BloomOptions,
): Uint8Array {
  requireRange('bloom', bits, from, to);
  const bitsPerId = options.bitsPerId ?? BLOOM_BITS_PER_ID;
  if (!(bitsPerId >= BITS_PER_ID_MIN)) {
    throw new UsageError(`bitsPerId ${bitsPerId} is below ${BITS_PER_ID_MIN}`);
  }
  const n = bits.countRange(from, to);
  const filterBytesMax = Math.min(
    (BLOOM_RANGE_BITS_MAX / 8) * (to - from),
    SUMMARY_BODY_BYTES_MAX - BLOOM_HEADER_BYTES,
  );
  const filterBytes = Math.min(Math.max(1, Math.ceil((n * bitsPerId) / 8)), filterBytesMax);
  if (filterBytes * 8 < n * BITS_PER_ID_MIN) {
    throw new UsageError(`${n} ids are too many for one Bloom summary`);
  }
  let filter = filterOf(bits, from, to, filterBytes, options.seed);
  // With 2 bits for each of a few ids, one seed in 300 fills it so that no reader would believe it.
  while (claimFault(filter, n) !== undefined && filter.bits < 8 * filterBytesMax) {
    const larger = Math.min(filterBytesMax, filter.bits / 4);
    filter = filterOf(bits, from, to, larger, options.seed);
  }
  const body = new Uint8Array(BLOOM_HEADER_BYTES + filter.bits / 8);
  const header = new DataView(body.buffer);
  header.setUint32(0, filter.bits);
  header.setUint8(4, filter.probes);
  header.setUint32(5, filter.salt);
  header.setUint32(9, n);
  body.set(filter.bytes, BLOOM_HEADER_BYTES);
  return body;
}

function filterOf(
  bits: Bitset,
  from: number,
  to: number,
  bytes: number,
  seed: number,
): IdBloomFilter {
  const probes = bloomProbes((bytes * 8) / Math.max(1, bits.countRange(from, to)));
  const filter = new IdBloomFilter(bytes * 8, probes, seed);
  bits.forEach((id) => filter.add(id), from, to);
  return filter;
}

/** Why a filter does not look like one of n ids; undefined when it does. */
function claimFault({ bits, probes, ones }: IdBloomFilter, n: number): string | undefined {
  if (ones > FILL_MAX * bits + ONES_SLACK) return 'saturated';
  // Written so that an infinite estimate (every bit of a tiny filter set) is refused.
  const estimate = (-bits / probes) * Math.log(1 - ones / bits);
  return Math.abs(estimate - n) <= CLAIM_TOLERANCE * n + CLAIM_SLACK
    ? undefined
    : 'fill does not match the claim';
}

/** What a Bloom body says about the ids of its range. */
export class BloomSummary implements Summary {
  readonly kind = 'bloom';
  /** The sender's claim, checked against the fill. */
  readonly count: number;
  readonly filter: IdBloomFilter;
  private readonly from: number;
  private readonly to: number;

  constructor(filter: IdBloomFilter, count: number, from: number, to: number) {
    this.filter = filter;
    this.count = count;
    this.from = from;
    this.to = to;
  }

  has(id: SymbolId): boolean {
    return id >= this.from && id < this.to && this.filter.has(id);
  }
}

/** Undefined when the bytes are no Bloom body for [from, to) that a reader should believe. */
export function decodeBloom(bytes: Uint8Array, from: number, to: number): BloomSummary | undefined {
  const read = readBloom(bytes, from, to);
  return typeof read === 'string' ? undefined : read;
}

/** Why `decodeBloom` says no, for logs and tests; undefined when it does not. */
export function bloomFault(bytes: Uint8Array, from: number, to: number): string | undefined {
  const read = readBloom(bytes, from, to);
  return typeof read === 'string' ? read : undefined;
}

function readBloom(bytes: Uint8Array, from: number, to: number): BloomSummary | string {
  if (!isSummaryRange('bloom', from, to)) return 'no such range';
  if (bytes.length > SUMMARY_BODY_BYTES_MAX) return 'body too long';
  if (bytes.length < BLOOM_HEADER_BYTES) return 'header cut short';
  const header = new DataView(bytes.buffer, bytes.byteOffset, BLOOM_HEADER_BYTES);
  const m = header.getUint32(0);
  const k = header.getUint8(4);
  const n = header.getUint32(9);
  if (m % 8 !== 0 || m < 8 || m > BLOOM_RANGE_BITS_MAX * (to - from)) return 'm out of bounds';
  if (bytes.length !== BLOOM_HEADER_BYTES + m / 8) return 'length is not that of m';
  if (k < 1 || k > BLOOM_PROBES_MAX) return 'k out of bounds';
  if (n > to - from) return 'claims more ids than the range has';
  const filter = new IdBloomFilter(m, k, header.getUint32(5));
  filter.bytes.set(bytes.subarray(BLOOM_HEADER_BYTES));
  return claimFault(filter, n) ?? new BloomSummary(filter, n, from, to);
}
