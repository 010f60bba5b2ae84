// A pool is the same at both ends whatever becomes of it.

import { describe, expect, it } from 'vitest';
import { Bitset, ProtocolError, Rng } from '../../src/base/index.ts';
import type { Layout } from '../../src/content/index.ts';
import { constituentPositions } from '../../src/fountain/index.ts';
import { Pool } from '../../src/session/pool.ts';
import { encodeIdRuns } from '../../src/summary/index.ts';
import type { MessageOf } from '../../src/wire/index.ts';
import { CLOSE, decodeControl, encodeControl } from '../../src/wire/index.ts';
import { layoutFor, randomSet } from './helpers.ts';

/** Tells `far` what `near` becomes, over the wire. Returns the messages. */
function become(near: Pool, far: Pool, next: Bitset): MessageOf<'pool'>[] {
  const messages = near.become(next);
  for (const message of messages) {
    const decoded = decodeControl(encodeControl(message));
    if (decoded.type !== 'pool') throw new Error(`a pool says ${decoded.type}`);
    far.read(decoded);
  }
  return messages;
}

function slowMembers(layout: Layout, bits: Bitset, sbn: number): number[] {
  const esis: number[] = [];
  for (let esi = 0; esi < layout.windowSize(sbn); esi++) {
    if (bits.has(layout.id(sbn, esi))) esis.push(esi);
  }
  return esis;
}

const codeOf = (work: () => void): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error;
  }
};

describe('a pool', () => {
  it('is at both ends what it became, for any sequence of sets', () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = new Rng(seed);
      const layout = layoutFor(1 + rng.below(40), 1 + rng.below(30));
      const [near, far] = [new Pool(layout), new Pool(layout)];
      let set = new Bitset(layout.idCount);
      for (let round = 0; round < 12; round++) {
        const kind = rng.below(4);
        if (kind === 0) set = randomSet(layout, rng.unit(), rng).bits.clone();
        else if (kind === 1) set = set.clone();
        else {
          set = set.clone();
          for (let n = rng.below(20); n >= 0; n--) {
            const id = rng.below(layout.idCount);
            if (kind === 2) set.add(id);
            else set.delete(id);
          }
        }
        become(near, far, set);
        expect(near.bits.words).toEqual(set.words);
        expect([far.bits.words, far.bits.count]).toEqual([set.words, set.count]);
        const sbn = rng.below(layout.blockCount);
        expect([...far.members(sbn)]).toEqual(slowMembers(layout, set, sbn));
        const size = far.members(sbn).length;
        const degree = 1 + rng.below(8);
        const drawn = near.constituents(seed, sbn, round, degree);
        expect(drawn).toEqual(far.constituents(seed, sbn, round, degree));
        expect(drawn).toEqual(
          degree > size
            ? undefined
            : constituentPositions(seed, sbn, round, degree, size).map((p) => far.members(sbn)[p]),
        );
      }
    }
  });

  it('that has not changed is not told; one that grew costs what is new', () => {
    const layout = layoutFor(5_000, 4);
    const [near, far] = [new Pool(layout), new Pool(layout)];
    const set = randomSet(layout, 0.5, new Rng(1)).bits.clone();
    expect(become(near, far, set)).toMatchObject([{ add: false, firstSbn: 0, blockCount: 4 }]);
    expect(near.become(set)).toEqual([]);
    set.add(set.nextAbsent(0));
    set.add(set.nextAbsent(30_000));
    const [message, ...rest] = become(near, far, set);
    expect([message?.add, rest]).toEqual([true, []]);
    expect(message?.body.length).toBeLessThan(12);
    expect(far.bits.words).toEqual(set.words);
    // What has left cannot be added away.
    set.delete(set.next(0));
    expect(become(near, far, set)).toMatchObject([{ add: false }]);
    expect(far.bits.words).toEqual(set.words);
  });

  it('of many blocks comes in ranges, and only those that changed come again', () => {
    const layout = layoutFor(20_000, 30); // 1,200,000 ids: three ranges
    const [near, far] = [new Pool(layout), new Pool(layout)];
    const set = randomSet(layout, 0.3, new Rng(2)).bits.clone();
    const messages = become(near, far, set);
    expect(messages.length).toBe(3);
    let next = 0;
    for (const { firstSbn, blockCount } of messages) {
      expect(firstSbn).toBe(next);
      next += blockCount;
    }
    expect(next).toBe(30);
    expect(far.bits.words).toEqual(set.words);
    set.delete(set.next(layout.windowStart(29)));
    const again = become(near, far, set);
    expect(again).toEqual([expect.objectContaining({ firstSbn: messages[2]?.firstSbn })]);
    expect(far.bits.words).toEqual(set.words);
  });

  it('keeps its lists right when more blocks are in use than it keeps lists of', () => {
    const layout = layoutFor(4, 50);
    const pool = new Pool(layout);
    const set = randomSet(layout, 0.5, new Rng(3)).bits.clone();
    pool.become(set);
    for (const rounds of [0, 1]) {
      for (let sbn = 0; sbn < 50; sbn++) {
        expect([...pool.members(sbn)]).toEqual(slowMembers(layout, set, sbn));
      }
      set.add(rounds);
      pool.become(set);
    }
  });

  it('that cannot be read is BAD_SUMMARY', () => {
    const layout = layoutFor(10, 4);
    const pool = { type: 'pool', firstSbn: 0, blockCount: 4, add: false } as const;
    const body = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
    const bad = (message: MessageOf<'pool'>): unknown =>
      codeOf(() => new Pool(layout).read(message));
    expect(bad({ ...pool, body: body(3, 0) })).toBeUndefined();
    expect(bad({ ...pool, body: body(0) })).toBeUndefined();
    expect(bad({ ...pool, firstSbn: 1, body: body(3, 0) })).toBe(CLOSE.BAD_SUMMARY);
    expect(bad({ ...pool, firstSbn: 65_535, blockCount: 1, body: body(0) })).toBe(
      CLOSE.BAD_SUMMARY,
    );
    for (const bytes of [body(), body(9), body(1, 255), body(2, 200)]) {
      expect(bad({ ...pool, body: bytes })).toBe(CLOSE.BAD_SUMMARY);
    }
    const add = { ...pool, add: true };
    expect(bad({ ...add, body: encodeIdRuns([0, layout.idCount - 1]) })).toBeUndefined();
    expect(bad({ ...add, body: encodeIdRuns([layout.idCount]) })).toBe(CLOSE.BAD_SUMMARY);
    expect(bad({ ...add, body: body(255) })).toBe(CLOSE.BAD_SUMMARY);
  });
});
