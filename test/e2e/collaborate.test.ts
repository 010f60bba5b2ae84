// Many sources at once, as real processes.

import { truncateSync, writeFileSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sharer } from './harness.ts';
import { bare, Lab, MIB, sha256Of, sourceOptions } from './harness.ts';

const LENGTH = 16 * MIB;
/** ρ. */
const WINDOW_RATIO = 2;
const PEERS = 4;

let lab: Lab;
let file: string;
let descriptor: string;
let sha256: string;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('shared.bin', LENGTH);
  sha256 = sha256Of(file);
  const described = await lab.run('describe', file, '-o', lab.path(), '--json');
  expect(described.code, described.stderr).toBe(0);
  descriptor = described.last!['descriptor'];
});
afterEach(() => lab.stopAll());
afterAll(() => lab.close());

/** Peers whose working sets are random and together have slack · ℓ distinct symbols. */
function sharePeers(slack: number): Promise<Sharer[]> {
  const hold = 1 - (1 - slack / WINDOW_RATIO) ** (1 / PEERS);
  const peers = Array.from({ length: PEERS }, (_, index) =>
    lab.share(
      file,
      ...['--descriptor', descriptor],
      ...['--hold', hold.toFixed(5), '--seed', String(index + 1)],
    ),
  );
  return Promise.all(peers);
}

describe('four peers, each with a random part', () => {
  it.each([1.1, 1.3])('slack %d: no symbol twice, total overhead at most 0.01', async (slack) => {
    const peers = await sharePeers(slack);
    const out = lab.path(`four-${slack}`);
    const link = bare(peers[0]!.link);
    const got = await lab.run('get', link, ...sourceOptions(peers), '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
    const done = got.last!;
    expect(done['sha256']).toBe(sha256);
    expect(sha256Of(out)).toBe(sha256);
    expect(done['sources']).toHaveLength(PEERS);
    for (const source of done['sources']) {
      expect(source).toMatchObject({ duplicate: 0, rejected: 0 });
      expect(source.useful).toBeGreaterThan(0);
    }
    expect(done['totalOverhead']).toBeLessThanOrEqual(0.01);
  });

  it('peers that hold too little between them: unfinished, and what is held is kept', async () => {
    const peers = await sharePeers(0.8);
    const out = lab.path('too-little');
    const link = bare(peers[0]!.link);
    const args = ['get', link, ...sourceOptions(peers), '-o', out, '--json'];
    const short = await lab.run(...args, '--timeout', '3');
    expect(short.code, short.stderr).toBe(7);
    expect(short.last).toMatchObject({ event: 'error', code: 'UNFINISHED' });
    const full = await lab.share(file, '--descriptor', descriptor);
    const rest = await lab.run(...args, '-s', full.address);
    expect(rest.code, rest.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256);
    // 0.8 ℓ is held from the first run; only the rest is fetched.
    expect(rest.last!['received']).toBeLessThan(0.25 * (LENGTH / 16_384));
  });
});

describe('strategies', () => {
  it.each([
    'uninformed',
    'uninformed-wor',
    'speculative',
    'speculative --finish substitution',
    'reconciled',
    'reconciled --summary riblt',
    'reconciled --summary art',
    'recode-bf',
    'partition',
    'coordinated',
  ])('%s completes from a full source and two peers', async (strategy) => {
    const peers = await Promise.all([
      lab.share(file, '--descriptor', descriptor),
      lab.share(file, '--descriptor', descriptor, '--hold', '0.15', '--seed', '7'),
      lab.share(file, '--descriptor', descriptor, '--hold', '0.15', '--seed', '8'),
    ]);
    const out = lab.path(`strategy-${strategy.replaceAll(' ', '')}`);
    const got = await lab.run(
      ...['get', bare(peers[0].link), ...sourceOptions(peers)],
      ...['--strategy', ...strategy.split(' '), '-o', out, '--json'],
    );
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256);
    if (strategy === 'coordinated') expect(got.last!['overhead']).toBeLessThanOrEqual(0.01);
  });

  it.each(['speculative', 'recode-bf'])(
    '%s: sums of four peers without the file among them are as good as symbols',
    async (strategy) => {
      const peers = await sharePeers(1.1);
      const out = lab.path(`sums-${strategy}`);
      const got = await lab.run(
        ...['get', bare(peers[0]!.link), ...sourceOptions(peers)],
        ...['--strategy', strategy, '-o', out, '--json'],
      );
      expect(got.code, got.stderr).toBe(0);
      expect(sha256Of(out)).toBe(sha256);
      expect(got.last!['totalOverhead']).toBeLessThanOrEqual(0.01);
    },
  );
});

describe('a partial file', () => {
  it('is shared with its descriptor: what is right in it is served, what is wrong is not', async () => {
    const partial = lab.path('partial.bin');
    writeFileSync(partial, readFileSync(file));
    truncateSync(partial, Math.floor(0.6 * LENGTH));
    const bytes = readFileSync(partial);
    bytes.fill(0, MIB, 2 * MIB);
    writeFileSync(partial, bytes);
    const [holder, rest] = await Promise.all([
      lab.share(partial, '--descriptor', descriptor),
      lab.share(file, '--descriptor', descriptor, '--max-rate', '4M'),
    ]);
    const out = lab.path('from-partial');
    const got = await lab.run(
      ...['get', bare(rest.link), ...sourceOptions([holder, rest])],
      ...['-o', out, '--json'],
    );
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256);
    const from = (address: string): Record<string, number> =>
      got.last!['sources'].find((s: { address: string }) => s.address.startsWith(address));
    expect(from(holder.address)['useful']).toBeGreaterThan(0);
    expect(from(holder.address)['rejected']).toBe(0);
  });

  it('of a stopped download is shared as it lies', async () => {
    const source = await lab.share(file, '--descriptor', descriptor, '--max-rate', '6M');
    const out = lab.path('stopped');
    const run = lab.start('get', source.link, '-o', out, '--json');
    await run.event('progress', (event) => event['have'] > 0.3 * event['total']);
    run.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    const part = await lab.share(`${out}.part`);
    const inspected = await lab.run('inspect', `${out}.part`);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ kind: 'part', name: 'shared.bin' });
    const both = sourceOptions([part, source]);
    const again = lab.path('from-stopped');
    const got = await lab.run('get', bare(source.link), ...both, '-o', again, '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(again)).toBe(sha256);
    const from = got.last!['sources'].find((s: { address: string }) =>
      s.address.startsWith(part.address),
    );
    expect(from.useful).toBeGreaterThan(0);
  });

  it('grows while it is fetched: two that start empty help each other', async () => {
    const source = await lab.share(file, '--descriptor', descriptor, '--max-rate', '6M');
    const serving = ['--listen', '127.0.0.1:0', '--json'];
    const first = lab.start('get', source.link, '-o', lab.path('first'), ...serving);
    const [address] = (await first.event('listening'))['addresses'];
    const more = ['-s', address as string];
    const second = lab.start('get', source.link, ...more, '-o', lab.path('second'), ...serving);
    const ended = await Promise.all([first.ended, second.ended]);
    for (const end of ended) expect(end.code, end.stderr).toBe(0);
    expect(sha256Of(lab.path('first'))).toBe(sha256);
    expect(sha256Of(lab.path('second'))).toBe(sha256);
    source.program.kill('SIGINT');
    const { last } = await source.program.ended;
    // Without each other's help it would be two copies.
    const copies = last!['sent'] / (LENGTH / 16_384);
    console.log(`two receivers: the source sent ${copies.toFixed(2)} copies`);
    expect(copies).toBeLessThan(1.4);
  });
});
