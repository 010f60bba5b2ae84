// Rateless IBLT bodies from a stranger: refused or borne, never a throw, and work that is bounded by the cells
// received. Work is counted in steps, not timed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import {
  RIBLT_BODY_CELLS_MAX,
  RIBLT_CELLS_MAX,
  RibltDecoder,
  RibltStream,
} from '../../src/summary/index.ts';
import { RibltCells } from '../../src/summary/riblt-cells.ts';
import { anyBytes, bitsetOf, idsOf, rngOf, sample } from './helpers.ts';
import type { TwinCell } from './riblt-twin.ts';
import { twinBody, twinCells, twinCheck, twinPositions } from './riblt-twin.ts';

const FROM = 1000;
const TO = 9192;
const SALT = 5;
/** Steps for one id more than the bound: it is only looked at between ids. */
const ONE_ID = 400;

const reader = (ids: Iterable<number> = []): RibltDecoder =>
  new RibltDecoder(bitsetOf(TO, ids), FROM, TO, { cellsMax: RIBLT_CELLS_MAX });

const expectBounded = (decoder: RibltDecoder): void => {
  expect(decoder.steps).toBeLessThanOrEqual(128 * decoder.cells + ONE_ID);
  expect(decoder.differences).toBeLessThanOrEqual(decoder.cells);
  expect(decoder.added.length + decoder.lacking.length).toBe(decoder.differences);
  expect(decoder.wanted).toBeGreaterThanOrEqual(decoder.cells);
};

/** Cells that hold each of `ids` in cell `only(id)` alone. */
function lies(size: number, ids: readonly number[], only: (id: number) => number): TwinCell[] {
  const cells = Array.from({ length: size }, (): [number, number] => [0, 0]);
  for (const id of ids) {
    const cell = cells[only(id)]!;
    cell[0] = (cell[0] ^ id) >>> 0;
    cell[1] = (cell[1] ^ twinCheck(id, SALT)) >>> 0;
  }
  return cells;
}

describe('a reader of hostile cells', () => {
  it('bears random bytes', () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 4 }), (bodies) => {
        const decoder = reader([FROM, FROM + 5, TO - 1]);
        for (const body of bodies) decoder.take(body);
        expectBounded(decoder);
      }),
      { numRuns: 500 },
    );
  });

  it('bears random cells behind a valid header', () => {
    const cells = fc.uint8Array({ maxLength: 1600 });
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 4 }), fc.nat(20), (bodies, n) => {
        const decoder = reader([FROM, FROM + 5, TO - 1]);
        for (const bytes of bodies) {
          const body = new Uint8Array(12 + (bytes.length & ~7));
          body.set(twinBody([], SALT, decoder.cells, n));
          body.set(bytes.subarray(0, bytes.length & ~7), 12);
          decoder.take(body);
        }
        expectBounded(decoder);
      }),
      { numRuns: 500 },
    );
  });

  it('bears honest streams with a few bytes changed, and never ends with a wrong difference', () => {
    const rng = rngOf(1);
    const ids = sample(rng, 500, FROM, TO);
    const [remote, own] = [bitsetOf(TO, ids), bitsetOf(TO, ids.slice(20))];
    let wrong = 0;
    for (let run = 0; run < 400; run++) {
      const stream = new RibltStream(remote, FROM, TO, run);
      const decoder = new RibltDecoder(own, FROM, TO);
      for (let i = 0; i < 3; i++) {
        const body = stream.next(20)!;
        for (let k = rng.below(3); k > 0; k--) body[rng.below(body.length)] = rng.below(256);
        if (decoder.take(body) !== 'done') continue;
        const found = [...decoder.added].sort((a, b) => a - b).join();
        if (found !== ids.slice(0, 20).join() || decoder.lacking.length > 0) wrong++;
      }
      expectBounded(decoder);
    }
    expect(wrong).toBe(0);
  });

  it('stays at "more" when cells never go to zero, for 2^20 of them, and refuses the next', () => {
    const decoder = reader(sample(rngOf(2), 300, FROM, TO));
    const rng = rngOf(3);
    while (decoder.cells < RIBLT_CELLS_MAX) {
      const size = Math.min(RIBLT_BODY_CELLS_MAX, RIBLT_CELLS_MAX - decoder.cells);
      const body = rng.fill(
        twinBody(
          lies(size, [], () => 0),
          SALT,
          0,
          0,
        ),
      );
      body.set(twinBody([], SALT, decoder.cells, 10));
      expect(decoder.take(body)).toBe('more');
    }
    expectBounded(decoder);
    expect(decoder.wanted).toBe(RIBLT_CELLS_MAX);
    expect(decoder.exhausted).toBe(true);
    const beyond = twinBody(
      lies(1, [], () => 0),
      SALT,
      RIBLT_CELLS_MAX,
      10,
    );
    expect(decoder.take(beyond)).toBe('refused');
  });

  it('refuses an id that it took out before', () => {
    // In its last cell the id is alone and is taken out; in the cells before, where it never was, that puts it in.
    const id = FROM + 17;
    const last = twinPositions(id, SALT, 100).at(-1)!;
    expect(last).toBeGreaterThan(0);
    const decoder = reader();
    expect(
      decoder.take(
        twinBody(
          lies(100, [id], () => last),
          SALT,
          0,
          1,
        ),
      ),
    ).toBe('refused');
    expect(decoder.differences).toBe(1);
    expectBounded(decoder);
  });

  it('bears thousands of ids each in one cell of its many', () => {
    const ids = Array.from({ length: 6000 }, (_, i) => FROM + i);
    const decoder = reader(ids.slice(0, 3000));
    const cells = lies(7000, ids, (id) => twinPositions(id, SALT, 7000).at(-1)!);
    decoder.take(twinBody(cells, SALT, 0, 6000));
    expectBounded(decoder);
  });

  it('passes over an id in a cell that is not one of its cells', () => {
    const id = FROM + 17;
    const positions = new Set(twinPositions(id, SALT, 100));
    const elsewhere = Array.from({ length: 100 }, (_, i) => i).find((i) => !positions.has(i))!;
    const decoder = reader();
    expect(
      decoder.take(
        twinBody(
          lies(100, [id], () => elsewhere),
          SALT,
          0,
          1,
        ),
      ),
    ).toBe('more');
    expect(decoder.differences).toBe(0);
  });

  it('passes over an id with a wrong check', () => {
    const decoder = reader();
    expect(decoder.take(twinBody([[FROM, twinCheck(FROM, SALT) ^ 1]], SALT, 0, 1))).toBe('more');
    expect(decoder.differences).toBe(0);
    // A check of another salt is a wrong check.
    const other = reader();
    expect(other.take(twinBody(twinCells([FROM], SALT + 1, 1), SALT, 0, 1))).toBe('more');
  });

  it.each([
    ['below the range', FROM - 1],
    ['above it', TO],
    ['far above it', 0xffffffff],
    ['0', 0],
  ])('refuses an id: %s', (_, id) => {
    const decoder = reader();
    expect(decoder.take(twinBody(twinCells([id], SALT, 4), SALT, 0, 1))).toBe('refused');
    expect([decoder.added, decoder.lacking]).toEqual([[], []]);
  });

  it('refuses cells that add up to another set than the header claims', () => {
    for (const n of [0, 2, 8192]) {
      const decoder = reader();
      expect(decoder.take(twinBody(twinCells([FROM], SALT, 4), SALT, 0, n))).toBe('refused');
    }
    expect(reader().take(twinBody(twinCells([FROM], SALT, 4), SALT, 0, 1))).toBe('done');
  });

  it('makes the cells of the own set grow by a quarter at least, so single cells cost no more than many', () => {
    const cells = new RibltCells(bitsetOf(TO, [FROM]), FROM, TO, SALT);
    const sizes = new Set<number>();
    for (let i = 1; i <= 3000; i++) {
      cells.reserve(i);
      sizes.add(cells.size);
    }
    expect(sizes.size).toBeLessThanOrEqual(1 + Math.log(3000 / 64) / Math.log(1.25) + 1);
    cells.reserve(RIBLT_CELLS_MAX);
    expect(cells.size).toBe(RIBLT_CELLS_MAX);
  });
});

