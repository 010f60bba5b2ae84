// The fluid simulator against a slow twin that steps through time in small even steps, and every scheduler in it on servers that
// nobody has thought of.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { SCHEDULER_NAMES } from '../../src/engine/index.ts';
import type { FluidServer } from '../../src/sim/index.ts';
import { fluidBound, runFluid } from '../../src/sim/index.ts';

const server = (min: number, max: number, price = 1): FluidServer => ({
  name: 's',
  min,
  max,
  price,
});

/** Equal parts from all servers, nothing adjusted: in steps of a thousandth of a second. */
function slowBruteForce(
  servers: readonly FluidServer[],
  size: number,
  client: number,
  seed: number,
): number {
  const rng = new Rng(seed);
  const left = servers.map(() => size / servers.length);
  const step = 1 / 1000;
  for (let tick = 0; ; tick++) {
    if (left.every((amount) => amount <= 0)) return tick * step;
    if (tick % 1000 === 0) rates = servers.map(({ min, max }) => min + (max - min) * rng.unit());
    const active = rates.map((rate, i) => (left[i]! > 0 ? rate : 0));
    const sum = active.reduce((a, b) => a + b, 0);
    const share = sum > client ? client / sum : 1;
    active.forEach((rate, i) => (left[i] = left[i]! - rate * share * step));
  }
}
let rates: number[] = [];

const servers = fc.array(
  fc
    .tuple(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 5 }),
    )
    .map(([min, more, price]) => server(min, min + more, price)),
  { minLength: 1, maxLength: 6 },
);

describe('the fluid simulator', () => {
  it('agrees with the slow twin', () => {
    fc.assert(
      fc.property(
        servers,
        fc.integer({ min: 10, max: 500 }),
        fc.constantFrom(50, 100, 1e9),
        fc.nat(1000),
        (some, size, client, seed) => {
          const schedule = { name: 'brute-force', objective: 'time' } as const;
          const { time } = runFluid({ servers: some, size, client, schedule, seed });
          expect(time).toBeCloseTo(slowBruteForce(some, size, client, seed), 1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('one steady server: time, cost and nothing idle', () => {
    const result = runFluid({
      servers: [server(10, 10, 3)],
      size: 100,
      client: 100,
      schedule: { name: 'single', objective: 'time' },
      seed: 1,
    });
    expect(result.time).toBeCloseTo(10, 9);
    expect(result.idle).toBe(0);
    expect(result.moved).toBeCloseTo(100, 9);
    expect(result.costBusy).toBeCloseTo(30, 9);
    expect(result.overheadReserved).toBeCloseTo(300, 9);
  });

  it('of a file that is here in some hundredths of a second nobody brings all alone', () => {
    // Portions of a tenth of a second were more than the file.
    for (const size of [1, 5, 20]) {
      const fluid = { servers: [10, 20, 30, 40].map((rate) => server(rate, rate)), size, seed: 1 };
      const client = Infinity;
      const bound = fluidBound({ ...fluid, client });
      const schedule = { name: 'headwater', objective: 'time' } as const;
      expect(runFluid({ ...fluid, client, schedule }).time / bound).toBeLessThan(1.01);
    }
  });

  it('the bound is what all servers can do together within the client’s link', () => {
    expect(
      fluidBound({ servers: [server(10, 10), server(20, 20)], size: 90, client: 100, seed: 1 }),
    ).toBeCloseTo(3, 9);
    expect(
      fluidBound({ servers: [server(10, 10), server(20, 20)], size: 90, client: 15, seed: 1 }),
    ).toBeCloseTo(6, 9);
  });

  for (const name of SCHEDULER_NAMES) {
    it(`${name} comes to an end on any servers, never before the bound, and brings every part`, () => {
      fc.assert(
        fc.property(
          servers,
          fc.double({ min: 0.01, max: 600, noNaN: true }),
          fc.constantFrom(30, 100, Infinity),
          fc.constantFrom('time' as const, 'cost' as const, 'balanced' as const),
          fc.constantFrom(0, 0.02, 0.1),
          fc.nat(1000),
          (some, size, client, objective, requestSeconds, seed) => {
            const fluid = { servers: some, size, client, seed };
            const result = runFluid({ ...fluid, requestSeconds, schedule: { name, objective } });
            expect(result.time).toBeGreaterThanOrEqual(fluidBound(fluid) - 1e-6);
            expect(result.moved).toBeGreaterThanOrEqual(size - 1e-6);
            if (name !== 'dcda') expect(result.moved).toBeLessThanOrEqual(size + 1e-6);
            expect(result.costReserved).toBeGreaterThanOrEqual(result.costBusy - 1e-9);
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it('any of several servers may die', () => {
    fc.assert(
      fc.property(
        servers,
        fc.constantFrom(...SCHEDULER_NAMES),
        fc.nat(5),
        fc.nat(1000),
        (some, name, dead, seed) => {
          const all = [server(20, 30), ...some];
          const death = { server: 1 + (dead % some.length), at: 2, watchdog: 1 };
          const schedule = { name, objective: 'balanced' } as const;
          const result = runFluid({ servers: all, size: 300, client: 100, schedule, seed, death });
          expect(result.moved).toBeGreaterThanOrEqual(300 - 1e-6);
        },
      ),
      { numRuns: 100 },
    );
  });
});
