// Every limit of protocol/wire.md is crossed: the value at the limit is accepted, one above is refused.

import { Packr } from 'msgpackr';
import { expect, test } from 'vitest';
import { fromHex, ProtocolError } from '../../src/base/index.ts';
import { BLOCK_COUNT_MAX, SOURCE_SYMBOLS_MAX } from '../../src/content/layout.ts';
import { SYMBOL_BYTES_MAX, WINDOW_RATIO_MAX } from '../../src/content/layout.ts';
import { decodeIdRuns, encodeIdRuns } from '../../src/summary/id-runs.ts';
import {
  CLOSE,
  decodeControl,
  decodeRecodedFrame,
  decodeSymbolFrame,
  encodeControl,
  LIMITS,
} from '../../src/wire/index.ts';
import { scan, symbolsPerFrame } from '../../src/wire/index.ts';
import { refusal } from './refusal.ts';

const packr = new Packr({ useRecords: false });
const { MALFORMED, TOO_LARGE } = CLOSE;

interface Crossing {
  readonly at: () => unknown;
  readonly above: () => unknown;
  readonly code: number;
}

/** Decodes a raw message. */
const raw = (...items: unknown[]): unknown => decodeControl(new Uint8Array(packr.pack(items)));

/** The message that `message` gives for a value, at `limit` and one above. */
const around = (
  limit: number,
  code: number,
  decode: (value: number) => unknown,
  step = 1,
): Crossing => ({ at: () => decode(limit), above: () => decode(limit + step), code });

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const pairs = (count: number): number[] => Array.from({ length: 2 * count }, () => 1);
const hello = (change: Readonly<Record<number, unknown>>): unknown =>
  raw(...Object.assign([0, [2], zeros(32), zeros(16), 0, ''], change));
const summary = (change: Readonly<Record<number, unknown>>): unknown =>
  raw(...Object.assign([6, 0, 0, 1, false, 0, zeros(1)], change));
const ask = (change: Readonly<Record<number, unknown>>): unknown =>
  raw(...Object.assign([5, 2, 2, 0, 0, 0], change));
const pool = (change: Readonly<Record<number, unknown>>): unknown =>
  raw(...Object.assign([16, 0, 1, true, zeros(1)], change));

/** n nested arrays. */
const nested = (n: number): unknown => scan(new Uint8Array(n).fill(0x91).fill(0x90, n - 1));

/** A symbol frame with n and T as given and the right length. */
const frame = (n: number, symbolBytes: number): unknown => {
  const bytes = zeros(4 + n * (3 + symbolBytes));
  bytes.set([1, n]);
  return decodeSymbolFrame(bytes, symbolBytes);
};

/** The same of recoded symbols, all of one degree. */
const recoded = (n: number, symbolBytes: number, degree = 1): unknown => {
  const bytes = zeros(8 + n * (1 + symbolBytes));
  bytes.set([2, n]);
  bytes.fill(degree, 8, 8 + n);
  return decodeRecodedFrame(bytes, symbolBytes);
};

// A wrong length of the largest frame is MALFORMED, so "at" is judged by not being TOO_LARGE.
const sized = (decode: () => unknown): void => {
  const code = refusal(decode);
  if (code === TOO_LARGE) decode();
};

