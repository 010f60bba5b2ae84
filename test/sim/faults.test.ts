// Hostile, broken and lost sources in virtual time: what each costs, who is blamed, and how it ends. Where a
// defence can be switched off, or the fault taken away, the run without it is the control.

import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import type { Misbehaviour, SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { CLOSE } from '../../src/wire/index.ts';
import { check } from './random-swarm.ts';

const content = simContent({ sourceSymbols: 256, blockCount: 16, symbolBytes: 16_384 });
const SYMBOLS = content.layout.sourceSymbolCount;

interface Scene {
  readonly world: World;
  readonly receiver: SimPeer;
}

/** A receiver that knows the given full sources, on links of 1 MB/s and 20 ms. */
function scene(
  sources: readonly (Misbehaviour & { readonly name: string })[],
  transfer: SimPeerOptions['transfer'] = {},
  options: Partial<SimPeerOptions> = {},
): Scene {
  const world = new World(7, () => ({ delayMs: 20, bytesPerMs: 1_000 }));
  for (const { name, ...faults } of sources) {
    world.add({ name, content, held: 'full', faults, transfer: { fetch: false } });
  }
  const receiver = world.add({ name: 'receiver', content, held: 'none', transfer, ...options });
  for (const { name } of sources) receiver.addSource(name);
  return { world, receiver };
}

function finish({ world, receiver }: Scene): number {
  world.run(() => ['done', 'failed'].includes(receiver.transfer.phase), 600_000);
  check(receiver);
  expect(receiver.transfer.phase).toBe('done');
  return world.clock.now;
}

const eventsOf = (peer: SimPeer, type: string): SimPeer['events'] =>
  peer.events.filter((event) => event.type === type);
const lost = (peer: SimPeer, address: string): number[] =>
  peer.events.flatMap((e) => (e.type === 'link-down' && e.address === address ? [e.code] : []));

const honest = finish(scene([{ name: 'a' }, { name: 'b' }]));

describe('a polluter', () => {
  for (const strategy of ['coordinated', 'reconciled', 'uninformed'] as const) {
    it(`is named, dropped at the second strike and not dialled again (${strategy})`, () => {
      const it = scene([{ name: 'a' }, { name: 'bad', pollute: 0.3 }, { name: 'b' }], { strategy });
      let dialsAfter = 0;
      it.world.onTrace = (_, entry) => {
        if (entry.kind === 'link' && entry.to === 'bad') dialsAfter++;
      };
      finish(it);
      const rejected = it.receiver.events.flatMap((e) =>
        e.type === 'rejected' ? [e.address] : [],
      );
      expect(new Set(rejected)).toEqual(new Set(['bad']));
      expect(lost(it.receiver, 'bad')).toEqual([CLOSE.BAD_SYMBOL]);
      expect(lost(it.receiver, 'a')).toEqual([]);
      expect(lost(it.receiver, 'b')).toEqual([]);
      expect(dialsAfter).toBe(1);
      // Damage: what was on its way when the second strike fell.
      expect(it.receiver.transfer.status().rejected).toBeLessThanOrEqual(16);
    });
  }

  it('that flips one symbol only is kept: a byte may flip on the way', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    it.world.schedule([{ at: 1_000, kind: 'behave', peer: 'b', as: { polluteNext: 1 } }]);
    finish(it);
    expect(eventsOf(it.receiver, 'rejected')).toMatchObject([{ address: 'b' }]);
    expect(lost(it.receiver, 'b')).toEqual([]);
  });

  it('alone: nothing wrong is kept, and the failure names it', () => {
    const it = scene([{ name: 'bad', pollute: 1 }]);
    it.world.run(() => it.receiver.transfer.phase === 'failed');
    const [failed] = eventsOf(it.receiver, 'failed');
    expect(failed).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/bad: .*leaf/),
    });
    expect(it.receiver.transfer.status().have).toBe(0);
    expect(it.receiver.held.count).toBe(0);
  });

  it('the control: without polluters nobody is struck', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    finish(it);
    expect(eventsOf(it.receiver, 'rejected')).toEqual([]);
  });
});

