import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { Receiver, STALLS_MAX } from '../../src/session/index.ts';
import { layoutFor } from './helpers.ts';

const layout = layoutFor(100, 4);
const idOf = (sbn: number, esi: number): number => layout.id(sbn, esi);

describe('credit', () => {
  it('is what was asked for less what came, was refused or went void; never negative', () => {
    for (let seed = 0; seed < 300; seed++) {
      const rng = new Rng(seed);
      const receiver = new Receiver(layout);
      const wants = seed % 2 === 0; // a link has one strategy
      /** What an honest sender still has to send or refuse: ids, or block numbers of grants. Void credit, too. */
      const owed: { readonly key: number; live: boolean }[] = [];
      const live = (): number => owed.filter((one) => one.live).length;
      let now = 0;
      for (let step = 0; step < 150; step++) {
        now += rng.below(50);
        const action = rng.below(10);
        const key = rng.below(4);
        if (action < 4 && !owed.some((one) => wants && one.live && one.key === key)) {
          if (wants) receiver.want([key], now);
          else receiver.grant(key, 1, now);
          owed.push({ key, live: true });
        } else if (action < 9 && owed.length > 0) {
          const any = owed[rng.below(owed.length)]!;
          const one = owed.find((o) => o.live && o.key === any.key) ?? any; // live credit is used first
          owed.splice(owed.indexOf(one), 1);
          const counts = one.live && !receiver.probing; // a probe is booked as void from the start
          const cover = counts ? (wants ? 'want' : 'grant') : 'void';
          if (action === 8) {
            if (wants) expect(receiver.dryWant(one.key, now)).toBe(counts);
            else expect(receiver.dryGrant(one.key, 1, now, 1_000)).toBe(counts ? 1 : 0);
          } else {
            const [id, sbn] = wants ? [one.key, 0] : [idOf(one.key, rng.below(200)), one.key];
            expect(receiver.arrive(id, sbn)).toBe(cover);
            receiver.progress(1, now);
          }
        } else if (action === 9 && rng.below(4) === 0) {
          const counted = receiver.probing ? 0 : live();
          const { grants, ids } = receiver.stall(now);
          expect(grants.reduce((sum, { count }) => sum + count, 0) + ids.length).toBe(counted);
          for (const one of owed) one.live = false;
        }
        if (receiver.credit !== live() || receiver.room(now) < 0)
          expect(receiver.credit).toBe(live());
      }
      for (const { key } of owed) {
        expect(wants ? receiver.arrive(key, 0) : receiver.arrive(idOf(key, 0), key)).toBeDefined();
      }
      expect(receiver.arrive(0, 0)).toBeUndefined();
    }
  });

  it('what nobody asked for is not covered', () => {
    const receiver = new Receiver(layout);
    expect(receiver.arrive(5, 0)).toBeUndefined();
    receiver.grant(1, 2, 0);
    expect(receiver.arrive(idOf(0, 3), 0)).toBeUndefined();
    expect(receiver.arrive(idOf(1, 3), 1)).toBe('grant');
    expect(receiver.arrive(idOf(1, 3), 1)).toBe('grant'); // the same id again uses credit, too
    expect(receiver.arrive(idOf(1, 3), 1)).toBeUndefined();
    receiver.want([7], 0);
    expect(receiver.arrive(7, 0)).toBe('want');
    expect(receiver.arrive(7, 0)).toBeUndefined();
  });

  it('that went void covers what was on its way, as often as it was asked for, and no more', () => {
    const receiver = new Receiver(layout);
    for (let i = 0; i < 3; i++) {
      receiver.want([7], 0);
      if (i < 2) receiver.stall(0);
    }
    expect([1, 2, 3, 4].map(() => receiver.arrive(7, 0))).toEqual([
      'void',
      'void',
      'void',
      undefined,
    ]);
  });

  it('a refusal of one request leaves the other one covered', () => {
    const receiver = new Receiver(layout);
    receiver.want([7], 0);
    receiver.stall(0);
    receiver.want([7], 1_500);
    expect(receiver.dryWant(7, 2_000)).toBe(false); // a probe: it counted nowhere
    expect(receiver.arrive(7, 0)).toBe('void');
  });

  it('more refused than granted gives back what was granted', () => {
    const receiver = new Receiver(layout);
    receiver.grant(0, 3, 0);
    expect(receiver.dryGrant(0, 60_000, 0, 1_000)).toBe(3);
    expect(receiver.credit).toBe(0);
    expect(receiver.dryGrant(0, 1, 0, 1_000)).toBe(0);
  });
});

describe('a stall', () => {
  it('comes when what is owed does not: first after 5 s, never while nothing is owed', () => {
    const receiver = new Receiver(layout);
    expect(receiver.stallsAt(50)).toBe(Infinity);
    receiver.grant(0, 4, 100);
    expect(receiver.stallsAt(50)).toBe(5_100);
    receiver.grant(0, 4, 3_000); // more credit does not move the deadline
    expect(receiver.stallsAt(50)).toBe(5_100);
    for (let i = 0; i < 8; i++) receiver.arrive(idOf(0, i), 0);
    receiver.progress(8, 4_000);
    expect(receiver.stallsAt(50)).toBe(Infinity);
  });

  it('takes all credit, then probes with one symbol after pauses that double', () => {
    const receiver = new Receiver(layout);
    receiver.grant(0, 10, 0);
    receiver.stall(5_000);
    expect([receiver.credit, receiver.room(5_999), receiver.room(6_000)]).toEqual([0, 0, 1]);
    receiver.grant(0, 1, 6_000);
    receiver.stall(11_000);
    expect([receiver.room(12_999), receiver.room(13_000)]).toEqual([0, 1]);
    receiver.stall(15_000);
    expect(receiver.stalls).toBe(STALLS_MAX);
    receiver.arrive(idOf(0, 1), 0);
    receiver.progress(1, 16_000);
    expect([receiver.stalls, receiver.room(16_000) > 1]).toEqual([0, true]);
  });

  it('waits at least 2 s and 8 symbols of a known rate', () => {
    const receiver = new Receiver(layout);
    receiver.grant(0, 2, 0);
    receiver.arrive(idOf(0, 0), 0);
    receiver.arrive(idOf(0, 1), 0);
    receiver.progress(2, 4_000); // half a symbol a second
    receiver.grant(0, 2, 4_000);
    expect(receiver.stallsAt(50)).toBe(4_000 + 200 + 16_000);
    receiver.forgive(600_000);
    expect(receiver.stallsAt(50)).toBe(604_000 + 200 + 16_000);
  });
});

describe('dry', () => {
  it('pauses the block, and news of the sender ends the pause', () => {
    const receiver = new Receiver(layout);
    receiver.grant(1, 5, 0);
    receiver.dryGrant(1, 5, 100, 1_000);
    expect([receiver.mayAsk(1, 1_099), receiver.mayAsk(0, 200), receiver.mayAsk(1, 1_100)]).toEqual(
      [false, true, true],
    );
    expect(receiver.retryAt).toBe(1_100);
    receiver.forgetDry();
    expect(receiver.mayAsk(1, 200)).toBe(true);
  });
});
