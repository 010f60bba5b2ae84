// Object layout, RFC 6330, 4.4.1.2, and the OTI, 3.3.2 and 3.3.3. Vectors are in vectors.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Partition } from '../../src/fountain/index.ts';
import {
  blockOffset,
  blockSymbols,
  encodeOti,
  parseOti,
  partition,
  placeBlock,
  sourceBlock,
  split,
} from '../../src/fountain/index.ts';
import { patternBytes } from './helpers.ts';

const small = fc
  .record({
    length: fc.integer({ min: 1, max: 3000 }),
    units: fc.integer({ min: 1, max: 20 }),
    alignment: fc.integer({ min: 1, max: 8 }),
    blockCount: fc.integer({ min: 1, max: 9 }),
    subBlocks: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ length, units, alignment, blockCount, subBlocks }) => {
    const symbolBytes = units * alignment;
    const symbols = Math.ceil(length / symbolBytes);
    return partition(length, {
      symbolBytes,
      alignment,
      blockCount: Math.min(blockCount, symbols),
      subBlocks: Math.min(subBlocks, units),
    });
  });

function blockNumbers(p: Partition): number[] {
  return Array.from({ length: p.blockCount }, (_, sbn) => sbn);
}

describe('split', () => {
  it('makes parts that differ by at most one and add up', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 1000 }), (total, parts) => {
        const { large, small, largeCount, smallCount } = split(total, parts);
        expect(largeCount + smallCount).toBe(parts);
        expect(largeCount * large + smallCount * small).toBe(total);
        expect(large - small).toBe(total % parts === 0 ? 0 : 1);
      }),
    );
  });
});

describe('partition', () => {
  it('puts blocks one after the other', () => {
    fc.assert(
      fc.property(small, (p) => {
        let symbols = 0;
        for (const sbn of blockNumbers(p)) {
          expect(blockOffset(p, sbn)).toBe(symbols * p.symbolBytes);
          symbols += blockSymbols(p, sbn);
        }
        expect(symbols).toBe(p.sourceSymbolCount);
      }),
    );
  });

  it('takes blocks apart and together again, whatever the sub-blocks', () => {
    fc.assert(
      fc.property(small, (p) => {
        const object = patternBytes(p.length);
        const restored = new Uint8Array(p.length);
        for (const sbn of blockNumbers(p))
          placeBlock(restored, p, sbn, sourceBlock(object, p, sbn));
        expect(restored).toEqual(object);
      }),
    );
  });

  it('leaves a block as it is when there is one sub-block', () => {
    const p = partition(1000, { symbolBytes: 64, blockCount: 3 });
    const object = patternBytes(1000);
    for (const sbn of blockNumbers(p)) {
      const start = blockOffset(p, sbn);
      const expected = new Uint8Array(blockSymbols(p, sbn) * 64);
      expected.set(object.subarray(start, start + expected.length));
      expect(sourceBlock(object, p, sbn)).toEqual(expected);
    }
  });

  it('derives a block count', () => {
    const T = 16_384;
    expect(partition(0, { symbolBytes: T }).blockCount).toBe(0);
    expect(partition(1, { symbolBytes: T }).blockCount).toBe(1);
    expect(partition(1024 * T, { symbolBytes: T }).blockCount).toBe(1);
    expect(partition(1024 * T + 1, { symbolBytes: T }).blockCount).toBe(2);
    expect(partition(10 * T, { symbolBytes: T, blockBytes: 1 }).blockCount).toBe(10);
    expect(partition(100_000, { symbolBytes: 1 }).blockCount).toBe(2);
  });

  it('refuses what crosses a limit, by name', () => {
    const T = { symbolBytes: 64 };
    expect(() => partition(-1, T)).toThrow(/length/);
    expect(() => partition(1.5, T)).toThrow(/length/);
    expect(() => partition(2 ** 53, T)).toThrow(RangeError);
    expect(() => partition(1000, { symbolBytes: 0 })).toThrow(/symbolBytes/);
    expect(() => partition(1000, { symbolBytes: 65_537 })).toThrow(/symbolBytes/);
    expect(() => partition(1000, { symbolBytes: 64, alignment: 5 })).toThrow(/alignment/);
    expect(() => partition(1000, { symbolBytes: 64, alignment: 0 })).toThrow(/alignment/);
    expect(() => partition(1000, { ...T, alignment: 8, subBlocks: 9 })).toThrow(/subBlocks/);
    expect(() => partition(1000, { ...T, blockCount: 0 })).toThrow(/blockCount/);
    expect(() => partition(1000, { ...T, blockCount: 17 })).toThrow(/blockCount/);
    expect(() => partition(0, { ...T, blockCount: 1 })).toThrow(/blockCount/);
    expect(() => partition(56_404, { symbolBytes: 1, blockCount: 1 })).toThrow(/blockCount/);
    expect(() => partition(1e12, { symbolBytes: 1 })).toThrow(/blockCount/);
    expect(() => partition(1000, { ...T, blockBytes: 0 })).toThrow(/blockBytes/);
    const p = partition(1000, T);
    expect(() => blockSymbols(p, 1)).toThrow(/sbn/);
    expect(() => blockOffset(p, -1)).toThrow(/sbn/);
    expect(() => sourceBlock(new Uint8Array(999), p, 0)).toThrow(/object\.length/);
    expect(() => placeBlock(new Uint8Array(1000), p, 0, new Uint8Array(1000))).toThrow(
      /block\.length/,
    );
  });
});

describe('OTI', () => {
  it('survives the way there and back', () => {
    fc.assert(
      fc.property(small, (p) => {
        expect(parseOti(encodeOti(p))).toEqual(p);
      }),
    );
  });

  it('reads from the middle of a larger array', () => {
    const p = partition(10_000_000_000, { symbolBytes: 1400, blockCount: 127, subBlocks: 8 });
    const larger = new Uint8Array(20);
    larger.set(encodeOti(p), 5);
    expect(parseOti(larger.subarray(5, 17))).toEqual(p);
  });

  it('refuses what it cannot express, by name', () => {
    expect(() => encodeOti(partition(0, { symbolBytes: 64 }))).toThrow(/length/);
    expect(() => encodeOti(partition(1000, { symbolBytes: 65_536 }))).toThrow(/symbolBytes/);
    expect(() => encodeOti(partition(1000, { symbolBytes: 1, blockCount: 256 }))).toThrow(
      /blockCount/,
    );
    expect(() => encodeOti(partition(1000, { symbolBytes: 512, alignment: 256 }))).toThrow(
      /alignment/,
    );
  });

  it('refuses fields that break a limit, by name', () => {
    const good = encodeOti(partition(1000, { symbolBytes: 64 }));
    const broken = (at: number, ...bytes: number[]): Uint8Array => {
      const oti = good.slice();
      oti.set(bytes, at);
      return oti;
    };
    expect(() => parseOti(good.subarray(1))).toThrow(/oti\.length/);
    expect(() => parseOti(broken(0, 0, 0, 0, 0, 0))).toThrow(/length/);
    expect(() => parseOti(broken(0, 255, 255, 255, 255, 255))).toThrow(/length/);
    expect(() => parseOti(broken(6, 0, 0))).toThrow(/symbolBytes/);
    expect(() => parseOti(broken(8, 0))).toThrow(/blockCount/);
    expect(() => parseOti(broken(9, 0, 0))).toThrow(/subBlocks/);
    expect(() => parseOti(broken(11, 0))).toThrow(/alignment/);
    // The reserved byte means nothing.
    expect(parseOti(broken(5, 7))).toEqual(parseOti(good));
  });
});
