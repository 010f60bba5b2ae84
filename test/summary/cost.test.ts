import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import {
  bitmapBytes,
  bloomBytes,
  chooseSummaryKind,
  decodeSummary,
  encodeBloom,
  encodeExact,
  encodeSummary,
  exactBytes,
  ribltBytes,
  RibltStream,
  riceBytes,
  runsBytes,
  STANDALONE_KINDS,
  SUMMARY_KINDS,
  summaryKindCode,
  summaryKindOf,
  summaryRangeIds,
} from '../../src/summary/index.ts';
import { bitsetOf, rngOf, sample } from './helpers.ts';

describe('byte formulas', () => {
  it('meet what the encoders produce', () => {
    const window = 100_000;
    for (const n of [10, 1000, 10_000, 40_000, 90_000, 99_990]) {
      const bits = bitsetOf(window, sample(rngOf(n), n, 0, window));
      const exact = encodeExact(bits, 0, window).length;
      expect(Math.abs(exact / exactBytes(n, window) - 1)).toBeLessThan(0.1);
      if (n < 60_000) {
        expect(encodeBloom(bits, 0, window, { seed: 1 }).length).toBe(bloomBytes(n));
      }
    }
    const lanes = new Bitset(window);
    for (let i = 0; i < 5; i++) lanes.addRange(i * 20_000, i * 20_000 + 7000);
    const measured = encodeExact(lanes, 0, window).length;
    expect(exactBytes(35_000, window, 5)).toBe(1 + runsBytes(5, window));
    expect(Math.abs(measured - exactBytes(35_000, window, 5))).toBeLessThanOrEqual(6);
  });

  it('say what is free and what is full', () => {
    expect(runsBytes(0, 100)).toBe(0);
    expect(riceBytes(0, 100)).toBe(1);
    expect(riceBytes(100, 100)).toBe(1);
    expect(bitmapBytes(13)).toBe(2);
    expect(bloomBytes(0)).toBe(14);
  });
});

describe('chooseSummaryKind', () => {
  it('takes the exact set for dense ids, whatever the symbol size', () => {
    for (const ratio of [1, 2, 10, 50, 90]) {
      for (const symbolBytes of [1, 1400, 65_536]) {
        const kind = chooseSummaryKind({ held: 24_000, window: 24_000 * ratio, symbolBytes });
        expect(kind).toBe('exact');
      }
    }
  });

  it('takes Bloom for scattered ids and small symbols, exact for large ones', () => {
    const scattered = { held: 24_000, window: 24_000 * 1000 };
    expect(chooseSummaryKind({ ...scattered, symbolBytes: 1400 })).toBe('bloom');
    expect(chooseSummaryKind({ ...scattered, symbolBytes: 16_384 })).toBe('exact');
  });

  it('crosses over where T = Δbits·n/(8·ε·x·p)', () => {
    const held = 24_000;
    const window = held * 1000;
    const p = 0.05;
    const threshold = (exactBytes(held, window) - bloomBytes(held)) / (0.0216792 * held * p);
    const at = (symbolBytes: number): string =>
      chooseSummaryKind({ held, window, symbolBytes, wantedChance: p });
    expect(at(threshold * 0.99)).toBe('bloom');
    expect(at(threshold * 1.01)).toBe('exact');
  });

  it('weighs runs, useful symbols and nothing held', () => {
    const scattered = { held: 24_000, window: 24_000 * 1000, symbolBytes: 1400 };
    expect(chooseSummaryKind({ ...scattered, runs: 4 })).toBe('exact');
    expect(chooseSummaryKind({ ...scattered, useful: 24_000 * 100 })).toBe('exact');
    expect(chooseSummaryKind({ ...scattered, held: 0 })).toBe('exact');
  });
});

