// Whole transfers by sums: they end in the cases in which sums alone do not suffice, whatever the seed.

import { describe, expect, it, vi } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import type { Strategy, TransferStatus } from '../../src/engine/index.ts';
import type { Misbehaviour, SimPeer, SimPeerOptions, TraceEntry } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { decodeControl } from '../../src/wire/index.ts';

const STRATEGIES = ['speculative', 'recode-bf'] as const;
const FINISHES = ['full-rank', 'substitution'] as const;

interface Run {
  readonly status: TransferStatus;
  readonly receiver: SimPeer;
  readonly world: World;
  readonly trace: readonly (readonly [number, TraceEntry])[];
}

interface RunOptions {
  readonly strategy: Strategy;
  readonly finish?: (typeof FINISHES)[number];
  readonly seed?: number;
  readonly blockCount?: number;
  /** Of the window in units of K, per block. */
  readonly receiver: readonly [number, number];
  readonly senders: readonly (readonly [number, number, Misbehaviour?])[];
  readonly transfer?: SimPeerOptions['transfer'];
  readonly faults?: Misbehaviour;
}

const K = 60;

/** Runs until the receiver is done, or has failed, which no run here may. */
function run(options: RunOptions): Run {
  const { strategy, finish = 'full-rank', seed = 1, blockCount = 1, faults } = options;
  const content = simContent({ sourceSymbols: K, blockCount, symbolBytes: 1_400 });
  const { layout } = content;
  const part = ([from, to]: readonly [number, number, ...unknown[]]): Bitset => {
    const bits = new Bitset(layout.idCount);
    for (let sbn = 0; sbn < blockCount; sbn++) {
      const start = layout.windowStart(sbn);
      bits.addRange(start + Math.round(from * K), start + Math.round(to * K));
    }
    return bits;
  };
  const world = new World(seed, () => ({ delayMs: 10, bytesPerMs: 1_000 }));
  const trace: [number, TraceEntry][] = [];
  world.onTrace = (at, entry) => trace.push([at, entry]);
  options.senders.forEach(([from, to, behaviour], i) => {
    const transfer = { fetch: false };
    const more = behaviour === undefined ? {} : { faults: behaviour };
    world.add({ name: `s${i}`, content, held: part([from, to]), transfer, ...more });
  });
  const receiver = world.add({
    name: 'r',
    content,
    held: part(options.receiver),
    transfer: {
      linger: false,
      serve: false,
      updateFrequency: 1,
      strategy,
      finish,
      ...options.transfer,
    },
    ...(faults === undefined ? {} : { faults }),
  });
  options.senders.forEach((_, i) => receiver.addSource(`s${i}`));
  world.run(() => receiver.transfer.phase === 'done' || receiver.transfer.phase === 'failed');
  expect([seed, receiver.transfer.phase]).toEqual([seed, 'done']);
  return { status: receiver.transfer.status(), receiver, world, trace };
}

const wantsIn = ({ trace }: Run): number =>
  trace.filter(([, e]) => e.kind === 'control' && decodeControl(e.bytes).type === 'want').length;
const eventsOf = ({ receiver }: Run, type: string): unknown[] =>
  receiver.events.filter((event) => event.type === type);

