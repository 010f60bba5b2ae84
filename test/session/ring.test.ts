import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import { ringPosition, ringStart } from '../../src/session/index.ts';
import { alongRing } from '../../src/session/ring.ts';
import type { WorkingSet } from '../../src/store/index.ts';
import { encodeExact } from '../../src/summary/index.ts';
import { STRATEGY } from '../../src/wire/index.ts';
import type { SenderKit } from './helpers.ts';
import { drain, layoutFor, randomSet, senderFor } from './helpers.ts';

const HALF = 2 ** 31;

describe('the ring', () => {
  it('gives the n-th sender the bits of n in reverse', () => {
    const QUARTER = 2 ** 30;
    expect([0, 1, 2, 3, 4].map(ringStart)).toEqual([0, HALF, QUARTER, 3 * QUARTER, QUARTER / 2]);
    expect(ringStart(0xffffffff)).toBe(0xffffffff);
    const slow = (n: number): number =>
      parseInt([...n.toString(2).padStart(32, '0')].reverse().join(''), 2);
    for (let n = 0; n < 300; n++) expect(ringStart(n)).toBe(slow(n));
  });

  it('spreads any number of starts: no gap is more than twice another', () => {
    for (let count = 2; count < 100; count++) {
      const starts = Array.from({ length: count }, (_, n) => ringStart(n)).sort((a, b) => a - b);
      const gaps = starts.map((start, i) => (starts[i + 1] ?? starts[0]! + 2 ** 32) - start);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.min(...gaps));
    }
  });

  it('is passed once, ascending from the start: the slow twin', () => {
    for (let seed = 0; seed < 300; seed++) {
      const rng = new Rng(seed);
      const ids = new Set(Array.from({ length: rng.below(60) }, () => rng.below(2 ** 26)));
      const start = seed % 4 === 0 ? ringStart(rng.below(8)) : rng.uint32();
      const distance = (id: number): number => (ringPosition(id) - start + 2 ** 32) % 2 ** 32;
      expect([...alongRing(Uint32Array.from(ids), start)]).toEqual(
        [...ids].sort((a, b) => distance(a) - distance(b)),
      );
    }
  });

  it('begins at the id that is just on the start, and ends at the one before', () => {
    const ids = Uint32Array.from([5, 6, 7, 8, 9]);
    for (const id of ids) {
      expect(alongRing(ids, ringPosition(id))[0]).toBe(id);
      expect(alongRing(ids, (ringPosition(id) + 1) >>> 0)[4]).toBe(id);
    }
  });

  it('has different places for different ids', () => {
    const places = new Set(Array.from({ length: 100_000 }, (_, id) => ringPosition(id)));
    expect(places.size).toBe(100_000);
  });
});

describe('a partition sender', () => {
  const layout = layoutFor(200, 2);
  /** A sender that was told exactly `known` and begins at `start`. */
  function partitionSender(held: WorkingSet, known: Bitset, start: number, seed = 1): SenderKit {
    const kit = senderFor(held, STRATEGY.partition, { seed, ask: { start } });
    const body = encodeExact(known, 0, layout.idCount);
    const summary = { type: 'summary', sequence: 0, firstSbn: 0, blockCount: 2 } as const;
    kit.view.summary({ ...summary, more: false, kind: 0, body });
    return kit;
  }
  const take = (kit: SenderKit, sbn: number, count: number): number[] => {
    kit.sender.grant([{ sbn, count }]);
    return drain(kit);
  };

  it('waits for a description, then sends what it lacks in the order of the ring', () => {
    const held = randomSet(layout, 0.6, new Rng(1));
    const known = randomSet(layout, 0.5, new Rng(2)).bits;
    expect(senderFor(held, STRATEGY.partition).sender.isReady).toBe(false);
    for (const start of [0, HALF, 12345]) {
      const kit = partitionSender(held, known, start);
      expect(kit.sender.isReady).toBe(true);
      const ids: number[] = [];
      held.bits.forEach((id) => {
        if (layout.sbnOf(id) === 1 && !known.has(id)) ids.push(id);
      });
      const order = [...alongRing(Uint32Array.from(ids), start)];
      // In portions of any size, and not told anything new.
      const sent = [...take(kit, 1, 7), ...take(kit, 1, 1), ...take(kit, 1, 1_000)];
      expect(sent).toEqual(order);
      expect(kit.sender.takeRefusal()?.grants).toHaveLength(1);
    }
  });

  it('and another that begins across the ring first send disjoint halves', () => {
    const held = randomSet(layout, 0.9, new Rng(3)); // both hold the same
    const known = new Bitset(layout.idCount);
    const [a, b] = [partitionSender(held, known, 0, 1), partitionSender(held, known, HALF, 2)];
    const below = (ids: number[]): number => ids.filter((id) => ringPosition(id) < HALF).length;
    const lower = below(Array.from({ length: held.countIn(0) }, (_, i) => nth(held, i)));
    const first = take(a, 0, lower);
    const second = take(b, 0, held.countIn(0) - lower);
    expect([below(first), below(second)]).toEqual([lower, 0]);
    expect(new Set([...first, ...second]).size).toBe(held.countIn(0));
  });

  it('goes on in the same order after an update, without what came from the other', () => {
    const held = randomSet(layout, 0.9, new Rng(4));
    const kit = partitionSender(held, new Bitset(layout.idCount), 0);
    const sent = take(kit, 0, 20);
    const other = randomSet(layout, 0.5, new Rng(5)).bits;
    const body = encodeExact(other, 0, layout.idCount);
    const summary = { type: 'summary', sequence: 1, firstSbn: 0, blockCount: 2 } as const;
    kit.view.summary({ ...summary, more: false, kind: 0, body });
    const rest = take(kit, 0, 1_000);
    const places = [...sent, ...rest].map(ringPosition);
    expect(places).toEqual([...places].sort((x, y) => x - y));
    for (const id of rest) expect(other.has(id)).toBe(false);
  });
});

/** The n-th held id. */
function nth(held: WorkingSet, n: number): number {
  let id = held.bits.next(0);
  for (let i = 0; i < n; i++) id = held.bits.next(id + 1);
  return id;
}
