// LEB128 unsigned integers up to 2^53 − 1, with a writer that grows and a reader that never over-reads.

import { UsageError } from './errors.ts';

const GROUP = 128;
/** Bytes that a value of at most 53 bits can take. */
const BYTES_MAX = 8;

/** Appends bytes and varints to a buffer that doubles when it is full. */
export class ByteWriter {
  private buffer: Uint8Array = new Uint8Array(64);
  private used = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.used++] = value;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.used);
    this.used += value.length;
  }

  /** Appends a whole number 0 ≤ value < 2^53. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`not a varint: ${value}`);
    this.reserve(BYTES_MAX);
    let rest = value;
    while (rest >= GROUP) {
      this.buffer[this.used++] = (rest % GROUP) | GROUP;
      rest = Math.floor(rest / GROUP);
    }
    this.buffer[this.used++] = rest;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }

  private reserve(count: number): void {
    if (this.used + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.used + count));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
  }
}

/** Reads what ByteWriter wrote. Every method returns undefined where the input ends early or is not canonical. */
export class ByteReader {
  private readonly input: Uint8Array;
  private at = 0;

  constructor(input: Uint8Array) {
    this.input = input;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.input.length - this.at;
  }

  byte(): number | undefined {
    return this.at < this.input.length ? this.input[this.at++] : undefined;
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Uint8Array | undefined {
    if (!(count >= 0 && count <= this.remaining)) return undefined;
    const view = this.input.subarray(this.at, this.at + count);
    this.at += count;
    return view;
  }

  /** The next varint; undefined when truncated, longer than 8 bytes, above 2^53 − 1 or padded. */
  varint(): number | undefined {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < BYTES_MAX; i++) {
      const byte = this.byte();
      if (byte === undefined) return undefined;
      value += (byte % GROUP) * scale;
      if (byte < GROUP) {
        if (byte === 0 && i > 0) return undefined;
        return Number.isSafeInteger(value) ? value : undefined;
      }
      scale *= GROUP;
    }
    return undefined;
  }
}
