// Trees from a stranger: refused with a reason, never a throw, and a search bounded by the reader's own set.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import { artFault, decodeArt, encodeArt } from '../../src/summary/index.ts';
import { anyBytes, bitsetOf, rngOf, sample } from './helpers.ts';

const FROM = 1000;
const TO = 9192;
const own: Bitset = bitsetOf(TO + 100, sample(rngOf(1), 3000, FROM - 500, TO + 100));
const remote: Bitset = bitsetOf(TO, sample(rngOf(2), 1000, FROM, TO));
const good: Uint8Array = encodeArt(remote, FROM, TO, { seed: 9 });

/** The good body with bytes written at a place. */
function changed(at: number, ...bytes: readonly number[]): Uint8Array {
  const body = good.slice();
  body.set(bytes, at);
  return body;
}

function feed(bytes: Uint8Array): void {
  const summary = decodeArt(bytes, FROM, TO);
  expect(artFault(bytes, FROM, TO) === undefined).toBe(summary !== undefined);
  if (summary === undefined) return;
  if (summary.count > TO - FROM) expect.fail('claims more than the range');
  const { lacking, visited, nodes } = summary.search(own);
  expect(visited).toBeLessThanOrEqual(nodes);
  expect(nodes).toBe(2 * own.countRange(FROM, TO) - 1);
  lacking.forEach((id) => {
    if (!own.has(id) || id < FROM || id >= TO) expect.fail(`${id} is not the reader's`);
  });
}

/** A body of given sizes whose filters have their first bits set. */
function made(n: number, sizes: readonly [m: number, k: number, ones: number][]): Uint8Array {
  const bytes = sizes.reduce((sum, [m]) => sum + Math.floor(m / 8), 18);
  const body = new Uint8Array(bytes);
  const view = new DataView(body.buffer);
  view.setUint32(0, n);
  let at = 18;
  sizes.forEach(([m, k, ones], i) => {
    view.setUint32(8 + 5 * i, m);
    view.setUint8(12 + 5 * i, k);
    for (let bit = 0; bit < ones; bit++) body[at + (bit >> 3)]! |= 1 << (bit & 7);
    at += Math.floor(m / 8);
  });
  return body;
}

