// Downloads from mirrors in virtual time: one machine, plain servers whose rate, life and honesty can change, and peers
// beside them. The bounds are those of a fluid: every source busy to the end.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import type { MirrorTerms, SourceStatus } from '../../src/engine/index.ts';
import { SCHEDULER_NAMES } from '../../src/engine/index.ts';
import type { SimMirror, SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';

/** 64 MiB in blocks of 4 MiB. */
const shape = { sourceSymbols: 256, blockCount: 16, symbolBytes: 16_384 };
const plain = simContent({ ...shape, windowRatio: 1 });
const coded = simContent(shape);
const BYTES = plain.layout.length;
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
  terms: readonly MirrorTerms[] = [],
): Scene {
  const world = new World(7, () => ({ delayMs: 10, bytesPerMs: mbit(10) }));
  const mirrors = rates.map((rate, i) =>
    world.mirror({ name: `mirror ${i + 1}`, bytesPerMs: mbit(rate) }),
  );
  const { transfer, ...rest } = options;
  const receiver = world.add({
    name: 'receiver',
    content: plain,
    held: 'none',
    plain: true,
    transfer: { serve: false, linger: false, ...transfer },
    ...rest,
  });
  mirrors.forEach(({ name }, i) => receiver.addMirror(name, terms[i] ?? FREE));
  return { world, receiver, mirrors };
}

function run({ world, receiver }: Scene): number {
  world.run(() => ['done', 'failed'].includes(receiver.transfer.phase), 3_600_000);
  return world.clock.now;
}

function finish(it: Scene): number {
  const ms = run(it);
  expect(it.receiver.events.filter(({ type }) => type === 'failed')).toEqual([]);
  expect(it.receiver.transfer.phase).toBe('done');
  return ms;
}

const bound = (...rates: number[]): number => BYTES / mbit(rates.reduce((a, b) => a + b));
const sourceOf = ({ receiver }: Scene, name: string): SourceStatus =>
  receiver.transfer.status().sources.find(({ address }) => address === name)!;
const at = (it: Scene, ms: number, change: () => void): void => it.world.clock.at(ms, change);

