// What the reports write where, into streams that only remember.

import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createDisplay } from '../../src/cli/display.ts';
import { createGetReport, resultLines } from '../../src/cli/get-report.ts';
import { Pace } from '../../src/cli/pace.ts';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { TransferStatus } from '../../src/engine/index.ts';
import type { GetResult } from '../../src/node/index.ts';

class Memory extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;
  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const terminalOf = (stdout: Memory, stderr: Memory): Terminal => ({
  stdout,
  stderr,
  unicode: true,
});

const status = (have: number): TransferStatus => ({
  phase: 'running',
  total: 100,
  have,
  needed: 100,
  received: have,
  useful: have,
  duplicate: 0,
  rejected: 0,
  summaryBytes: 0,
  sent: 0,
  sources: [],
});

const result: GetResult = {
  file: '/x/photos.tar',
  bytes: 1_638_400,
  sha256: 'ab'.repeat(32),
  seconds: 2,
  needed: 100,
  received: 101,
  useful: 100,
  overhead: 0.01,
  summaryBytes: 500,
  totalOverhead: 0.0103,
  cost: 0,
  sources: ['ws://a:1', 'ws://b:2'].map((address, index) => ({
    kind: 'peer',
    address,
    received: 50 + index,
    useful: 50,
    duplicate: index,
    rejected: 0,
    bytes: 819_200,
    cost: 0,
  })),
};

describe('the result of a download', () => {
  it('names file, hash, sources and overhead', () => {
    expect(resultLines(result)).toEqual([
      '/x/photos.tar: 1.6 MiB in 2.0 s, 800 KiB/s',
      `SHA-256 ${'ab'.repeat(32)}`,
      '',
      'source    received  useful  duplicate  rejected    bytes',
      'ws://a:1        50      50          0         0  800 KiB',
      'ws://b:2        51      50          1         0  800 KiB',
      '',
      '100 symbols needed, 101 received: overhead 1.00 %',
      '500 B of summaries and requests: total overhead 1.03 %',
    ]);
  });

  it('tells a resumed one by what was fetched', () => {
    const sources = result.sources.slice(0, 1);
    expect(resultLines({ ...result, sources })[0]).toBe(
      '/x/photos.tar: 1.6 MiB, fetched 800 KiB in 2.0 s, 400 KiB/s',
    );
    expect(resultLines({ ...result, sources: [], needed: 0 })).toEqual([
      '/x/photos.tar: 1.6 MiB, nothing to fetch',
      `SHA-256 ${'ab'.repeat(32)}`,
    ]);
  });
});

describe('reports', () => {
  const start = {
    event: 'start',
    file: '/x/photos.tar',
    name: 'photos.tar',
    contentId: '00',
    bytes: 1_638_400,
    symbolBytes: 16_384,
    total: 100,
    have: 29,
  } as const;

  it('--json is one object a line on stdout, nothing on stderr, and leaves failures to others', async () => {
    const [out, err] = [new Memory(), new Memory()];
    const report = await createGetReport(terminalOf(out, err), { json: true });
    report.event(start);
    report.event({ event: 'failed', code: 'DISK', message: 'x', hint: undefined });
    report.event({ event: 'done', ...result });
    report.tick(status(50));
    const events = out.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event)).toEqual(['start', 'done']);
    expect(err.text).toBe('');
  });

  it('a log gets a line now and then; the result goes to stdout', async () => {
    const [out, err] = [new Memory(), new Memory()];
    const report = await createGetReport(terminalOf(out, err), {});
    report.event(start);
    for (let have = 30; have <= 100; have++) report.tick(status(have));
    report.event({ event: 'done', ...result });
    expect(err.text).toContain('going on with photos.tar: 29 % is here already');
    expect(err.text.split('\n').length).toBeLessThan(14);
    expect(err.text).not.toContain('\u001b');
    expect(out.text).toContain('/x/photos.tar');
  });

  it('--quiet is quiet', async () => {
    const [out, err] = [new Memory(), new Memory()];
    const report = await createGetReport(terminalOf(out, err), { quiet: true });
    report.event(start);
    report.tick(status(50));
    report.event({ event: 'done', ...result });
    expect(out.text + err.text).toBe('');
  });

  it('a terminal gets a display that is taken away again', async () => {
    const err = new Memory(true);
    let now = 0;
    const display = await createDisplay(terminalOf(new Memory(), err), false, () => now);
    const view = { name: 'n', length: 1_638_400, rate: 1000, notes: new Map<string, string>() };
    display.show({ ...view, status: status(10) });
    now = 50;
    display.show({ ...view, status: status(20) });
    now = 200;
    display.show({ ...view, status: status(30) });
    display.close();
    display.close();
    expect(err.text).toContain('10 %');
    expect(err.text).not.toContain('20 %');
    expect(err.text).toContain('30 %');
  });
});

describe('run', () => {
  it('answers an exit code and never throws', async () => {
    const [out, err] = [new Memory(), new Memory()];
    expect(await run(['get', 'x', '--typo', '--json'], terminalOf(out, err))).toBe(28);
    expect(err.text).toContain("unknown option '--typo'");
    expect(JSON.parse(out.text)).toMatchObject({ event: 'error', code: 'USAGE' });
    expect(await run(['--version'], terminalOf(out, err))).toBe(0);
    expect(await run(['inspect', '/no/such/file'], terminalOf(out, err))).toBe(3);
  });

  it('every command has examples in its help', async () => {
    for (const command of ['describe', 'share', 'get', 'inspect']) {
      const out = new Memory();
      expect(await run([command, '--help'], terminalOf(out, new Memory()))).toBe(0);
      expect(out.text).toContain(`Examples:\n  headwater ${command}`);
      for (const line of out.text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});

describe('Pace', () => {
  it('is the rate of the last seconds', () => {
    const pace = new Pace();
    expect(pace.sample(0, 0)).toBe(0);
    expect(pace.sample(1000, 1000)).toBe(1000);
    for (let s = 2; s <= 20; s++) pace.sample(1000 + (s - 1) * 500, s * 1000);
    expect(pace.sample(1000 + 20 * 500, 21_000)).toBe(500);
  });
});