describe('hostile trees', () => {
  it('are refused with a reason', () => {
    expect(artFault(good, FROM, TO)).toBeUndefined();
    expect(artFault(good.subarray(0, 17), FROM, TO)).toBe('header cut short');
    expect(artFault(good.subarray(0, -1), FROM, TO)).toBe('length is not that of m');
    expect(artFault(Uint8Array.of(...good, 0), FROM, TO)).toBe('length is not that of m');
    expect(artFault(changed(8, 0xff, 0xff, 0xff, 0xf8), FROM, TO)).toBe('m out of bounds');
    expect(artFault(changed(13, 0xff, 0xff, 0xff, 0xf8), FROM, TO)).toBe('m out of bounds');
    expect(artFault(changed(8, 0, 0, 0, 0), FROM, TO)).toBe('m out of bounds');
    expect(artFault(changed(13, 0, 0, 0, 0), FROM, TO)).toBe('m out of bounds');
    expect(artFault(changed(8, 0, 0, 0, 12), FROM, TO)).toBe('m out of bounds');
    expect(artFault(changed(12, 0), FROM, TO)).toBe('leaves: k out of bounds');
    expect(artFault(changed(12, 17), FROM, TO)).toBe('leaves: k out of bounds');
    expect(artFault(changed(17, 0), FROM, TO)).toBe('internal nodes: k out of bounds');
    expect(artFault(changed(17, 17), FROM, TO)).toBe('internal nodes: k out of bounds');
    expect(artFault(changed(0, 0, 0, 0x20, 1), FROM, TO)).toMatch('more ids than the range has');
    expect(artFault(changed(0, 0, 0, 0, 1), FROM, TO)).toMatch('leaves: fill does not match');
    expect(artFault(good.slice().fill(255, 18), FROM, TO)).toBe('leaves: saturated');
    expect(artFault(good.slice().fill(255, 18 + 625), FROM, TO)).toBe('internal nodes: saturated');
    expect(artFault(good.slice().fill(0, 18, 18 + 625), FROM, TO)).toMatch('leaves: fill');
    expect(artFault(good.slice().fill(0, 18 + 625), FROM, TO)).toMatch('internal nodes: fill');
    for (const [from, to] of [
      [5, 5],
      [-1, 5],
      [0, 491_513],
      [0, 2 ** 32],
      [0.5, 8],
      [NaN, 8],
    ] as const) {
      expect(artFault(good, from, to)).toBe('no such range');
    }
  });

  it('are believed up to each limit and not beyond', () => {
    const fault = (body: Uint8Array): string | undefined => artFault(body, FROM, TO);
    // 16 bits an id of the range, both filters together.
    expect(
      artFault(
        made(0, [
          [8, 1, 0],
          [120, 1, 0],
        ]),
        0,
        8,
      ),
    ).toBeUndefined();
    expect(
      artFault(
        made(0, [
          [8, 1, 0],
          [128, 1, 0],
        ]),
        0,
        8,
      ),
    ).toBe('m out of bounds');
    expect(
      artFault(
        made(0, [
          [245_672, 1, 0],
          [245_704, 1, 0],
        ]),
        0,
        491_512,
      ),
    ).toBeUndefined();
    expect(
      artFault(
        made(0, [
          [245_672, 1, 0],
          [245_712, 1, 0],
        ]),
        0,
        491_512,
      ),
    ).toBe('body too long');
    // 16 probes.
    expect(
      fault(
        made(0, [
          [80, 16, 0],
          [80, 16, 0],
        ]),
      ),
    ).toBeUndefined();
    expect(
      fault(
        made(0, [
          [80, 17, 0],
          [80, 16, 0],
        ]),
      ),
    ).toBe('leaves: k out of bounds');
    expect(
      fault(
        made(0, [
          [80, 16, 0],
          [80, 17, 0],
        ]),
      ),
    ).toBe('internal nodes: k out of bounds');
    // .6·80 + 8 = 56 one bits.
    expect(
      fault(
        made(80, [
          [80, 1, 56],
          [80, 1, 56],
        ]),
      ),
    ).toBeUndefined();
    expect(
      fault(
        made(80, [
          [80, 1, 57],
          [80, 1, 56],
        ]),
      ),
    ).toBe('leaves: saturated');
    expect(
      fault(
        made(80, [
          [80, 1, 56],
          [80, 1, 57],
        ]),
      ),
    ).toBe('internal nodes: saturated');
    // n = 100: 69 … 131 ids by the fill, and 68.15 … 129.85 internal nodes.
    for (const [claimed, leaves, nodes] of [
      [100, 69.5, 69],
      [100, 130.5, 129],
    ] as const) {
      const ones = (ids: number): number => Math.round(8000 * (1 - Math.exp(-ids / 8000)));
      const apart = claimed > leaves ? -3 : 3;
      const body = (a: number, b: number): Uint8Array =>
        made(claimed, [
          [8000, 1, ones(a)],
          [8000, 1, ones(b)],
        ]);
      expect(fault(body(leaves, nodes))).toBeUndefined();
      expect(fault(body(leaves + apart, nodes))).toMatch('leaves: fill does not match');
      expect(fault(body(leaves, nodes + apart))).toMatch('internal nodes: fill does not match');
    }
    // Every bit of a tiny filter set: the estimate is infinite.
    expect(
      fault(
        made(8, [
          [8, 1, 8],
          [8, 1, 4],
        ]),
      ),
    ).toMatch('leaves: fill does not match');
  });

  it('of random bytes, also behind a header that fits, do no harm', () => {
    fc.assert(fc.property(anyBytes, feed), { numRuns: 400 });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 400 }),
        fc.integer({ min: 1, max: 16 }),
        fc.nat(400),
        (filter, probes, n) => {
          const leaf = 1 + (filter.length >> 2);
          const body = made(n, [
            [8 * leaf, probes, 0],
            [8 * (filter.length - leaf), probes, 0],
          ]);
          body.set(
            filter.map((byte, i) => byte & (filter[(i + 1) % filter.length] ?? 0)),
            18,
          );
          feed(body);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('of good bodies with a few bytes changed do no harm', () => {
    const rng = rngOf(20_240_601);
    let believed = 0;
    for (let i = 0; i < 500; i++) {
      const bytes = [...good];
      const at = i % 2 === 0 ? rng.below(18) : rng.below(bytes.length);
      if (i % 5 === 0) bytes.length = at;
      else if (i % 5 === 1) bytes.splice(at, 0, rng.below(256));
      else bytes[at] = rng.below(256);
      const body = Uint8Array.from(bytes);
      if (decodeArt(body, FROM, TO) !== undefined) believed++;
      feed(body);
    }
    expect(believed).toBeGreaterThan(100);
  });

  it('cost a reader of the largest range one visit a node at most', () => {
    const all = new Bitset(491_512);
    all.addRange(0, 491_512);
    const empty = made(0, [
      [8, 16, 0],
      [8, 16, 0],
    ]);
    const finding = decodeArt(empty, 0, 491_512)!.search(all, { correction: 2 ** 40 });
    expect(finding.visited).toBe(2 * 491_512 - 1);
    expect(finding.lacking.count).toBe(491_512);
  });
});
