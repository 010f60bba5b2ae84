// Every scheduler on boards that nobody has thought of: whole units, sources of unknown rate, some that come late and some that
// die. Each unit comes once, nothing is asked of who cannot, and it comes to an end.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeScheduler, OBJECTIVES, SCHEDULER_NAMES } from '../../../src/engine/index.ts';
import type { TwinSource } from './integer-board.ts';
import { IntegerBoard, twinSource as source } from './integer-board.ts';

const anySource: fc.Arbitrary<TwinSource> = fc.record({
  rate: fc.integer({ min: 20, max: 600 }),
  swing: fc.constantFrom(1, 1.3, 3),
  price: fc.constantFrom(0, 0, 1, 2, 5),
  pricePerUnit: fc.constantFrom(0, 0, 0.01),
  rttSeconds: fc.constantFrom(0, 0.005, 0.1, 0.4),
  isKnown: fc.boolean(),
  isWhole: fc.constantFrom(false, false, false, true),
  comesAt: fc.constantFrom(0, 0, 0.3, 2),
  diesAt: fc.constantFrom(Infinity, Infinity, 0.1, 1, 3),
});
/** Somebody must live. */
const survivor = anySource.map((one) => ({ ...one, isWhole: false, diesAt: Infinity }));
const objective = fc.constantFrom(...OBJECTIVES);

/** All by the slowest who lives, twice, and time for all watchdogs. */
const patience = (sources: readonly TwinSource[], total: number): number =>
  20 + sources.length * 5 + (2 * total) / Math.min(...sources.map(({ rate }) => rate));

describe.each(SCHEDULER_NAMES)('%s', (name) => {
  it('brings each unit once, whatever happens to the sources', () => {
    fc.assert(
      fc.property(
        fc.array(anySource, { maxLength: 5 }),
        survivor,
        fc.integer({ min: 1, max: 1500 }),
        fc.constantFrom(150, 1000, Infinity),
        objective,
        fc.nat(1000),
        (others, sure, total, client, goal, seed) => {
          const sources = [...others, sure];
          const board = new IntegerBoard(sources, total, client, seed);
          const slowest = Math.min(client, ...sources.map(({ rate }) => rate));
          board.run(
            makeScheduler({ name, objective: goal }),
            patience([...sources, source(slowest)], total),
          );
          expect(board.isOver, `${board.now} s`).toBe(true);
          expect(board.arrived.every((times) => times === 1)).toBe(true);
          for (const { received, state, o } of board.sources) {
            if (state === 'coming') expect(received).toBe(0);
            if (o.isWhole) expect(received).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has one after the other send all, when nobody sends parts', () => {
    fc.assert(
      fc.property(
        fc.array(anySource, { maxLength: 3 }),
        survivor,
        fc.integer({ min: 1, max: 600 }),
        objective,
        (others, sure, total, goal) => {
          const sources = [...others, sure].map((one) => ({ ...one, isWhole: true }));
          const board = new IntegerBoard(sources, total, Infinity, 1);
          board.run(makeScheduler({ name, objective: goal }), patience(sources, total));
          expect(board.isOver, `${board.now} s`).toBe(true);
          expect(board.arrived.every((times) => times === 1)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
