import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex, UsageError } from '../../src/base/index.ts';
import {
  CLOSE,
  decodeRecodedFrame,
  decodeSymbolFrame,
  encodeRecodedHeader,
  frameKind,
  LIMITS,
  recodedPayloads,
  symbolsPerFrame,
} from '../../src/wire/index.ts';
import { refusal } from './refusal.ts';

const symbols = fc.integer({ min: 1, max: 600 }).chain((symbolBytes) =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: 1, max: LIMITS.recodedDegreeMax }),
        fc.uint8Array({ minLength: symbolBytes, maxLength: symbolBytes }),
      ),
      { minLength: 1, maxLength: Math.min(20, symbolsPerFrame(symbolBytes)) },
    )
    .map((list) => ({
      symbolBytes,
      degrees: list.map(([degree]) => degree),
      payloads: list.map(([, payload]) => payload),
    })),
);
const sbns = fc.integer({ min: 0, max: LIMITS.sbnMax });
const firsts = fc.integer({ min: 0, max: 2 ** 32 - 20 });

test('every frame survives the wire', () => {
  fc.assert(
    fc.property(sbns, firsts, symbols, (sbn, first, s) => {
      const frame = encodeRecodedHeader(sbn, first, s.degrees, s.symbolBytes);
      recodedPayloads(frame).set(concatBytes(s.payloads));
      expect(frame.buffer.byteLength).toBe(8 + s.degrees.length * (1 + s.symbolBytes));
      expect(frameKind(frame)).toBe('recoded');
      const decoded = decodeRecodedFrame(frame, s.symbolBytes);
      expect([decoded.sbn, decoded.first, decoded.degrees]).toEqual([sbn, first, s.degrees]);
      expect(decoded.payloads.map(toHex)).toEqual(s.payloads.map(toHex));
    }),
    { numRuns: 500 },
  );
});

test('a frame at an offset of a larger buffer decodes alike', () => {
  const frame = encodeRecodedHeader(3, 70_000, [4, 64], 5);
  recodedPayloads(frame).set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const larger = new Uint8Array(frame.length + 20).fill(0xc1);
  larger.set(frame, 11);
  const decoded = decodeRecodedFrame(larger.subarray(11, 11 + frame.length), 5);
  expect(decoded).toEqual(decodeRecodedFrame(frame, 5));
});

test('payloads are written in place and read as views', () => {
  const frame = encodeRecodedHeader(0, 0, Uint8Array.of(2, 3), 4);
  const area = recodedPayloads(frame);
  expect([area.length, area.buffer, area.byteOffset]).toEqual([8, frame.buffer, 10]);
  area.fill(7);
  const { payloads } = decodeRecodedFrame(frame, 4);
  expect(payloads).toEqual([new Uint8Array(4).fill(7), new Uint8Array(4).fill(7)]);
  expect(payloads.every((payload) => payload.buffer === frame.buffer)).toBe(true);
});

test('a frame holds as many symbols as a symbol frame', () => {
  for (const symbolBytes of [1, 257, 258, 1400, 16_384, 16_385, 32_769, 65_536]) {
    const most = symbolsPerFrame(symbolBytes);
    const frame = (n: number): Uint8Array =>
      encodeRecodedHeader(0, 0, new Uint8Array(n).fill(1), symbolBytes);
    expect(decodeRecodedFrame(frame(most), symbolBytes).payloads).toHaveLength(most);
    expect(() => frame(most + 1)).toThrow(UsageError);
    // What the writer will not write: one symbol more, and the length for it.
    const above = new Uint8Array(8 + (most + 1) * (1 + symbolBytes)).fill(1);
    above[0] = 2;
    above[1] = most + 1;
    const code = most === LIMITS.frameSymbolsMax ? CLOSE.MALFORMED : CLOSE.TOO_LARGE;
    expect(refusal(() => decodeRecodedFrame(above, symbolBytes))).toBe(code);
  }
});

test('the largest frame keeps the limit', () => {
  let largest = 0;
  for (let symbolBytes = 1; symbolBytes <= LIMITS.symbolBytesMax; symbolBytes++) {
    largest = Math.max(largest, 8 + symbolsPerFrame(symbolBytes) * (1 + symbolBytes));
  }
  expect(largest).toBe(65_798);
  expect(largest).toBeLessThanOrEqual(LIMITS.dataFrameBytesMax);
});

test('the writer refuses what the reader would', () => {
  const last = 2 ** 32 - 1;
  const wrong: readonly [sbn: number, first: number, degrees: number[], symbolBytes: number][] = [
    [0, 0, [], 4],
    [0, 0, new Array<number>(5).fill(1), 16_384],
    [0, 0, new Array<number>(256).fill(1), 1],
    [-1, 0, [1], 4],
    [65_536, 0, [1], 4],
    [0.5, 0, [1], 4],
    [0, -1, [1], 4],
    [0, 0.5, [1], 4],
    [0, NaN, [1], 4],
    [0, last + 1, [1], 4],
    [0, last, [1, 1], 4],
    [0, 0, [0], 4],
    [0, 0, [1, 65], 4],
    [0, 0, [1.5], 4],
    [0, 0, [NaN], 4],
    [0, 0, [1], 0],
    [0, 0, [1], 65_537],
  ];
  for (const [sbn, first, degrees, symbolBytes] of wrong) {
    expect(
      () => encodeRecodedHeader(sbn, first, degrees, symbolBytes),
      JSON.stringify([sbn, first, degrees, symbolBytes]),
    ).toThrow(UsageError);
  }
  expect(decodeRecodedFrame(encodeRecodedHeader(0, last, [1], 4), 4).first).toBe(last);
});

test('every degree is either of 1 to 64 or refused', () => {
  const codes: (number | undefined)[] = [];
  for (let degree = 0; degree < 256; degree++) {
    const frame = encodeRecodedHeader(0, 0, [1], 1);
    frame[8] = degree;
    codes.push(refusal(() => decodeRecodedFrame(frame, 1)));
  }
  expect(codes[0]).toBe(CLOSE.MALFORMED);
  expect(codes.slice(1, 65).every((code) => code === undefined)).toBe(true);
  expect(codes.slice(65).every((code) => code === CLOSE.TOO_LARGE)).toBe(true);
});

test('the two kinds of frame are not taken for each other', () => {
  const recoded = encodeRecodedHeader(0, 0, [1], 4);
  expect(refusal(() => decodeSymbolFrame(recoded, 4))).toBe(CLOSE.MALFORMED);
  recoded[0] = 1;
  expect(refusal(() => decodeRecodedFrame(recoded, 4))).toBe(CLOSE.MALFORMED);
});

test('every cut of a frame is refused', () => {
  const frame = encodeRecodedHeader(1, 2, [3, 4], 5);
  for (let length = 0; length < frame.length; length++) {
    expect(refusal(() => decodeRecodedFrame(frame.subarray(0, length), 5))).toBe(CLOSE.MALFORMED);
  }
});
