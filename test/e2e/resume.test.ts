// A download that is stopped in any way goes on where it stopped.

import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { Lab, MIB, sha256Of } from './harness.ts';

const LENGTH = 24 * MIB;
const KILLS = 20;
/** Symbols that a kill may cost, each time, as a share of all. */
const LOSS_MAX = 0.03;
const SEED = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));

let lab: Lab;
let file: string;
let descriptor: string;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('long.bin', LENGTH);
  const described = await lab.run('describe', file, '-o', lab.path(), '--json');
  expect(described.code, described.stderr).toBe(0);
  descriptor = described.last!['descriptor'];
});
afterEach(() => lab.stopAll());
afterAll(() => lab.close());

describe('kill -9', () => {
  it(`at ${KILLS} random points (HEADWATER_SEED=${SEED})`, async () => {
    console.log(`kill -9 test: HEADWATER_SEED=${SEED}`);
    const rng = new Rng(SEED);
    const args = [file, '--descriptor', descriptor, '--max-rate', '3M'] as const;
    const { program: source, link } = await lab.share(...args);
    const out = lab.path('killed');
    const total = LENGTH / 16_384;
    const points = Array.from({ length: KILLS }, () => 0.02 + 0.75 * rng.unit());
    points.sort((x, y) => x - y);
    const starts: number[] = [];
    const sent: number[] = [0];
    for (const point of points) {
      const run = lab.start('get', link, '-o', out, '--json');
      starts.push((await run.event('start'))['have']);
      await run.event('progress', (event) => event['have'] >= point * event['total']);
      // Not at the moment of an event, which might be a moment of its own kind.
      await new Promise((resolve) => setTimeout(resolve, rng.below(60)));
      const seen = source.events.length;
      run.kill('SIGKILL');
      await run.ended;
      expect(existsSync(out)).toBe(false);
      expect(existsSync(`${out}.part`)).toBe(true);
      // What the sender has sent when the link is gone: the receiver's own last word would be too old.
      const idle = await source.event(
        'progress',
        (event) => event['links'] === 0 && source.events.indexOf(event) >= seen,
      );
      sent.push(idle['sent']);
    }
    const rest = await lab.run('get', link, '-o', out, '--json');
    expect(rest.code, rest.stderr).toBe(0);
    starts.push(total - rest.last!['needed']);
    expect(sha256Of(out)).toBe(sha256Of(file));
    // Of what was sent in a run, all that the next run does not begin with has to be sent again.
    const again = points.map(
      (_, i) => (sent[i + 1]! - sent[i]! - (starts[i + 1]! - starts[i]!)) / total,
    );
    const percent = again.map((share) => (share * 100).toFixed(2));
    console.log(`  sent again after each kill: ${percent.join(' ')} %`);
    for (const share of again) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(LOSS_MAX);
    }
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s keeps the data and says how to go on',
    async (signal) => {
      const slow = await lab.share(file, '--descriptor', descriptor, '--max-rate', '6M');
      const out = lab.path(`stopped-${signal}`);
      const run = lab.start('get', slow.link, '-o', out, '--json');
      await run.event('progress', (e) => e['total'] > 0 && e['have'] > 0.3 * e['total']);
      run.kill(signal);
      const stopped = await run.ended;
      expect(stopped.code).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(stopped.last).toMatchObject({ event: 'error', code: 'ABORTED' });
      expect(stopped.stderr).toContain('again');
      expect(existsSync(out)).toBe(false);
      expect(existsSync(`${out}.part`)).toBe(true);
      const held = stopped.events.findLast((event) => event.event === 'progress')![
        'have'
      ] as number;
      const rest = await lab.run('get', slow.link, '-o', out, '--json');
      expect(rest.code, rest.stderr).toBe(0);
      expect(sha256Of(out)).toBe(sha256Of(file));
      const total = LENGTH / 16_384;
      // A clean stop loses nothing that was held.
      expect(rest.last!['needed']).toBeLessThanOrEqual(total - held);
      expect(rest.last!['received']).toBeLessThanOrEqual(total - held + 0.01 * total);
    },
  );

  it('a second process on the same output is refused', async () => {
    const slow = await lab.share(file, '--descriptor', descriptor, '--max-rate', '2M');
    const out = lab.path('locked');
    const run = lab.start('get', slow.link, '-o', out, '--json');
    await run.event('progress', (e) => e['total'] > 0 && e['have'] > 0);
    const second = await lab.run('get', slow.link, '-o', out);
    expect(second.code).toBe(11);
    expect(second.stderr).toContain('locked');
    expect(run.running).toBe(true);
  });

  it('the partial data of another content is not mixed in', async () => {
    const slow = await lab.share(file, '--descriptor', descriptor, '--max-rate', '6M');
    const out = lab.path('mixed');
    const run = lab.start('get', slow.link, '-o', out, '--json');
    await run.event('progress', (e) => e['total'] > 0 && e['have'] > 0.05 * e['total']);
    run.kill('SIGINT');
    await run.ended;
    const other = await lab.share(lab.file('other.bin', MIB, 2));
    const refused = await lab.run('get', other.link, '-o', out);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('mixed');
    expect((await lab.run('inspect', `${out}.part`)).code).toBe(0);
  });
});
