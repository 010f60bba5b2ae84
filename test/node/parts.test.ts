// The small parts of the driver that are pure.

import { expect, test } from 'vitest';
import { parseEndpoint } from '../../src/node/addresses.ts';
import { sourceUrl } from '../../src/node/dial.ts';
import { humanReason } from '../../src/node/errors.ts';
import { EventQueue } from '../../src/node/event-queue.ts';
import { heldBy } from '../../src/node/hold.ts';
import type { GetOptions } from '../../src/node/get-options.ts';
import { checkStrategy } from '../../src/node/get-options.ts';
import { hostPort } from '../../src/node/listener.ts';
import { Bitset } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';

test('endpoints', () => {
  expect(parseEndpoint('7001')).toEqual({ host: '127.0.0.1', port: 7001 });
  expect(parseEndpoint(':7001')).toEqual({ host: '127.0.0.1', port: 7001 });
  expect(parseEndpoint('0.0.0.0:0')).toEqual({ host: '0.0.0.0', port: 0 });
  expect(parseEndpoint('[::1]:7001')).toEqual({ host: '::1', port: 7001 });
  for (const wrong of ['', 'host', 'host:', 'host:65536', '::1:7001', 'a b:x']) {
    expect(() => parseEndpoint(wrong)).toThrow('is not host:port');
  }
});

test('addresses of sources', () => {
  expect(sourceUrl('example.org:7001')).toBe('ws://example.org:7001');
  expect(sourceUrl('ws://127.0.0.1:7001/')).toBe('ws://127.0.0.1:7001');
  expect(sourceUrl('wss://example.org/path?x=1')).toBe('wss://example.org/path?x=1');
  expect(hostPort('::ffff:10.0.0.1', 5)).toBe('10.0.0.1:5');
  expect(hostPort('fd00::1', 5)).toBe('[fd00::1]:5');
});

test('reasons are sentences, not codes', () => {
  expect(humanReason(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(
    'connection refused',
  );
  const both = new AggregateError([Object.assign(new Error('y'), { code: 'ENOTFOUND' })]);
  expect(humanReason(both)).toBe('host not found');
  expect(humanReason(new Error('as it is'))).toBe('as it is');
  expect(humanReason('text')).toBe('text');
});

test('hold draws the right number from every window, the same for the same seed', () => {
  const layout = new Layout({ length: 100_000, symbolBytes: 100, blockCount: 3, windowRatio: 2 });
  const held = heldBy(layout, 0.25, 7);
  for (let sbn = 0; sbn < 3; sbn++) {
    const from = layout.windowStart(sbn);
    const count = held.countRange(from, layout.windowStart(sbn + 1));
    expect(count).toBe(Math.round(layout.windowSize(sbn) / 4));
  }
  expect(heldBy(layout, 0.25, 7).words).toEqual(held.words);
  expect(heldBy(layout, 0.25, 8).words).not.toEqual(held.words);
  expect(heldBy(layout, 1, 1).count).toBe(layout.idCount);
  expect(heldBy(layout, 0, 1).count).toBe(0);
  for (const wrong of [-0.1, 1.1, NaN]) {
    expect(() => heldBy(layout, wrong, 1)).toThrow('is not between 0 and 1');
  }
});

test('hold as a set of ids is that set, as it was when it was given', () => {
  const layout = new Layout({ length: 1_000, symbolBytes: 100, blockCount: 1, windowRatio: 2 });
  const given = new Bitset(layout.idCount);
  for (const id of [0, 7, 19]) given.add(id);
  const held = heldBy(layout, given, 1);
  given.clear();
  expect([...Array(layout.idCount).keys()].filter((id) => held.has(id))).toEqual([0, 7, 19]);
  for (const length of [layout.idCount - 1, layout.idCount + 1]) {
    expect(() => heldBy(layout, new Bitset(length), 1)).toThrow('the content has 20');
  }
});

test('a queue keeps only the latest progress, and at most 1024 events', async () => {
  const queue = new EventQueue<{ event: string; n: number }>();
  for (let n = 0; n < 5; n++) queue.push({ event: 'progress', n });
  queue.push({ event: 'block', n: 5 });
  queue.push({ event: 'progress', n: 6 });
  queue.end();
  const seen: number[] = [];
  for await (const { n } of queue) seen.push(n);
  expect(seen).toEqual([4, 5, 6]);
  const full = new EventQueue<{ event: string; n: number }>();
  for (let n = 0; n < 5000; n++) full.push({ event: 'block', n });
  full.end();
  let count = 0;
  let last = 0;
  for await (const { n } of full) {
    count++;
    last = n;
  }
  expect([count, last]).toEqual([1024, 4999]);
});

test('a queue hands events to whoever waits, and tells all of the end', async () => {
  const queue = new EventQueue<{ event: string }>();
  const one = queue[Symbol.asyncIterator]();
  const first = one.next();
  const second = one.next();
  queue.push({ event: 'a' });
  queue.end();
  expect(await first).toEqual({ value: { event: 'a' }, done: false });
  expect((await second).done).toBe(true);
});

test('a summary or a finish that the strategy has no use for is refused', () => {
  const right: readonly GetOptions[] = [
    {},
    { summary: 'auto' },
    { strategy: 'speculative', summary: 'auto', finish: 'substitution' },
    { strategy: 'recode-bf', finish: 'full-rank' },
    { strategy: 'reconciled', summary: 'riblt' },
    { strategy: 'partition', summary: 'art' },
    { strategy: 'speculative', summary: 'exact' },
    { strategy: 'recode-bf', summary: 'exact' },
    { strategy: 'uninformed', finish: undefined },
  ];
  for (const options of right) expect(() => checkStrategy(options)).not.toThrow();
  const wrong: readonly (readonly [GetOptions, string])[] = [
    [{ summary: 'bloom' }, 'the coordinated strategy has no choice of summaries (bloom)'],
    [{ strategy: 'uninformed-wor', summary: 'riblt' }, 'no choice of summaries (riblt)'],
    [{ finish: 'full-rank' }, 'the coordinated strategy sends no recoded symbols'],
    [{ strategy: 'partition', finish: 'substitution' }, 'sends no recoded symbols'],
  ];
  for (const [options, message] of wrong) {
    expect(() => checkStrategy(options)).toThrow(message);
    expect(() => checkStrategy(options)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});