describe('a receiver of sums', () => {
  it('needs few more than it lacks where the senders have some to spare, and names none', () => {
    for (const strategy of STRATEGIES) {
      for (let seed = 1; seed <= 5; seed++) {
        const senders = [[0.5, 1.2]] as const;
        const one = run({ strategy, seed, receiver: [0, 0.5], senders, blockCount: 3 });
        expect(one.status.received).toBeLessThan(one.status.needed + 12);
        expect(one.trace.some(([, { kind }]) => kind === 'symbols')).toBe(wantsIn(one) > 0);
      }
    }
  });

  it('gets the last symbol where the senders have nothing to spare', () => {
    for (const strategy of STRATEGIES) {
      for (const finish of FINISHES) {
        for (let seed = 1; seed <= 8; seed++) {
          run({ strategy, finish, seed, receiver: [0, 0.5], senders: [[0.5, 1]] });
          const senders = [
            [0.3, 0.8],
            [0.5, 1],
          ] as const;
          run({ strategy, finish, seed, blockCount: 2, receiver: [0, 0.5], senders });
        }
      }
    }
  });

  it('gets what its own filter hides: all are told anew when nothing has been on its way for a second', () => {
    // At 2.2 % a filter hides one of 30 in every second run.
    let renewed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const one = run({ strategy: 'recode-bf', seed, receiver: [0, 0.5], senders: [[0.5, 1]] });
      const summaries = one.trace.filter(
        ([, e]) => e.kind === 'control' && decodeControl(e.bytes).type === 'summary',
      );
      const times = summaries.map(([at]) => at);
      if (times.length > 1) renewed++;
      for (let i = 1; i < times.length; i++) {
        expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1_000);
      }
    }
    expect(renewed).toBeGreaterThan(1);
    expect(renewed).toBeLessThan(12);
  });

  it('completes a block in which a sum lied by name, and strikes the liar', () => {
    let plainOnly = 0;
    for (const strategy of STRATEGIES) {
      for (const finish of FINISHES) {
        for (let seed = 1; seed <= 6; seed++) {
          const senders = [
            [0.4, 1.2],
            [0.4, 1.2, { polluteNext: 1 }],
          ] as const;
          const one = run({ strategy, finish, seed, receiver: [0, 0.5], senders, blockCount: 2 });
          if (finish === 'full-rank') plainOnly += wantsIn(one) > 0 ? 1 : 0;
          // It is found out, unless it came when it was of no use.
          const { rejected, sources } = one.status;
          expect(rejected).toBeLessThanOrEqual(1);
          expect([eventsOf(one, 'rejected').length, sources[0]?.rejected]).toEqual([rejected, 0]);
        }
      }
    }
    expect(plainOnly).toBeGreaterThan(6);
  });

  it('bans a sender that lies again and again, and takes nothing that it sent', () => {
    for (const strategy of STRATEGIES) {
      for (const finish of FINISHES) {
        for (let seed = 1; seed <= 4; seed++) {
          const senders = [
            [0.4, 1.2],
            [0.4, 1.2, { pollute: 0.5 }],
          ] as const;
          const one = run({ strategy, finish, seed, receiver: [0, 0.5], senders, blockCount: 2 });
          const struck = eventsOf(one, 'rejected').length;
          expect(struck).toBeGreaterThan(0);
          if (struck > 1)
            expect(eventsOf(one, 'link-down')).toContainEqual(
              expect.objectContaining({ address: 's1', code: 4006 }),
            );
        }
      }
    }
  });

  it('survives decodings that fall short, and a disk that corrupts a block', () => {
    for (const strategy of STRATEGIES) {
      for (let seed = 1; seed <= 4; seed++) {
        const senders = [
          [0.3, 1],
          [0.6, 1.3],
        ] as const;
        const faults = { shortDecodes: 0.5, corruptBlocks: seed % 2 };
        run({ strategy, seed, receiver: [0, 0.4], senders, blockCount: 2, faults });
      }
    }
  });

  it('takes fresh symbols of blocks that a sender holds whole', () => {
    for (const strategy of STRATEGIES) {
      const one = run({
        strategy,
        receiver: [0, 0.5],
        senders: [
          [0, 2],
          [0.5, 1.2],
        ],
        blockCount: 2,
      });
      const kinds = new Set(one.trace.map(([, { kind }]) => kind));
      expect([kinds.has('symbols'), kinds.has('recoded')]).toEqual([true, true]);
    }
  });
});

describe('sums that depend on each other', () => {
  it('beyond the size of the window do not keep a block decoding for ever', () => {
    // Two links to one small pool that grows: each is granted as many sums as the pool has.
    const content = simContent({ sourceSymbols: 100, blockCount: 1, symbolBytes: 1_400 });
    const half = new Bitset(content.layout.idCount);
    half.addRange(0, 10);
    const world = new World(3, () => ({ delayMs: 10, bytesPerMs: 15 }));
    world.add({ name: 's', content, held: 'full', transfer: { fetch: false } });
    const transfer = { strategy: 'recode-bf', updateFrequency: 100 } as const;
    const m = world.add({ name: 'm', content, held: half, transfer });
    const r = world.add({ name: 'r', content, held: 'none', transfer });
    m.addSource('s');
    m.addSource('r');
    r.addSource('m');
    world.run(() => m.transfer.phase === 'done' && r.transfer.phase === 'done');
    expect(r.transfer.status().have).toBe(100);
  });
});

describe('a sender of sums that receives itself', () => {
  it('tells what its pool has gained within a second, also when its own updates are more frequent', () => {
    const content = simContent({ sourceSymbols: 400, blockCount: 1, symbolBytes: 1_400 });
    const { layout } = content;
    const world = new World(3, () => ({ delayMs: 10, bytesPerMs: 60 }));
    const pools: number[] = [];
    world.onTrace = (at, entry) => {
      if (entry.kind !== 'control' || entry.from !== 'm' || entry.to !== 'r') return;
      if (decodeControl(entry.bytes).type === 'pool') pools.push(at);
    };
    const half = new Bitset(layout.idCount);
    half.addRange(0, 40);
    world.add({ name: 's', content, held: 'full', transfer: { fetch: false } });
    const transfer = { strategy: 'recode-bf', updateFrequency: 100 } as const;
    const m = world.add({ name: 'm', content, held: half, transfer });
    const r = world.add({
      name: 'r',
      content,
      held: 'none',
      transfer: { ...transfer, updateFrequency: 1 },
    });
    m.addSource('s');
    r.addSource('m');
    world.run(() => m.transfer.phase === 'done' && r.transfer.phase === 'done');
    expect(pools.length).toBeGreaterThan(4);
    const gaps = pools.slice(1).map((at, i) => at - pools[i]!);
    expect(Math.min(...gaps.slice(0, 4))).toBeGreaterThan(500);
    expect(Math.max(...gaps.slice(0, 4))).toBeLessThan(2_000);
    // One that has all and stays is not woken again and again for news that it no longer tells.
    const { now } = world.clock;
    const wakings = vi.spyOn(m.transfer, 'handle');
    world.runUntil(now + 10_000);
    expect(wakings.mock.calls.length).toBeLessThan(50);
  });
});
