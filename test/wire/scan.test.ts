import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { expect, test } from 'vitest';
import { fromHex } from '../../src/base/index.ts';
import { CLOSE, LIMITS, scan } from '../../src/wire/index.ts';
import { refusal } from './refusal.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Slow twin: the rules applied to the decoded value. */
function allowed(value: unknown, depth = 0): boolean {
  if (Array.isArray(value)) {
    return depth < LIMITS.depthMax && value.every((item) => allowed(item, depth + 1));
  }
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return depth > 0;
  if (typeof value === 'string') return depth > 0 && /^[ -~]*$/.test(value);
  // msgpackr writes 2^32 and above as floats.
  return (
    depth > 0 && Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
  );
}

test('accepts exactly what the slow twin accepts', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'large', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(null, true, false),
        fc.integer(),
        fc.double(),
        fc.string(),
        fc.uint8Array({ maxLength: 20 }),
      ),
      fc.array(tie('tree'), { maxLength: 5 }),
    ),
  }));
  let accepted = 0;
  fc.assert(
    fc.property(tree, (value) => {
      const code = refusal(() => scan(new Uint8Array(packr.pack(value))));
      expect(code === undefined).toBe(allowed(value));
      if (code === undefined) accepted++;
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

test('every head byte is either of the subset or refused', () => {
  const plain: number[] = [];
  for (let head = 0; head < 256; head++) {
    // Inside an array of one; padded with printable bytes, cut where the value would end.
    let accepted = false;
    for (let length = 1; length <= 40 && !accepted; length++) {
      const bytes = new Uint8Array(1 + length).fill(0x20);
      bytes[0] = 0x91;
      bytes[1] = head;
      // Lengths that fit: the last byte of the length field says how much is left.
      for (const width of [0, 1, 2, 4]) {
        const copy = bytes.slice();
        if (width > length - 1) continue;
        copy.fill(0, 2, 2 + width);
        if (width > 0) copy[1 + width] = length - 1 - width;
        accepted ||= refusal(() => scan(copy)) === undefined;
      }
    }
    if (accepted) plain.push(head);
  }
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);
  expect(plain).toEqual([
    ...range(0x00, 0x7f),
    ...range(0x90, 0x9f),
    ...range(0xa0, 0xbf),
    ...[0xc0, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xcc, 0xcd, 0xce, 0xcf],
    ...[0xd9, 0xda, 0xdb, 0xdc, 0xdd],
  ]);
});

test('every cut of a message is refused', () => {
  const bytes = fromHex('96009101c4020102cd0400d90361626393c0c2c3');
  expect(refusal(() => scan(bytes))).toBeUndefined();
  for (let length = 0; length < bytes.length; length++) {
    expect(refusal(() => scan(bytes.subarray(0, length)))).toBe(CLOSE.MALFORMED);
  }
});

test('nothing may follow the message', () => {
  for (const after of ['00', '90', 'c1']) {
    expect(refusal(() => scan(fromHex(`9101${after}`)))).toBe(CLOSE.MALFORMED);
  }
});

test('integers up to 2^53 − 1', () => {
  expect(refusal(() => scan(fromHex('91cf001fffffffffffff')))).toBeUndefined();
  for (const above of ['0020000000000000', '0020000000000001', '8000000000000000']) {
    expect(refusal(() => scan(fromHex(`91cf${above}`)))).toBe(CLOSE.MALFORMED);
  }
});
