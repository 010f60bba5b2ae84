import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import { CLOSE, decodeControl, encodeControl, LIMITS, SHAPES } from '../../src/wire/index.ts';
import type { Message } from '../../src/wire/index.ts';
import { messages } from './arbitrary.ts';

const HELLO: Message = {
  type: 'hello',
  versions: [2],
  contentId: new Uint8Array(32).fill(7),
  nonce: new Uint8Array(16).fill(9),
  flags: 5,
  agent: 'headwater/0.1.0',
};

const ASK: Message = {
  type: 'ask',
  strategy: 2,
  summaryKind: 2,
  updateFrequency: 1,
  start: 5,
  finish: 0,
};

test('every message survives the wire', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodeControl(message);
      expect(bytes.length).toBeLessThanOrEqual(LIMITS.controlBytesMax);
      expect(decodeControl(bytes)).toEqual(message);
    }),
    { numRuns: 3000 },
  );
});

test('a message at an offset of a larger buffer decodes alike', () => {
  const bytes = encodeControl(HELLO);
  const larger = new Uint8Array(bytes.length + 20).fill(0xc1);
  larger.set(bytes, 11);
  expect(decodeControl(larger.subarray(11, 11 + bytes.length))).toEqual(HELLO);
});

test('encoded messages own their memory', () => {
  const first = encodeControl({ type: 'ping', token: 1 });
  expect(first.buffer.byteLength).toBe(first.length);
  const kept = first.slice();
  for (let token = 0; token < 100; token++) encodeControl({ type: 'pong', token });
  expect(first).toEqual(kept);
});

test('Node buffers go in, plain byte arrays come out', () => {
  const bytes = encodeControl({ ...HELLO, contentId: Buffer.alloc(32, 7) });
  const decoded = decodeControl(Buffer.from(bytes));
  expect(decoded).toEqual(HELLO);
  expect((decoded as { nonce: Uint8Array }).nonce.constructor).toBe(Uint8Array);
});

test('byte fields are views of the frame', () => {
  const bytes = encodeControl({ type: 'want', body: Uint8Array.of(1, 2, 3) });
  const decoded = decodeControl(bytes) as { body: Uint8Array };
  expect(decoded.body.buffer).toBe(bytes.buffer);
});

test('texts are made fit instead of refused', () => {
  const reason = `\u001b[2J caf\u00e9\n${'x'.repeat(300)}`;
  const bytes = encodeControl({ type: 'bye', code: CLOSE.MALFORMED, reason });
  const decoded = decodeControl(bytes) as { reason: string };
  expect(decoded.reason).toBe(`?[2J caf??${'x'.repeat(300)}`.slice(0, LIMITS.reasonCharsMax));
});

test('a message of each type takes few bytes', () => {
  expect(encodeControl({ type: 'ping', token: 7 })).toEqual(Uint8Array.of(0x92, 12, 7));
  expect(encodeControl(HELLO)).toHaveLength(73);
  expect(encodeControl(ASK)).toHaveLength(7);
  expect(encodeControl({ type: 'grant', grants: [{ sbn: 1, count: 20 }] })).toHaveLength(5);
});

test('the writer refuses what the reader would', () => {
  const body = (length: number): Uint8Array => new Uint8Array(length);
  const wrong: readonly unknown[] = [
    { type: 'hello' },
    { type: 'shout' },
    { type: 'constructor' },
    { type: '__proto__' },
    { ...HELLO, versions: [] },
    { ...HELLO, versions: [2, 1] },
    { ...HELLO, nonce: body(15) },
    { ...HELLO, agent: 5 },
    { type: 'descriptor', total: 10, offset: 5, bytes: body(6) },
    { type: 'descriptor', total: 10, offset: 5, bytes: body(0) },
    { type: 'leaves', sbn: 0, first: 0, bytes: body(17) },
    { type: 'leaves', sbn: 0, first: LIMITS.windowSymbolsMax, bytes: body(16) },
    { ...ASK, strategy: 7 },
    { ...ASK, summaryKind: 5 },
    { ...ASK, start: 2 ** 32 },
    { ...ASK, start: undefined },
    { ...ASK, finish: 2 },
    { ...ASK, finish: true },
    {
      type: 'summary',
      sequence: 0,
      firstSbn: 1,
      blockCount: 65_536,
      more: false,
      kind: 0,
      body: body(1),
    },
    { type: 'delta', sequence: -1, body: body(1) },
    { type: 'delta', sequence: 0.5, body: body(1) },
    { type: 'delta', sequence: NaN, body: body(1) },
    { type: 'delta', sequence: 5n, body: body(1) },
    { type: 'delta', sequence: 0, body: [1, 2] },
    { type: 'grant', grants: [] },
    { type: 'grant', grants: 'all' },
    { type: 'grant', grants: [{ sbn: 0 }] },
    { type: 'want', body: body(LIMITS.wantBytesMax + 1) },
    { type: 'ping', token: 2 ** 32 },
    { type: 'bye', code: 1001, reason: '' },
    { type: 'more', sequence: 0, cells: LIMITS.cellsMax + 1 },
    { type: 'more', sequence: 2 ** 32, cells: 1 },
    { type: 'pool', firstSbn: 1, blockCount: 65_536, add: false, body: body(1) },
    { type: 'pool', firstSbn: 0, blockCount: 0, add: false, body: body(1) },
    { type: 'pool', firstSbn: 0, blockCount: 1, add: 0, body: body(1) },
    { type: 'pool', firstSbn: 0, blockCount: 1, add: true, body: body(LIMITS.summaryBytesMax + 1) },
  ];
  for (const message of wrong) {
    expect(() => encodeControl(message as Message), JSON.stringify(message, replacer)).toThrow(
      UsageError,
    );
  }
});

test('the table is numbered as it is ordered', () => {
  expect(SHAPES.map((shape) => shape.number)).toEqual(SHAPES.map((_, index) => index));
});

function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
