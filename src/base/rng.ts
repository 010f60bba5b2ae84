// Seeded randomness (sfc32, Doty-Humphrey). Not linear over GF(2), so it may pick code coefficients too.
// Entropy enters once, in a driver, as the seed.

import { UsageError } from './errors.ts';

/** The two-multiply 32-bit finaliser (lowbias32, Wellons): a bijection of u32. */
export function mix32(value: number): number {
  let v = value >>> 0;
  v = Math.imul(v ^ (v >>> 16), 0x7feb352d);
  v = Math.imul(v ^ (v >>> 15), 0x846ca68b);
  return (v ^ (v >>> 16)) >>> 0;
}

/** A deterministic stream of random numbers: equal seeds give equal streams. */
export class Rng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** Any whole number is a seed; its low 53 bits count. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new UsageError(`seed ${seed} is not a whole number`);
    this.a = mix32(seed);
    this.b = mix32(Math.floor(seed / 0x100000000) ^ 0x9e3779b9);
    this.c = mix32(this.a ^ Math.imul(this.b, 0x85ebca6b));
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** Uniform in 0..2^32−1. */
  uint32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in 0..bound−1, for 1 ≤ bound ≤ 2^32; without modulo bias. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x100000000) {
      throw new UsageError(`bound ${bound} is not in 1..2^32`);
    }
    const limit = 0x100000000 - (0x100000000 % bound);
    for (;;) {
      const value = this.uint32();
      if (value < limit) return value % bound;
    }
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / 0x100000000;
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends number[] | Uint32Array>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = held;
    }
    return values;
  }

  /** Fills with uniform bytes. */
  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.uint32();
    return bytes;
  }

  /** An independent stream, so that one part's draws do not move another's. */
  fork(): Rng {
    return new Rng(this.uint32() * 0x100000 + (this.uint32() >>> 12));
  }
}