describe('a silent peer that claims everything', () => {
  const liar = { name: 'liar', silent: true };

  it('costs little, stalls three times and is dropped', () => {
    const it = scene([{ name: 'a' }, liar, { name: 'b' }]);
    const time = finish(it);
    expect(time / honest).toBeLessThan(1.1);
    expect(lost(it.receiver, 'liar')[0]).toBe(CLOSE.STALLED);
    const before = it.receiver.events.findIndex((e) => e.type === 'link-down');
    const stalls = it.receiver.events.slice(0, before).filter((e) => e.type === 'stalled');
    expect(stalls).toHaveLength(3);
    for (const stall of eventsOf(it.receiver, 'stalled'))
      expect(stall).toMatchObject({ address: 'liar' });
  });

  it('is no part of an honest run: the control', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    finish(it);
    expect(eventsOf(it.receiver, 'stalled')).toEqual([]);
  });

  it('one that says it has everything and refuses everything costs as little', () => {
    const it = scene([{ name: 'a' }, { name: 'liar', unreadable: true }, { name: 'b' }]);
    let messages = 0;
    it.world.onTrace = (_, entry) => {
      if (entry.kind === 'control' && entry.to === 'liar') messages++;
    };
    const time = finish(it);
    expect(time / honest).toBeLessThan(1.1);
    // It is asked again once in a while, not at the speed of the link.
    expect(messages).toBeLessThan((time / 1_000) * 20);
  });

  it('a peer that claims leaves and gives none does not hold up the others', () => {
    const mute: Misbehaviour = { tamper: (m) => (m.type === 'leaves' ? undefined : m) };
    const it = scene([{ name: 'mute', ...mute }, { name: 'a' }, { name: 'b' }]);
    const time = finish(it);
    // Blocks that only the mute peer was asked about wait 5 s; the others go on meanwhile.
    expect(time / honest).toBeLessThan(1.3);
  });
});

describe('a peer that dies', () => {
  it('its symbols go to the others, and nobody sends one twice', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    it.world.schedule([{ at: 8_000, kind: 'kill', peer: 'c' }]);
    const time = finish(it);
    const { received, duplicate } = it.receiver.transfer.status();
    expect([received, duplicate]).toEqual([SYMBOLS, 0]);
    expect(time).toBeLessThan(honest);
  });

  it('and comes back is dialled again and used', () => {
    const it = scene([{ name: 'a' }, { name: 'c' }]);
    it.world.schedule([
      { at: 3_000, kind: 'kill', peer: 'c' },
      { at: 6_000, kind: 'restart', peer: 'c' },
    ]);
    it.world.runUntil(6_000);
    const before = it.receiver.transfer.status().sources[1]!.useful;
    finish(it);
    expect(it.receiver.transfer.status().sources[1]!.useful).toBeGreaterThan(before + SYMBOLS / 4);
  });

  it('a receiver that is killed goes on with what its store has', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    it.world.schedule([
      { at: 15_000, kind: 'kill', peer: 'receiver' },
      { at: 16_000, kind: 'restart', peer: 'receiver' },
    ]);
    it.world.runUntil(15_999);
    const kept = it.receiver.held.count;
    expect(kept).toBeGreaterThan(1_000);
    finish(it);
    expect(it.receiver.transfer.status().received).toBeLessThanOrEqual(SYMBOLS * 0.6);
  });

  it('one source and a link that breaks every second: it ends all the same', () => {
    const it = scene([{ name: 'a' }]);
    const faults = Array.from({ length: 60 }, (_, i) => {
      return { at: 1_000 * (i + 1), kind: 'cut', peer: 'receiver', other: 'a' } as const;
    });
    it.world.schedule(faults);
    // A source that has been of use is dialled again at once, however often its link breaks.
    expect(finish(it)).toBeLessThan(2.5 * 2 * honest);
    expect(eventsOf(it.receiver, 'link-up').length).toBeGreaterThan(30);
  });
});

