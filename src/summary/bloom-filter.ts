// A Bloom filter of u32 ids: the class of the package `bloom-filters`, with add and has of our own.
// The package hashes strings only (a number makes all keys alike) and is some 300 times slower.

import imported from 'bloom-filters/dist/bloom/bloom-filter.js';
import type { SymbolId } from '../base/index.ts';
import { mix32, popcount32, UsageError } from '../base/index.ts';

/** Most probes per id that a reader accepts. */
export const BLOOM_PROBES_MAX = 16;

/** Largest filter, bits: up to here a·m in `add` and `has` is exact in a double. */
const BITS_MAX = 2 ** 21;

// Odd constants. The seed is multiplied before it meets the id: with plain `id ^ seed` neighbouring seeds
// permute the same dense ids and their false positives repeat.
const SEED_FACTOR = 0x9e3779b1;
const SECOND_HASH = 0x85ebca77;

/** The part of the package's class that is used. Spelled out so that its typings do not reach ours. */
export interface StockBloomFilter {
  readonly _size: number;
  readonly _nbHashes: number;
  readonly _filter: { array: Uint8Array };
  add(id: number): void;
  has(id: number): boolean;
  rate(): number;
  equals(other: StockBloomFilter): boolean;
}

// The deep path because the package's root needs Node's Buffer. It is CommonJS: Node's default import is
// the exports object, a bundler may hand over the class.
const Stock: new (bits: number, probes: number) => StockBloomFilter =
  'default' in imported ? imported.default : imported;

/** First hash of an id under a seed (protocol/summaries.md, `key`); the min-wise sketch uses it too. */
export function seededKey(id: number, seed: number): number {
  return mix32(id ^ Math.imul(seed, SEED_FACTOR));
}

/**
 * A Bloom filter of symbol ids: double hashing with an increasing step (enhanced double hashing, Dillinger
 * and Manolios 2004) over a two-multiply mix. Storage and `equals` are the package's.
 */
export class IdBloomFilter extends Stock {
  /** What makes this filter's false positives differ from the last one's, u32. */
  readonly salt: number;

  /**
   * @param bits m, a multiple of 8 in 8..2^21
   * @param probes k, 1..16
   * @param salt u32
   */
  constructor(bits: number, probes: number, salt: number) {
    if (!(bits >= 8 && bits <= BITS_MAX && bits % 8 === 0)) {
      throw new UsageError(`${bits} bits is not a multiple of 8 in 8..${BITS_MAX}`);
    }
    if (!Number.isSafeInteger(probes) || probes < 1 || probes > BLOOM_PROBES_MAX) {
      throw new UsageError(`${probes} probes is not in 1..${BLOOM_PROBES_MAX}`);
    }
    super(bits, probes);
    this.salt = salt >>> 0;
  }

  /** m: size of the filter in bits. */
  get bits(): number {
    return this._size;
  }

  /** k: probes per id. */
  get probes(): number {
    return this._nbHashes;
  }

  /** The filter itself: bit i is bit i mod 8 of byte ⌊i/8⌋. A view. */
  get bytes(): Uint8Array {
    return this._filter.array;
  }

  override add(id: SymbolId): void {
    const bytes = this._filter.array;
    const scale = this._size / 0x100000000;
    const probes = this._nbHashes;
    let a = seededKey(id, this.salt);
    let b = mix32(a + SECOND_HASH) | 1;
    for (let i = 0; i < probes; i++) {
      const bit = ((a >>> 0) * scale) | 0;
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
      a = (a + b) | 0;
      b = (b + i + 1) | 0;
    }
  }

  /** False: certainly not added. True: added, or a false positive with probability `rate()`. */
  override has(id: SymbolId): boolean {
    const bytes = this._filter.array;
    const scale = this._size / 0x100000000;
    const probes = this._nbHashes;
    let a = seededKey(id, this.salt);
    let b = mix32(a + SECOND_HASH) | 1;
    for (let i = 0; i < probes; i++) {
      const bit = ((a >>> 0) * scale) | 0;
      if (((bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
      a = (a + b) | 0;
      b = (b + i + 1) | 0;
    }
    return true;
  }

  /** One bits. */
  get ones(): number {
    let ones = 0;
    for (const byte of this._filter.array) ones += popcount32(byte);
    return ones;
  }

  /**
   * False-positive rate at the present fill: (ones/m)^k. The package's own is (1 − e^(−ones/m))^k, which
   * reads .7 % where 2.2 % is true.
   */
  override rate(): number {
    return (this.ones / this._size) ** this._nbHashes;
  }
}
