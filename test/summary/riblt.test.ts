// Rateless IBLT: the law, the cells and both writers, next to the slow twin.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset, toHex } from '../../src/base/index.ts';
import {
  RIBLT_BODY_CELLS_MAX,
  RIBLT_CELLS_MAX,
  ribltCellsMax,
  RibltStream,
  RibltTable,
  SUMMARY_BODY_BYTES_MAX,
} from '../../src/summary/index.ts';
import { seededKey } from '../../src/summary/bloom-filter.ts';
import { ribltCheck, ribltNext, ribltStep } from '../../src/summary/riblt-mapping.ts';
import { bitsetOf, idsOf, rangeAndIds, rngOf, sample } from './helpers.ts';
import { twinBody, twinCells, twinCheck, twinPositions } from './riblt-twin.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });

function positions(id: number, salt: number, cells: number): number[] {
  const found: number[] = [];
  let state = seededKey(id, salt);
  for (let index = 0; index < cells;) {
    found.push(index);
    state = ribltStep(state);
    index = ribltNext(index, state);
  }
  return found;
}

/** The first `cells` cells of a stream, in bodies of the given sizes, over and over. */
function streamed(stream: RibltStream, cells: number, sizes: readonly number[]): string {
  let hex = '';
  for (let i = 0; stream.position < cells; i++) {
    const size = Math.min(sizes[i % sizes.length]!, cells - stream.position);
    hex += toHex(stream.next(size)!).slice(24);
  }
  return hex;
}

describe('the law', () => {
  it('is the one of the text, for any id and salt', () => {
    fc.assert(
      fc.property(u32, u32, (id, salt) => {
        expect(positions(id, salt, 2000)).toEqual(twinPositions(id, salt, 2000));
        expect(ribltCheck(seededKey(id, salt)) >>> 0).toBe(twinCheck(id, salt));
      }),
    );
  });

  it('puts an id into cell i with probability .64, .49, .167, .039 at i = 1, 2, 10, 50', () => {
    const ids = 200_000;
    const counts = new Uint32Array(51);
    for (let id = 0; id < ids; id++) for (const i of positions(id, 1, 51)) counts[i]!++;
    expect(counts[0]).toBe(ids);
    // Three sigma of the widest is .0034.
    for (const [i, share] of [
      [1, 0.64],
      [2, 0.49],
      [10, 0.167],
      [50, 0.039],
    ] as const) {
      expect(Math.abs(counts[i]! / ids - share), `cell ${i}`).toBeLessThan(0.005);
    }
  });

  it('always moves on, by one cell for the draw that would stay', () => {
    // The state whose mix is 2^32 − 1, found backwards through the mix.
    const state = 0xd5f9efc4;
    fc.assert(
      fc.property(u32, fc.nat(2 ** 20), (s, index) => {
        expect(ribltNext(index, s)).toBeGreaterThan(index);
        expect(Number.isSafeInteger(ribltNext(index, s))).toBe(true);
      }),
    );
    expect(ribltNext(7, state)).toBe(8);
  });
});

