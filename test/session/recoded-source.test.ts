import { describe, expect, it } from 'vitest';
import { Bitset, ProtocolError } from '../../src/base/index.ts';
import { constituentPositions } from '../../src/fountain/index.ts';
import { RecodedSource, SKIPPED_MAX } from '../../src/session/index.ts';
import { CLOSE } from '../../src/wire/index.ts';
import { layoutFor } from './helpers.ts';

const layout = layoutFor(20, 3);

/** A source whose pool has the first `count` symbols of block 0, and all of block 1. */
function sourceOf(count: number): RecodedSource {
  const source = new RecodedSource(layout, 77);
  const bits = new Bitset(layout.idCount);
  bits.addRange(0, count);
  bits.addRange(layout.windowStart(1), layout.windowStart(2));
  source.pool.become(bits);
  return source;
}

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error;
  }
};

describe('a source of recoded symbols', () => {
  it('names the constituents of each by its number, with gaps and by block', () => {
    const source = sourceOf(12);
    expect(source.constituents(0, 0, [3, 5])).toEqual([
      constituentPositions(77, 0, 0, 3, 12),
      constituentPositions(77, 0, 1, 5, 12),
    ]);
    expect(source.constituents(1, 0, [2])).toEqual([constituentPositions(77, 1, 0, 2, 40)]);
    expect(source.constituents(0, 9, [12])).toEqual([constituentPositions(77, 0, 9, 12, 12)]);
    expect(source.constituents(0, 10, [1])).toEqual([constituentPositions(77, 0, 10, 1, 12)]);
  });

  it('is MALFORMED when a number comes again', () => {
    const source = sourceOf(12);
    source.constituents(0, 5, [1, 1]);
    for (const first of [0, 5, 6]) {
      expect(codeOf(() => source.constituents(0, first, [1]))).toBe(CLOSE.MALFORMED);
    }
    expect(codeOf(() => source.constituents(0, 7, [1]))).toBeUndefined();
    expect(codeOf(() => source.constituents(1, 0, [1]))).toBeUndefined(); // numbers are by block
  });

  it('may pass over 4,096 numbers on a link, over all blocks, and not one more', () => {
    expect(SKIPPED_MAX).toBe(4_096);
    const source = sourceOf(12);
    expect(codeOf(() => source.constituents(0, 4_000, [1]))).toBeUndefined();
    expect(codeOf(() => source.constituents(1, 96, [1]))).toBeUndefined();
    expect(codeOf(() => source.constituents(0, 4_001, [1]))).toBeUndefined();
    expect(codeOf(() => source.constituents(0, 4_003, [1]))).toBe(CLOSE.MALFORMED);
    expect(codeOf(() => sourceOf(12).constituents(0, SKIPPED_MAX, [1]))).toBeUndefined();
    expect(codeOf(() => sourceOf(12).constituents(0, SKIPPED_MAX + 1, [1]))).toBe(CLOSE.MALFORMED);
  });

  it('is MALFORMED above the size of the pool, also within a frame', () => {
    expect(codeOf(() => sourceOf(12).constituents(0, 0, [12]))).toBeUndefined();
    expect(codeOf(() => sourceOf(12).constituents(0, 0, [13]))).toBe(CLOSE.MALFORMED);
    expect(codeOf(() => sourceOf(12).constituents(0, 0, [1, 2, 13]))).toBe(CLOSE.MALFORMED);
  });

  it('is UNEXPECTED without a pool of the block', () => {
    expect(codeOf(() => new RecodedSource(layout, 1).constituents(0, 0, [1]))).toBe(
      CLOSE.UNEXPECTED,
    );
    expect(codeOf(() => sourceOf(12).constituents(2, 0, [1]))).toBe(CLOSE.UNEXPECTED);
    expect(codeOf(() => sourceOf(0).constituents(0, 0, [1]))).toBe(CLOSE.UNEXPECTED);
  });
});
