// A set of small whole numbers as one bit each. The working set, availability and summaries build on it.

import { popcount32 } from './bytes.ts';
import { UsageError } from './errors.ts';

/** A set of whole numbers 0 ≤ n < length, one bit each, in 32-bit words, lowest bit first. */
export class Bitset {
  /** Exclusive upper bound of the members. */
  readonly length: number;
  /** Bit n is bit n % 32 of word ⌊n / 32⌋. Bits at and above `length` are zero. */
  readonly words: Uint32Array;
  private members = 0;

  constructor(length: number) {
    if (!Number.isSafeInteger(length) || length < 0 || length > 0xffffffff) {
      throw new UsageError(`Bitset length ${length} is not in 0..2^32-1`);
    }
    this.length = length;
    this.words = new Uint32Array(Math.ceil(length / 32));
  }

  /** How many members. */
  get count(): number {
    return this.members;
  }

  has(n: number): boolean {
    return n >= 0 && n < this.length && ((this.words[n >>> 5] ?? 0) & (1 << (n & 31))) !== 0;
  }

  /** Adds n; false when it was a member already. Throws UsageError outside 0..length−1. */
  add(n: number): boolean {
    if (!(n >= 0 && n < this.length)) throw new UsageError(`${n} is not in 0..${this.length - 1}`);
    const bit = 1 << (n & 31);
    const word = this.words[n >>> 5] ?? 0;
    if ((word & bit) !== 0) return false;
    this.words[n >>> 5] = word | bit;
    this.members++;
    return true;
  }

  /** Removes n; false when it was no member. */
  delete(n: number): boolean {
    if (!this.has(n)) return false;
    this.words[n >>> 5] = (this.words[n >>> 5] ?? 0) & ~(1 << (n & 31));
    this.members--;
    return true;
  }

  /** Adds every n with from ≤ n < to. Throws UsageError, adding nothing, when one is outside 0..length−1. */
  addRange(from: number, to: number): void {
    if (from >= to) return;
    if (!(from >= 0 && to <= this.length)) {
      throw new UsageError(`${from}..${to - 1} is not in 0..${this.length - 1}`);
    }
    for (let n = from; n < to;) {
      if ((n & 31) === 0 && n + 32 <= to) {
        this.members += 32 - popcount32(this.words[n >>> 5] ?? 0);
        this.words[n >>> 5] = 0xffffffff;
        n += 32;
      } else {
        this.add(n++);
      }
    }
  }

  clear(): void {
    this.words.fill(0);
    this.members = 0;
  }

  /** Members n with from ≤ n < to. */
  countRange(from: number, to: number): number {
    let count = 0;
    let n = from;
    for (; n < to && (n & 31) !== 0; n++) if (this.has(n)) count++;
    for (; n + 32 <= to; n += 32) count += popcount32(this.words[n >>> 5] ?? 0);
    for (; n < to; n++) if (this.has(n)) count++;
    return count;
  }

  /** The smallest member n with from ≤ n < to, or −1. */
  next(from: number, to: number = this.length): number {
    for (let n = Math.max(0, from); n < to;) {
      const word = (this.words[n >>> 5] ?? 0) >>> (n & 31);
      if (word !== 0) {
        const found = n + 31 - Math.clz32(word & -word);
        return found < to ? found : -1;
      }
      n = ((n >>> 5) + 1) * 32;
    }
    return -1;
  }

  /** The smallest non-member n of 0..length−1 with from ≤ n < to, or −1. */
  nextAbsent(from: number, to: number = this.length): number {
    const end = Math.min(to, this.length);
    for (let n = Math.max(0, from); n < end;) {
      const word = ~(this.words[n >>> 5] ?? 0) >>> (n & 31);
      if (word !== 0) {
        const found = n + 31 - Math.clz32(word & -word);
        return found < end ? found : -1;
      }
      n = ((n >>> 5) + 1) * 32;
    }
    return -1;
  }

  /** Calls visit with every member n, from ≤ n < to, in ascending order. */
  forEach(visit: (n: number) => void, from = 0, to: number = this.length): void {
    for (let n = this.next(from, to); n >= 0; n = this.next(n + 1, to)) visit(n);
  }

  /**
   * Adds all members of another set, and calls `added` with each that was none before. Throws UsageError when the
   * lengths differ.
   */
  addAll(other: Bitset, added: (n: number) => void): void {
    if (other.length !== this.length) throw new UsageError('sets of different lengths');
    for (let w = 0; w < this.words.length; w++) {
      let news = (other.words[w] ?? 0) & ~(this.words[w] ?? 0);
      if (news === 0) continue;
      this.words[w] = (this.words[w] ?? 0) | news;
      this.members += popcount32(news);
      for (; news !== 0; news &= news - 1) added(32 * w + 31 - Math.clz32(news & -news));
    }
  }

  /** Makes this an equal set. Throws UsageError when the lengths differ. */
  become(other: Bitset): void {
    if (other.length !== this.length) throw new UsageError('sets of different lengths');
    this.words.set(other.words);
    this.members = other.members;
  }

  clone(): Bitset {
    const copy = new Bitset(this.length);
    copy.words.set(this.words);
    copy.members = this.members;
    return copy;
  }
}
