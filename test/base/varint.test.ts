import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, UsageError } from '../../src/base/index.ts';

/** The slow twin: LEB128 of a BigInt by the definition. */
function leb128(value: bigint): number[] {
  const groups: number[] = [];
  do {
    groups.push(Number(value & 127n));
    value >>= 7n;
  } while (value > 0n);
  return groups.map((group, i) => (i < groups.length - 1 ? group | 128 : group));
}

function written(...values: number[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writer.varint(value);
  return writer.finish();
}

const read = (...bytes: number[]): number | undefined =>
  new ByteReader(Uint8Array.from(bytes)).varint();

/** Whole numbers of every length in bits, so that every length in bytes is met. */
const uint53 = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat())
  .map(([bits, value]) => Number(BigInt(value) & ((1n << BigInt(bits)) - 1n)));

/** First and last value of every length in bytes. */
const BORDERS = [0, ...[7, 14, 21, 28, 31, 32, 35, 42, 49].flatMap((n) => [2 ** n - 1, 2 ** n])];

describe('ByteWriter.varint', () => {
  it('writes LEB128, as the twin does', () => {
    fc.assert(
      fc.property(uint53, (value) => {
        expect([...written(value)]).toEqual(leb128(BigInt(value)));
      }),
    );
    for (const value of [...BORDERS, Number.MAX_SAFE_INTEGER]) {
      expect([...written(value)]).toEqual(leb128(BigInt(value)));
    }
  });

  it.each([-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53])('refuses %d', (value) => {
    const writer = new ByteWriter();
    expect(() => writer.varint(value)).toThrow(UsageError);
    expect(writer.length).toBe(0);
  });
});

describe('ByteReader.varint', () => {
  it('reads back what was written and consumes exactly that', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(uint53, fc.constantFrom(...BORDERS))), (values) => {
        const reader = new ByteReader(written(...values));
        expect(values.map(() => reader.varint())).toEqual(values);
        expect(reader.remaining).toBe(0);
        expect(reader.varint()).toBeUndefined();
      }),
    );
  });

  it('refuses every proper prefix', () => {
    fc.assert(
      fc.property(uint53, (value) => {
        const bytes = written(value);
        for (let cut = 0; cut < bytes.length; cut++) {
          expect(new ByteReader(bytes.subarray(0, cut)).varint()).toBeUndefined();
        }
      }),
    );
  });

  it('refuses every padded form: one number has one encoding', () => {
    fc.assert(
      fc.property(uint53, fc.integer({ min: 1, max: 9 }), (value, padding) => {
        const bytes = leb128(BigInt(value));
        bytes[bytes.length - 1]! |= 128;
        for (let i = 1; i < padding; i++) bytes.push(128);
        expect(read(...bytes, 0)).toBeUndefined();
      }),
    );
  });

  it('accepts a byte string only if it is the canonical form of what it returns', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (input) => {
        const reader = new ByteReader(input);
        const value = reader.varint();
        if (value === undefined) return;
        const used = input.length - reader.remaining;
        expect([...input.subarray(0, used)]).toEqual(leb128(BigInt(value)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows the largest number and refuses the next', () => {
    const ones = [255, 255, 255, 255, 255, 255, 255];
    expect(read(...ones, 15)).toBe(Number.MAX_SAFE_INTEGER);
    expect(read(128, 128, 128, 128, 128, 128, 128, 16)).toBeUndefined(); // 2^53
    expect(read(...ones, 127)).toBeUndefined(); // 2^56 − 1
  });

  it('stops after eight bytes whatever follows', () => {
    const reader = new ByteReader(new Uint8Array(1_000).fill(255));
    expect(reader.varint()).toBeUndefined();
    expect(reader.remaining).toBe(992);
  });
});

describe('ByteWriter and ByteReader', () => {
  it('keep any mixture of bytes, byte strings and varints in order', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('byte' as const), value: fc.nat(255) }),
      fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 200 }) }),
      fc.record({ kind: fc.constant('varint' as const), value: uint53 }),
    );
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const writer = new ByteWriter();
        for (const each of items) {
          if (each.kind === 'bytes') writer.bytes(each.value);
          else writer[each.kind](each.value);
        }
        const output = writer.finish();
        expect(output.length).toBe(writer.length);
        const reader = new ByteReader(output);
        for (const each of items) {
          const back =
            each.kind === 'bytes' ? reader.bytes(each.value.length) : reader[each.kind]();
          expect(back).toEqual(each.kind === 'bytes' ? new Uint8Array(each.value) : each.value);
        }
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('finish is a copy: writing on does not change it', () => {
    const writer = new ByteWriter();
    writer.byte(1);
    const first = writer.finish();
    writer.byte(2);
    expect([...first]).toEqual([1]);
    expect([...writer.finish()]).toEqual([1, 2]);
  });

  it('bytes is a view of the input, inside its own window of the buffer', () => {
    const input = Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4);
    const reader = new ByteReader(input);
    const view = reader.bytes(3)!;
    expect(view.buffer).toBe(input.buffer);
    expect([...view]).toEqual([1, 2, 3]);
    expect(reader.bytes(0)).toEqual(new Uint8Array(0));
    expect(reader.bytes(1)).toBeUndefined();
    expect(reader.byte()).toBeUndefined();
  });

  it.each([-1, NaN, Infinity, 4])('bytes(%d) of three is refused and moves nothing', (count) => {
    const reader = new ByteReader(Uint8Array.of(7, 8, 9));
    reader.byte();
    reader.byte();
    expect(reader.bytes(count)).toBeUndefined();
    expect(reader.remaining).toBe(1);
    expect(reader.byte()).toBe(9);
  });
});
