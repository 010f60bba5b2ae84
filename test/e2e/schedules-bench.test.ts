// `npm run schedules` as a command: one point, and options that make no sense.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SCHEDULER_NAMES } from '../../src/engine/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'headwater-schedules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, ['bench/schedules.mjs', ...args], { encoding: 'utf8' });

it('one point: the bound, and all policies with all figures', () => {
  const file = join(folder, 'servers.json');
  writeFileSync(file, JSON.stringify([{ name: 'a', min: 10, max: 10, price: 2 }]));
  const { status, stdout } = run('--servers', file, '--size', '50', '--runs', '2', '--json');
  expect(status).toBe(0);
  const { bound, policies } = JSON.parse(String(stdout)) as {
    bound: number;
    policies: Record<string, Record<string, number>>;
  };
  expect(bound).toBeCloseTo(5, 6);
  expect(Object.keys(policies)).toEqual([...SCHEDULER_NAMES]);
  // One steady server: all of them do the same.
  for (const figures of Object.values(policies)) {
    expect(figures['time']).toBeCloseTo(5, 2);
    expect(figures['costBusy']).toBeCloseTo(10, 1);
    expect(figures['overheadReserved']).toBeCloseTo(50, 0);
    expect(figures['moved']).toBeCloseTo(50, 3);
  }
});

it.each([[['--size', '0']], [['--objective', 'fame']], [['--servers', join(folder, 'none.json')]]])(
  '%j is refused with one line',
  (args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(String(stderr).trim().split('\n')).toHaveLength(1);
  },
);