describe('metadata', () => {
  it('wrong leaves: BAD_LEAVES, and the leaves come from another', () => {
    const it = scene([{ name: 'bad', badLeaves: true }, { name: 'a' }, { name: 'b' }]);
    finish(it);
    expect(lost(it.receiver, 'bad')).toEqual([CLOSE.BAD_LEAVES]);
    expect(lost(it.receiver, 'a')).toEqual([]);
  });

  const forge: Misbehaviour = {
    tamper(message) {
      if (message.type !== 'descriptor') return message;
      const bytes = message.bytes.slice();
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      return { ...message, bytes };
    },
  };

  it('a wrong descriptor: BAD_DESCRIPTOR, and another is asked', () => {
    const it = scene([{ name: 'bad', ...forge }, { name: 'a' }], {}, { described: false });
    finish(it);
    expect(lost(it.receiver, 'bad')).toEqual([CLOSE.BAD_DESCRIPTOR]);
  });

  it('only wrong descriptors: the failure says so of each source', () => {
    const bad = [
      { name: 'bad 1', ...forge },
      { name: 'bad 2', ...forge },
    ];
    const it = scene(bad, {}, { described: false });
    it.world.run(() => it.receiver.transfer.phase === 'failed');
    const [failed] = eventsOf(it.receiver, 'failed');
    expect(failed).toMatchObject({ code: 'UNREACHABLE' });
    expect(failed).toMatchObject({ message: expect.stringMatching(/bad 1: .*\n.*bad 2: /) });
  });

  it('leaves over a slow link behind a full queue: late is not never', () => {
    const world = new World(3, () => ({ delayMs: 50, bytesPerMs: 6 }));
    world.add({ name: 'slow', content: slow, held: 'full', transfer: { fetch: false } });
    const receiver = world.add({ name: 'receiver', content: slow, held: 'none', transfer: {} });
    receiver.addSource('slow');
    const ideal = (slow.layout.length + slow.layout.idCount * 16) / 6;
    expect(finish({ world, receiver })).toBeLessThan(1.3 * ideal);
  });
  const slow = simContent({ sourceSymbols: 1_024, blockCount: 4, symbolBytes: 256 });
});

describe('how a download ends without its file', () => {
  const failure = ({ world, receiver }: Scene): SimPeer['events'][number] => {
    world.run(() => receiver.transfer.phase === 'failed');
    return eventsOf(receiver, 'failed')[0]!;
  };

  it('no source can be reached: UNREACHABLE names each with its reason', () => {
    const it = scene([], {});
    it.receiver.addSource('nowhere');
    it.receiver.addSource('gone');
    const event = failure(it);
    expect(event).toMatchObject({
      code: 'UNREACHABLE',
      message: 'no source could be used\n  nowhere: connection refused\n  gone: connection refused',
    });
    expect(it.world.clock.now).toBeLessThan(10_000);
  });

  it('the sources lack symbols between them: UNFINISHED after the patience', () => {
    const world = new World(2);
    const small = simContent({ sourceSymbols: 100 });
    const held = new Bitset(small.layout.idCount);
    held.addRange(0, 60);
    world.add({ name: 'part', content: small, held, transfer: { fetch: false } });
    const transfer = { patienceMs: 20_000 };
    const receiver = world.add({ name: 'receiver', content: small, held: 'none', transfer });
    receiver.addSource('part');
    const event = failure({ world, receiver });
    expect(event).toMatchObject({ code: 'UNFINISHED', message: expect.stringContaining('20 s') });
    expect(world.clock.now).toBeGreaterThan(20_000);
    expect(world.clock.now).toBeLessThan(25_000);
    expect(receiver.transfer.status().have).toBe(60);
    // Control: the rest arrives before the patience ends, with a late source.
  });

  it('… and does not fail when the rest arrives in time', () => {
    const world = new World(2);
    const small = simContent({ sourceSymbols: 100 });
    const held = new Bitset(small.layout.idCount);
    held.addRange(0, 60);
    world.add({ name: 'part', content: small, held, transfer: { fetch: false } });
    const receiver = world.add({ name: 'receiver', content: small, held: 'none', transfer: {} });
    receiver.addSource('part');
    world.runUntil(25_000);
    world.add({ name: 'late', content: small, held: 'full', transfer: { fetch: false } });
    receiver.addSource('late');
    finish({ world, receiver });
    expect(receiver.transfer.status().received).toBe(100);
  });

  it('a block that proves corrupt twice: CORRUPT; once: it is fetched again', () => {
    const once = scene([{ name: 'a' }], {}, { faults: { corruptBlocks: 1 } });
    finish(once);
    expect(once.receiver.transfer.status().received).toBeLessThanOrEqual(SYMBOLS + 256);
    const it = scene([{ name: 'a' }], {}, { faults: { corruptBlocks: 1_000 } });
    expect(failure(it)).toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('block'),
    });
  });

  it('the disk is full: DISK with its reason, and the neighbours are told', () => {
    const it = scene([{ name: 'a' }]);
    it.world.schedule([{ at: 5_000, kind: 'disk-failed', peer: 'receiver' }]);
    expect(failure(it)).toMatchObject({ code: 'DISK', message: 'no space left on device' });
    expect(lost(it.receiver, 'a')).toEqual([CLOSE.DISK]);
    it.world.runUntil(200_000);
    expect(eventsOf(it.receiver, 'link-up')).toHaveLength(1); // and it dials nobody any more
  });

  it('a transfer that is done and does not stay dials nobody any more', () => {
    const it = scene([{ name: 'a' }], { linger: false });
    finish(it);
    const links = eventsOf(it.receiver, 'link-up').length;
    it.world.runUntil(it.world.clock.now + 120_000);
    expect(eventsOf(it.receiver, 'link-up')).toHaveLength(links);
    expect(it.receiver.transfer.peers).toHaveLength(0);
  });
});

