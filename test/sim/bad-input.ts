// A receiver with three honest senders that hold parts, and a fourth that may lie: what the tests of bad input share.

import { expect } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { Misbehaviour, SimContent, SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { check } from './random-swarm.ts';

const T = 16_384;
/** One block, and the same in several. */
export const blockOf: SimContent = simContent({ sourceSymbols: 1_000, symbolBytes: T });
export const blocksOf: SimContent = simContent({
  sourceSymbols: 250,
  blockCount: 4,
  symbolBytes: T,
});

export const LIAR = 'liar';

export interface Scene {
  readonly content: SimContent;
  /** Share of ℓ that the receiver holds. */
  readonly held: number;
  readonly transfer: SimPeerOptions['transfer'];
  /** How the fourth sender misbehaves; undefined: there is none. */
  readonly liar?: Misbehaviour;
  readonly seed?: number;
}

export interface Meeting {
  readonly world: World;
  readonly receiver: SimPeer;
  /** Ends of links between honest peers that blame one of them. */
  readonly blamed: string[];
}

/** Ids of [0, 1.5 ℓ) of each block, each with the given probability. */
function someOf({ layout }: SimContent, share: number, rng: Rng): Bitset {
  const held = new Bitset(layout.idCount);
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const start = layout.windowStart(sbn);
    for (let esi = 0; esi < 1.5 * layout.sourceSymbols(sbn); esi++) {
      if (rng.unit() < share) held.add(start + esi);
    }
  }
  return held;
}

/** Sets the scene: links of 200 kB/s and 20 ms, senders that hold 0.9 ℓ each and enough between them. */
export function meet({ content, held, transfer, liar, seed = 1 }: Scene): Meeting {
  const world = new World(seed, () => ({ delayMs: 20, bytesPerMs: 200 }));
  const rng = new Rng(seed);
  const names = ['a', 'b', 'c', ...(liar === undefined ? [] : [LIAR])];
  for (const name of names) {
    world.add({
      name,
      content,
      held: someOf(content, 0.6, rng),
      faults: name === LIAR ? liar! : {},
      transfer: { fetch: false },
    });
  }
  const receiver = world.add({
    name: 'receiver',
    content,
    held: held === 0 ? 'none' : someOf(content, held / 1.5, new Rng(seed + 1)),
    transfer: { serve: false, ...transfer },
  });
  const blamed: string[] = [];
  world.onTrace = (_, entry) => {
    if (entry.kind !== 'close' || entry.code < 4000) return;
    if (entry.from !== LIAR && entry.to !== LIAR)
      blamed.push(`${entry.from}, ${entry.to}: ${entry.code}`);
  };
  for (const name of names) receiver.addSource(name);
  return { world, receiver, blamed };
}

/** Runs until the receiver has all. Returns the time, ms. */
export function finish({ world, receiver }: Meeting): number {
  world.run(() => ['done', 'failed'].includes(receiver.transfer.phase), 600_000);
  check(receiver);
  expect(receiver.transfer.phase).toBe('done');
  expect(receiver.held.count).toBe(receiver.options.content.layout.idCount);
  return world.clock.now;
}

/** Honest senders that were blamed. */
export function blamedIn({ receiver, blamed }: Meeting): string[] {
  const rejected = receiver.events.flatMap((e) =>
    e.type === 'rejected' && e.address !== LIAR ? [e.address] : [],
  );
  return [...blamed, ...rejected];
}

/** Codes with which the links to the liar ended. */
export function closesOf({ receiver }: Meeting): number[] {
  return receiver.events.flatMap((e) =>
    e.type === 'link-down' && e.address === LIAR ? [e.code] : [],
  );
}

/** Symbols of the liar that proved to be bad. */
export function rejectedOf({ receiver }: Meeting): number {
  return receiver.transfer.status().sources.find(({ address }) => address === LIAR)?.rejected ?? 0;
}
