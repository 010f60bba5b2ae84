// Our scheduler on a download's board: who is used, what that costs, and that all end together.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleOptions } from '../../../src/engine/index.ts';
import { makeScheduler } from '../../../src/engine/index.ts';
import type { TwinSource } from './integer-board.ts';
import { IntegerBoard, twinSource as source } from './integer-board.ts';

function finish(
  sources: readonly TwinSource[],
  total: number,
  options: Partial<ScheduleOptions> = {},
  client = Infinity,
): IntegerBoard {
  const board = new IntegerBoard(sources, total, client, 1);
  board.run(makeScheduler({ name: 'headwater', objective: 'time', ...options }), 1000);
  expect(board.isOver).toBe(true);
  return board;
}

const received = (board: IntegerBoard): number[] => board.sources.map((one) => one.received);

describe('time', () => {
  it('sources of very different rates end together, though none was known', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 50, max: 1000 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 3000, max: 6000 }),
        fc.constantFrom(1, 2),
        (rates, total, swing) => {
          const sources = rates.map((rate) => source(rate, { swing }));
          const { now } = finish(sources, total);
          // Nobody is faster than `swing` times its rate, and on an average it is halfway between.
          const sum = rates.reduce((a, b) => a + b, 0);
          expect(now).toBeLessThan((total / sum) * 1.1 + 0.6);
          expect(now).toBeGreaterThan(total / (sum * swing) - 0.1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a source that gets stuck is relieved by the others, before it is known to be dead', () => {
    const board = finish([source(400, { diesAt: 3 }), source(400), source(400)], 6000);
    // 3 s of all, and the rest by two.
    expect(board.now).toBeLessThan(3 + (6000 - 3600) / 800 + 1);
  });

  it('one that sends all or nothing is asked only when nobody else is left', () => {
    const both = finish([source(1000, { isWhole: true }), source(100)], 500);
    expect(received(both)).toEqual([0, 500]);
    const alone = finish([source(1000, { isWhole: true }), source(100, { diesAt: 1 })], 500);
    expect(received(alone)[0]).toBeGreaterThan(300);
    const late = finish([source(1000, { isWhole: true }), source(100, { comesAt: 2 })], 500);
    expect(received(late), 'a better one may still come').toEqual([0, 500]);
  });
});

describe('cost', () => {
  it('of equal rates the cheapest brings all but what measuring took', () => {
    const sources = [3, 1, 2].map((price) => source(300, { price }));
    const [first = 0, cheapest = 0, third = 0] = received(
      finish(sources, 3000, { objective: 'cost' }),
    );
    expect(first + third).toBeLessThanOrEqual(2 * 16);
    expect(cheapest).toBeGreaterThanOrEqual(3000 - 2 * 16);
  });

  it('on a narrow link the one that is cheap for what comes through, not for what it could send', () => {
    const known = { isKnown: true };
    const fast = source(800, { price: 8, ...known });
    const slow = source(80, { price: 1, ...known });
    const objective = 'cost';
    expect(received(finish([fast, slow], 500, { objective }))).toEqual([500, 0]);
    expect(received(finish([fast, slow], 500, { objective }, 200))).toEqual([0, 500]);
    const alike = source(400, { price: 4, ...known });
    const both = received(finish([fast, alike], 3000, { objective }));
    expect(Math.min(...both), 'as dear as the other').toBeGreaterThan(800);
    expect(received(finish([fast, alike], 500, { objective }, 850))).toEqual([500, 0]);
  });

  it('nothing is paid while a free source is there', () => {
    const known = { isKnown: true };
    const sources = [source(900, { price: 1, ...known }), source(100, known)];
    for (const objective of ['cost', 'balanced'] as const) {
      expect(received(finish(sources, 1000, { objective }))).toEqual([0, 1000]);
    }
  });

  it('one that has sent nothing yet at its first observation is not let go', () => {
    // Its request takes longer than an observation, so that its rate is seen as 0 at first.
    const far = source(20, { price: 5, rttSeconds: 0.4, isKnown: true });
    for (const objective of ['cost', 'balanced'] as const) {
      expect(finish([far], 60, { objective }).now).toBeLessThan(6);
    }
  });

  it('a price for bytes counts like one for time', () => {
    const known = { isKnown: true };
    const sources = [
      source(300, { pricePerUnit: 0.01, ...known }),
      source(300, { price: 1, ...known }),
    ];
    expect(received(finish(sources, 1000, { objective: 'cost' }))).toEqual([0, 1000]);
  });
});

describe('balanced', () => {
  const sources = (price: number): TwinSource[] => [
    source(300, { price: 1, isKnown: true }),
    source(300, { price, isKnown: true }),
  ];

  it('a source that is worth its price helps, one that is not does not', () => {
    expect(received(finish(sources(1), 3000, { objective: 'balanced' }))[1]).toBeGreaterThan(1400);
    expect(received(finish(sources(20), 3000, { objective: 'balanced' }))[1]).toBe(0);
  });

  it('on a full link the dearer of two that are alike is let go', () => {
    const board = finish(sources(2), 3000, { objective: 'balanced' }, 300);
    const [cheap, dear] = board.sources;
    expect(board.now).toBeLessThan(11);
    expect(dear!.usedSeconds).toBeLessThan(cheap!.usedSeconds / 4);
  });

  it('one that joins late is measured, and used when it is worth it', () => {
    const late = source(900, { price: 1, comesAt: 4 });
    const [, second] = received(
      finish([source(100, { price: 1 }), late], 3000, { objective: 'balanced' }),
    );
    expect(second).toBeGreaterThan(1500);
  });
});

describe('a budget', () => {
  const free = source(100, { isKnown: true });
  const dear = source(400, { price: 2, isKnown: true });

  it('is not exceeded, and free sources go on when it is spent', () => {
    for (const budget of [0, 4, 8, 1000]) {
      const board = finish([free, dear], 4000, { budget });
      const cost = 2 * board.sources[1]!.usedSeconds;
      expect(cost, `budget ${budget}`).toBeLessThanOrEqual(budget + 0.5);
      expect(received(board)[1]! > 0, `budget ${budget}`).toBe(budget > 0);
    }
  });

  it('that suffices changes nothing', () => {
    expect(finish([free, dear], 4000, { budget: 1000 }).now).toBe(finish([free, dear], 4000).now);
  });
});