const CROSSINGS: Readonly<Record<keyof typeof LIMITS, Crossing>> = {
  controlBytesMax: around(LIMITS.controlBytesMax, TOO_LARGE, (n) => {
    sized(() => decodeControl(zeros(n)));
  }),
  dataFrameBytesMax: around(LIMITS.dataFrameBytesMax, TOO_LARGE, (n) => {
    sized(() => decodeSymbolFrame(zeros(n).fill(1, 0, 2), 1));
  }),
  payloadBytesMax: {
    at: () => frame(4, LIMITS.payloadBytesMax / 4),
    above: () => frame(4, LIMITS.payloadBytesMax / 4 + 1),
    code: TOO_LARGE,
  },
  // n is one byte, so 256 cannot be said: it reads as 0.
  frameSymbolsMax: around(LIMITS.frameSymbolsMax, MALFORMED, (n) => frame(n, 1)),
  recodedDegreeMax: around(LIMITS.recodedDegreeMax, TOO_LARGE, (n) => recoded(2, 1, n)),
  symbolBytesMax: {
    at: () => frame(1, LIMITS.symbolBytesMax),
    above: () => frame(2, LIMITS.symbolBytesMax / 2 + 1),
    code: TOO_LARGE,
  },
  depthMax: around(LIMITS.depthMax, TOO_LARGE, nested),
  itemsMax: around(LIMITS.itemsMax, TOO_LARGE, (n) => {
    scan(new Uint8Array(packr.pack(Array.from({ length: n - 1 }, () => null))));
  }),
  versionsMax: around(LIMITS.versionsMax, TOO_LARGE, (n) =>
    hello({ 1: Array.from({ length: n }, (_, i) => i + 1) }),
  ),
  versionMax: around(LIMITS.versionMax, MALFORMED, (n) => hello({ 1: [n] })),
  contentIdBytes: around(LIMITS.contentIdBytes, MALFORMED, (n) => hello({ 2: zeros(n) })),
  nonceBytes: around(LIMITS.nonceBytes, MALFORMED, (n) => hello({ 3: zeros(n) })),
  flagsMax: around(LIMITS.flagsMax, MALFORMED, (n) => raw(11, n)),
  agentCharsMax: around(LIMITS.agentCharsMax, TOO_LARGE, (n) => hello({ 5: 'a'.repeat(n) })),
  descriptorBytesMax: around(LIMITS.descriptorBytesMax, TOO_LARGE, (n) => raw(2, n, 0, zeros(1))),
  descriptorChunkBytesMax: around(LIMITS.descriptorChunkBytesMax, TOO_LARGE, (n) =>
    raw(2, LIMITS.descriptorBytesMax, 0, zeros(n)),
  ),
  sbnMax: around(LIMITS.sbnMax, MALFORMED, (n) => raw(3, n)),
  windowSymbolsMax: around(LIMITS.windowSymbolsMax, MALFORMED, (n) =>
    raw(4, 0, n - 2, zeros(2 * LIMITS.leafBytes)),
  ),
  leafBytes: around(LIMITS.leafBytes, MALFORMED, (n) => raw(4, 0, 0, zeros(n))),
  leavesChunkBytesMax: around(
    LIMITS.leavesChunkBytesMax,
    TOO_LARGE,
    (n) => raw(4, 0, 0, zeros(n)),
    LIMITS.leafBytes,
  ),
  updateFrequencyMax: around(LIMITS.updateFrequencyMax, MALFORMED, (n) => ask({ 3: n })),
  ringMax: around(LIMITS.ringMax, MALFORMED, (n) => rawUint64('9605020200', n, '00')),
  partMax: around(LIMITS.partMax, MALFORMED, (n) => raw(17, n)),
  cellsMax: around(LIMITS.cellsMax, MALFORMED, (n) => raw(15, 0, n)),
  sequenceMax: around(LIMITS.sequenceMax, MALFORMED, (n) => rawUint64('9307', n, 'c400')),
  summaryBytesMax: around(LIMITS.summaryBytesMax, TOO_LARGE, (n) => summary({ 6: zeros(n) })),
  deltaBytesMax: around(LIMITS.deltaBytesMax, TOO_LARGE, (n) => raw(7, 0, zeros(n))),
  grantPairsMax: around(LIMITS.grantPairsMax, TOO_LARGE, (n) => raw(8, pairs(n))),
  grantCountMax: around(LIMITS.grantCountMax, MALFORMED, (n) => raw(8, [0, n])),
  wantBytesMax: around(LIMITS.wantBytesMax, TOO_LARGE, (n) => raw(9, zeros(n))),
  // The body is opaque to the message layer; its reader passes the limit on.
  wantIdsMax: {
    at: () => manyIds(LIMITS.wantIdsMax),
    above: () => manyIds(LIMITS.wantIdsMax + 1),
    code: MALFORMED,
  },
  tokenMax: around(LIMITS.tokenMax, MALFORMED, (n) => rawUint64('920c', n)),
  reasonCharsMax: around(LIMITS.reasonCharsMax, TOO_LARGE, (n) => raw(14, 1000, 'r'.repeat(n))),
};

/** The body of a want that names one run of `count` ids. */
function manyIds(count: number): void {
  const body = encodeIdRuns(Array.from({ length: count }, (_, i) => i));
  const want = decodeControl(encodeControl({ type: 'want', body }));
  const ids = want.type === 'want' && decodeIdRuns(want.body, 10_000, LIMITS.wantIdsMax);
  if (!ids) throw new ProtocolError(MALFORMED, 'want: not id runs');
}

/** A message with one number written as uint 64; msgpackr would write a float above 2^32−1. */
function rawUint64(before: string, value: number, after = ''): unknown {
  const number = value.toString(16).padStart(16, '0');
  return decodeControl(fromHex(`${before}cf${number}${after}`));
}

for (const [name, crossing] of Object.entries(CROSSINGS)) {
  test(`${name}: accepted at the limit, refused above`, () => {
    expect(refusal(crossing.at)).toBeUndefined();
    expect(refusal(crossing.above)).toBe(crossing.code);
  });
}

