import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { Pace, TokenBucket } from '../../src/session/index.ts';

const T = 16_384;

/** A link of `rate` symbols per ms and a round trip of `rtt` ms, asked for as much as its pace allows. */
function drive(
  rate: number,
  rtt: number,
  ms: number,
  pace = new Pace(T),
  from = 0,
): { pace: Pace; came: number; credit: number } {
  const arrivals: number[] = [];
  let freeAt = from;
  let credit = 0;
  let came = 0;
  for (let now = from; now < from + ms; now += 1) {
    let arrived = 0;
    while (arrivals.length > 0 && arrivals[0]! <= now) {
      arrivals.shift();
      arrived++;
    }
    if (arrived > 0) {
      pace.arrive(arrived, now);
      credit -= arrived;
      came += arrived;
    }
    const room = pace.target() - credit;
    if (room > 0 && (credit === 0 || room * 4 >= pace.target())) {
      pace.request(room, now);
      credit += room;
      for (let i = 0; i < room; i++) {
        freeAt = Math.max(freeAt, now + rtt / 2) + 1 / rate;
        arrivals.push(freeAt + rtt / 2);
      }
    }
  }
  return { pace, came, credit };
}

describe('pace', () => {
  for (const [rate, rtt] of [
    [0.01, 20],
    [0.1, 200],
    [1, 20],
    [1, 200],
    [3, 60],
  ] as const) {
    it(`keeps a link of ${rate} symbols/ms and ${rtt} ms full, and its queue short`, () => {
      const { came, pace } = drive(rate, rtt, 30_000);
      expect(came / (rate * 30_000)).toBeGreaterThan(0.9);
      // Twice the bandwidth-delay product and a tenth of a second, within what rounding and warm-up add.
      const fair = rate * (2 * (rtt + 2 / rate) + 100);
      expect(pace.target()).toBeLessThanOrEqual(Math.max(6, 1.6 * fair));
    });
  }

  it('a slow link does not come to owe more and more', () => {
    // The time behind a queue grows with the queue: a pace that took it for latency would double itself for ever.
    const { credit } = drive(0.02, 20, 600_000);
    expect(credit).toBeLessThanOrEqual(8);
  });

  it('follows a link that becomes faster, and one that becomes slower', () => {
    const { pace } = drive(0.05, 40, 20_000);
    expect(drive(1, 40, 20_000, pace, 20_000).came).toBeGreaterThan(15_000);
    drive(0.05, 40, 60_000, pace, 40_000);
    expect(pace.target()).toBeLessThan(40);
  });

  it('stays within its bounds whatever happens', () => {
    for (let seed = 0; seed < 100; seed++) {
      const rng = new Rng(seed);
      const symbolBytes = [1, 1_400, T, 65_536][seed % 4]!;
      const pace = new Pace(symbolBytes);
      let now = 0;
      for (let step = 0; step < 300; step++) {
        now += rng.below(3) === 0 ? 0 : rng.unit() * 10 ** rng.below(5);
        const count = 1 + rng.below(300);
        if (rng.below(2) === 0) pace.request(count, now);
        else if (rng.below(4) === 0) pace.forget(count);
        else pace.arrive(count, now); // more than was asked for, too: credit that had gone void
        const target = pace.target();
        const most = Math.max(4, (8 * 1024 * 1024) / symbolBytes);
        if (!Number.isInteger(target) || target < 4 || target > most) {
          throw new Error(`a target of ${target}`);
        }
      }
    }
  });

  it('symbols that come late, after their credit went void, do not look like speed', () => {
    const pace = new Pace(T);
    pace.request(16, 0);
    pace.forget(16); // a stall
    pace.request(1, 6_000);
    pace.arrive(16, 6_000.01);
    pace.request(4, 6_000.02);
    pace.arrive(1, 6_000.03);
    pace.request(4, 6_001);
    pace.arrive(8, 6_201);
    expect(pace.rate).toBeLessThan(1);
  });
});

describe('token bucket', () => {
  it('lets through its rate in the long run, and a tenth of a second at once', () => {
    for (let seed = 0; seed < 50; seed++) {
      const rng = new Rng(seed);
      const perSecond = 10 ** (2 + rng.below(6));
      const units = 1 + rng.below(perSecond / 5);
      const bucket = new TokenBucket(perSecond);
      let now = 1_000 * rng.below(100);
      const begin = now;
      let taken = 0;
      let worst = 0;
      let sound = true; // readyAt and ready agree
      while (now < begin + 100_000) {
        taken += units * bucket.take(1 + rng.below(1e9), units, now);
        worst = Math.max(worst, taken - ((now - begin) * perSecond) / 1_000);
        const next = bucket.readyAt(now);
        sound &&= next === now || !bucket.ready(now);
        now = Math.max(next, now + rng.unit() * 5);
        sound &&= bucket.ready(now) || next > now;
      }
      expect(sound).toBe(true);
      expect(worst).toBeLessThanOrEqual(perSecond / 10 + units + 1e-6);
      expect(taken / (perSecond * 100)).toBeGreaterThan(0.97);
    }
  });

  it('gives back what did not happen, and no more than a burst', () => {
    const bucket = new TokenBucket(1_000);
    expect(bucket.take(10, 10, 0)).toBe(10);
    expect(bucket.ready(0)).toBe(false);
    bucket.give(50, 0);
    expect(bucket.take(10, 10, 0)).toBe(5);
    bucket.give(1e9, 0);
    expect(bucket.take(100, 10, 0)).toBe(10);
    bucket.give(-500, 0); // something passed unpaid
    expect(bucket.readyAt(0)).toBeGreaterThanOrEqual(500);
  });

  it('lets one thing pass that is larger than a burst, then waits for it', () => {
    const bucket = new TokenBucket(1_000);
    expect(bucket.take(1, 5_000, 0)).toBe(1);
    expect(bucket.take(1, 1, 4_000)).toBe(0);
    expect(bucket.readyAt(0)).toBeGreaterThan(4_800);
    expect(bucket.take(1, 1, 4_950)).toBe(1);
  });
});
