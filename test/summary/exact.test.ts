import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset, UsageError } from '../../src/base/index.ts';
import {
  bitmapBytes,
  decodeExact,
  encodeExact,
  exactBytes,
  EXACT_FORM,
  ExactSummary,
  riceBytes,
  SUMMARY_BODY_BYTES_MAX,
  SUMMARY_IDS_MAX,
} from '../../src/summary/index.ts';
import { anyBytes, bitsetOf, idsOf, rangeAndIds, rngOf, sample } from './helpers.ts';

describe('exact summaries', () => {
  it('describe exactly the members of the range', () => {
    fc.assert(
      fc.property(rangeAndIds, ({ from, to, ids }) => {
        const bits = bitsetOf(1000, ids);
        const body = encodeExact(bits, from, to);
        const summary = ExactSummary.decode(body, from, to)!;
        const into = new Bitset(1000);
        expect(decodeExact(body, from, to, into)).toBe(true);
        let wrong = 0;
        for (let id = 0; id < 1000; id++) {
          const member = ids.has(id) && id >= from && id < to;
          if (summary.has(id) !== member || into.has(id) !== member) wrong++;
        }
        expect(wrong).toBe(0);
        expect(summary.count).toBe(into.count);
        expect(summary.has(-1)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('replace the range and touch nothing else', () => {
    const into = new Bitset(100);
    into.addRange(0, 100);
    expect(decodeExact(encodeExact(bitsetOf(100, [30, 31, 50]), 20, 60), 20, 60, into)).toBe(true);
    expect(idsOf(into, 20, 60)).toEqual([30, 31, 50]);
    expect(into.count).toBe(20 + 3 + 40);
  });

  it('leave the set unchanged when they are bad', () => {
    fc.assert(
      fc.property(anyBytes, rangeAndIds, (bytes, { from, to, ids }) => {
        const into = bitsetOf(1000, ids);
        const before = [...into.words];
        if (!decodeExact(bytes, from, to, into)) expect([...into.words]).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it('say everything and nothing in one or two bytes', () => {
    const full = new Bitset(8192);
    full.addRange(0, 8192);
    expect(encodeExact(full, 0, 8192).length).toBe(2);
    expect(encodeExact(new Bitset(8192), 0, 8192).length).toBe(1);
  });

  it('take the form that the formulas promise', () => {
    const rng = rngOf(1);
    const window = 8192;
    const form = (count: number): number | undefined =>
      encodeExact(bitsetOf(window, sample(rng, count, 0, window)), 0, window)[0];
    expect(form(window / 2)).toBe(EXACT_FORM.bitmap);
    expect(form(window / 50)).toBe(EXACT_FORM.rice);
    expect(form(window - window / 50)).toBe(EXACT_FORM.riceAbsent);
    const lanes = new Bitset(window);
    for (let lane = 0; lane < 4; lane++) lanes.addRange(lane * 2048, lane * 2048 + 100 * lane + 50);
    const body = encodeExact(lanes, 0, window);
    expect(body[0]).toBe(EXACT_FORM.runs);
    // A run per source costs two varints.
    expect(body.length).toBeLessThanOrEqual(1 + 4 * 6);
  });

  // Bits per id of the Rice form: n(log2(W/n) + 1.5)/8 bytes, measured 4.75 to 11.49 bits.
  it.each([
    [10, 4.75],
    [50, 7.1],
    [100, 8.11],
    [400, 10.15],
  ])('cost the entropy of a random set at W/n = %i', (ratio, bitsPerId) => {
    const n = Math.floor(400_000 / ratio);
    const window = n * ratio;
    const bits = bitsetOf(window, sample(rngOf(ratio), n, 0, window));
    const bytes = encodeExact(bits, 0, window).length;
    expect((bytes * 8) / n).toBeGreaterThan(bitsPerId - 0.1);
    expect((bytes * 8) / n).toBeLessThan(bitsPerId + 0.1);
    expect(Math.abs(bytes / riceBytes(n, window) - 1)).toBeLessThan(0.1);
    expect(bytes).toBeLessThan(exactBytes(n, window) * 1.02);
  });

  it('never cost more than the bitmap and its form byte', () => {
    fc.assert(
      fc.property(rangeAndIds, ({ from, to, ids }) => {
        const body = encodeExact(bitsetOf(1000, ids), from, to);
        expect(body.length).toBeLessThanOrEqual(1 + bitmapBytes(to - from));
      }),
    );
  });

  it('fit a body for the largest range, and refuse a larger one', () => {
    const bits = bitsetOf(
      SUMMARY_IDS_MAX + 1,
      sample(rngOf(5), SUMMARY_IDS_MAX / 2, 0, SUMMARY_IDS_MAX),
    );
    const body = encodeExact(bits, 0, SUMMARY_IDS_MAX);
    expect(body.length).toBe(SUMMARY_BODY_BYTES_MAX);
    expect(ExactSummary.decode(body, 0, SUMMARY_IDS_MAX)?.count).toBe(SUMMARY_IDS_MAX / 2);
    expect(() => encodeExact(bits, 0, SUMMARY_IDS_MAX + 1)).toThrow(UsageError);
    expect(ExactSummary.decode(body, 0, SUMMARY_IDS_MAX + 1)).toBeUndefined();
  });

  it('refuse ranges that are none', () => {
    const bits = new Bitset(10);
    for (const [from, to] of [
      [3, 3],
      [4, 3],
      [-1, 3],
      [0, 11],
      [0.5, 3],
    ] as const) {
      expect(() => encodeExact(bits, from, to)).toThrow(UsageError);
    }
    expect(decodeExact(Uint8Array.of(0), 3, 3, bits)).toBe(false);
    expect(() => decodeExact(Uint8Array.of(0), 0, 11, bits)).toThrow(UsageError);
  });
});