describe('plain mirrors', () => {
  it('of very different rates end together', () => {
    const it = scene([2, 5, 10, 20]);
    expect(finish(it) / bound(2, 5, 10, 20)).toBeLessThan(1.03);
    expect(it.receiver.transfer.status().duplicate).toBe(0);
  });

  it('one alone is used to the full', () => {
    expect(finish(scene([20])) / bound(20)).toBeLessThan(1.02);
  });

  it('the fastest becomes slow and the second dies: nobody is waited for', () => {
    for (const how of ['dead', 'silent'] as const) {
      const it = scene([2, 5, 10, 20]);
      at(it, 5_000, () => (it.mirrors[3]!.bytesPerMs = mbit(2)));
      at(it, 8_000, () => (it.mirrors[2]![how] = true));
      const left = BYTES - 5_000 * mbit(37) - 3_000 * mbit(19);
      expect(finish(it) / (8_000 + left / mbit(9)), how).toBeLessThan(1.05);
    }
  });

  it('a round trip of half a second costs little: requests are made ahead', () => {
    const world = new World(3);
    const mirror = world.mirror({ name: 'far', bytesPerMs: mbit(100), rttMs: 500 });
    const receiver = world.add({
      name: 'r',
      content: plain,
      held: 'none',
      plain: true,
      transfer: { serve: false, linger: false },
    });
    receiver.addMirror(mirror.name, FREE);
    expect(finish({ world, receiver, mirrors: [mirror] })).toBeLessThan(bound(100) + 3_500);
  });

  it('what is here already is not fetched again, but for requests worth their header', () => {
    const held = new Bitset(plain.layout.idCount);
    for (let id = 0; id < held.length; id++) if ((id >> 4) % 2 === 0) held.add(id);
    const it = scene([20], { held });
    finish(it);
    expect(it.mirrors[0]!.sentBytes).toBe(BYTES / 2);
  });

  it('a mirror without ranges is asked for all of the file, and only when nobody else can bring it', () => {
    const world = new World(7);
    const alone = world.mirror({ name: 'whole', bytesPerMs: mbit(50), ranges: false });
    const both = [alone, world.mirror({ name: 'parts', bytesPerMs: mbit(5) })];
    for (const mirrors of [[alone], both]) {
      alone.sentBytes = 0;
      const receiver = world.add({
        name: `r${mirrors.length}`,
        content: plain,
        held: 'none',
        plain: true,
        transfer: { serve: false, linger: false },
      });
      for (const { name } of mirrors) receiver.addMirror(name, FREE);
      finish({ world, receiver, mirrors });
      expect(alone.sentBytes).toBe(mirrors.length === 1 ? BYTES : 0);
    }
  });

  it('the limit of the receiving rate holds', () => {
    const it = scene([100, 100], { transfer: { receiveBytesPerSecond: 2_000_000 } });
    const ms = finish(it);
    expect(ms / (BYTES / 2_000)).toBeGreaterThan(0.97);
    expect(ms / (BYTES / 2_000)).toBeLessThan(1.05);
  });

  it('one that is busy is left alone for as long as it asks', () => {
    const it = scene([10, 10]);
    at(it, 3_000, () => {
      it.mirrors[0]!.failNext = { reason: 'busy', permanent: false, retryAfterMs: 10_000 };
    });
    let back = 0;
    it.world.onTrace = (now, entry) => {
      if (entry.kind === 'event' && entry.event.type === 'link-up' && now > 3_000) back ||= now;
    };
    finish(it);
    expect(back).toBeGreaterThan(13_000);
    expect(sourceOf(it, 'mirror 1').received).toBeGreaterThan(0);
  });

  it('one that fails for good is not asked again, and its reason is told', () => {
    const it = scene([10, 10]);
    it.mirrors[0]!.failNext = { reason: 'has another version', permanent: true };
    finish(it);
    expect(it.receiver.events).toContainEqual(
      expect.objectContaining({
        type: 'link-down',
        address: 'mirror 1',
        reason: 'has another version',
      }),
    );
    expect(it.receiver.events.filter(({ type }) => type === 'link-up')).toHaveLength(2);
  });

  it('spares wait until one in use is lost, and then take its place; a mirror that cannot be reached costs none', () => {
    const it = scene([10, 10, 10, 10, 10], { transfer: { mirrorsAtOnce: 2 } });
    it.mirrors[1]!.dead = true; // refused: the third is used from the beginning
    at(it, 8_000, () => (it.mirrors[0]!.dead = true)); // the fourth comes in for it
    const ms = finish(it);
    const sent = it.mirrors.map(({ sentBytes }) => sentBytes > 0);
    expect(sent).toEqual([true, false, true, true, false]);
    expect(ms / bound(10, 10)).toBeLessThan(1.06);
    const ups = it.receiver.events.filter(({ type }) => type === 'link-up');
    expect(ups).toHaveLength(3);
  });

  it('a spare that is never needed is not dialled, and not told of', () => {
    const it = scene([10, 20], { transfer: { mirrorsAtOnce: 1 } });
    finish(it);
    expect(it.receiver.transfer.status().sources.map(({ address }) => address)).toEqual([
      'mirror 1',
    ]);
  });

  it('none alive: a failure with a line for each', () => {
    const it = scene([10, 10]);
    for (const mirror of it.mirrors) mirror.dead = true;
    run(it);
    expect(it.receiver.events.at(-1)).toMatchObject({ type: 'failed', code: 'UNREACHABLE' });
    expect(JSON.stringify(it.receiver.events.at(-1))).toMatch(
      /mirror 1: connection refused.*mirror 2: connection refused/,
    );
  });

  it('goes on after a kill', () => {
    const it = scene([20, 20]);
    it.world.schedule([
      { at: 5_000, kind: 'kill', peer: 'receiver' },
      { at: 6_000, kind: 'restart', peer: 'receiver' },
    ]);
    expect(finish(it) / (bound(20, 20) + 1_000)).toBeLessThan(1.05);
  });
});

describe('a mirror that sends wrong bytes', () => {
  it('is named by its first block when it is alone in it, and nothing wrong is kept', () => {
    const it = scene([10]);
    it.mirrors[0]!.lies = true;
    run(it);
    expect(it.receiver.events.at(-1)).toMatchObject({ type: 'failed', code: 'UNREACHABLE' });
    expect(JSON.stringify(it.receiver.events)).toContain('sent block 0 with a wrong hash');
  });

  it('among others is found out by blocks that one mirror fetches alone; no honest one is blamed', () => {
    const it = scene([10, 10, 10, 10]);
    it.mirrors[2]!.lies = true;
    const ms = finish(it);
    const banned = it.receiver.events.filter(
      (event) => event.type === 'link-down' && event.reason.includes('wrong hash'),
    );
    expect(banned).toMatchObject([{ address: 'mirror 3' }]);
    expect(ms / bound(10, 10, 10)).toBeLessThan(1.6);
  });

  it('fails its leaf when there is a descriptor, and is banned by its second symbol', () => {
    // One who has symbols has leaves, too.
    const held = new Bitset(coded.layout.idCount);
    held.add(0);
    const it = scene([10, 10], { content: coded, plain: false, held });
    it.mirrors[1]!.lies = true;
    finish(it);
    expect(sourceOf(it, 'mirror 2').useful).toBe(0);
    expect(it.receiver.events).toContainEqual(
      expect.objectContaining({
        type: 'link-down',
        address: 'mirror 2',
        reason: 'sent symbols that fail their leaf',
      }),
    );
  });
});

