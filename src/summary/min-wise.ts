// Min-wise sketches by one-permutation hashing: a kilobyte that says how much two working sets share.
// One hash per id, the minimum per bin, empty bins filled by optimal densification (Shrivastava 2017).

import type { Bitset, SymbolId } from '../base/index.ts';
import { mix32, UsageError } from '../base/index.ts';
import { seededKey } from './bloom-filter.ts';

/** log2 of the number of bins: least and most that a reader accepts. */
export const BIN_BITS_MIN = 6;
export const BIN_BITS_MAX = 12;
/** 1,024 bins of 8 bits: containment within .009–.019 (RMSE) for 1 KB. */
export const BIN_BITS = 10;

const EMPTY = 0xffffffff;
const SECOND_HASH = 0x85ebca77;
const PROBE_HASH = 0xc2b2ae35;
// A peer names seed and size: without a bound, a set of one id would cost 4,096 · 4,096 tries. Only sets
// that fill less than a hundredth of the bins ever get there, and those are nearly listed by their sketch.
const TRIES_MAX = 256;

/** An estimate with its standard error. */
export interface Estimate {
  /** In 0..1. */
  readonly value: number;
  readonly standardError: number;
}

/** The full minima of a working set, kept and extended locally. */
export class MinWiseSketch {
  /** log2 of the number of bins. */
  readonly binBits: number;
  readonly seed: number;
  private readonly minima: Uint32Array;
  private members = 0;

  /**
   * @param seed u32; only sketches of the same seed and size compare
   * @param binBits log2 of the number of bins, 6..12
   */
  constructor(seed: number, binBits: number = BIN_BITS) {
    if (!Number.isSafeInteger(binBits) || binBits < BIN_BITS_MIN || binBits > BIN_BITS_MAX) {
      throw new UsageError(`binBits ${binBits} is not in ${BIN_BITS_MIN}..${BIN_BITS_MAX}`);
    }
    this.binBits = binBits;
    this.seed = seed >>> 0;
    this.minima = new Uint32Array(1 << binBits).fill(EMPTY);
  }

  /** The sketch of the members of `bits` in [from, to). */
  static of(
    bits: Bitset,
    from: number,
    to: number,
    seed: number,
    binBits: number = BIN_BITS,
  ): MinWiseSketch {
    const sketch = new MinWiseSketch(seed, binBits);
    bits.forEach((id) => sketch.add(id), from, to);
    return sketch;
  }

  /** Ids added. */
  get count(): number {
    return this.members;
  }

  /** Adds an id that was not added before. O(1). */
  add(id: SymbolId): void {
    const key = seededKey(id, this.seed);
    const bin = key >>> (32 - this.binBits);
    const value = mix32(key + SECOND_HASH);
    if (value < (this.minima[bin] ?? 0)) this.minima[bin] = value;
    this.members++;
  }

  /**
   * Makes this the sketch of the union with another set, of which `sharedCount` ids are in both.
   * Throws UsageError when the sketches do not compare.
   */
  merge(other: MinWiseSketch, sharedCount = 0): void {
    requireComparable(this, other);
    other.minima.forEach((value, bin) => {
      if (value < (this.minima[bin] ?? 0)) this.minima[bin] = value;
    });
    this.members += other.members - sharedCount;
  }

