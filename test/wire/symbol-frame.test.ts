import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex, UsageError } from '../../src/base/index.ts';
import { decodeSymbolFrame, encodeSymbolFrame, encodeSymbolHeader } from '../../src/wire/index.ts';
import { frameKind, LIMITS, payloadSlot, symbolsPerFrame } from '../../src/wire/index.ts';

const symbols = fc.integer({ min: 1, max: 600 }).chain((symbolBytes) =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: 0, max: 0xffffff }),
        fc.uint8Array({ minLength: symbolBytes, maxLength: symbolBytes }),
      ),
      { minLength: 1, maxLength: Math.min(20, symbolsPerFrame(symbolBytes)) },
    )
    .map((list) => ({
      symbolBytes,
      esis: list.map(([esi]) => esi),
      payloads: list.map(([, payload]) => payload),
    })),
);

test('every frame survives the wire', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), symbols, (sbn, s) => {
      const frame = encodeSymbolFrame(sbn, s.esis, s.payloads, s.symbolBytes);
      expect(frame.buffer.byteLength).toBe(4 + s.esis.length * (3 + s.symbolBytes));
      expect(frameKind(frame)).toBe('symbols');
      const decoded = decodeSymbolFrame(frame, s.symbolBytes);
      expect([decoded.sbn, decoded.esis]).toEqual([sbn, s.esis]);
      expect(decoded.payloads.map(toHex)).toEqual(s.payloads.map(toHex));
    }),
    { numRuns: 500 },
  );
});

test('payload slots fill a frame in place', () => {
  const frame = encodeSymbolHeader(3, Uint32Array.of(9, 8), 5);
  payloadSlot(frame, 0, 5).fill(1);
  payloadSlot(frame, 1, 5).fill(2);
  const payloads = [new Uint8Array(5).fill(1), new Uint8Array(5).fill(2)];
  expect(frame).toEqual(encodeSymbolFrame(3, [9, 8], payloads, 5));
});

test('the short last source symbol is zero-padded', () => {
  const frame = encodeSymbolFrame(0, [4], [Uint8Array.of(7, 7)], 4);
  expect(decodeSymbolFrame(frame, 4).payloads).toEqual([Uint8Array.of(7, 7, 0, 0)]);
});

test('decoded payloads are views', () => {
  const frame = encodeSymbolFrame(0, [4], [Uint8Array.of(7)], 1);
  expect(decodeSymbolFrame(frame, 1).payloads[0]?.buffer).toBe(frame.buffer);
});

test('symbols per frame', () => {
  const most = [1, 257, 258, 1400, 16_384, 16_385, 32_768, 32_769, 65_536].map(symbolsPerFrame);
  expect(most).toEqual([255, 255, 254, 46, 4, 3, 2, 1, 1]);
  for (const wrong of [0, -1, 1.5, NaN, 65_537]) {
    expect(() => symbolsPerFrame(wrong)).toThrow(UsageError);
  }
});

test('the largest frame keeps the limit', () => {
  let largest = 0;
  for (let symbolBytes = 1; symbolBytes <= LIMITS.symbolBytesMax; symbolBytes++) {
    largest = Math.max(largest, 4 + symbolsPerFrame(symbolBytes) * (3 + symbolBytes));
  }
  expect(largest).toBeLessThanOrEqual(LIMITS.dataFrameBytesMax);
});

test('the writer refuses what the reader would', () => {
  const payload = new Uint8Array(4);
  expect(() => encodeSymbolFrame(0, [], [], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(65_536, [0], [payload], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(-1, [0], [payload], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(0, [0x1000000], [payload], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(0, [0.5], [payload], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(0, [0, 1], [payload], 4)).toThrow(UsageError);
  expect(() => encodeSymbolFrame(0, [0], [new Uint8Array(5)], 4)).toThrow(UsageError);
  expect(() => encodeSymbolHeader(0, new Uint32Array(5), 16_384)).toThrow(UsageError);
  expect(() => encodeSymbolHeader(0, new Uint32Array(256), 1)).toThrow(UsageError);
});

test('the first byte tells the kind', () => {
  for (let head = 0; head < 256; head++) {
    const control = (head >= 0x90 && head <= 0x9f) || head === 0xdc;
    const frame = head === 1 ? 'symbols' : head === 2 ? 'recoded' : undefined;
    expect(frameKind(Uint8Array.of(head))).toBe(control ? 'control' : frame);
  }
  expect(frameKind(new Uint8Array(0))).toBeUndefined();
});
