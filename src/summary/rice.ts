// Rice code of an ascending list of numbers (protocol/summaries.md, "Rice code"): near the entropy of a
// random subset of a range, log2(W/n) + 1.5 bits per id, with one parameter and no tables.

import type { ByteWriter } from '../base/index.ts';
import { ByteReader } from '../base/index.ts';

/** Largest Rice parameter a reader accepts: gaps never reach 2^24 in a range that a summary may describe. */
export const RICE_PARAMETER_MAX = 24;

/** Calls back with the runs start ≤ n < end of an ascending list. */
export type Runs = (visit: (start: number, end: number) => void) => void;

/** How a list is coded best. */
export interface RicePlan {
  /** Numbers in the list. */
  readonly count: number;
  readonly parameter: number;
  /** Length of the whole code, bytes. */
  readonly bytes: number;
}

/** The parameter with the shortest code for the list, and that length. */
export function planRice(runs: Runs): RicePlan {
  const gaps: number[] = [];
  let count = 0;
  let previous = 0;
  runs((start, end) => {
    gaps.push(start - previous);
    count += end - start;
    previous = end;
  });
  // Only the first number of a run has a gap above 0. The length is convex in the parameter but for
  // rounding, so the first parameter that does not help ends the search.
  let parameter = 0;
  let bits = Infinity;
  for (let p = 0; p <= RICE_PARAMETER_MAX; p++) {
    let length = count * (1 + p);
    for (const gap of gaps) length += gap >>> p;
    if (length >= bits) break;
    bits = length;
    parameter = p;
  }
  const header = varintBytes(count);
  return { count, parameter, bytes: count === 0 ? header : header + 1 + Math.ceil(bits / 8) };
}

/** Appends the code of the list to `out`. */
export function writeRice(out: ByteWriter, plan: RicePlan, runs: Runs): void {
  out.varint(plan.count);
  if (plan.count === 0) return;
  out.byte(plan.parameter);
  const p = plan.parameter;
  let held = 0;
  let heldBits = 0;
  const put = (value: number, bits: number): void => {
    held |= value << heldBits;
    heldBits += bits;
    for (; heldBits >= 8; heldBits -= 8) {
      out.byte(held & 0xff);
      held >>>= 8;
    }
  };
  const putGap = (gap: number): void => {
    let ones = gap >>> p;
    for (; ones >= 16; ones -= 16) put(0xffff, 16);
    put((1 << ones) - 1, ones + 1);
    // At most 7 bits wait in `held`, so 24 more fit.
    put(gap & ((1 << p) - 1), p);
  };
  let previous = 0;
  runs((start, end) => {
    putGap(start - previous);
    for (let n = start + 1; n < end; n++) putGap(0);
    previous = end;
  });
  if (heldBits > 0) out.byte(held);
}

/**
 * Reads the code that makes up all of `bytes` and calls visit with every number of the list, ascending.
 * False when it is no such code or a number is not below `width`; visit may have been called by then.
 * Time is linear in the bytes.
 */
export function readRice(bytes: Uint8Array, width: number, visit: (n: number) => void): boolean {
  const input = new ByteReader(bytes);
  const count = input.varint();
  if (count === undefined || count > width) return false;
  if (count === 0) return input.remaining === 0;
  const p = input.byte();
  if (p === undefined || p > RICE_PARAMETER_MAX) return false;
  const code = input.bytes(input.remaining) ?? new Uint8Array(0);
  const bits = code.length * 8;
  // The shortest code of an id has 1 + p bits: a claim that cannot be true costs nothing.
  if (count * (1 + p) > bits) return false;
  let at = 0;
  let previous = -1;
  for (let i = 0; i < count; i++) {
    let ones = 0;
    while (at < bits && bitAt(code, at) === 1) {
      ones++;
      at++;
    }
    if (at + 1 + p > bits) return false;
    at++;
    let low = 0;
    for (let j = 0; j < p; j++) low |= bitAt(code, at++) << j;
    const n = previous + 1 + ones * 2 ** p + low;
    if (n >= width) return false;
    visit(n);
    previous = n;
  }
  if (bits - at >= 8) return false;
  for (; at < bits; at++) if (bitAt(code, at) === 1) return false;
  return true;
}

function bitAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at >>> 3] ?? 0) >>> (at & 7)) & 1;
}

/** Bytes that a varint takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