describe('mirrors and peers together', () => {
  const content = simContent({ sourceSymbols: 1024, blockCount: 2, symbolBytes: 16_384 });
  const bytes = content.layout.length;

  function augmented(held: Bitset | 'full'): { ms: number; it: Scene } {
    const world = new World(5, () => ({ delayMs: 10, bytesPerMs: mbit(10) }));
    const helper = world.add({ name: 'helper', content, held, transfer: { fetch: false } });
    const mirror = world.mirror({ name: 'mirror', bytesPerMs: mbit(10) });
    const receiver = world.add({
      name: 'receiver',
      content,
      held: 'none',
      transfer: { serve: false, linger: false },
    });
    receiver.addSource(helper.name);
    receiver.addMirror(mirror.name, FREE);
    const it = { world, receiver, mirrors: [mirror] };
    return { ms: finish(it), it };
  }

  it('a peer with every second 256 KiB: twice as fast as the mirror alone', () => {
    const held = new Bitset(content.layout.idCount);
    for (let sbn = 0; sbn < 2; sbn++) {
      for (let esi = 0; esi < 1024; esi++)
        if ((esi >> 4) % 2 === 0) held.add(content.layout.id(sbn, esi));
    }
    const { ms, it } = augmented(held);
    expect(ms / (bytes / mbit(20))).toBeLessThan(1.04);
    expect(it.receiver.transfer.status().duplicate).toBe(0);
  });

  it('a full peer: any of its symbols will do', () => {
    const { ms } = augmented('full');
    expect(ms / (bytes / mbit(20))).toBeLessThan(1.04);
  });

  it('a descriptor, a mirror and nobody who has leaves: blocks are checked by their root', () => {
    const it = scene([20], { content: coded, plain: false });
    expect(finish(it) / bound(20)).toBeLessThan(1.05);
    const wrong = scene([20], { content: coded, plain: false });
    wrong.mirrors[0]!.lies = true;
    run(wrong);
    expect(wrong.receiver.events.at(-1)).toMatchObject({ type: 'failed', code: 'UNREACHABLE' });
  });
});

describe('every scheduler', () => {
  for (const name of SCHEDULER_NAMES) {
    it(`${name} brings the file from mirrors that change and die`, () => {
      const it = scene([4, 8, 16], { transfer: { schedule: { name, objective: 'time' } } });
      at(it, 4_000, () => (it.mirrors[0]!.bytesPerMs = mbit(1)));
      at(it, 6_000, () => (it.mirrors[2]!.dead = true));
      finish(it);
    });
  }

  it('headwater keeps to its budget: priced mirrors rest when it is used up', () => {
    const dear = { pricePerSecond: 1, pricePerGb: 0 };
    const it = scene(
      [10, 10],
      { transfer: { schedule: { name: 'headwater', objective: 'time', budget: 5 } } },
      [FREE, dear],
    );
    finish(it);
    const { cost } = sourceOf(it, 'mirror 2');
    expect(cost).toBeGreaterThan(3);
    expect(cost).toBeLessThan(5.6);
  });

  it('a budget that does not suffice is told when nothing comes any more', () => {
    const dear = { pricePerSecond: 1, pricePerGb: 0 };
    const schedule = { name: 'headwater', objective: 'time', budget: 3 } as const;
    const it = scene([10], { transfer: { schedule } }, [dear]);
    run(it);
    expect(it.receiver.events).toContainEqual({
      type: 'failed',
      code: 'UNFINISHED',
      message: expect.stringContaining('the budget of 3 is spent') as string,
    });
  });

  it('headwater, cost: the dear one is only measured when a free one has the file', () => {
    const dear = { pricePerSecond: 1, pricePerGb: 0 };
    const it = scene(
      [10, 10],
      { transfer: { schedule: { name: 'headwater', objective: 'cost' } } },
      [FREE, dear],
    );
    finish(it);
    expect(sourceOf(it, 'mirror 2').received).toBeLessThan(64);
  });

  it('random mirrors, rates, deaths and prices: the file comes, and every symbol at most twice', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            rate: fc.integer({ min: 1, max: 50 }),
            later: fc.integer({ min: 1, max: 50 }),
            changesAt: fc.integer({ min: 100, max: 20_000 }),
            dies: fc.boolean(),
            price: fc.integer({ min: 0, max: 3 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        fc.constantFrom(...SCHEDULER_NAMES),
        fc.constantFrom('time' as const, 'cost' as const, 'balanced' as const),
        (mirrors, name, objective) => {
          const it = scene(
            mirrors.map(({ rate }) => rate),
            { transfer: { schedule: { name, objective } } },
            mirrors.map(({ price }) => ({ pricePerSecond: price, pricePerGb: 0 })),
          );
          mirrors.forEach(({ later, changesAt, dies }, i) => {
            at(it, changesAt, () => {
              if (dies && i > 0) it.mirrors[i]!.dead = true;
              else it.mirrors[i]!.bytesPerMs = mbit(later);
            });
          });
          finish(it);
          const { received, total } = it.receiver.transfer.status();
          expect(received).toBeLessThanOrEqual(2 * total);
        },
      ),
      { numRuns: 40 },
    );
  });
});
