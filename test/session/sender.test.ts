import { describe, expect, it, vi } from 'vitest';
import { ProtocolError, Rng } from '../../src/base/index.ts';
import { FreshCursors, GRANTED_MAX, WANTS_MAX } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { encodeIdRuns } from '../../src/summary/index.ts';
import { CLOSE, STRATEGY } from '../../src/wire/index.ts';
import { drain, esisOf, layoutFor, randomSet, senderFor } from './helpers.ts';

const codeOf = (work: () => void): number | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ProtocolError ? error.code : NaN;
  }
};

describe('fresh symbols', () => {
  it('leave a full source once over all its links, until the window is used up', () => {
    const layout = layoutFor(50, 3);
    const rng = new Rng(4);
    const fresh = new FreshCursors(layout, undefined, rng);
    const held = WorkingSet.full(layout);
    const links = [STRATEGY.uninformed, STRATEGY['uninformed-wor'], STRATEGY.reconciled].map(
      (s, seed) => senderFor(held, s, { fresh, seed }),
    );
    const seen = new Set<number>();
    for (let total = 0; total < layout.idCount;) {
      const kit = links[rng.below(links.length)]!;
      const sbn = rng.below(3);
      const left =
        layout.windowSize(sbn) - [...seen].filter((id) => layout.sbnOf(id) === sbn).length;
      if (left === 0) continue;
      kit.sender.grant([{ sbn, count: Math.min(left, 1 + rng.below(20)) }]);
      for (const id of drain(kit)) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
        total++;
      }
    }
    expect(seen.size).toBe(layout.idCount);
    // Then at random: uninformed repeats, without replacement only what this link has not had.
    links[0]!.sender.grant([{ sbn: 0, count: 500 }]);
    expect(drain(links[0]!)).toHaveLength(500);
  });

  it('two sources that know nothing of each other begin at different places', () => {
    const layout = layoutFor(1_000, 1);
    const first = (seed: number): number[] => {
      const kit = senderFor(WorkingSet.full(layout), STRATEGY['uninformed-wor'], {
        fresh: new FreshCursors(layout, undefined, new Rng(seed)),
      });
      kit.sender.grant([{ sbn: 0, count: 300 }]);
      return drain(kit);
    };
    const shared = first(1).filter((id) => first(2).includes(id));
    expect(shared.length).toBeLessThan(100);
  });

  it('begin where they are told to', () => {
    const layout = layoutFor(10, 1);
    const fresh = new FreshCursors(layout, 12, new Rng(1));
    const taken = Array.from({ length: 9 }, () => fresh.take(0, () => false));
    expect(taken).toEqual([12, 13, 14, 15, 16, 17, 18, 19, undefined]);
  });
});

