// The paper's scenarios over contents of several source blocks, and with senders that limit themselves.

import { describe, expect, it } from 'vitest';
import type { Bitset } from '../../src/base/index.ts';
import { Rng, UsageError } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';
import type { ScenarioOptions } from '../../src/sim/index.ts';
import {
  allocateBlocks,
  allocatePair,
  allocateScenario,
  augmentedWithout,
  fourWithout,
  pairWithout,
  runScenario,
} from '../../src/sim/index.ts';

/** Three blocks, the first of 41 symbols, the others of 40. */
const UNEVEN = new Layout({ length: 121 * 10, symbolBytes: 10, blockCount: 3, windowRatio: 2 });

function esisOf(set: Bitset, layout: Layout, sbn: number): number[] {
  const start = layout.windowStart(sbn);
  const esis: number[] = [];
  set.forEach((id) => esis.push(id - start), start, layout.windowStart(sbn + 1));
  return esis;
}

describe('an allocation over several blocks', () => {
  it('is in every block that of the block alone', () => {
    const whole = allocateScenario('pair', UNEVEN, 1.1, 0.2, new Rng(5));
    const rng = new Rng(5);
    for (let sbn = 0; sbn < UNEVEN.blockCount; sbn++) {
      const [ell, window] = [UNEVEN.sourceSymbols(sbn), UNEVEN.windowSize(sbn)];
      const alone = allocatePair(ell, window, 1.1, 0.2, rng);
      const all = (set: Bitset): number[] =>
        Array.from({ length: window }, (_, i) => i).filter((i) => set.has(i));
      expect(esisOf(whole.receiver, UNEVEN, sbn)).toEqual(all(alone.receiver));
      expect(whole.senders.map((set) => esisOf(set, UNEVEN, sbn))).toEqual(alone.senders.map(all));
    }
  });

  it('knows the first ESI that nobody holds in any block', () => {
    const { freshFrom, receiver, senders } = allocateScenario('four', UNEVEN, 1.1, 0.2, new Rng(5));
    expect(freshFrom).toBe(46); // ⌈1.1 · 41⌉; the union of the smaller blocks ends at 44
    for (let sbn = 0; sbn < UNEVEN.blockCount; sbn++) {
      for (const set of [receiver, ...senders]) {
        expect(Math.max(...esisOf(set, UNEVEN, sbn))).toBeLessThan(freshFrom);
      }
    }
  });

  it('of no block is empty', () => {
    const none = new Layout({ length: 0, symbolBytes: 10, blockCount: 0, windowRatio: 2 });
    const never = (): never => {
      throw new Error('there is no block');
    };
    const { receiver, senders, freshFrom } = allocateBlocks(none, never);
    expect([receiver.count, senders.length, freshFrom]).toEqual([0, 0, 0]);
  });
});

describe('a scenario in several blocks', () => {
  const eight = { symbols: 16_000, blockCount: 8, slack: 1.1, containment: 0.2 } as const;
  const run = (
    cell: Omit<ScenarioOptions, 'seed' | 'symbols' | 'slack' | 'containment'>,
    seed = 1,
  ) => runScenario({ ...eight, ...cell, seed });

  it('needs half of every block', () => {
    const odd = { ...eight, symbols: 808, scenario: 'pair', strategy: 'coordinated' } as const;
    expect(runScenario({ ...odd, seed: 1 }).needed).toBe(8 * 51); // ⌈101 / 2⌉
  });

  it('does not change what coordinated and reconciled pairs cost', () => {
    for (const scenario of ['pair', 'augmented'] as const) {
      for (const strategy of ['reconciled', 'coordinated'] as const) {
        const { overhead, totalOverhead } = run({ scenario, strategy });
        expect(overhead).toBe(0);
        expect(totalOverhead).toBeLessThanOrEqual(0.01);
      }
    }
    expect(run({ scenario: 'four', strategy: 'coordinated' }).overhead).toBe(0);
  });

  it('leaves uninformed senders without replacement where the closed forms are', () => {
    for (const [scenario, closed] of [
      ['pair', pairWithout(0.2)],
      ['augmented', augmentedWithout(0.2)],
      ['four', fourWithout(1.1, 0.2)],
    ] as const) {
      const { overhead } = run({ scenario, strategy: 'uninformed-wor' });
      expect(Math.abs(overhead - closed) / (1 + closed), `${scenario}: ${overhead}`).toBeLessThan(
        0.04,
      );
    }
  });

  it('is the same as in one block when there is one', () => {
    const cell = {
      ...eight,
      symbols: 600,
      scenario: 'four',
      strategy: 'reconciled',
      seed: 3,
    } as const;
    const { blockCount: _, ...one } = cell;
    expect(runScenario({ ...cell, blockCount: 1 })).toEqual(runScenario(one));
  });

  it('is refused when the blocks are not equal', () => {
    const cell = { ...eight, scenario: 'pair', strategy: 'coordinated', seed: 1 } as const;
    expect(() => runScenario({ ...cell, symbols: 16_001 })).toThrow(UsageError);
    expect(() => runScenario({ ...cell, symbols: 0.5, blockCount: 0.5 })).toThrow(UsageError);
  });
});

describe('senders that limit themselves', () => {
  it('send at their rate, all alike', () => {
    const cell = { strategy: 'coordinated', symbols: 4000, slack: 1.1, containment: 0.2 } as const;
    for (const [scenario, senders] of [
      ['pair', 1],
      ['augmented', 2],
      ['four', 4],
    ] as const) {
      const sendBytesPerSecond = 1_000_000;
      const { needed, durationMs } = runScenario({
        ...cell,
        scenario,
        sendBytesPerSecond,
        seed: 1,
      });
      const seconds = (needed * 1400) / (senders * sendBytesPerSecond);
      // A bucket starts full: a tenth of a second's worth goes out at once.
      expect(durationMs / 1000).toBeGreaterThan(seconds - 0.11);
      expect(durationMs / 1000).toBeLessThan(seconds + 0.15);
    }
  });
});