  /**
   * The low `valueBits` bits of each bin after densification: an empty bin i takes what bin d_t(i) held,
   * d_t(i) = top bits of mix(mix(i + const) + t), t = 1, 2, … 256 until that bin is not empty, or else what
   * the next filled bin holds. All of it is a function of the set and the seed: equal sets, equal bins.
   */
  bins(valueBits: 4 | 8): Uint8Array {
    const { minima } = this;
    const mask = (1 << valueBits) - 1;
    const shift = 32 - this.binBits;
    const bins = new Uint8Array(minima.length);
    // Backwards, so that the next filled bin is at hand; the last bins find theirs at the start.
    let next = minima.find((value) => value !== EMPTY) ?? EMPTY;
    for (let bin = minima.length - 1; bin >= 0; bin--) {
      let value = minima[bin] ?? EMPTY;
      if (value === EMPTY) {
        const chain = mix32(bin + PROBE_HASH);
        for (let t = 1; t <= TRIES_MAX && value === EMPTY; t++) {
          value = minima[mix32(chain + t) >>> shift] ?? EMPTY;
        }
        if (value === EMPTY) value = next;
      } else {
        next = value;
      }
      bins[bin] = value & mask;
    }
    return bins;
  }
}

/** What another peer's sketch says, as it came from the wire. */
export interface RemoteSketch {
  readonly binBits: number;
  readonly seed: number;
  /** Bits of each bin that were sent. */
  readonly valueBits: 4 | 8;
  /** Ids in the set, by the sender's claim. */
  readonly count: number;
  /** One value a bin; empty when the set is. */
  readonly bins: Uint8Array;
}

/**
 * Resemblance J = |A∩B| ÷ |A∪B| of a local set A and a remote set B, from the share f of equal bins:
 * J = (f − 2^−b)/(1 − 2^−b) ≥ 0, σ = √(f(1−f)/N)/(1 − 2^−b). Two empty sets resemble with 1.
 * Throws UsageError when the sketches do not compare (other seed or size).
 */
export function estimateResemblance(local: MinWiseSketch, remote: RemoteSketch): Estimate {
  requireComparable(local, remote);
  if (local.count === 0 || remote.count === 0) {
    return { value: local.count === remote.count ? 1 : 0, standardError: 0 };
  }
  const own = local.bins(remote.valueBits);
  let equal = 0;
  for (let i = 0; i < own.length; i++) if (own[i] === remote.bins[i]) equal++;
  const f = equal / own.length;
  const chance = 2 ** -remote.valueBits;
  return {
    value: Math.max(0, (f - chance) / (1 - chance)),
    standardError: Math.sqrt((f * (1 - f)) / own.length) / (1 - chance),
  };
}

/**
 * Containment c = |A∩B| ÷ |B|: the share of the remote set B that the local set A also holds;
 * c = J(|A|+|B|)/((1+J)|B|) ≤ 1, σ(c) = σ(J)(|A|+|B|)/((1+J)²|B|). 1 when B is empty.
 * B's size is its sender's claim: a lie moves c by the same factor. Throws as `estimateResemblance`.
 */
export function estimateContainment(local: MinWiseSketch, remote: RemoteSketch): Estimate {
  const j = estimateResemblance(local, remote);
  if (remote.count === 0) return { value: 1, standardError: 0 };
  const scale = (local.count + remote.count) / remote.count;
  return {
    value: Math.min(1, (j.value * scale) / (1 + j.value), local.count / remote.count),
    standardError: (j.standardError * scale) / (1 + j.value) ** 2,
  };
}

/**
 * The share of the local set that the remote set also holds, |A∩B| ÷ |A|: the same with the roles exchanged. 0 when the
 * local set is empty. Throws as `estimateResemblance`.
 */
export function estimateShared(local: MinWiseSketch, remote: RemoteSketch): Estimate {
  const j = estimateResemblance(local, remote);
  if (local.count === 0) return { value: 0, standardError: 0 };
  const scale = (local.count + remote.count) / local.count;
  return {
    value: Math.min(1, (j.value * scale) / (1 + j.value), remote.count / local.count),
    standardError: (j.standardError * scale) / (1 + j.value) ** 2,
  };
}

function requireComparable(
  a: { readonly seed: number; readonly binBits: number },
  b: { readonly seed: number; readonly binBits: number },
): void {
  if (a.seed !== b.seed || a.binBits !== b.binBits) {
    throw new UsageError('sketches of different seeds or sizes do not compare');
  }
}
