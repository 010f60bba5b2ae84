import { decode, encode } from './slow-msgpack.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptError, fromHex, toHex, UsageError } from '../../src/base/index.ts';
import { MsgpackReader, MsgpackWriter } from '../../src/content/msgpack.ts';
import { decodeUtf8, encodeUtf8 } from '../../src/content/utf8.ts';

type Value = null | number | string | Uint8Array | Value[];

function write(out: MsgpackWriter, value: Value): MsgpackWriter {
  if (value === null) return out.nil();
  if (typeof value === 'number') return out.uint(value);
  if (typeof value === 'string') return out.str(value);
  if (value instanceof Uint8Array) return out.bin(value);
  out.array(value.length);
  for (const element of value) write(out, element);
  return out;
}

/** Reads a value of the same shape as `model`. */
function read(input: MsgpackReader, model: Value): Value {
  if (model === null) return input.tryNil() ? null : 'not nil';
  if (typeof model === 'number') return input.uint('n', Number.MAX_SAFE_INTEGER);
  if (typeof model === 'string') return input.str('s', 0xffffff);
  if (model instanceof Uint8Array) return input.bin('b', model.length);
  expect(input.array('a', 0xffffff)).toBe(model.length);
  return model.map((element) => read(input, element));
}

const text = fc.string({ unit: 'binary', maxLength: 70 });
const value = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.maxSafeNat(),
    fc.nat(70_000),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
  ),
})).value;

describe('msgpack', () => {
  it('writes what a plain, slow encoder writes, and reads it back', () => {
    fc.assert(
      fc.property(value, (v) => {
        const bytes = write(new MsgpackWriter(), v).finish();
        expect(toHex(bytes)).toBe(toHex(encode(v)));
        const input = new MsgpackReader(bytes);
        expect(read(input, v)).toEqual(v);
        input.end('all');
      }),
    );
  });

  it('accepts exactly the canonical bytes: what decodes encodes to itself', () => {
    // Every head byte, with small and large length bytes behind it.
    const tails = [
      '',
      '00',
      '0000',
      '00000000',
      '0000000000000000',
      'ffffffffffffffff',
      '80',
      'ff',
    ];
    for (let head = 0; head < 256; head++) {
      for (const tail of tails) {
        const bytes = fromHex(head.toString(16).padStart(2, '0') + tail + '00'.repeat(3));
        for (const one of [
          (r: MsgpackReader): Value => r.uint('x', Number.MAX_SAFE_INTEGER),
          (r: MsgpackReader): Value => r.str('x', 1 << 20),
          (r: MsgpackReader): Value => r.bin('x', 0),
          (r: MsgpackReader): Value => new Array<Value>(r.array('x', 10)).fill(0),
        ]) {
          let got: Value;
          try {
            got = one(new MsgpackReader(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptError);
            continue;
          }
          const whole = encode(got);
          // Of an array only the head was read.
          const again = whole.subarray(0, whole.length - (Array.isArray(got) ? got.length : 0));
          expect(toHex(bytes.subarray(0, again.length))).toBe(toHex(again));
          expect(decode(bytes)).toEqual(got);
        }
      }
    }
  });

  it('refuses longer forms of each type', () => {
    const uint = (hex: string) => () => new MsgpackReader(fromHex(hex)).uint('n', 2 ** 53 - 1);
    for (const hex of ['cc7f', 'cd00ff', 'ce0000ffff', 'cf00000000ffffffff']) {
      expect(uint(hex)).toThrow(/shortest form/);
    }
    expect(uint('cf0020000000000000')).toThrow(/above/);
    expect(uint('d07f')).toThrow(/not an unsigned integer/);
    expect(uint('ff')).toThrow(/not an unsigned integer/);
    expect(uint('cd01')).toThrow(CorruptError);
    expect(() => new MsgpackReader(fromHex('d90161')).str('s', 9)).toThrow(/shortest form/);
    expect(() => new MsgpackReader(fromHex('c5000100')).bin('b', 1)).toThrow(/shortest form/);
    expect(() => new MsgpackReader(fromHex('dc000190')).array('a', 9)).toThrow(/shortest form/);
    expect(() => new MsgpackReader(fromHex('a2c080')).str('s', 9)).toThrow(/UTF-8/);
    expect(() => new MsgpackReader(fromHex('c4ff')).bin('b', 255)).toThrow(/ends inside/);
    expect(() => new MsgpackReader(fromHex('dbffffffff')).str('s', 255)).toThrow(/above 255/);
  });

  it('refuses values that have no form', () => {
    const out = new MsgpackWriter();
    for (const n of [-1, 1.5, NaN, 2 ** 53]) expect(() => out.uint(n)).toThrow(UsageError);
    expect(() => out.str('a\ud800')).toThrow(UsageError);
  });
});

describe('UTF-8', () => {
  it('agrees with TextEncoder and TextDecoder', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(text, (s) => {
        expect(toHex(encodeUtf8(s) ?? new Uint8Array(9))).toBe(toHex(new TextEncoder().encode(s)));
      }),
    );
    const reference = (bytes: Uint8Array): string | undefined => {
      try {
        return strict.decode(bytes);
      } catch {
        return undefined;
      }
    };
    const tricky = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc0,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xf5,
    );
    const bytes = fc.array(fc.oneof(tricky, fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(bytes, (list) => {
        const input = Uint8Array.from(list);
        expect(decodeUtf8(input)).toBe(reference(input));
      }),
      { numRuns: 20_000 },
    );
  });

  it('has no lone surrogates', () => {
    for (const bad of ['\ud800', 'a\udc00b', '\udc00\ud800'])
      expect(encodeUtf8(bad)).toBe(undefined);
    expect(decodeUtf8(fromHex('eda080'))).toBe(undefined);
    expect(decodeUtf8(fromHex('f4908080'))).toBe(undefined);
  });
});