test('the other numbers with two sides', () => {
  expect(refusal(() => summary({ 2: 65_535, 3: 1 }))).toBeUndefined();
  expect(refusal(() => summary({ 2: 65_535, 3: 2 }))).toBe(MALFORMED);
  expect(refusal(() => summary({ 3: 65_536 }))).toBeUndefined();
  expect(refusal(() => summary({ 3: 65_537 }))).toBe(MALFORMED);
  expect(refusal(() => summary({ 3: 0 }))).toBe(MALFORMED);
  expect(refusal(() => pool({ 1: 65_535, 2: 1 }))).toBeUndefined();
  expect(refusal(() => pool({ 1: 65_535, 2: 2 }))).toBe(MALFORMED);
  expect(refusal(() => pool({ 1: 65_536, 2: 1 }))).toBe(MALFORMED);
  expect(refusal(() => pool({ 2: 65_536 }))).toBeUndefined();
  expect(refusal(() => pool({ 2: 65_537 }))).toBe(MALFORMED);
  expect(refusal(() => pool({ 2: 0 }))).toBe(MALFORMED);
  expect(refusal(() => pool({ 4: zeros(0) }))).toBeUndefined();
  expect(refusal(() => pool({ 4: zeros(LIMITS.summaryBytesMax) }))).toBeUndefined();
  expect(refusal(() => pool({ 4: zeros(LIMITS.summaryBytesMax + 1) }))).toBe(TOO_LARGE);
  expect(refusal(() => raw(15, LIMITS.sequenceMax, 0))).toBeUndefined();
  expect(refusal(() => rawUint64('930f', LIMITS.sequenceMax + 1, '00'))).toBe(MALFORMED);
  expect(refusal(() => raw(10, pairs(LIMITS.grantPairsMax), zeros(LIMITS.wantBytesMax)))).toBe(
    undefined,
  );
  expect(refusal(() => raw(10, pairs(LIMITS.grantPairsMax + 1), zeros(0)))).toBe(TOO_LARGE);
  expect(refusal(() => raw(10, [], zeros(LIMITS.wantBytesMax + 1)))).toBe(TOO_LARGE);
  expect(refusal(() => raw(9, zeros(0)))).toBe(MALFORMED);
  expect(refusal(() => raw(8, []))).toBe(MALFORMED);
  expect(refusal(() => raw(8, [0, 0]))).toBe(MALFORMED);
});

test('a recoded frame keeps the limits of a symbol frame', () => {
  const { payloadBytesMax, frameSymbolsMax, symbolBytesMax, dataFrameBytesMax } = LIMITS;
  expect(refusal(() => recoded(4, payloadBytesMax / 4))).toBeUndefined();
  expect(refusal(() => recoded(4, payloadBytesMax / 4 + 1))).toBe(TOO_LARGE);
  expect(refusal(() => recoded(frameSymbolsMax, 1))).toBeUndefined();
  expect(refusal(() => recoded(frameSymbolsMax + 1, 1))).toBe(MALFORMED); // n reads as 0
  expect(refusal(() => recoded(1, symbolBytesMax))).toBeUndefined();
  expect(refusal(() => recoded(2, symbolBytesMax / 2 + 1))).toBe(TOO_LARGE);
  expect(refusal(() => recoded(2, 1, 0))).toBe(MALFORMED);
  // As long as a frame may be, no recoded frame has the right length.
  const long = (length: number): unknown => decodeRecodedFrame(zeros(length).fill(2, 0, 2), 1);
  expect(refusal(() => long(dataFrameBytesMax))).toBe(MALFORMED);
  expect(refusal(() => long(dataFrameBytesMax + 1))).toBe(TOO_LARGE);
});

test('the limits fit each other and the content', () => {
  expect(LIMITS.symbolBytesMax).toBe(SYMBOL_BYTES_MAX);
  expect(LIMITS.sbnMax).toBe(BLOCK_COUNT_MAX - 1);
  expect(LIMITS.windowSymbolsMax).toBe(SOURCE_SYMBOLS_MAX * WINDOW_RATIO_MAX);
  expect(LIMITS.dataFrameBytesMax).toBe(4 + 3 * LIMITS.frameSymbolsMax + LIMITS.payloadBytesMax);
  const recodedMax = 8 + LIMITS.frameSymbolsMax + LIMITS.payloadBytesMax;
  expect(recodedMax).toBeLessThanOrEqual(LIMITS.dataFrameBytesMax);
  const room = LIMITS.controlBytesMax - 64;
  const { summaryBytesMax, deltaBytesMax, leavesChunkBytesMax, descriptorChunkBytesMax } = LIMITS;
  expect(Math.max(summaryBytesMax, deltaBytesMax, leavesChunkBytesMax)).toBeLessThan(room);
  expect(descriptorChunkBytesMax).toBeLessThan(room);
  // Largest dry: outer array, type, inner array, pairs, body.
  expect(4 + 2 * LIMITS.grantPairsMax).toBeLessThanOrEqual(LIMITS.itemsMax);
  expect(symbolsPerFrame(LIMITS.symbolBytesMax)).toBe(1);
});