describe('what a sender picks', () => {
  it('without replacement: never the same twice, and all of it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const rng = new Rng(seed);
      const held = randomSet(layoutFor(40, 2), 0.4, rng);
      const kit = senderFor(held, STRATEGY['uninformed-wor'], { seed });
      const sent: number[] = [];
      for (let round = 0; round < 30; round++) {
        kit.sender.grant([{ sbn: rng.below(2), count: 1 + rng.below(12) }]);
        sent.push(...drain(kit));
        // It may come to hold more while it sends.
        held.add(rng.below(held.layout.idCount));
      }
      for (const sbn of [0, 1]) kit.sender.grant([{ sbn, count: 200 }]);
      sent.push(...drain(kit));
      expect(new Set(sent).size).toBe(sent.length);
      expect([...sent].sort((a, b) => a - b)).toEqual(membersOf(held));
    }
  });

  it('with replacement: any held symbol, each about as often', () => {
    const held = randomSet(layoutFor(50, 1), 0.5, new Rng(3));
    const kit = senderFor(held, STRATEGY.uninformed);
    kit.sender.grant([{ sbn: 0, count: 20_000 }]);
    const counts = new Map<number, number>();
    for (const id of drain(kit)) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(membersOf(held));
    const expected = 20_000 / held.count;
    for (const count of counts.values())
      expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected));
  });

  it('reconciled: never what the view has, at whatever time it came to have it', () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = new Rng(seed);
      const layout = layoutFor(60, 2);
      const share = seed % 3 === 0 ? 2 : 0.6;
      const held = share > 1 ? WorkingSet.full(layout) : randomSet(layout, share, rng);
      const kit = senderFor(held, STRATEGY.reconciled, { seed });
      const sent = new Set<number>();
      for (let sequence = 0; sequence < 40; sequence++) {
        const ids = [...new Set(Array.from({ length: 5 }, () => rng.below(layout.idCount)))];
        const body = encodeIdRuns(ids.sort((a, b) => a - b));
        kit.view.delta({ type: 'delta', sequence, body });
        kit.sender.grant([{ sbn: rng.below(2), count: 1 + rng.below(8) }]);
        const picked = drain(kit);
        if (kit.sender.takeRefusal() !== undefined) break; // asked on and on, it begins again: next test
        for (const id of picked) {
          expect(kit.view.has(id)).toBe(false);
          expect(held.has(id)).toBe(true);
          expect(sent.has(id)).toBe(false);
          sent.add(id);
        }
      }
    }
  });

  it('what a receiver still lacks after three refusals is sent again', () => {
    // It had no use for a symbol when it came, and needs one more since its decode fell short.
    const layout = layoutFor(10, 1);
    for (const [strategy, refusals] of [
      [STRATEGY.reconciled, 3],
      [STRATEGY['uninformed-wor'], 10],
    ] as const) {
      const kit = senderFor(randomSet(layout, 0.4, new Rng(2)), strategy);
      const counts: number[] = [];
      for (let n = 0; n < refusals + 2; n++) {
        kit.sender.grant([{ sbn: 0, count: 20 }]);
        counts.push(drain(kit).length);
      }
      const all = kit.held.count;
      expect(counts).toEqual([all, ...new Array<number>(refusals).fill(0), all]);
    }
  });

  it('coordinated: just the wanted ones it holds, in batches of one block', () => {
    const layout = layoutFor(10, 3);
    const held = randomSet(layout, 0.5, new Rng(8));
    const kit = senderFor(held, STRATEGY.coordinated, { batchMax: 4 });
    const wanted = Array.from({ length: layout.idCount }, (_, id) => id);
    kit.sender.want(wanted);
    const sent: number[] = [];
    for (let batch = kit.sender.next(); batch !== undefined; batch = kit.sender.next()) {
      expect(esisOf(batch).length).toBeLessThanOrEqual(4);
      for (const esi of esisOf(batch)) sent.push(layout.id(batch.sbn, esi));
    }
    expect(sent).toEqual(membersOf(held));
    expect(kit.sender.takeRefusal()?.ids).toEqual(wanted.filter((id) => !held.has(id)));
    expect(kit.sender.takeRefusal()).toBeUndefined();
  });
});

