import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatBytes,
  equalBytes,
  fromHex,
  isZero,
  popcount32,
  toHex,
  UsageError,
  xorInto,
} from '../../src/base/index.ts';

const bytes = (maxLength = 80): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

describe('equalBytes', () => {
  it('agrees with comparing element by element', () => {
    fc.assert(
      fc.property(bytes(6), bytes(6), (a, b) => {
        expect(equalBytes(a, b)).toBe([...a].join() === [...b].join());
        expect(equalBytes(a, a.slice())).toBe(true);
      }),
    );
  });

  it('sees one flipped bit anywhere, and one byte more', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(7),
        (a, at, bit) => {
          const b = a.slice();
          b[at % a.length]! ^= 1 << bit;
          expect(equalBytes(a, b)).toBe(false);
          expect(equalBytes(a, concatBytes([a, Uint8Array.of(0)]))).toBe(false);
        },
      ),
    );
  });

  it('compares views by what they show, not by their buffer', () => {
    const buffer = Uint8Array.of(9, 1, 2, 3, 9, 1, 2, 3);
    expect(equalBytes(buffer.subarray(1, 4), buffer.subarray(5, 8))).toBe(true);
    expect(equalBytes(buffer.subarray(0, 4), buffer.subarray(4, 8))).toBe(true);
    expect(equalBytes(buffer.subarray(0, 3), buffer.subarray(1, 4))).toBe(false);
  });
});

describe('concatBytes', () => {
  it('is Array.concat for bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes(20), { maxLength: 8 }), (parts) => {
        expect([...concatBytes(parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
  });

  it('copies: the result shares nothing with a part, not even with a single one', () => {
    const part = Uint8Array.of(1, 2);
    const joined = concatBytes([part]);
    part[0] = 7;
    expect([...joined]).toEqual([1, 2]);
  });
});

describe('hexadecimal', () => {
  it('writes two lower-case digits a byte', () => {
    expect(toHex(Uint8Array.of(0, 1, 0x0f, 0x10, 0xab, 0xff))).toBe('00010f10abff');
    expect(toHex(new Uint8Array(0))).toBe('');
  });

  it('is undone by fromHex, in either case', () => {
    fc.assert(
      fc.property(bytes(), (input) => {
        expect(fromHex(toHex(input))).toEqual(new Uint8Array(input));
        expect(fromHex(toHex(input).toUpperCase())).toEqual(new Uint8Array(input));
      }),
    );
  });

  it('agrees with the platform', () => {
    fc.assert(
      fc.property(bytes(), (input) => {
        expect(toHex(input)).toBe(Buffer.from(input).toString('hex'));
      }),
    );
  });

  it.each(['0', 'abc', '0g', ' 00', '00\n', '0x00', '-1', 'ａａ', '0 0 '])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(UsageError);
  });

  it('takes a megabyte and does not repeat a long wrong text in its message', () => {
    const long = '00'.repeat(1 << 20);
    expect(fromHex(long).length).toBe(1 << 20);
    expect(() => fromHex(`${long}x`)).toThrow(/^.{1,120}$/);
  });
});

describe('popcount32', () => {
  it('counts the ones of the binary digits, for signed and unsigned words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.nat(0xffffffff)), (word) => {
        const ones = (word >>> 0).toString(2).replaceAll('0', '').length;
        expect(popcount32(word)).toBe(ones);
        expect(popcount32(word >>> 0)).toBe(ones);
        expect(popcount32(word | 0)).toBe(ones);
      }),
    );
  });

  it('is right at the ends', () => {
    expect([0, 1, 0x80000000, 0x7fffffff, 0xffffffff, -1].map(popcount32)).toEqual([
      0, 1, 1, 31, 32, 32,
    ]);
  });
});

describe('xorInto', () => {
  it('adds bytes wherever arrays begin, and nothing beside them', () => {
    const offsets = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(70));
    fc.assert(
      fc.property(offsets, fc.infiniteStream(fc.nat(255)), ([at, from, length], bytes) => {
        const drawn = [...bytes.take(200)];
        const a = Uint8Array.from(drawn.slice(0, 100));
        const b = Uint8Array.from(drawn.slice(100));
        const right = a.map((byte, i) => {
          const inside = i >= at && i < at + length;
          return inside ? byte ^ (b[i - at + from] ?? 0) : byte;
        });
        xorInto(a.subarray(at, at + length), b.subarray(from, from + length));
        expect(a).toEqual(right);
      }),
    );
  });
});

describe('isZero', () => {
  it('finds a bit anywhere', () => {
    expect(isZero(new Uint8Array(0))).toBe(true);
    expect(isZero(new Uint8Array(9))).toBe(true);
    for (let i = 0; i < 9; i++) {
      const bytes = new Uint8Array(9);
      bytes[i] = 128;
      expect(isZero(bytes)).toBe(false);
    }
  });
});
