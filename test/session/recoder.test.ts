// A sender of sums: what is in its pool, when it is told, and what goes out instead of sums.

import { describe, expect, it } from 'vitest';
import { Bitset, ProtocolError, Rng } from '../../src/base/index.ts';
import { fullRankDegree } from '../../src/fountain/index.ts';
import type { RecodedBatch } from '../../src/session/index.ts';
import { batchCount, RecodedSource } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { decodeBloom, encodeIdRuns, encodeSummary } from '../../src/summary/index.ts';
import type { StrategyCode, SummaryKindCode } from '../../src/wire/index.ts';
import { CLOSE, FINISH, STRATEGY, SUMMARY_KIND } from '../../src/wire/index.ts';
import type { SenderKit } from './helpers.ts';
import { esisOf, layoutFor, randomSet, senderFor } from './helpers.ts';

const layout = layoutFor(100, 2);
const START = 4711;
type Kind = 'exact' | 'bloom' | 'min-wise';

function describeTo(
  { view }: SenderKit,
  kind: Kind,
  bits: Bitset,
  sequence = 0,
  seed = 3,
): Uint8Array {
  const body = encodeSummary(kind, bits, 0, layout.idCount, seed);
  const code: SummaryKindCode = SUMMARY_KIND[kind];
  view.summary({
    type: 'summary',
    sequence,
    firstSbn: 0,
    blockCount: 2,
    more: false,
    kind: code,
    body,
  });
  return body;
}

function recoderFor(
  held: WorkingSet,
  strategy: StrategyCode,
  finish: keyof typeof FINISH = 'full-rank',
): SenderKit & { readonly source: RecodedSource; tell: () => number } {
  const kit = senderFor(held, strategy, { ask: { start: START, finish: FINISH[finish] } });
  const source = new RecodedSource(layout, START);
  const tell = (): number => {
    const messages = kit.sender.recoder?.renewPool() ?? [];
    for (const message of messages) source.pool.read(message);
    return messages.length;
  };
  return { ...kit, source, tell };
}

/** All recoded batches that are to be sent now, checked against what the receiver makes of them. */
function recoded(kit: SenderKit, source: RecodedSource): RecodedBatch[] {
  const batches: RecodedBatch[] = [];
  for (let batch = kit.sender.next(); batch !== undefined; batch = kit.sender.next()) {
    if (batch.kind !== 'recoded') throw new Error('a plain batch');
    const degrees = batch.symbols.map((symbol) => symbol.length);
    expect(source.constituents(batch.sbn, batch.first, degrees)).toEqual(batch.symbols);
    batches.push(batch);
  }
  return batches;
}

const membersOf = (bits: Bitset): number[] => {
  const ids: number[] = [];
  bits.forEach((id) => ids.push(id));
  return ids;
};

