// The figures bench: one point, a quick figure, what it refuses, and that the drawings are those of the committed results.
// No measured time decides anything.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import { runScenario } from '../../src/sim/index.ts';

const bench = (name: string): string =>
  fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));

function node(file: string, ...args: string[]) {
  return spawnSync(process.execPath, [bench(file), ...args], { encoding: 'utf8' });
}

const POINT =
  '--figure 9 --slack 1.2 --containment 0.15 --strategy reconciled --updates 10 --symbols 3000 --seed 7';

function point(...more: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = node('figures.mjs', ...POINT.split(' '), ...more);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('npm run figures, one point', () => {
  it('is one object: that of the simulator, with the Bloom filter of the paper', () => {
    const options = {
      scenario: 'four',
      strategy: 'reconciled',
      summary: 'bloom',
      slack: 1.2,
      containment: 0.15,
      updates: 10,
      symbols: 3000,
      seed: 7,
    } as const;
    const { durationMs: _, ...same } = runScenario(options);
    expect(point('--json')).toMatchObject({ ...options, figure: '9', trials: 1, ...same });
  });

  it('is another one with another summary', () => {
    const found = point('--json', '--summary', 'exact');
    expect(found['summary']).toBe('exact');
    expect(found['summaryBytes']).toBeLessThan(point('--json')['summaryBytes'] as number);
  });

  it('takes f in place of containment in figure 10(a)', () => {
    const args = '--figure 10a --strategy coordinated --updates 5 --symbols 1000 --json'.split(' ');
    const { stdout } = node('figures.mjs', ...args);
    expect(JSON.parse(stdout)).toMatchObject({
      updates: 5,
      containment: 0,
      slack: 1.1,
      overhead: 0,
    });
  });

  it('without --json is a line for each figure', () => {
    const { stdout } = node('figures.mjs', ...POINT.split(' '));
    expect(stdout).toMatch(/^overhead +0\.\d+$/m);
    expect(stdout).toMatch(/^summaryBytes +\d+$/m);
  });
});

describe('npm run figures, a figure', () => {
  it('quick: tables, conditions, results and drawing, and the report as the last line', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'headwater-figures-'));
    try {
      const args = ['--figure', '8', '--quick', '--json', '--out', folder];
      const { status, stdout, stderr } = node('figures.mjs', ...args);
      expect(stdout).toContain('Figure 8: a full source augmented by a peer; slack 1.3');
      expect(stdout).toMatch(/^pass {2}1\. uninformed/m);
      expect(status, stderr).toBe(0);
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
      expect(report).toMatchObject({
        bench: 'figures',
        machine: expect.stringContaining(process.version),
        symbols: 2000,
        seed: 1,
        decoding: { raptorq: { trials: 5 }, designed: { trials: 5 }, soliton: { trials: 5 } },
      });
      // Nine methods at six containments with slack 1.1, at five with slack 1.3.
      expect(report.cells).toHaveLength(9 * 11);
      expect(readdirSync(folder)).toEqual(['figure-8.json', 'figure-8.svg']);
      const kept = JSON.parse(readFileSync(path.join(folder, 'figure-8.json'), 'utf8'));
      expect(kept.cells).toEqual(report.cells);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has its committed results drawn', () => {
    const { status, stderr } = node('figures/chart.mjs', '--check');
    expect(status, stderr).toBe(0);
  });
});

interface Line {
  readonly name: string;
  readonly holds: boolean;
}

