// Where a socket reads to: nothing is overwritten, neighbours stay neighbours, and the room follows the server.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadBuffer, ROOM_BYTES_MAX, ROOM_BYTES_MIN } from '../../../src/node/http/read-buffer.ts';

/** One read of at most `count` bytes, filled with `value`; the bytes that came of it. */
function read(buffer: ReadBuffer, count: number, value: number): Uint8Array {
  const room = buffer.next();
  const length = Math.min(count, room.length);
  room.fill(value, 0, length);
  return buffer.took(length);
}

describe('the read buffer', () => {
  it('keeps every byte that was read, and offers room each time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 21 }), { maxLength: 60 }), (counts) => {
        const buffer = new ReadBuffer();
        const kept = counts.map((count, i) => read(buffer, count, i));
        expect(kept.every((bytes, i) => bytes.length > 0 && bytes.every((b) => b === i))).toBe(
          true,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('puts small reads of one slab one behind the other', () => {
    const buffer = new ReadBuffer();
    const first = read(buffer, 1000, 1);
    const second = read(buffer, 1000, 2);
    expect(second.buffer).toBe(first.buffer);
    expect(second.byteOffset).toBe(first.byteOffset + 1000);
  });

  it('grows with a server that fills it, and shrinks with one that does not', () => {
    const buffer = new ReadBuffer();
    const sizes: number[] = [];
    for (let i = 0; i < 40; i++) sizes.push(read(buffer, Infinity, 0).length);
    expect(sizes[0]).toBe(ROOM_BYTES_MIN);
    expect(Math.max(...sizes)).toBeGreaterThan(ROOM_BYTES_MAX / 2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(ROOM_BYTES_MAX);
    for (let i = 0; i < 10; i++) read(buffer, 1, 0);
    expect(buffer.next().length).toBe(ROOM_BYTES_MIN);
  });

  it('is small again at once for a reader that pauses', () => {
    const buffer = new ReadBuffer();
    for (let i = 0; i < 40; i++) read(buffer, Infinity, 0);
    buffer.calm();
    expect(buffer.next().length).toBe(ROOM_BYTES_MIN);
  });
});
