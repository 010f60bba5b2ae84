import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix32, Rng, UsageError } from '../../src/base/index.ts';

const seed = fc.maxSafeInteger();

const draws = (rng: Rng, count: number): number[] =>
  Array.from({ length: count }, () => rng.uint32());

/** Chi-square of observed counts against equal ones. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

/** Six standard deviations above the mean of chi-square with that many cells: 1 false alarm in 10^7 or so. */
const chiSquareMax = (cells: number): number => cells - 1 + 6 * Math.sqrt(2 * (cells - 1));

/** The slow twin: sfc32 with BigInt words, seeded as Rng seeds it. */
function* sfc32(seedNumber: number): Generator<number> {
  const mask = 0xffffffffn;
  const high = Math.floor(seedNumber / 2 ** 32);
  let a = BigInt(mix32(seedNumber));
  let b = BigInt(mix32(Number(BigInt.asUintN(32, BigInt(high) ^ 0x9e3779b9n))));
  let c = BigInt(mix32(Number((a ^ ((b * 0x85ebca6bn) & mask)) & mask)));
  let counter = 1n;
  for (let i = 0; ; i++) {
    const t = (a + b + counter) & mask;
    counter = (counter + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = (((c << 21n) | (c >> 11n)) + t) & mask;
    if (i >= 12) yield Number(t);
  }
}

describe('Rng', () => {
  it('is a function of its seed', () => {
    fc.assert(
      fc.property(seed, (s) => {
        expect(draws(new Rng(s), 20)).toEqual(draws(new Rng(s), 20));
      }),
    );
  });

  it('is sfc32, word for word', () => {
    fc.assert(
      fc.property(seed, (s) => {
        const twin = sfc32(s);
        for (const value of draws(new Rng(s), 40)) expect(value).toBe(twin.next().value);
      }),
    );
  });

  it('keeps its streams: recorded results stay reproducible', () => {
    expect(draws(new Rng(0), 4)).toEqual([1329887062, 4034586010, 2830310856, 1158068923]);
    expect(draws(new Rng(2 ** 40 + 7), 4)).toEqual([
      3828368613, 1431447253, 3960905226, 2946590000,
    ]);
  });

  it('uses all 53 bits of a seed, and its sign', () => {
    const first = draws(new Rng(5), 4).join();
    for (let bit = 0; bit < 53; bit++) {
      const other = Number(5n ^ (1n << BigInt(bit)));
      expect(draws(new Rng(other), 4).join(), `bit ${bit}`).not.toBe(first);
    }
    expect(draws(new Rng(-5), 4).join()).not.toBe(first);
  });

  it('gives unlike streams for like seeds', () => {
    const seen = new Set<number>();
    for (let s = 0; s < 2_000; s++) seen.add(new Rng(s).uint32());
    expect(seen.size).toBeGreaterThan(1_998);
  });

  it.each([0.5, NaN, Infinity, 2 ** 53])('refuses the seed %d', (s) => {
    expect(() => new Rng(s)).toThrow(UsageError);
  });

  it('uint32 is uniform: every bit, and the high and low bytes', () => {
    const rng = new Rng(1);
    const ones = new Array<number>(32).fill(0);
    const high = new Array<number>(256).fill(0);
    const low = new Array<number>(256).fill(0);
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      const value = rng.uint32();
      expect(value).toBe(value >>> 0);
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (value >>> bit) & 1;
      high[value >>> 24]!++;
      low[value & 255]!++;
    }
    for (const n of ones) expect(Math.abs(n - count / 2)).toBeLessThan(6 * Math.sqrt(count / 4));
    expect(chiSquare(high)).toBeLessThan(chiSquareMax(256));
    expect(chiSquare(low)).toBeLessThan(chiSquareMax(256));
  });

  it('unit is in [0, 1) and uniform', () => {
    const rng = new Rng(2);
    const cells = new Array<number>(100).fill(0);
    for (let i = 0; i < 50_000; i++) cells[Math.floor(rng.unit() * 100)]!++;
    expect(cells.length).toBe(100);
    expect(chiSquare(cells)).toBeLessThan(chiSquareMax(100));
  });
});

