// Exact summaries (protocol/summaries.md, kind 0): runs, bitmap, Rice code of the members or of the others,
// whichever is shortest. Ids are small and dense, so this usually beats every sketch and hides nothing.

import type { SymbolId } from '../base/index.ts';
import { Bitset, ByteWriter, UsageError } from '../base/index.ts';
import { encodeBitsetRuns, forEachRun, readIdRuns } from './id-runs.ts';
import type { Summary } from './kind.ts';
import { isSummaryRange, requireRange, SUMMARY_BODY_BYTES_MAX } from './kind.ts';
import type { Runs } from './rice.ts';
import { planRice, readRice, writeRice } from './rice.ts';

/** The form byte. */
export const EXACT_FORM = { runs: 0, bitmap: 1, rice: 2, riceAbsent: 3 } as const;

type VisitRun = (start: number, end: number) => void;

/** The shortest exact description of the members of `bits` in [from, to). Throws UsageError on a bad range. */
export function encodeExact(bits: Bitset, from: number, to: number): Uint8Array {
  requireRange('exact', bits, from, to);
  const width = to - from;
  // The members cost more to code than the others when they are the majority: try only the smaller list.
  const absent = bits.countRange(from, to) * 2 > width;
  const runs: Runs = absent
    ? (visit) => forEachGap(bits, from, to, visit)
    : (visit) => forEachRun(bits, from, to, (start, end) => visit(start - from, end - from));
  const asRuns = encodeBitsetRuns(bits, from, to, from);
  const plan = planRice(runs);
  const bitmapBytes = Math.ceil(width / 8);
  const out = new ByteWriter();
  if (asRuns.length <= plan.bytes && asRuns.length <= bitmapBytes) {
    out.byte(EXACT_FORM.runs);
    out.bytes(asRuns);
  } else if (plan.bytes <= bitmapBytes) {
    out.byte(absent ? EXACT_FORM.riceAbsent : EXACT_FORM.rice);
    writeRice(out, plan, runs);
  } else {
    out.byte(EXACT_FORM.bitmap);
    out.bytes(bitmapOf(bits, from, to));
  }
  return out.finish();
}

/**
 * Reads an exact body. True: the members of `into` in [from, to) now are exactly the described ones, those
 * outside are untouched. False: not a valid body for the range, and `into` is unchanged.
 * Throws UsageError when `into` does not cover the range. Time is linear in the bytes and the range.
 */
export function decodeExact(bytes: Uint8Array, from: number, to: number, into: Bitset): boolean {
  if (!isSummaryRange('exact', from, to)) return false;
  if (to > into.length) throw new UsageError(`${to} is past the ${into.length} ids of the set`);
  const width = to - from;
  // The first pass only checks, so that a body that turns out bad half-way leaves no trace.
  if (!readExact(bytes, width, () => undefined)) return false;
  into.forEach((id) => into.delete(id), from, to);
  readExact(bytes, width, (start, end) => into.addRange(from + start, from + end));
  return true;
}

/** An exact summary kept as a bitmap of its range. */
export class ExactSummary implements Summary {
  readonly kind = 'exact';
  private readonly members: Bitset;
  private readonly from: number;

  private constructor(members: Bitset, from: number) {
    this.members = members;
    this.from = from;
  }

  /** Undefined when the bytes are no exact body for [from, to). */
  static decode(bytes: Uint8Array, from: number, to: number): ExactSummary | undefined {
    if (!isSummaryRange('exact', from, to)) return undefined;
    const members = new Bitset(to - from);
    const valid = readExact(bytes, to - from, (start, end) => members.addRange(start, end));
    return valid ? new ExactSummary(members, from) : undefined;
  }

  get count(): number {
    return this.members.count;
  }

  has(id: SymbolId): boolean {
    return this.members.has(id - this.from);
  }
}

function readExact(bytes: Uint8Array, width: number, visit: VisitRun): boolean {
  if (bytes.length > SUMMARY_BODY_BYTES_MAX) return false;
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case EXACT_FORM.runs:
      return readIdRuns(rest, width, width, visit) !== undefined;
    case EXACT_FORM.bitmap:
      return readBitmap(rest, width, visit);
    case EXACT_FORM.rice:
      return readRice(rest, width, (n) => visit(n, n + 1));
    case EXACT_FORM.riceAbsent: {
      let end = 0;
      const valid = readRice(rest, width, (n) => {
        if (n > end) visit(end, n);
        end = n + 1;
      });
      if (valid && end < width) visit(end, width);
      return valid;
    }
    default:
      return false;
  }
}

function readBitmap(bitmap: Uint8Array, width: number, visit: VisitRun): boolean {
  if (bitmap.length !== Math.ceil(width / 8)) return false;
  const spare = bitmap.length * 8 - width;
  if ((bitmap[bitmap.length - 1] ?? 0) >>> (8 - spare) !== 0) return false;
  bitmap.forEach((byte, index) => {
    for (let rest = byte; rest !== 0; rest &= rest - 1) {
      const n = index * 8 + 31 - Math.clz32(rest & -rest);
      visit(n, n + 1);
    }
  });
  return true;
}

function bitmapOf(bits: Bitset, from: number, to: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil((to - from) / 8));
  bits.forEach(
    (id) => {
      const n = id - from;
      bitmap[n >>> 3] = (bitmap[n >>> 3] ?? 0) | (1 << (n & 7));
    },
    from,
    to,
  );
  return bitmap;
}

/** The runs of non-members, relative to `from`. */
function forEachGap(bits: Bitset, from: number, to: number, visit: VisitRun): void {
  let end = from;
  forEachRun(bits, from, to, (start, next) => {
    if (start > end) visit(end - from, start - from);
    end = next;
  });
  if (end < to) visit(end - from, to - from);
}
