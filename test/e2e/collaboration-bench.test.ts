// The collaboration bench, once and small: real processes receive as many symbols as the simulator says.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from './harness.ts';

const BENCH = fileURLToPath(new URL('../../bench/collaboration.mjs', import.meta.url));

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
});
afterAll(() => lab.close());

function bench(...args: string[]) {
  const env = { ...process.env, TMPDIR: lab.folder };
  return spawnSync(process.execPath, [BENCH, ...args], { encoding: 'utf8', env });
}

const FIGURES = [
  'mbPerSecond',
  'needed',
  'overhead',
  'received',
  'seconds',
  'summaryBytes',
  'totalOverhead',
];

describe('bench:collaboration', () => {
  it('agrees with the simulator, and prints one object that has every figure', () => {
    const cells = ['--scenario', 'pair', '--strategy', 'uninformed-wor,coordinated'];
    const small = ['--quick', '--symbol-bytes', '16384', '--rate', '2M', ...cells];
    const { status, stdout, stderr } = bench('--json', ...small);
    expect(status, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      bench: 'collaboration',
      machine: expect.stringContaining(process.version),
      commit: expect.stringMatching(/./),
      seed: 1,
      rate: 2 * 1024 * 1024,
    });
    const layout = { symbolBytes: 16_384, symbols: 256, blockCount: 1 };
    const cell = { scenario: 'pair', slack: 1.1, containment: 0.2, ...layout, agrees: true };
    expect(report.rows).toMatchObject([
      { ...cell, strategy: 'uninformed-wor' },
      { ...cell, strategy: 'coordinated' },
    ]);
    for (const { real, simulated, tolerance } of report.rows) {
      expect(Object.keys(real).sort()).toEqual([...FIGURES, 'useful'].sort());
      expect(Object.keys(simulated).sort()).toEqual([...FIGURES, 'runs', 'spread'].sort());
      expect(real.needed).toBe(128);
      expect(simulated.needed).toBe(128);
      expect(real.received).toBe(Math.round(128 * (1 + real.overhead)));
      expect(Math.abs(real.received - simulated.received)).toBeLessThanOrEqual(128 * tolerance);
      expect(real.totalOverhead).toBeGreaterThan(real.overhead);
      expect(real.seconds).toBeGreaterThan(0);
    }
    const [uninformed, coordinated] = report.rows;
    expect(uninformed.real.received).toBeGreaterThan(130);
    // A block may lack the rank at K symbols.
    expect(coordinated.real.received).toBeLessThan(130);
    expect(readdirSync(lab.folder)).toEqual([]);
  });

  it.each([
    ['--scenario', 'five'],
    ['--strategy', 'uninformed,best'],
    ['--symbol-bytes', '1400,x'],
    ['--size', '0'],
    ['--containment', '0.8'],
    ['--seed', ''],
    ['--fast', '1'],
  ])('%s %s is refused', (...args) => {
    const { status, stderr, stdout } = bench(args.join('='));
    expect(status).toBe(28);
    expect(stderr).toContain(args[0]);
    expect(stdout).toBe('');
  });

  it('a containment that is not possible is refused, and named', () => {
    const { status, stderr } = bench('--scenario', 'pair', '--containment', '0.5');
    expect(status).toBe(28);
    expect(stderr).toContain('containment 0.5 is not possible at slack 1.1');
    expect(readdirSync(lab.folder)).toEqual([]);
  });
});