describe('credit', () => {
  it('granted = sent + refused + pending, always', () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = new Rng(seed);
      const layout = layoutFor(20, 4);
      const strategies = [STRATEGY.uninformed, STRATEGY['uninformed-wor'], STRATEGY.reconciled];
      const held = randomSet(layout, rng.unit() * 0.5, rng);
      const kit = senderFor(held, strategies[seed % 3], { seed, batchMax: 1 + rng.below(20) });
      let granted = 0;
      let sent = 0;
      let refused = 0;
      for (let step = 0; step < 200; step++) {
        const count = 1 + rng.below(30);
        if (rng.below(3) === 0) {
          kit.sender.grant([{ sbn: rng.below(4), count }]);
          granted += count;
        }
        const batch = kit.sender.next();
        const size = esisOf(batch).length;
        // Now and then the store cannot read what was picked.
        if (batch !== undefined && rng.below(10) === 0) {
          const ids = esisOf(batch).map((esi) => layout.id(batch.sbn, esi));
          kit.sender.refuse(batch.sbn, size, ids);
        } else {
          sent += size;
        }
        if (rng.below(2) === 0) held.add(rng.below(layout.idCount));
        for (const grant of kit.sender.takeRefusal()?.grants ?? []) refused += grant.count;
        expect(sent + refused + kit.sender.pending).toBe(granted);
      }
    }
  });

  it('blocks take turns', () => {
    const kit = senderFor(WorkingSet.full(layoutFor(100, 2)), STRATEGY['uninformed-wor'], {
      batchMax: 5,
    });
    kit.sender.grant([
      { sbn: 0, count: 20 },
      { sbn: 1, count: 20 },
    ]);
    expect([1, 2, 3, 4].map(() => kit.sender.next()?.sbn)).toEqual([0, 1, 0, 1]);
  });

  it('the limits hold at their last value and close with LIMIT beyond', () => {
    const layout = layoutFor(5_000, 1);
    const wants = senderFor(WorkingSet.full(layout), STRATEGY.coordinated);
    const ids = Array.from({ length: WANTS_MAX }, (_, id) => id);
    expect(codeOf(() => wants.sender.want(ids))).toBeUndefined();
    expect(codeOf(() => wants.sender.want([0]))).toBe(CLOSE.LIMIT);
    const grants = senderFor(WorkingSet.full(layout), STRATEGY.uninformed);
    for (let sum = 0; sum < GRANTED_MAX; sum += 2 ** 15) {
      expect(codeOf(() => grants.sender.grant([{ sbn: 0, count: 2 ** 15 }]))).toBeUndefined();
    }
    expect(codeOf(() => grants.sender.grant([{ sbn: 0, count: 1 }]))).toBe(CLOSE.LIMIT);
  });

  it('a queue that was worked off has room again', () => {
    const layout = layoutFor(5_000, 1);
    const kit = senderFor(WorkingSet.full(layout), STRATEGY.coordinated, { batchMax: 255 });
    for (let round = 0; round < 5; round++) {
      kit.sender.want(Array.from({ length: WANTS_MAX }, (_, id) => id));
      expect(drain(kit)).toHaveLength(WANTS_MAX);
      expect(kit.sender.pending).toBe(0);
    }
  });

  it('of the wrong kind, or before ask, is UNEXPECTED; beyond the content MALFORMED', () => {
    const held = WorkingSet.full(layoutFor(10, 2));
    const grant = [{ sbn: 0, count: 1 }];
    expect(codeOf(() => senderFor(held, undefined).sender.grant(grant))).toBe(CLOSE.UNEXPECTED);
    expect(codeOf(() => senderFor(held, undefined).sender.want([1]))).toBe(CLOSE.UNEXPECTED);
    expect(codeOf(() => senderFor(held, STRATEGY.coordinated).sender.grant(grant))).toBe(
      CLOSE.UNEXPECTED,
    );
    expect(codeOf(() => senderFor(held, STRATEGY.reconciled).sender.want([1]))).toBe(
      CLOSE.UNEXPECTED,
    );
    const beyond = [{ sbn: 2, count: 1 }];
    expect(codeOf(() => senderFor(held, STRATEGY.uninformed).sender.grant(beyond))).toBe(
      CLOSE.MALFORMED,
    );
  });

  it('a sender that is itself receiving does not draw its pool anew for every symbol', () => {
    // Without that care a block of 20,000 symbols costs 20,000 times 20,000 steps.
    const layout = layoutFor(20_000, 1);
    const held = randomSet(layout, 0.4, new Rng(1));
    for (const strategy of [STRATEGY.uninformed, STRATEGY['uninformed-wor'], STRATEGY.reconciled]) {
      const kit = senderFor(held, strategy, { batchMax: 1 });
      const visits = vi.spyOn(held.bits, 'forEach');
      for (let id = 0; id < 10_000; id++) {
        held.add(id);
        kit.sender.grant([{ sbn: 0, count: 1 }]);
        if (esisOf(kit.sender.next()).length !== 1) throw new Error('nothing to send');
      }
      expect(visits.mock.calls.length).toBeLessThan(20); // the other way 10,000
      visits.mockRestore();
    }
  });
});

function membersOf(held: WorkingSet): number[] {
  const ids: number[] = [];
  held.bits.forEach((id) => ids.push(id));
  return ids;
}
