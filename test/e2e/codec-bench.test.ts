// The codec bench, once and tiny: that it runs and what its last line has. No figure decides anything.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const path = (name: string): string =>
  fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));

function node(file: string, ...args: string[]) {
  return spawnSync(process.execPath, [path(file), ...args], { encoding: 'utf8' });
}

const FIGURES = [
  'encode',
  'encodeUncached',
  'repair',
  'decodeRepair',
  'decodeLoss10',
  'decodeOne',
  'structure',
];

describe('bench:codec', () => {
  it('ends with one object that has every figure', () => {
    const tiny = ['--k', '100', '--t', '1400', '--seconds', '0.1', '--no-peers'];
    const { status, stdout, stderr } = node('codec.mjs', '--json', ...tiny);
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(report).toMatchObject({
      bench: 'codec',
      machine: expect.stringContaining(process.version),
      commit: expect.stringMatching(/./),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      kernel: expect.stringMatching(/^[a-z]/),
      cells: [{ K: 100, T: 1400 }],
      peers: [],
    });
    const [cell] = report.cells;
    for (const name of FIGURES) expect(cell[name], name).toBeGreaterThan(0);
    for (const name of ['encode', 'repair', 'decodeRepair', 'decodeLoss10', 'decodeOne'])
      expect(cell.operations[name].xors, name).toBeGreaterThan(0);
  });

  it.each([
    ['--k', '0'],
    ['--t', '1400,x'],
    ['--seconds', '0'],
    ['--kernel', 'jss'],
  ])('%s %s is refused', (...args) => {
    const { status, stderr } = node('codec.mjs', '--no-peers', ...args);
    expect(status).toBe(28);
    expect(stderr).toContain(args[1]);
  });

  it('has its committed results drawn', () => {
    const { status, stderr } = node('codec/chart.mjs', '--check');
    expect(status, stderr).toBe(0);
  });
});
