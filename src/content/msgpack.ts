// The part of MessagePack that a content descriptor uses: nil, unsigned integers, strings, binaries, arrays.
// Only the shortest form of each value exists, so equal values have equal bytes and a hash of the encoding
// names the value. The reader is asked for one typed value at a time: nothing in the input makes it recurse.

import { ByteReader, ByteWriter, CorruptError, UsageError } from '../base/index.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const NIL = 0xc0;
/** A family of forms: head byte of the short form with its size limit, then those with 1, 2, 4 length bytes. */
interface Forms {
  readonly short: number;
  readonly shortMax: number;
  readonly one: number;
  readonly two: number;
  readonly four: number;
}
const ABSENT = -1;
const STRING: Forms = { short: 0xa0, shortMax: 31, one: 0xd9, two: 0xda, four: 0xdb };
const BINARY: Forms = { short: ABSENT, shortMax: -1, one: 0xc4, two: 0xc5, four: 0xc6 };
const ARRAY: Forms = { short: 0x90, shortMax: 15, one: ABSENT, two: 0xdc, four: 0xdd };
const UINT: Forms = { short: 0x00, shortMax: 127, one: 0xcc, two: 0xcd, four: 0xce };
const UINT64 = 0xcf;

/** Writes values one after the other, each in its shortest form. */
export class MsgpackWriter {
  private readonly out = new ByteWriter();

  nil(): this {
    this.out.byte(NIL);
    return this;
  }

  /** A whole number 0..2^53−1; throws UsageError for anything else. */
  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`not a uint: ${value}`);
    if (value <= 0xffffffff) {
      this.head(UINT, value);
    } else {
      this.out.byte(UINT64);
      this.bigEndian(Math.floor(value / 0x100000000), 4);
      this.bigEndian(value % 0x100000000, 4);
    }
    return this;
  }

  /** Throws UsageError when the text holds a lone surrogate. */
  str(text: string): this {
    const bytes = encodeUtf8(text);
    if (bytes === undefined) throw new UsageError('text holds a lone surrogate');
    this.head(STRING, bytes.length);
    this.out.bytes(bytes);
    return this;
  }

  bin(bytes: Uint8Array): this {
    this.head(BINARY, bytes.length);
    this.out.bytes(bytes);
    return this;
  }

  /** The head of an array; its `count` elements are to follow. */
  array(count: number): this {
    this.head(ARRAY, count);
    return this;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }

  private head(forms: Forms, size: number): void {
    if (size <= forms.shortMax) {
      this.out.byte(forms.short | size);
    } else if (size <= 0xff && forms.one !== ABSENT) {
      this.out.byte(forms.one);
      this.out.byte(size);
    } else if (size <= 0xffff) {
      this.out.byte(forms.two);
      this.bigEndian(size, 2);
    } else {
      this.out.byte(forms.four);
      this.bigEndian(size, 4);
    }
  }

  private bigEndian(value: number, count: number): void {
    for (let shift = 8 * (count - 1); shift >= 0; shift -= 8)
      this.out.byte((value >>> shift) & 0xff);
  }
}

/** Reads what MsgpackWriter writes and nothing else: every method throws CorruptError, naming `what`. */
export class MsgpackReader {
  private readonly bytes: Uint8Array;
  private readonly input: ByteReader;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.input = new ByteReader(bytes);
  }

  /** Takes a nil when one comes next; false, without moving, when something else does. */
  tryNil(): boolean {
    if (this.bytes[this.bytes.length - this.input.remaining] !== NIL) return false;
    this.input.byte();
    return true;
  }

  /** A whole number 0..max; max ≤ 2^53−1. */
  uint(what: string, max: number): number {
    const head = this.input.byte();
    let value: number | undefined;
    if (head === UINT64) {
      const high = this.bigEndian(4, what);
      value = high * 0x100000000 + this.bigEndian(4, what);
      if (high === 0) throw new CorruptError(`${what} is not in its shortest form`);
    } else {
      value = this.size(UINT, head, what);
    }
    if (value === undefined) throw new CorruptError(`${what} is not an unsigned integer`);
    if (value > max) throw new CorruptError(`${what} is ${value}, above ${max}`);
    return value;
  }

  /** A text of at most bytesMax bytes of UTF-8. */
  str(what: string, bytesMax: number): string {
    const size = this.size(STRING, this.input.byte(), what);
    if (size === undefined) throw new CorruptError(`${what} is not a string`);
    const text = decodeUtf8(this.take(size, bytesMax, what));
    if (text === undefined) throw new CorruptError(`${what} is not UTF-8`);
    return text;
  }

  /** A copy of a binary of exactly `length` bytes. */
  bin(what: string, length: number): Uint8Array {
    const size = this.size(BINARY, this.input.byte(), what);
    if (size === undefined) throw new CorruptError(`${what} is not a binary`);
    if (size !== length) throw new CorruptError(`${what} has ${size} bytes, not ${length}`);
    return this.take(size, length, what).slice();
  }

  /** The number of elements of an array, 0..max. */
  array(what: string, max: number): number {
    const count = this.size(ARRAY, this.input.byte(), what);
    if (count === undefined) throw new CorruptError(`${what} is not an array`);
    if (count > max) throw new CorruptError(`${what} has ${count} elements, above ${max}`);
    return count;
  }

  /** Throws when bytes are left over. */
  end(what: string): void {
    if (this.input.remaining > 0) {
      throw new CorruptError(`${what} is followed by ${this.input.remaining} more bytes`);
    }
  }

  /** The value or length in a head of the family; undefined when the head is of another one. */
  private size(forms: Forms, head: number | undefined, what: string): number | undefined {
    if (head === undefined) throw new CorruptError(`ends before ${what}`);
    if (forms.short !== ABSENT && head >= forms.short && head <= forms.short + forms.shortMax) {
      return head - forms.short;
    }
    if (head === forms.one) return this.least(this.bigEndian(1, what), forms.shortMax + 1, what);
    const twoMin = forms.one === ABSENT ? forms.shortMax + 1 : 0x100;
    if (head === forms.two) return this.least(this.bigEndian(2, what), twoMin, what);
    if (head === forms.four) return this.least(this.bigEndian(4, what), 0x10000, what);
    return undefined;
  }

  private least(value: number, min: number, what: string): number {
    if (value < min) throw new CorruptError(`${what} is not in its shortest form`);
    return value;
  }

  private take(size: number, max: number, what: string): Uint8Array {
    if (size > max) throw new CorruptError(`${what} has ${size} bytes, above ${max}`);
    const bytes = this.input.bytes(size);
    if (bytes === undefined) throw new CorruptError(`ends inside ${what}`);
    return bytes;
  }

  private bigEndian(count: number, what: string): number {
    let value = 0;
    for (const byte of this.take(count, count, what)) value = value * 0x100 + byte;
    return value;
  }
}
