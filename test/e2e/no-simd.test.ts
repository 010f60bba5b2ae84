// Without WebAssembly: everything works, and says once that it is slow. `node --jitless` has none, in no thread.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Event, Sharer } from './harness.ts';
import { Lab, MIB, sha256Of } from './harness.ts';

const BLOCKS = 4;
/** Of every window, so that every block must be decoded. */
const HOLD = ['--hold', '0.6', '--seed', '3'];

let lab: Lab;
let file: string;
let descriptor: string;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('slow.bin', MIB - 77);
  const described = await lab.run('describe', file, '--block', '256K', '--json');
  expect(described.code, described.stderr).toBe(0);
  expect(described.events.map(({ event }) => event)).toEqual(['described']);
  expect(described.last).toMatchObject({ blockCount: BLOCKS });
  descriptor = described.last!['descriptor'];
});
afterEach(async () => {
  lab.nodeOptions = [];
  await lab.stopAll();
});
afterAll(() => lab.close());

const warnings = (events: readonly Event[]): Event[] =>
  events.filter(({ event }) => event === 'warning');

/** Fetches from a share that holds a part of every window. */
async function fetchFrom(sharer: Sharer, name: string): Promise<readonly Event[]> {
  const got = await lab.run('get', sharer.link, '-o', lab.path(name), '--json');
  expect(got.code, got.stderr).toBe(0);
  expect(sha256Of(lab.path(name))).toBe(sha256Of(file));
  return got.events;
}

describe('without WebAssembly', () => {
  it('share and get work, and warn once each', async () => {
    lab.nodeOptions = ['--jitless'];
    const sharer = await lab.share(file, '-d', descriptor, ...HOLD);
    const events = await fetchFrom(sharer, 'slow-copy');
    expect(events.filter(({ event }) => event === 'block')).toHaveLength(BLOCKS);
    expect(warnings(events)).toEqual([
      {
        event: 'warning',
        code: 'NO_SIMD',
        message: expect.stringMatching(/WebAssembly SIMD .* JavaScript/),
        hint: expect.stringContaining('--jitless'),
      },
    ]);
    const kinds = events.map(({ event }) => event);
    expect(kinds.indexOf('warning')).toBe(kinds.indexOf('start') - 1);
    await sharer.program.event('link-down');
    expect(warnings(sharer.program.events)).toHaveLength(1);
  });

  it('describe warns once, and makes the same descriptor', async () => {
    lab.nodeOptions = ['--jitless'];
    const out = lab.path('slow.headwater');
    const { events } = await lab.run('describe', file, '--block', '256K', '-o', out, '--json');
    expect(events.map(({ event }) => event)).toEqual(['warning', 'described']);
    expect(sha256Of(out)).toBe(sha256Of(descriptor));
  });

  it('a person reads one line, and nothing with --quiet', async () => {
    lab.nodeOptions = ['--jitless'];
    const sharer = lab.start('share', file, '-d', descriptor, ...HOLD);
    const link = await sharer.until('link', () => /^(headwater:.*)\n/.exec(sharer.stdout)?.[1]);
    const lines = (text: string): string[] => text.split('\n').filter((line) => /SIMD/.test(line));
    for (const tone of [[], ['--quiet']]) {
      const got = await lab.run('get', link, '-f', '-o', lab.path('told'), ...tone);
      expect(got.code, got.stderr).toBe(0);
      expect(lines(got.stderr)).toHaveLength(tone.length === 0 ? 1 : 0);
      expect(got.stdout).not.toContain('SIMD');
    }
    expect(lines(sharer.stderr)).toHaveLength(1);
    expect(lines(sharer.stderr)[0]).toMatch(/^warning: /);
  });
});

it('with WebAssembly there is no warning', async () => {
  const sharer = await lab.share(file, '-d', descriptor, ...HOLD);
  expect(warnings(await fetchFrom(sharer, 'fast-copy'))).toEqual([]);
  await sharer.program.event('link-down');
  expect(warnings(sharer.program.events)).toEqual([]);
});