describe('time that jumps', () => {
  it('ten minutes of sleep: no stall, no strike, no failure; the download goes on', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    it.world.schedule([{ at: 5_000, kind: 'sleep', peer: 'receiver', ms: 600_000 }]);
    it.world.run(() => it.receiver.transfer.phase === 'done', 1_000_000);
    expect(eventsOf(it.receiver, 'stalled')).toEqual([]);
    expect(eventsOf(it.receiver, 'failed')).toEqual([]);
    expect(it.world.clock.now).toBeLessThan(600_000 + honest + 5_000);
    const { received, duplicate } = it.receiver.transfer.status();
    expect([received, duplicate]).toEqual([SYMBOLS, 0]);
  });

  it('three seconds of sleep cost nothing but three seconds', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    it.world.schedule([{ at: 5_000, kind: 'sleep', peer: 'receiver', ms: 3_000 }]);
    expect(finish(it)).toBeLessThan(honest + 3_200);
    expect(eventsOf(it.receiver, 'stalled')).toEqual([]);
    expect(lost(it.receiver, 'a')).toEqual([]);
  });

  it('a source that sleeps is a stall, and is used again when it wakes', () => {
    const it = scene([{ name: 'a' }, { name: 'b' }]);
    it.world.schedule([{ at: 5_000, kind: 'sleep', peer: 'b', ms: 4_000 }]);
    finish(it);
    expect(eventsOf(it.receiver, 'stalled').length).toBeGreaterThan(0);
    expect(it.receiver.transfer.status().sources[1]!.useful).toBeGreaterThan(SYMBOLS / 4);
  });
});

describe('unequal links', () => {
  for (const strategy of ['coordinated', 'reconciled'] as const) {
    it(`a slow one does not hold up a fast one (${strategy})`, () => {
      const world = new World(5, (_, to) => ({
        delayMs: 40,
        bytesPerMs: to.name === 'slow' ? 50 : 1_000,
      }));
      for (const name of ['fast', 'slow'])
        world.add({ name, content, held: 'full', transfer: { fetch: false } });
      const receiver = world.add({
        name: 'receiver',
        content,
        held: 'none',
        transfer: { strategy },
      });
      for (const name of ['fast', 'slow']) receiver.addSource(name);
      const ideal = content.layout.length / 1_050;
      expect(finish({ world, receiver })).toBeLessThan(1.15 * ideal);
      expect(lost(receiver, 'slow')).toEqual([]);
    });
  }
});