describe('RibltStream', () => {
  it('gives the cells of the twin', () => {
    fc.assert(
      fc.property(rangeAndIds, u32, ({ from, to, ids }, salt) => {
        const bits = bitsetOf(to + 100, ids);
        const members = idsOf(bits, from, to);
        const expected = twinBody(twinCells(members, salt, 20), salt, 0, members.length);
        expect(toHex(new RibltStream(bits, from, to, salt).next(20)!)).toBe(toHex(expected));
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same cells in bodies of any size', () => {
    const bits = bitsetOf(5000, sample(rngOf(1), 700, 0, 5000));
    const whole = streamed(new RibltStream(bits, 0, 5000, 9), 3000, [3000]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }),
        (sizes) => streamed(new RibltStream(bits, 0, 5000, 9), 3000, sizes) === whole,
      ),
      { numRuns: 30 },
    );
  });

  it('describes the set as it was when the stream began', () => {
    const bits = bitsetOf(1000, [1, 2, 3, 500]);
    const expected = streamed(new RibltStream(bits, 0, 1000, 5), 200, [200]);
    const stream = new RibltStream(bits, 0, 1000, 5);
    const first = toHex(stream.next(10)!).slice(24);
    bits.addRange(100, 300);
    bits.delete(2);
    expect(first + streamed(stream, 200, [50])).toBe(expected);
    expect(stream.count).toBe(4);
  });

  it('has no cell in common under two salts', () => {
    const bits = bitsetOf(1000, sample(rngOf(3), 300, 0, 1000));
    const [a, b] = [1, 2].map((salt) => new RibltStream(bits, 0, 1000, salt).next(100)!);
    // Cell 0 holds every id under any salt; its check differs.
    for (let i = 0; i < 100; i++) {
      expect(toHex(a!.subarray(16 + 8 * i, 20 + 8 * i))).not.toBe(
        toHex(b!.subarray(16 + 8 * i, 20 + 8 * i)),
      );
    }
  });

  it('counts its cells, and ends after 2^20', () => {
    const stream = new RibltStream(bitsetOf(10, [3]), 0, 10, 1);
    let body = stream.next(RIBLT_BODY_CELLS_MAX);
    expect(body?.length).toBe(12 + 8 * 7000);
    expect(body!.length).toBeLessThanOrEqual(SUMMARY_BODY_BYTES_MAX);
    let cells = 0;
    for (; body !== undefined; body = stream.next(7000)) cells += (body.length - 12) / 8;
    expect(cells).toBe(RIBLT_CELLS_MAX);
    expect(stream.position).toBe(RIBLT_CELLS_MAX);
  });

  it('refuses a bad range or number of cells', () => {
    const bits = new Bitset(100);
    for (const [from, to] of [
      [0, 0],
      [5, 4],
      [0, 101],
      [-1, 5],
      [0.5, 5],
    ] as const) {
      expect(() => new RibltStream(bits, from, to, 1)).toThrow();
    }
    const stream = new RibltStream(bits, 0, 100, 1);
    for (const cells of [0, -1, 7001, 1.5, NaN, Infinity]) {
      expect(() => stream.next(cells), `${cells}`).toThrow();
    }
    expect(stream.position).toBe(0);
  });
});

describe('RibltTable', () => {
  it('is the beginning of the stream of the ids that it was told of', () => {
    fc.assert(
      fc.property(
        u32,
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 80 }),
        (salt, size, changes) => {
          const bits = new Bitset(61);
          const table = new RibltTable(salt, size);
          for (const [id, remove] of changes) {
            if (!remove && bits.add(id)) table.add(id);
            if (remove && bits.delete(id)) table.remove(id);
          }
          expect(table.count).toBe(bits.count);
          const stream = new RibltStream(bits, 0, 61, salt);
          const half = size >> 1;
          if (half > 0) expect(table.body(0, half)).toEqual(stream.next(half));
          expect(table.body(half, size - half)).toEqual(stream.next(size - half));
        },
      ),
    );
  });

  it('takes any u32 as an id, and forgets what is removed', () => {
    const table = new RibltTable(7, 50);
    const empty = table.body(0, 50);
    for (const id of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) table.add(id);
    expect(table.body(0, 50)).not.toEqual(empty);
    for (const id of [0xffffffff, 0, 0x80000000, 1, 0x7fffffff]) table.remove(id);
    expect(table.body(0, 50)).toEqual(empty);
  });

  it('refuses a bad size, and cells that it does not keep', () => {
    for (const size of [0, -1, 1.5, NaN, RIBLT_CELLS_MAX + 1]) {
      expect(() => new RibltTable(1, size), `${size}`).toThrow();
    }
    const table = new RibltTable(1, 8000);
    for (const [first, cells] of [
      [0, 0],
      [0, 7001],
      [7999, 2],
      [-1, 2],
      [0.5, 1],
      [NaN, 1],
    ] as const) {
      expect(() => table.body(first, cells), `${first}, ${cells}`).toThrow();
    }
    expect(table.body(7999, 1).length).toBe(20);
  });
});

describe('ribltCellsMax', () => {
  it('is where a bitmap costs as much', () => {
    expect(ribltCellsMax(64_000)).toBe(1000);
    expect(ribltCellsMax(64_001)).toBe(1001);
    expect(ribltCellsMax(1)).toBe(16);
    expect(ribltCellsMax(0xffffffff)).toBe(RIBLT_CELLS_MAX);
  });
});
