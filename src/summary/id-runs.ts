// Id runs: an ascending set of ids as varints (protocol/wire.md, "Id runs"). Wants, deltas and exact
// summaries use them. The decoders meet hostile bytes: they bound, count and check everything first.

import type { Bitset } from '../base/index.ts';
import { ByteReader, ByteWriter, UsageError } from '../base/index.ts';

/** Most bytes that one run of ids below 2^32 takes: two varints. */
export const RUN_BYTES_MAX = 10;

/** Writes runs in ascending order. Runs that touch must be joined by the caller. */
export class IdRunsWriter {
  private readonly out = new ByteWriter();
  private end = 0;
  private started = false;

  /** Bytes written so far. */
  get length(): number {
    return this.out.length;
  }

  /** Appends the ids start ≤ id < end. Throws UsageError when they do not follow the run before with a gap. */
  run(start: number, end: number): void {
    const gap = start - this.end;
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!whole || end <= start || gap < 0 || (gap === 0 && this.started)) {
      throw new UsageError(`run ${start}..${end - 1} does not follow ${this.end - 1}`);
    }
    const more = end - start > 1;
    this.out.varint(gap * 2 + (more ? 1 : 0));
    if (more) this.out.varint(end - start - 2);
    this.end = end;
    this.started = true;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}

/** Encodes strictly ascending whole numbers; throws UsageError where they do not ascend. */
export function encodeIdRuns(ids: Iterable<number>): Uint8Array {
  const writer = new IdRunsWriter();
  let start = 0;
  let end = 0;
  for (const id of ids) {
    if (id !== end || start === end) {
      if (start < end) writer.run(start, end);
      start = id;
    }
    end = id + 1;
  }
  if (start !== end) writer.run(start, end);
  return writer.finish();
}

/** Calls visit with every maximal run start ≤ n < end of members in [from, to), ascending. */
export function forEachRun(
  bits: Bitset,
  from: number,
  to: number,
  visit: (start: number, end: number) => void,
): void {
  for (let start = bits.next(from, to); start >= 0;) {
    const absent = bits.nextAbsent(start, to);
    const end = absent < 0 ? to : absent;
    visit(start, end);
    start = bits.next(end, to);
  }
}

/** Encodes the members of `bits` in [from, to) as ids minus `base`. */
export function encodeBitsetRuns(bits: Bitset, from: number, to: number, base = 0): Uint8Array {
  const writer = new IdRunsWriter();
  forEachRun(bits, from, to, (start, end) => writer.run(start - base, end - base));
  return writer.finish();
}

/**
 * Calls visit with every run start ≤ id < end, ascending, and returns how many ids there are.
 * Returns undefined, without having called visit, when the bytes are not canonical, an id is not below
 * `idCount`, or there are more than `limit` ids. Time is linear in the bytes; nothing is allocated.
 */
export function readIdRuns(
  bytes: Uint8Array,
  idCount: number,
  limit: number,
  visit: (start: number, end: number) => void,
): number | undefined {
  const count = walk(bytes, idCount, limit, undefined);
  if (count !== undefined) walk(bytes, idCount, limit, visit);
  return count;
}

/**
 * The ids, ascending. Undefined when the bytes are not canonical, an id is not below `idCount` (≤ 2^32), or
 * there are more than `limit` ids. Allocates 4 bytes per id, so at most 4·limit: a few bytes may name a run
 * of any length, therefore choose `limit` for the memory, or use `readIdRuns`.
 */
export function decodeIdRuns(
  bytes: Uint8Array,
  idCount: number,
  limit: number,
): Uint32Array | undefined {
  const count = walk(bytes, idCount, limit, undefined);
  if (count === undefined) return undefined;
  const ids = new Uint32Array(count);
  let used = 0;
  walk(bytes, idCount, limit, (start, end) => {
    for (let id = start; id < end; id++) ids[used++] = id;
  });
  return ids;
}

function walk(
  bytes: Uint8Array,
  idCount: number,
  limit: number,
  visit: ((start: number, end: number) => void) | undefined,
): number | undefined {
  const input = new ByteReader(bytes);
  let count = 0;
  for (let end = 0; input.remaining > 0;) {
    const v = input.varint();
    if (v === undefined) return undefined;
    const gap = Math.floor(v / 2);
    // A gap of 0 would continue the run before: not maximal.
    if (gap === 0 && count > 0) return undefined;
    const start = end + gap;
    let length = 1;
    if (v % 2 === 1) {
      const rest = input.varint();
      if (rest === undefined) return undefined;
      length = rest + 2;
    }
    end = start + length;
    count += length;
    // Sums stay below 2^55 and end the loop once past idCount, so a lost low bit cannot matter.
    if (end > idCount || count > limit) return undefined;
    visit?.(start, end);
  }
  return count;
}