describe('what must hold of the figures', () => {
  const at = { slack: 1.1, containment: 0, updates: 1, label: '', trials: 5 };
  const cells: readonly Record<string, unknown>[] = [
    { figure: '7', scenario: 'pair', method: 'uninformed', overhead: 1.16, closed: 1.15 },
    { figure: '7', scenario: 'pair', method: 'reconciled-bloom', totalOverhead: 0.0008 },
    { figure: '7', scenario: 'pair', method: 'speculative-substitution', overhead: 0.12 },
    { figure: '7', scenario: 'pair', method: 'speculative-full-rank', totalOverhead: 0.004 },
    { figure: '7', scenario: 'pair', method: 'recode-bf', worstReceived: 1002, needed: 1000 },
    { figure: '8', scenario: 'augmented', method: 'uninformed', overhead: 0.11, closed: 0.111 },
    { figure: '8', scenario: 'augmented', method: 'speculative-substitution', overhead: 0.12 },
    { figure: '8', scenario: 'augmented', method: 'reconciled-exact', speedupTotal: 1.999 },
    { figure: '9', scenario: 'four', method: 'reconciled-bloom', overhead: 0.77, closed: 0.78 },
    { figure: '9', scenario: 'four', method: 'recode-bf', totalOverhead: 0.003 },
    { figure: '9', scenario: 'four', method: 'coordinated', totalOverhead: 0.006 },
    { figure: '10b', scenario: 'four', method: 'reconciled-bloom', updates: 10, overhead: 0.115 },
    { figure: '10b', scenario: 'four', method: 'partition-20', updates: 20, totalOverhead: 0.007 },
    ...[10, 20, 30].map((updates) => ({
      figure: '10a',
      scenario: 'four',
      method: 'reconciled-bloom',
      updates,
      totalOverhead: 0.1 + Math.abs(updates - 20) / 1000,
    })),
  ].map((cell) => ({ totalOverhead: 0, overhead: 0, speedupTotal: 2, ...at, ...cell }));

  async function failures(changed: readonly Record<string, unknown>[], symbols = 23_968) {
    const url = new URL('../../bench/figures/tolerances.mjs', import.meta.url).href;
    const { checkTolerances } = await import(/* @vite-ignore */ url);
    const lines = checkTolerances({ symbols, cells: changed }) as Line[];
    return {
      count: lines.length,
      missed: lines.filter(({ holds }) => !holds).map(({ name }) => name),
    };
  }

  it('holds of results as they should be, and is not asked of small runs', async () => {
    expect(await failures(cells)).toEqual({ count: 13, missed: [] });
    expect((await failures(cells, 2_000)).count).toBe(2);
    expect((await failures([])).count).toBe(0);
  });

  it.each([
    [0, { overhead: 1.18 }, '1. uninformed'],
    [1, { totalOverhead: 0.0012 }, 'goal: two peers reconciled'],
    [1, { totalOverhead: 0.0021 }, '2. reconciled'],
    [2, { overhead: 0.21 }, '5. speculative'],
    [3, { totalOverhead: 0.011 }, 'goal: speculative'],
    [4, { worstReceived: 1013 }, '7. recoded'],
    [5, { overhead: 0.145 }, '1. uninformed'],
    [6, { overhead: 0.14 }, '6. speculative'],
    [7, { speedupTotal: 1.994 }, 'goal: augmented'],
    [8, { overhead: 0.74 }, '3. reconciled, four peers, one'],
    [9, { totalOverhead: 0.0051 }, 'goal: four peers, one summary'],
    [11, { overhead: 0.127 }, '3. reconciled, four peers, f = 10'],
    [12, { totalOverhead: 0.011 }, 'goal: four peers with updates'],
    [14, { updates: 40 }, '4. reconciled'],
  ])('cell %d with %o is a miss of %s', async (index, change, name) => {
    const changed = cells.map((cell, i) => (i === index ? { ...cell, ...change } : cell));
    const { missed } = await failures(changed);
    expect(
      missed.some((each) => each.startsWith(name)),
      missed.join('; '),
    ).toBe(true);
  });
});

describe('npm run figures refuses', () => {
  it.each([
    ['--figure', '11', 'one of 7, 8, 9, 10a, 10b'],
    ['--slack', '0.9', 'a number in 1 … 2'],
    ['--containment', '-0.1', 'a number in 0 … 1'],
    ['--strategy', 'lucky', 'one of uninformed'],
    ['--summary', 'bloom', 'name it too'],
    ['--symbols', '99', 'a whole number in 100 … 56403'],
    ['--trials', '0', 'a whole number'],
    ['--seed', '1.5', 'a whole number'],
    ['--updates', 'often', 'a number in 0 … 1000'],
    ['--colour', 'red', '--colour'],
  ])('%s %s, and says why', (option, value, why) => {
    const { status, stdout, stderr } = node('figures.mjs', `${option}=${value}`);
    expect([status, stdout]).toEqual([28, '']);
    expect(stderr).toContain(why);
  });

  // The limits of the allocations, as test/sim/overhead.test.ts has them.
  it.each([
    ['7', '1.1', '0.46', '0 … 0.4545'],
    ['8', '1.3', '0.4', '0 … 0.3846'],
    ['9', '1.3', '0.61', '0 … 0.59'],
  ])('figure %s, slack %s, containment %s: only %s is possible', (figure, slack, c, range) => {
    const args = ['--figure', figure, '--slack', slack, '--containment', c];
    const { status, stderr } = node('figures.mjs', ...args, '--strategy', 'coordinated');
    expect(status).toBe(28);
    expect(stderr).toContain(range);
    const scenario = { 7: 'pair', 8: 'augmented', 9: 'four' }[figure] as 'pair';
    const cell = { scenario, strategy: 'coordinated', symbols: 1000, seed: 1 } as const;
    expect(() => runScenario({ ...cell, slack: +slack, containment: +c })).toThrow(UsageError);
  });
});
