// Random swarms with faults in virtual time. A failure prints its seed; put it into seeds.txt with the reason.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { SwarmKind } from './random-swarm.ts';
import { runSwarm } from './random-swarm.ts';

/** How many random seeds; a number in HEADWATER_SEEDS overrides it, HEADWATER_SEED gives the first. */
const COUNT = Number(process.env['HEADWATER_SEEDS'] ?? 1_000);
const FIRST = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 1_000_000_000);
/** Stops adding random seeds after this time, ms, so that a slow machine is only less thorough. */
const BUDGET_MS = 35_000;

const past = readFileSync(new URL('seeds.txt', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter((line) => line !== '')
  .map((line): [number, SwarmKind] => {
    const [seed, kind] = line.split(/\s+/);
    return [Number(seed), kind === 'plain' ? 'plain' : 'all'];
  });

it.each(past)('seed %i (%s), which failed once', (seed, kind) => {
  runSwarm(seed, kind);
});

it('the same seed gives the same run', () => {
  for (const seed of [3, 4, 5]) expect(runSwarm(seed)).toEqual(runSwarm(seed));
});

it(`${COUNT} random swarms from seed ${FIRST}`, { timeout: 10_000_000 }, () => {
  const failures: string[] = [];
  const end = Date.now() + (process.env['HEADWATER_SEEDS'] === undefined ? BUDGET_MS : Infinity);
  let done = 0;
  for (; done < COUNT && Date.now() < end && failures.length < 5; done++) {
    try {
      runSwarm(FIRST + done);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  console.log(`swarms: ${done} seeds from ${FIRST}, ${failures.length} failed`);
  expect(failures).toEqual([]);
});
