// Sources that lie, die or talk nonsense. The download goes on from the others, and says who it was.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bare, Lab, MIB, sha256Of, sourceOptions } from './harness.ts';
import type { RogueOptions } from './rogue.ts';
import { Rogue } from './rogue.ts';

const LENGTH = 8 * MIB;

let lab: Lab;
let file: string;
let descriptor: string;
let facts: Omit<RogueOptions, 'sends'>;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('wanted.bin', LENGTH);
  const described = await lab.run('describe', file, '-o', lab.path(), '--json');
  expect(described.code, described.stderr).toBe(0);
  descriptor = described.last!['descriptor'];
  facts = JSON.parse((await lab.run('inspect', descriptor)).stdout) as typeof facts;
});
afterEach(() => lab.stopAll());
afterAll(() => lab.close());

async function rogue(sends: RogueOptions['sends'], degree?: number): Promise<Rogue> {
  const peer = await Rogue.start({ ...facts, sends, ...(degree === undefined ? {} : { degree }) });
  lab.onClose(() => peer.close());
  return peer;
}

describe('a peer that sends wrong symbols', () => {
  it('is named, dropped at its second wrong symbol, and the others serve', async () => {
    const [honest, liar] = await Promise.all([
      lab.share(file, '--descriptor', descriptor, '--max-rate', '4M'),
      rogue('wrong'),
    ]);
    const out = lab.path('polluted');
    const got = await lab.run(...['get', honest.link, '-s', liar.address, '-o', out, '--json']);
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    const source = (address: string): Record<string, number> =>
      got.last!['sources'].find((s: { address: string }) => s.address.startsWith(address));
    expect(source(liar.address)).toMatchObject({ useful: 0 });
    expect(source(liar.address)['rejected']).toBeGreaterThanOrEqual(2);
    expect(source(honest.address)['rejected']).toBe(0);
    const rejections = got.events.filter((event) => event.event === 'rejected');
    expect(rejections.length).toBeGreaterThanOrEqual(2);
    for (const event of rejections) expect(event['address']).toContain(liar.address);
    expect(liar.closeCodes).toEqual([4006]);
    expect(liar.links).toBe(1);
  });

  it('alone: the failure names it', async () => {
    const [honest, liar] = await Promise.all([
      lab.share(file, '--descriptor', descriptor, '--hold', '0.1', '--seed', '1'),
      rogue('wrong'),
    ]);
    const args = ['get', honest.link, '-s', liar.address, '-o', lab.path('alone')];
    const got = await lab.run(...args, '--timeout', '4', '--json');
    expect(got.code).toBe(7);
    expect(got.stderr).toContain(liar.address);
  });
});

describe('a peer that sends wrong sums', () => {
  // Degree 1 shows at once; of degree 8, with little held, hardly any shows before the block is decoded from it.
  it.each([1, 8])('of degree %d is found out, dropped, and nobody else is', async (degree) => {
    const [full, part, liar] = await Promise.all([
      lab.share(file, '--descriptor', descriptor, '--max-rate', '3M'),
      lab.share(file, '--descriptor', descriptor, '--hold', '0.3', '--seed', '5'),
      rogue('recoded', degree),
    ]);
    const out = lab.path(`sums-${degree}`);
    const got = await lab.run(
      ...['get', full.link, ...sourceOptions([part]), '-s', liar.address],
      ...['--strategy', 'speculative', '-o', out, '--json'],
    );
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    const source = (address: string): Record<string, number> =>
      got.last!['sources'].find((s: { address: string }) => s.address.startsWith(address));
    expect(liar.sent).toBeGreaterThan(0);
    expect(source(liar.address)['useful']).toBe(0);
    expect(source(liar.address)['rejected']).toBeGreaterThanOrEqual(2);
    for (const { address } of [full, part]) expect(source(address)['rejected']).toBe(0);
    expect(liar.closeCodes).toEqual([4006]);
    expect(liar.links).toBe(1);
  });
});

describe('a peer that promises all and sends nothing', () => {
  it('does not hold up the download', async () => {
    const [honest, idle] = await Promise.all([
      lab.share(file, '--descriptor', descriptor),
      rogue('nothing'),
    ]);
    const out = lab.path('idle');
    const got = await lab.run('get', honest.link, '-s', idle.address, '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(idle.links).toBeGreaterThan(0);
  });
});

describe('a peer that talks nonsense', () => {
  it('is left alone', async () => {
    const [honest, noise] = await Promise.all([
      lab.share(file, '--descriptor', descriptor, '--max-rate', '8M'),
      rogue('noise'),
    ]);
    const out = lab.path('noise');
    const got = await lab.run('get', honest.link, '-s', noise.address, '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(noise.closeCodes[0]).toBe(4000);
  });
});

describe('a peer that disappears', () => {
  it('is replaced by the others', async () => {
    const [stays, dies] = await Promise.all([
      lab.share(file, '--descriptor', descriptor, '--max-rate', '3M'),
      lab.share(file, '--descriptor', descriptor, '--max-rate', '3M'),
    ]);
    const out = lab.path('survived');
    const run = lab.start(
      ...['get', bare(stays.link), ...sourceOptions([stays, dies]), '-o', out, '--json'],
    );
    await run.event(
      'progress',
      (event) => event['total'] > 0 && event['have'] > 0.2 * event['total'],
    );
    dies.program.kill('SIGKILL');
    const got = await run.ended;
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  it('and was the only one: unfinished, and a later run goes on', async () => {
    const dies = await lab.share(file, '--descriptor', descriptor, '--max-rate', '3M');
    const out = lab.path('orphaned');
    const run = lab.start('get', dies.link, '-o', out, '--timeout', '2', '--json');
    await run.event(
      'progress',
      (event) => event['total'] > 0 && event['have'] > 0.4 * event['total'],
    );
    dies.program.kill('SIGKILL');
    const left = await run.ended;
    expect([2, 6, 7]).toContain(left.code);
    expect(left.stderr).toContain(dies.address);
    const back = await lab.share(file, '--descriptor', descriptor);
    const rest = await lab.run('get', back.link, '-o', out, '--json');
    expect(rest.code, rest.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(rest.last!['needed']).toBeLessThan(0.65 * (LENGTH / 16_384));
  });
});

describe('a full disk', () => {
  it('has its own exit code, and a later run goes on', async (context) => {
    const small = lab.path('small-disk');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      return context.skip('needs the right to mount a tmpfs');
    }
    try {
      const sharer = await lab.share(file, '--descriptor', descriptor);
      const out = `${small}/big`;
      const full = await lab.run('get', sharer.link, '-o', out, '--json');
      expect(full.code, full.stderr).toBe(9);
      expect(full.stderr).toContain('space');
      execFileSync('mount', ['-o', 'remount,size=64m', small]);
      const rest = await lab.run('get', sharer.link, '-o', out, '--json');
      expect(rest.code, rest.stderr).toBe(0);
      expect(sha256Of(out)).toBe(sha256Of(file));
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});
