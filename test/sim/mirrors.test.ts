// Downloads from mirrors in virtual time: one machine, plain servers whose rate, life and honesty can change, and peers
// beside them.

import { describe, expect, it } from 'vitest';
import type { MirrorTerms } from '../../src/engine/index.ts';
import type { SimMirror, SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { check } from './random-swarm.ts';

/** 64 MiB in blocks of 4 MiB. */
const content = simContent({
  sourceSymbols: 256,
  blockCount: 16,
  symbolBytes: 16_384,
  windowRatio: 1,
});
const BYTES = content.layout.length;
const FREE: MirrorTerms = { pricePerSecond: 0, pricePerGb: 0 };
/** Mbit/s → bytes per ms. */
const mbit = (rate: number): number => (rate * 1e6) / 8 / 1000;

interface Scene {
  readonly world: World;
  readonly receiver: SimPeer;
  readonly mirrors: readonly SimMirror[];
}

function scene(
  rates: readonly number[],
  options: Partial<SimPeerOptions> = {},
  ranges = true,
): Scene {
  const world = new World(7, () => ({ delayMs: 10, bytesPerMs: mbit(10) }));
  const mirrors = rates.map((rate, i) =>
    world.mirror({ name: `mirror ${i + 1}`, bytesPerMs: mbit(rate), ranges }),
  );
  const receiver = world.add({
    name: 'receiver',
    content,
    held: 'none',
    plain: true,
    transfer: { serve: false, linger: false },
    ...options,
  });
  for (const { name } of mirrors) receiver.addMirror(name, FREE);
  return { world, receiver, mirrors };
}

function finish({ world, receiver }: Scene): number {
  world.run(() => ['done', 'failed'].includes(receiver.transfer.phase), 600_000);
  if (receiver.options.plain !== true) check(receiver);
  expect(receiver.events.filter(({ type }) => type === 'failed')).toEqual([]);
  expect(receiver.transfer.phase).toBe('done');
  return world.clock.now;
}

const bound = (...rates: number[]): number => BYTES / mbit(rates.reduce((a, b) => a + b));

describe('plain mirrors', () => {
  it('of very different rates end together', () => {
    const ms = finish(scene([2, 5, 10, 20]));
    expect(ms / bound(2, 5, 10, 20)).toBeLessThan(1.05);
  });

  it('one alone is used to the full', () => {
    expect(finish(scene([20])) / bound(20)).toBeLessThan(1.02);
  });

  it('without ranges: all of the file from one', () => {
    expect(finish(scene([20], {}, false)) / bound(20)).toBeLessThan(1.02);
  });
});