describe('Rng.below', () => {
  it('stays below its bound', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 2 ** 32 }), (s, bound) => {
        const rng = new Rng(s);
        for (let i = 0; i < 10; i++) {
          const value = rng.below(bound);
          expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
        }
      }),
    );
  });

  it.each([2, 3, 7, 10, 31, 100])('is uniform below %d', (bound) => {
    const rng = new Rng(bound);
    const cells = new Array<number>(bound).fill(0);
    for (let i = 0; i < 30_000; i++) cells[rng.below(bound)]!++;
    expect(chiSquare(cells)).toBeLessThan(chiSquareMax(bound));
  });

  it('has no modulo bias: below 3·2^30 the lowest third is not twice as likely', () => {
    // Plain `uint32() % bound` would put 1/2 of the draws into the first third.
    const rng = new Rng(3);
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(rng.below(3 * 2 ** 30) / 2 ** 30)]!++;
    expect(chiSquare(thirds)).toBeLessThan(chiSquareMax(3));
  });

  it('below 2^32 is uint32', () => {
    expect(new Rng(4).below(2 ** 32)).toBe(new Rng(4).uint32());
    expect(new Rng(4).below(1)).toBe(0);
  });

  it.each([0, -1, 0.5, 2.5, NaN, Infinity, 2 ** 32 + 1])(
    'refuses %d instead of looping',
    (bound) => {
      expect(() => new Rng(0).below(bound)).toThrow(UsageError);
    },
  );
});

describe('Rng.shuffle', () => {
  it('keeps the members and works in place, on arrays and typed arrays', () => {
    fc.assert(
      fc.property(seed, fc.array(fc.nat(1_000)), (s, values) => {
        const array = [...values];
        expect(new Rng(s).shuffle(array)).toBe(array);
        expect([...array].sort()).toEqual([...values].sort());
        const typed = Uint32Array.from(values);
        expect([...new Rng(s).shuffle(typed)]).toEqual(array);
      }),
    );
  });

  it('gives every order of four equally often', () => {
    const rng = new Rng(5);
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = rng.shuffle([0, 1, 2, 3]).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expect(chiSquare([...orders.values()])).toBeLessThan(chiSquareMax(24));
  });
});

describe('Rng.fill', () => {
  it('fills a view and nothing around it', () => {
    const buffer = new Uint8Array(100);
    const view = buffer.subarray(10, 90);
    expect(new Rng(6).fill(view)).toBe(view);
    expect([...buffer.subarray(0, 10), ...buffer.subarray(90)]).toEqual(new Array(20).fill(0));
    expect(view.some((byte) => byte !== 0)).toBe(true);
  });

  it('is uniform', () => {
    const cells = new Array<number>(256).fill(0);
    for (const byte of new Rng(7).fill(new Uint8Array(100_000))) cells[byte]!++;
    expect(chiSquare(cells)).toBeLessThan(chiSquareMax(256));
  });
});

describe('Rng.fork', () => {
  it('is a function of the state, and moves the parent by a fixed step', () => {
    fc.assert(
      fc.property(seed, fc.nat(20), (s, fromChild) => {
        const one = new Rng(s);
        const two = new Rng(s);
        const childOne = one.fork();
        const childTwo = two.fork();
        expect(draws(childOne, 5)).toEqual(draws(childTwo, 5));
        draws(childOne, fromChild); // what one part draws …
        expect(draws(one, 5)).toEqual(draws(two, 5)); // … does not move another's
      }),
    );
  });

  it('children differ from each other and from the parent', () => {
    const rng = new Rng(8);
    const streams = [rng.fork(), rng.fork(), rng.fork(), rng].map((each) => draws(each, 1_000));
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j < i; j++) {
        // Agreeing bits of independent streams: half of 32,000 give or take six standard deviations.
        let agree = 0;
        for (let n = 0; n < 1_000; n++) {
          for (let bit = 0; bit < 32; bit++) {
            agree += ((streams[i]![n]! ^ streams[j]![n]!) >>> bit) & 1 ? 0 : 1;
          }
        }
        expect(Math.abs(agree - 16_000)).toBeLessThan(6 * Math.sqrt(8_000));
      }
    }
  });
});

