import { describe, expect, it } from 'vitest';
import type { SourceStatus, TransferStatus } from '../../src/engine/io.ts';
import { type View, renderLine, renderScreen, secondsLeft } from '../../src/cli/progress-view.ts';

const source = (part: Partial<SourceStatus>): SourceStatus => ({
  kind: 'peer',
  address: 'ws://127.0.0.1:7070',
  connected: true,
  received: 100,
  useful: 98,
  duplicate: 1,
  rejected: 1,
  bytes: 1_638_400,
  summaryBytes: 40,
  sent: 0,
  rate: 2 * 1024 * 1024,
  cost: 0,
  ...part,
});

const view = (status: Partial<TransferStatus>, rest: Partial<View> = {}): View => ({
  name: 'photos.tar',
  length: 33_554_432,
  rate: 8 * 1024 * 1024,
  notes: new Map([['ws://127.0.0.1:7071', 'connection refused']]),
  ...rest,
  status: {
    phase: 'running',
    total: 2048,
    have: 1024,
    needed: 2048,
    received: 1030,
    useful: 1024,
    duplicate: 5,
    rejected: 1,
    summaryBytes: 900,
    sent: 0,
    sources: [source({}), source({ address: 'ws://127.0.0.1:7071', connected: false, useful: 0 })],
    ...status,
  },
});

describe('the progress display', () => {
  it('shows percent, bar, speed, time left and a line per source', () => {
    expect(renderScreen(view({}), 80, true)).toEqual([
      'photos.tar  32.0 MiB',
      '████████████████████░░░░░░░░░░░░░░░░░░░░  50 %   8.0 MiB/s, 2.0 s left',
      '',
      'source                 useful   useless   rate',
      'ws://127.0.0.1:7070        98         2   2.0 MiB/s',
      'ws://127.0.0.1:7071         0         2   connection refused',
    ]);
  });

  it('says what it waits for', () => {
    expect(renderScreen(view({ total: 0, sources: [] }), 80, true)).toEqual([
      'photos.tar  asking for the content descriptor…',
    ]);
    expect(renderLine(view({}, { rate: 0 }))).toBe(
      'photos.tar: 50 % of 32.0 MiB, starting, 1 source',
    );
    expect(renderLine(view({ sources: [] }, { rate: 0 }))).toContain('no source yet, 0 sources');
    expect(renderLine(view({ have: 2048 }))).toContain('100 % of 32.0 MiB, decoding and checking');
  });

  it('stays inside any terminal and survives hostile text', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      source({ address: `ws://${'x'.repeat(300)}\u001b[2J${index}:1` }),
    );
    for (const columns of [0, 20, 41, 60, 80, 300]) {
      const lines = renderScreen(
        view({ sources: many }, { name: `${'y'.repeat(255)}\u001b[2J` }),
        columns,
        true,
      );
      expect(lines.length).toBeLessThan(24);
      expect(lines.join('\n')).not.toContain('\u001b');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(40, columns) - 1);
    }
  });

  it('tells the time left only when it can', () => {
    expect(secondsLeft(view({}))).toBe(2);
    expect(secondsLeft(view({}, { rate: 0 }))).toBeUndefined();
    expect(secondsLeft(view({ total: 0 }))).toBeUndefined();
  });

  it('uses plain characters where the terminal has no others', () => {
    expect(renderScreen(view({}), 80, false)[1]).toMatch(/^#{20}\.{20} {2}50 %/);
  });
});