describe('a stream is refused, for good', () => {
  const remote = bitsetOf(TO, [FROM, FROM + 9, FROM + 700]);
  const own = new Bitset(TO);
  const body = (cells: number, first = 0, salt = SALT, n = 3): Uint8Array => {
    const all = twinCells(idsOf(remote), salt, first + cells);
    return twinBody(all.slice(first), salt, first, n);
  };
  const longest = new Uint8Array(12 + 8 * RIBLT_BODY_CELLS_MAX);
  longest.set(body(1), 0);

  it.each<[string, readonly Uint8Array[]]>([
    ['no bytes', [new Uint8Array(0)]],
    ['a header alone', [body(1).subarray(0, 12)]],
    ['a cell cut short', [body(2).subarray(0, 27)]],
    ['7,001 cells', [new Uint8Array(12 + 8 * 7001)]],
    ['a first body that is not the first', [body(5, 1)]],
    ['a cell left out', [body(2), body(2, 3)]],
    ['a cell twice', [body(2), body(2, 1)]],
    ['the same body twice', [body(2), body(2)]],
    ['another salt', [body(2), body(2, 2, SALT + 1)]],
    ['another n', [body(2), body(2, 2, SALT, 4)]],
    ['n above W', [body(2, 0, SALT, TO - FROM + 1)]],
  ])('%s', (_, bodies) => {
    const decoder = new RibltDecoder(own, FROM, TO);
    const last = bodies.length - 1;
    bodies.forEach((bytes, i) => expect(decoder.take(bytes)).toBe(i < last ? 'more' : 'refused'));
    expect(decoder.take(body(100))).toBe('refused');
    expect(decoder.exhausted).toBe(false);
  });

  it('but 7,000 cells and n = W are neither too many', () => {
    const decoder = new RibltDecoder(own, FROM, TO);
    expect(decoder.take(longest)).not.toBe('refused');
    const full = new Bitset(TO);
    full.addRange(FROM, TO);
    const other = new RibltDecoder(full, FROM, TO);
    expect(other.take(new RibltStream(full, FROM, TO, 1).next(1)!)).toBe('done');
  });

  it('and what comes after the end changes nothing', () => {
    const decoder = new RibltDecoder(own, FROM, TO);
    expect(decoder.take(body(100))).toBe('done');
    for (const late of [body(10, 100), body(3), Uint8Array.of(1)]) {
      expect(decoder.take(late)).toBe('done');
    }
    expect([decoder.cells, decoder.differences]).toEqual([100, 3]);
  });
});
