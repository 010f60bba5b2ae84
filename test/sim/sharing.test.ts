// Receivers that serve each other: how little a full source must send, and that limits of bytes per second hold.

import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import type { SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';

const T = 16_384;

interface Sharing {
  readonly world: World;
  readonly source: SimPeer;
  readonly receivers: readonly SimPeer[];
}

/** One full source with a limited uplink, and receivers that know it and each other, with twice its uplink. */
function share(
  count: number,
  sourceSymbols: number,
  blockCount: number,
  uplink: number,
  transfer: SimPeerOptions['transfer'],
): Sharing {
  const content = simContent({ sourceSymbols, blockCount, symbolBytes: T });
  const world = new World(5, () => ({ delayMs: 20, bytesPerMs: 2_000 }));
  const source = world.add({
    name: 'source',
    content,
    held: 'full',
    transfer: { fetch: false, sendBytesPerSecond: uplink },
  });
  const receivers = Array.from({ length: count }, (_, i) =>
    world.add({
      name: `receiver ${i}`,
      content,
      held: 'none',
      transfer: { sendBytesPerSecond: 2 * uplink, ...transfer },
    }),
  );
  receivers.forEach((receiver, i) => {
    receiver.addSource('source');
    for (const other of receivers.slice(0, i)) receiver.addSource(other.name);
  });
  world.run(() => receivers.every(({ transfer: { phase } }) => phase === 'done'));
  return { world, source, receivers };
}

describe('copies of the content that leave a full source', () => {
  const results: string[] = [];
  for (const [count, uplink] of [
    [4, 400_000],
    [8, 400_000],
    [8, 2_000_000],
  ] as const) {
    for (const [sourceSymbols, blockCount] of [
      [2_000, 1],
      [1_024, 4],
      [250, 8],
    ] as const) {
      it(`${count} receivers, ${blockCount} × ${sourceSymbols} symbols, ${uplink / 1e6} MB/s`, () => {
        const { world, source, receivers } = share(count, sourceSymbols, blockCount, uplink, {});
        const symbols = sourceSymbols * blockCount;
        const copies = source.transfer.status().sent / symbols;
        const ideal = (symbols * T * 1000) / uplink;
        const label = `${count} × ${uplink / 1e6} MB/s, ${blockCount} × ${sourceSymbols}`;
        results.push(
          `${label}: ${copies.toFixed(2)} copies, ${(world.clock.now / ideal).toFixed(2)} × ideal time`,
        );
        expect(copies).toBeGreaterThanOrEqual(1);
        expect(copies).toBeLessThan(1.5);
        expect(world.clock.now / ideal).toBeLessThan(1.6);
        for (const { transfer, events } of receivers) {
          const { duplicate, rejected, summaryBytes } = transfer.status();
          expect([duplicate, rejected]).toEqual([0, 0]);
          expect(summaryBytes / (symbols * T)).toBeLessThan(0.005);
          expect(events.filter(({ type }) => type === 'stalled')).toEqual([]);
        }
      });
    }
  }
  it('figures', () => console.log(results.join('\n')));

  it('a reconciled swarm: the source sends no id twice before its window is out', () => {
    const { source } = share(4, 500, 1, 400_000, { strategy: 'reconciled' });
    expect(source.transfer.status().sent).toBeLessThanOrEqual(1.5 * 500);
  });
});

it('two receivers that each have what the other lacks finish without any source', () => {
  // Less than an update's worth of news on both sides: it must be told all the same.
  const content = simContent({ sourceSymbols: 400, blockCount: 1 });
  const world = new World(9);
  const halves = [new Bitset(800), new Bitset(800)] as const;
  halves[0].addRange(0, 150);
  halves[1].addRange(250, 400);
  const both = new Bitset(800);
  both.addRange(150, 250);
  world.add({ name: 'source', content, held: both, transfer: { fetch: false } });
  const peers = halves.map((held, i) =>
    world.add({ name: `peer ${i}`, content, held, transfer: { updateFrequency: 1 } }),
  );
  for (const peer of peers) peer.addSource('source');
  world.runUntil(3_000);
  world.schedule([{ at: 3_000, kind: 'kill', peer: 'source' }]);
  peers[0]!.addSource('peer 1');
  world.run(() => peers.every(({ transfer: { phase } }) => phase === 'done'), 60_000);
});

it('what comes late is told even when nothing more comes', () => {
  // Both get half from a source that dies; neither has news worth an update, and both need all of it.
  const content = simContent({ sourceSymbols: 100, blockCount: 1, windowRatio: 1 });
  const world = new World(9, () => ({ delayMs: 5, bytesPerMs: 100 }));
  const parts = [0, 1].map((i) => {
    const held = new Bitset(100);
    held.addRange(50 * i, 50 * i + 50);
    return world.add({ name: `part ${i}`, content, held, transfer: { fetch: false } });
  });
  const peers = [0, 1].map((i) =>
    world.add({ name: `peer ${i}`, content, held: 'none', transfer: { updateFrequency: 1 } }),
  );
  peers[0]!.addSource('peer 1');
  parts.forEach(({ name }, i) => peers[i]!.addSource(name));
  world.schedule([0, 1].map((i) => ({ at: 20_000, kind: 'kill', peer: `part ${i}` })));
  world.run(() => peers.every(({ transfer: { phase } }) => phase === 'done'), 60_000);
});

describe('limits of bytes per second', () => {
  const LIMIT = 500_000;

  /** Largest excess over LIMIT · t, in bytes, of what passed between any two moments. */
  function excess(passed: readonly { readonly at: number; readonly bytes: number }[]): number {
    let lowest = 0;
    let worst = 0;
    let sum = 0;
    for (const { at, bytes } of passed) {
      lowest = Math.min(lowest, sum - (LIMIT * at) / 1000);
      sum += bytes;
      worst = Math.max(worst, sum - (LIMIT * at) / 1000 - lowest);
    }
    return worst;
  }

  function limited(which: 'source' | 'receiver', strategy: 'coordinated' | 'uninformed'): void {
    const content = simContent({ sourceSymbols: 256, blockCount: 4, symbolBytes: T });
    const world = new World(5, () => ({ delayMs: 20, bytesPerMs: 4_000 }));
    const up = which === 'source' ? { sendBytesPerSecond: LIMIT } : {};
    const down = which === 'receiver' ? { receiveBytesPerSecond: LIMIT } : {};
    for (const name of which === 'source' ? ['a'] : ['a', 'b', 'c']) {
      world.add({ name, content, held: 'full', transfer: { fetch: false, ...up } });
    }
    for (const name of which === 'source' ? ['x', 'y', 'z'] : ['x']) {
      const transfer = { strategy, serve: false, ...down };
      const receiver = world.add({ name, content, held: 'none', transfer });
      for (const source of world.peers) if (source !== receiver) receiver.addSource(source.name);
    }
    const passed: { at: number; bytes: number }[] = [];
    world.onTrace = (at, entry) => {
      if (entry.kind === 'symbols') passed.push({ at, bytes: entry.esis.length * T });
    };
    const receivers = world.peers.filter(({ transfer }) => transfer.options.fetch);
    world.run(() => receivers.every(({ transfer: { phase } }) => phase === 'done'));
    const total = passed.reduce((sum, { bytes }) => sum + bytes, 0);
    // A tenth of a second's worth may pass at once, and one frame may overdraw.
    expect(excess(passed)).toBeLessThanOrEqual(LIMIT / 10 + 65_536 + T);
    // … and the limit is used, not merely kept.
    expect(world.clock.now).toBeLessThan(1.06 * ((total * 1000) / LIMIT) + 500);
  }

  for (const strategy of ['coordinated', 'uninformed'] as const) {
    it(`sending, ${strategy}`, () => limited('source', strategy));
    it(`receiving, ${strategy}`, () => limited('receiver', strategy));
  }

  it('grants that come back unused are not counted as received', () => {
    const content = simContent({ sourceSymbols: 256, blockCount: 4, symbolBytes: T });
    const world = new World(5, () => ({ delayMs: 5, bytesPerMs: 4_000 }));
    const empty = new Bitset(content.layout.idCount);
    empty.add(0);
    for (const name of ['a', 'b', 'c']) {
      world.add({ name, content, held: empty, transfer: { fetch: false } });
    }
    world.add({ name: 'full', content, held: 'full', transfer: { fetch: false } });
    const transfer = { strategy: 'reconciled', receiveBytesPerSecond: LIMIT } as const;
    const receiver = world.add({ name: 'receiver', content, held: 'none', transfer });
    for (const name of ['a', 'b', 'c', 'full']) receiver.addSource(name);
    world.run(() => receiver.transfer.phase === 'done');
    const ideal = (content.layout.length * 1000) / LIMIT;
    expect(world.clock.now).toBeLessThan(1.1 * ideal);
  });
});
