import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { Dialer } from '../../src/engine/dialer.ts';

const added = (...addresses: string[]): Dialer => {
  const dialer = new Dialer(new Rng(1));
  addresses.forEach((address, index) => dialer.add(index, address, 0));
  return dialer;
};

it('dials each source at once, and once', () => {
  const dialer = added('a', 'b');
  expect([dialer.due(0), dialer.due(0), dialer.due(0), dialer.dueAt()]).toEqual([
    0,
    1,
    undefined,
    Infinity,
  ]);
});

it('leaves a spare alone until it is used', () => {
  const dialer = added('a');
  dialer.add(1, 'b', 0, true);
  expect([dialer.due(0), dialer.due(0), dialer.dueAt()]).toEqual([0, undefined, Infinity]);
  dialer.ban(0, 'lies');
  expect(dialer.hopeless).toBe(false);
  expect(dialer.reasons()).toEqual(['a: lies']);
  dialer.use(1, 5);
  expect([dialer.dueAt(), dialer.due(5)]).toEqual([5, 1]);
});

it('waits longer after each failure, with jitter, at most 30 s and a quarter', () => {
  const dialer = added('a');
  let now = 0;
  const pauses: number[] = [];
  for (let i = 0; i < 12; i++) {
    expect(dialer.due(now)).toBe(0);
    dialer.lost(0, 'refused', now);
    pauses.push(dialer.dueAt() - now);
    expect(dialer.due(dialer.dueAt() - 1)).toBeUndefined();
    now = dialer.dueAt();
  }
  pauses.forEach((pause, i) => {
    const base = Math.min(30_000, 500 * 2 ** i);
    expect(pause).toBeGreaterThanOrEqual(0.75 * base);
    expect(pause).toBeLessThanOrEqual(1.25 * base);
  });
  expect(
    new Set(pauses.map((pause, i) => (pause / Math.min(30_000, 500 * 2 ** i)).toFixed(3))).size,
  ).toBeGreaterThan(6);
});

it('starts from the shortest pause again once the source was of use', () => {
  const dialer = added('a');
  for (let i = 0; i < 5; i++) dialer.lost(0, 'refused', 0);
  dialer.opened(0);
  dialer.lost(0, 'lost', 0);
  expect(dialer.dueAt()).toBeGreaterThan(10_000); // open is not yet useful
  dialer.opened(0);
  dialer.proved(0);
  dialer.lost(0, 'lost', 0);
  expect(dialer.dueAt()).toBeLessThanOrEqual(625);
});

it('never dials a banned source, and a lost link of one changes nothing', () => {
  const dialer = added('a');
  dialer.due(0);
  dialer.opened(0);
  dialer.ban(0, 'polluter');
  dialer.lost(0, 'lost', 5);
  expect([dialer.due(1e9), dialer.hopeless]).toEqual([undefined, true]);
  expect(dialer.reasons()).toEqual(['a: polluter']);
});

it('gives up hope after three failures of every source that never answered', () => {
  const dialer = added('a', 'b');
  for (let i = 0; i < 3; i++) {
    expect(dialer.hopeless).toBe(false);
    dialer.lost(0, 'refused', 0);
    dialer.lost(1, 'no route', 0);
  }
  expect(dialer.hopeless).toBe(true);
  expect(dialer.reasons()).toEqual(['a: refused', 'b: no route']);
  dialer.opened(0);
  dialer.lost(0, 'connection lost', 0);
  expect(dialer.hopeless).toBe(false); // it answered once, so it may again
});

it('an index it does not know is no error', () => {
  const dialer = added();
  dialer.opened(3);
  dialer.lost(3, '', 0);
  dialer.ban(3, '');
  dialer.proved(3);
  expect([dialer.addressOf(3), dialer.due(0)]).toEqual(['', undefined]);
});