describe('a recoding sender', () => {
  it('sends nothing before it knows the receiver, and has told its pool', () => {
    for (const strategy of [STRATEGY.speculative, STRATEGY['recode-bf']]) {
      const kit = recoderFor(randomSet(layout, 0.4, new Rng(1)), strategy);
      const state = (): unknown[] => [kit.sender.isReady, kit.sender.recoder?.isPoolDue];
      expect(state()).toEqual([false, false]);
      describeTo(
        kit,
        strategy === STRATEGY.speculative ? 'min-wise' : 'bloom',
        new Bitset(layout.idCount),
      );
      expect(state()).toEqual([false, true]);
      expect(kit.tell()).toBe(1);
      expect(state()).toEqual([true, false]);
    }
  });

  it('sends sums of its pool that both ends draw alike, numbered by block', () => {
    const held = randomSet(layout, 0.4, new Rng(2));
    const kit = recoderFor(held, STRATEGY.speculative);
    describeTo(kit, 'min-wise', randomSet(layout, 0.3, new Rng(3)).bits);
    kit.tell();
    const next = [0, 0];
    for (let round = 0; round < 20; round++) {
      const sbn = round % 2;
      kit.sender.grant([{ sbn, count: 1 + (round % 7) }]);
      let count = 0;
      for (const batch of recoded(kit, kit.source)) {
        expect([batch.sbn, batch.first]).toEqual([sbn, next[sbn]]);
        next[sbn] = next[sbn]! + batchCount(batch);
        count += batchCount(batch);
        for (const symbol of batch.symbols) {
          for (const esi of symbol) expect(held.has(layout.id(sbn, esi))).toBe(true);
        }
      }
      expect([count, kit.sender.pending]).toEqual([1 + (round % 7), 0]);
    }
  });

  it('puts all that it holds into the pool; for recode-bf what the filter lacks', () => {
    const held = randomSet(layout, 0.6, new Rng(4));
    const theirs = randomSet(layout, 0.5, new Rng(5)).bits;
    const speculative = recoderFor(held, STRATEGY.speculative);
    describeTo(speculative, 'min-wise', theirs);
    speculative.tell();
    expect(membersOf(speculative.source.pool.bits)).toEqual(membersOf(held.bits));
    const filtered = recoderFor(held, STRATEGY['recode-bf']);
    const filter = decodeBloom(describeTo(filtered, 'bloom', theirs), 0, layout.idCount);
    filtered.tell();
    const pool = membersOf(held.bits).filter((id) => filter?.has(id) === false);
    expect(membersOf(filtered.source.pool.bits)).toEqual(pool);
    expect(pool.length).toBeLessThan(held.count);
    filtered.sender.grant([{ sbn: 0, count: 50 }]);
    for (const { symbols } of recoded(filtered, filtered.source)) {
      for (const symbol of symbols) expect(symbol).toHaveLength(4);
    }
  });

  it('uses the degree for the sketch, and the distribution when the receiver substitutes', () => {
    const held = randomSet(layout, 0.5, new Rng(6));
    const degreesOf = (finish: keyof typeof FINISH): number[] => {
      const kit = recoderFor(held, STRATEGY.speculative, finish);
      describeTo(kit, 'min-wise', held.bits); // it has all of it
      kit.tell();
      kit.sender.grant([{ sbn: 0, count: 300 }]);
      return recoded(kit, kit.source).flatMap(({ symbols }) => symbols.map((s) => s.length));
    };
    expect(new Set(degreesOf('full-rank'))).toEqual(new Set([fullRankDegree(1)]));
    const spread = degreesOf('substitution');
    expect(Math.max(...spread)).toBeLessThanOrEqual(held.countIn(0));
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(1);
  });

  it('never has a degree above its pool', () => {
    const held = new WorkingSet(layout);
    for (const id of [3, 9, 50]) held.add(id);
    const kit = recoderFor(held, STRATEGY.speculative);
    describeTo(kit, 'min-wise', new Bitset(layout.idCount));
    kit.tell();
    kit.sender.grant([{ sbn: 0, count: 5 }]);
    for (const { symbols } of recoded(kit, kit.source)) {
      for (const symbol of symbols) expect([...symbol].sort((a, b) => a - b)).toEqual([3, 9, 50]);
    }
  });

  it('is dry for a block that its pool has nothing of', () => {
    const held = new WorkingSet(layout);
    held.add(3);
    const kit = recoderFor(held, STRATEGY.speculative);
    describeTo(kit, 'min-wise', new Bitset(layout.idCount));
    kit.tell();
    kit.sender.grant([{ sbn: 1, count: 5 }]);
    expect(kit.sender.next()).toBeUndefined();
    expect(kit.sender.takeRefusal()).toEqual({ grants: [{ sbn: 1, count: 5 }], ids: [] });
  });

  it('renews its pool when a recode-bf receiver has sent an update, and otherwise when it is told to', () => {
    const held = randomSet(layout, 0.4, new Rng(8));
    const filtered = recoderFor(held, STRATEGY['recode-bf']);
    describeTo(filtered, 'exact', new Bitset(layout.idCount));
    filtered.tell();
    const first = held.bits.next(0);
    filtered.view.delta({ type: 'delta', sequence: 1, body: encodeIdRuns([first]) });
    // A pass over the own set has to be earned by symbols sent, or by the time that makePoolDue stands for.
    const { recoder: filter } = filtered.sender;
    expect([filter?.isPoolDue, filter?.hasNews, filtered.sender.isReady]).toEqual([
      false,
      true,
      true,
    ]);
    filtered.sender.grant([{ sbn: 0, count: 100 }]);
    recoded(filtered, filtered.source);
    expect([filter?.isPoolDue, filtered.sender.isReady]).toEqual([true, false]);
    expect(filtered.tell()).toBe(1);
    expect(filtered.source.pool.bits.has(first)).toBe(false);
    const second = held.bits.next(first + 1);
    filtered.view.delta({ type: 'delta', sequence: 2, body: encodeIdRuns([second]) });
    filter?.makePoolDue();
    expect(filtered.tell()).toBe(1);
    expect(filtered.source.pool.bits.has(second)).toBe(false);

    const speculative = recoderFor(held, STRATEGY.speculative);
    const recoder = speculative.sender.recoder!;
    describeTo(speculative, 'min-wise', new Bitset(layout.idCount));
    speculative.tell();
    describeTo(speculative, 'min-wise', held.bits, 1); // another sketch does not change the pool
    expect([recoder.isPoolDue, recoder.hasNews]).toEqual([false, false]);
    const id = held.bits.nextAbsent(0);
    held.add(id);
    expect([recoder.isPoolDue, recoder.hasNews]).toEqual([false, true]);
    expect(speculative.sender.isReady).toBe(true); // goes on with the old one
    speculative.sender.grant([{ sbn: 0, count: 200 }]);
    for (const { symbols } of recoded(speculative, speculative.source)) {
      expect(symbols.flat()).not.toContain(id);
    }
    recoder.makePoolDue();
    expect([recoder.isPoolDue, recoder.hasNews]).toEqual([true, false]);
    expect(speculative.tell()).toBe(1);
    expect(speculative.source.pool.bits.has(id)).toBe(true);
    recoder.makePoolDue(); // without news
    expect(recoder.isPoolDue).toBe(false);
  });

  it('sends fresh symbols of a block whose window it holds, sums of the others', () => {
    const held = randomSet(layout, 0.3, new Rng(9));
    held.addBlock(1);
    const kit = recoderFor(held, STRATEGY.speculative);
    describeTo(kit, 'min-wise', new Bitset(layout.idCount));
    kit.tell();
    kit.sender.grant([{ sbn: 1, count: 200 }]);
    const esis: number[] = [];
    for (let batch = kit.sender.next(); batch !== undefined; batch = kit.sender.next()) {
      esis.push(...esisOf(batch));
    }
    expect(new Set(esis).size).toBe(200); // each once
    kit.sender.grant([{ sbn: 0, count: 3 }]);
    expect(recoded(kit, kit.source).flatMap(({ symbols }) => symbols)).toHaveLength(3);
  });

  it('serves wants of what it holds, and refuses the others', () => {
    const held = randomSet(layout, 0.5, new Rng(10));
    const kit = recoderFor(held, STRATEGY['recode-bf']);
    describeTo(kit, 'bloom', new Bitset(layout.idCount));
    kit.tell();
    const ids = Array.from({ length: layout.idCount }, (_, id) => id);
    kit.sender.want(ids);
    const sent: number[] = [];
    for (let batch = kit.sender.next(); batch !== undefined; batch = kit.sender.next()) {
      for (const esi of esisOf(batch)) sent.push(layout.id(batch.sbn, esi));
    }
    expect(sent).toEqual(membersOf(held.bits));
    expect(kit.sender.takeRefusal()?.ids).toEqual(ids.filter((id) => !held.has(id)));
    // What the store cannot read goes back as it was asked for: by name, or by number.
    const [id] = sent as [number];
    kit.sender.want([id]);
    kit.sender.next();
    kit.sender.refuse(0, 1, [id]);
    expect(kit.sender.takeRefusal()).toEqual({ grants: [], ids: [id] });
    kit.sender.grant([{ sbn: 0, count: 4 }]);
    const batch = kit.sender.next();
    kit.sender.refuse(0, batchCount(batch!), []);
    expect(kit.sender.takeRefusal()).toEqual({ grants: [{ sbn: 0, count: 1 }], ids: [] });
  });

  it('is asked once', () => {
    const kit = recoderFor(randomSet(layout, 0.5, new Rng(1)), STRATEGY.speculative);
    const ask = {
      type: 'ask',
      strategy: 2,
      summaryKind: 2,
      updateFrequency: 0,
      start: 0,
      finish: 0,
    } as const;
    let code: unknown;
    try {
      kit.sender.ask(ask);
    } catch (error) {
      code = error instanceof ProtocolError ? error.code : error;
    }
    expect(code).toBe(CLOSE.UNEXPECTED);
  });
});
