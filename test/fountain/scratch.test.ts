// Memory that is lent and taken back.

import { describe, expect, it } from 'vitest';
import {
  borrowInt32,
  borrowUint16,
  borrowUint8,
  withScratch,
} from '../../src/fountain/raptorq/scratch.ts';

/** Borrows once, so that memory is there from the next time on. */
function warmUp(bytes: number): void {
  withScratch(() => borrowUint8(bytes));
}

describe('scratch memory', () => {
  it('is the same at every turn', () => {
    warmUp(1000);
    const first = withScratch(() => borrowInt32(100));
    const second = withScratch(() => borrowInt32(100));
    expect(second.buffer).toBe(first.buffer);
    expect(second.byteOffset).toBe(first.byteOffset);
  });

  it('is lent once at a time, also to a nested call, which gives back its own', () => {
    warmUp(100_000);
    withScratch(() => {
      const outer = borrowInt32(10).fill(1);
      const inner = withScratch(() => {
        const words = borrowUint16(7).fill(2);
        const bytes = borrowUint8(3).fill(3);
        expect([...words, ...bytes]).toEqual([2, 2, 2, 2, 2, 2, 2, 3, 3, 3]);
        return words;
      });
      const after = borrowUint16(7).fill(4);
      expect(after.byteOffset).toBe(inner.byteOffset);
      expect([...outer]).toEqual(Array(10).fill(1));
    });
  });

  it('is given back when the work throws', () => {
    warmUp(1000);
    const before = withScratch(() => borrowUint8(1).byteOffset);
    const fail = (): never => {
      borrowUint8(500);
      throw new Error('on purpose');
    };
    expect(() => withScratch(fail)).toThrow('on purpose');
    expect(withScratch(() => borrowUint8(1).byteOffset)).toBe(before);
  });

  it('is new memory outside of withScratch, and when more is asked for than is kept', () => {
    expect(borrowInt32(5).buffer).not.toBe(borrowInt32(5).buffer);
    warmUp(32 * 1024 * 1024);
    withScratch(() => {
      const large = borrowUint8(32 * 1024 * 1024);
      const kept = withScratch(() => borrowUint8(1));
      expect(large.byteLength).toBe(large.buffer.byteLength);
      expect(large.buffer).not.toBe(kept.buffer);
    });
    withScratch(() => {
      expect(borrowUint8(1).buffer.byteLength).toBeLessThanOrEqual(16 * 1024 * 1024);
    });
  });
});