/** Rank over GF(2) of rows given as BigInt bit strings. */
function rank(rows: readonly bigint[]): number {
  const pivots: bigint[] = [];
  for (let row of rows) {
    for (const pivot of pivots) if ((row ^ pivot) < row) row ^= pivot;
    if (row !== 0n) pivots.push(row);
  }
  return pivots.length;
}

/** Rows of a random matrix of which the nth column is bit `bit` of the nth draw. */
function coefficientRows(
  size: number,
  bit: number,
  rngOf: (row: number) => () => number,
): bigint[] {
  return Array.from({ length: size }, (_, row) => {
    const draw = rngOf(row);
    let bits = 0n;
    for (let column = 0; column < size; column++) {
      bits = (bits << 1n) | BigInt((draw() >>> bit) & 1);
    }
    return bits;
  });
}

/** xorshift32: linear over GF(2), what the code coefficients must not come from. */
function xorshift32(state: number): () => number {
  let x = state | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

describe('Rng gives code coefficients of full rank', () => {
  // A random n×n matrix over GF(2) has rank ≥ n − 4 but once in 10^7 or so. A generator that is linear over
  // GF(2) with 32 bits of state cannot get past rank 32 whatever the size.
  const SIZE = 96;

  it.each([0, 1, 15, 31])('one seed per row, bit %d', (bit) => {
    const rows = coefficientRows(SIZE, bit, (row) => {
      const rng = new Rng(row);
      return () => rng.uint32();
    });
    expect(rank(rows)).toBeGreaterThanOrEqual(SIZE - 4);
  });

  it.each([0, 31])('one stream for all rows, bit %d', (bit) => {
    const rng = new Rng(9);
    const rows = coefficientRows(SIZE, bit, () => () => rng.uint32());
    expect(rank(rows)).toBeGreaterThanOrEqual(SIZE - 4);
  });

  it('forks, one per row', () => {
    const parent = new Rng(10);
    const rows = coefficientRows(SIZE, 0, () => {
      const rng = parent.fork();
      return () => rng.uint32();
    });
    expect(rank(rows)).toBeGreaterThanOrEqual(SIZE - 4);
  });

  it('the test can fail: a linear generator stops at 32', () => {
    const rows = coefficientRows(SIZE, 0, (row) => xorshift32(mix32(row)));
    expect(rank(rows)).toBeLessThanOrEqual(32);
  });
});

/** The inverse of mix32, step by step: xorshifts undone, multipliers inverted modulo 2^32. */
function unmix32(value: number): number {
  let v = value ^ (value >>> 16);
  v = Math.imul(v, 0x43021123); // 0x846ca68b⁻¹
  v = v ^ (v >>> 15) ^ (v >>> 30);
  v = Math.imul(v, 0x1d69e2a5); // 0x7feb352d⁻¹
  return (v ^ (v >>> 16)) >>> 0;
}

describe('mix32', () => {
  it('is a bijection: it has an inverse', () => {
    expect(Math.imul(0x846ca68b, 0x43021123)).toBe(1);
    expect(Math.imul(0x7feb352d, 0x1d69e2a5)).toBe(1);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(unmix32(mix32(value))).toBe(value);
        expect(mix32(unmix32(value))).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads its argument modulo 2^32 and answers a u32', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(mix32(value)).toBe(mix32(value >>> 0));
        expect(mix32(value)).toBe(mix32(value) >>> 0);
      }),
    );
  });

  it('one flipped input bit flips about half of the output', () => {
    const rng = new Rng(11);
    const flips = new Array<number>(32).fill(0);
    for (let i = 0; i < 2_000; i++) {
      const value = rng.uint32();
      for (let bit = 0; bit < 32; bit++) {
        const changed = mix32(value) ^ mix32(value ^ (1 << bit));
        for (let out = 0; out < 32; out++) flips[out]! += (changed >>> out) & 1;
      }
    }
    for (const count of flips) expect(Math.abs(count / 64_000 - 0.5)).toBeLessThan(0.01);
  });
});