describe('chooseSummaryKind, when a difference is known', () => {
  /** The largest d, as a share of n, for which the rateless IBLT is chosen. */
  const crossover = (held: number, window: number, bitsPerId?: number): number => {
    let [low, high] = [0, held];
    while (high - low > 1) {
      const differences = (low + high) >> 1;
      const c = { held, window, symbolBytes: 1, differences };
      const kind = chooseSummaryKind(bitsPerId === undefined ? c : { ...c, bitsPerId });
      if (kind === 'riblt') low = differences;
      else high = differences;
    }
    return low / held;
  };

  it.each([
    // 8·(1.45·d + 16) + 12 bytes a body against n/4, 4.75·n/8, 10.9·n/8 and, for scattered ids, n of Bloom.
    ['2.1 % of n against a bitmap of W = 2n', 240_000, 2, 0.0215],
    ['5.1 % against Rice codes of W = 10n', 24_000, 10, 0.051],
    ['8.6 % against a Bloom filter of 8 bits', 24_000, 2000, 0.0857],
  ])('takes the rateless IBLT below d = %s', (_, held, ratio, share) => {
    expect(Math.abs(crossover(held, held * ratio) / share - 1)).toBeLessThan(0.03);
  });

  it('takes it below d = 11.5 % of n against Rice codes of W = 2^24, where Bloom hides too much', () => {
    const held = 24_000;
    const at = (differences: number): string =>
      chooseSummaryKind({ held, window: 2 ** 24, symbolBytes: 65_536, differences });
    expect(at(0.114 * held)).toBe('riblt');
    expect(at(0.12 * held)).toBe('exact');
  });

  it('leaves runs and small sets to the exact set', () => {
    const lanes = { held: 24_000, window: 48_000, symbolBytes: 1400, runs: 4 };
    expect(chooseSummaryKind({ ...lanes, differences: 0 })).toBe('exact');
    const small = { held: 500, window: 1000, symbolBytes: 1400 };
    expect(chooseSummaryKind({ ...small, differences: 0 })).toBe('exact');
    expect(chooseSummaryKind({ ...small, differences: 500 })).toBe('exact');
  });

  it('counts a header for each 7,000 cells', () => {
    expect(ribltBytes(0)).toBe(12 + 8 * 16);
    expect(ribltBytes(100)).toBe(12 + 8 * 161);
    expect(ribltBytes(4816)).toBe(12 + 8 * 7000);
    expect(ribltBytes(4817)).toBe(24 + 8 * 7001);
  });
});

describe('every kind', () => {
  it('has a code', () => {
    expect(SUMMARY_KINDS.map(summaryKindCode)).toEqual([0, 1, 2, 3, 4]);
    expect([0, 1, 2, 3, 4, 5, 255].map(summaryKindOf)).toEqual([
      'exact',
      'bloom',
      'min-wise',
      'riblt',
      'art',
      undefined,
      undefined,
    ]);
  });

  it('has a range that always fits its body', () => {
    for (const kind of ['exact', 'bloom'] as const) {
      const width = summaryRangeIds(kind);
      const bits = bitsetOf(width, sample(rngOf(1), Math.floor(width / 2), 0, width));
      expect(encodeSummary(kind, bits, 0, width, 1).length).toBeLessThanOrEqual(61_440);
      bits.addRange(0, width - 1);
      expect(encodeSummary(kind, bits, 0, width, 1).length).toBeLessThanOrEqual(61_440);
    }
    expect(summaryRangeIds('art')).toBe(summaryRangeIds('bloom'));
    expect(summaryRangeIds('riblt')).toBe(summaryRangeIds('min-wise'));
    const wide = new Bitset(1_000_000);
    wide.add(999_999);
    const body = encodeSummary('min-wise', wide, 0, 1_000_000, 1);
    expect(decodeSummary('min-wise', body, 0, 1_000_000)?.count).toBe(1);
  });

  it('that needs the own set of its reader says nothing alone', () => {
    const body = new RibltStream(bitsetOf(10, [1]), 0, 10, 1).next(10)!;
    for (const kind of ['riblt', 'art'] as const) {
      expect(decodeSummary(kind, body, 0, 10)).toBeUndefined();
    }
  });

  it('round-trips through encodeSummary and decodeSummary', () => {
    const bits = bitsetOf(500, sample(rngOf(2), 100, 0, 500));
    for (const kind of STANDALONE_KINDS) {
      const summary = decodeSummary(kind, encodeSummary(kind, bits, 100, 400, 77), 100, 400)!;
      expect(summary.kind).toBe(kind);
      expect(summary.count).toBe(bits.countRange(100, 400));
      if (kind === 'min-wise') expect(summary.has(100)).toBe(false);
      else bits.forEach((id) => expect(summary.has(id)).toBe(true), 100, 400);
      expect(() => encodeSummary(kind, bits, 400, 400, 1)).toThrow();
      expect(decodeSummary(kind, Uint8Array.of(0), 400, 400)).toBeUndefined();
    }
  });
});
