// Polluters of recoded symbols in virtual time: a quarter of the senders, that spoil all or one in a hundred of their
// sums, of low and of high degree, in one block and in several. Who is blamed, what it costs, and what would be without
// the defence.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { Trials } from '../../src/engine/trials.ts';
import { CLOSE } from '../../src/wire/index.ts';
import { blamedIn, blockOf, blocksOf, closesOf, finish, meet, rejectedOf } from './bad-input.ts';

/** Most time that a liar may cost, as a factor. */
const SLOWDOWN_MAX = 1.3;

/** How many symbols substitution takes varies much from one run to the next. */
const SEEDS = [1, 2, 3];

const WAYS = [
  {
    name: 'low degrees',
    held: 0.5,
    transfer: { strategy: 'recode-bf', finish: 'substitution' },
  },
  { name: 'degree 4 over a filter', held: 0.5, transfer: { strategy: 'recode-bf' } },
  { name: 'high degrees', held: 0.5, transfer: { strategy: 'speculative' } },
  { name: 'nothing held', held: 0, transfer: { strategy: 'speculative' } },
  {
    name: 'designed degrees',
    held: 0.5,
    transfer: { strategy: 'speculative', finish: 'substitution' },
  },
] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a quarter of the senders pollutes recoded symbols: it is named, and nobody else', () => {
  for (const { name, ...way } of WAYS) {
    for (const content of [blockOf, blocksOf]) {
      const { blockCount } = content.layout;
      const without = SEEDS.map((seed) => finish(meet({ content, seed, ...way })));
      for (const polluteSums of [1, 0.01]) {
        it(`${name}, ${blockCount} block(s), ${polluteSums} of its sums`, () => {
          let time = 0;
          let rejected = 0;
          for (const seed of SEEDS) {
            const meeting = meet({ content, seed, ...way, liar: { polluteSums } });
            time += finish(meeting);
            rejected += rejectedOf(meeting);
            expect(blamedIn(meeting)).toEqual([]);
            // One bad symbol may be a flipped bit; the second ends the link. What is decided by then counts, too.
            const isBanned = rejectedOf(meeting) >= 2;
            expect(closesOf(meeting)).toEqual(isBanned ? [CLOSE.BAD_SYMBOL] : []);
            if (polluteSums === 1) expect(isBanned).toBe(true);
          }
          expect(rejected).toBeGreaterThan(0);
          const ratio = time / without.reduce((sum, alone) => sum + alone, 0);
          console.log(
            `polluter, ${name}, ${blockCount} block(s), ${polluteSums}: ${ratio.toFixed(2)}`,
          );
          expect(ratio).toBeLessThan(SLOWDOWN_MAX);
        });
      }
    }
  }
});

describe('the controls: without the defence', () => {
  const scene = {
    content: blockOf,
    held: 0.5,
    transfer: { strategy: 'recode-bf' },
  } as const;

  it('a honest fourth sender is not blamed, and saves time', () => {
    const meeting = meet({ ...scene, liar: {} });
    expect(finish(meeting)).toBeLessThan(finish(meet(scene)));
    expect([rejectedOf(meeting), closesOf(meeting)]).toEqual([0, []]);
  });

  it('one who is not judged when the block is right goes on', () => {
    vi.spyOn(RecodedDesk.prototype, 'condemn').mockReturnValue([]);
    const meeting = meet({ ...scene, liar: { polluteSums: 0.01 } });
    finish(meeting);
    expect(closesOf(meeting)).toEqual([]);
  });

  it('a spoilt block that is not tried without each sender in turn costs too much', () => {
    vi.spyOn(Trials.prototype, 'next').mockReturnValue(undefined);
    const ratio = finish(meet({ ...scene, liar: { polluteSums: 1 } })) / finish(meet(scene));
    expect(ratio).toBeGreaterThan(SLOWDOWN_MAX);
  });
});
