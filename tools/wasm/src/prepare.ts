// From rows to spots, once a run, so that the stripes have less to do. The operations and their operands are those of
// src/kernel/kernel.ts; a prepared instruction is
//
//   XOR           n << 3 | op; sources in the plane; dst; first; n sources: those in the plane, then those in work rows
//   CLEAR         op; dst
//   DOUBLE        n << 3 | op; dst; a; b if n is 2
//   MULTIPLY_ADD  n << 3 | op; dst; n × (source; address of the coefficient's tables)
//   FOLD          n << 3 | op; last; h; h targets; n × (row; address of the sum of the pair of targets)
//
// and never longer than twice the original.

import { pairOf } from './fold';
import { PREPARED_END, PROGRAM, PROGRAM_END, ROWS, TABLES, WIDTH } from './layout';
import { IN_ZEROS, isWork, spotOf } from './spot';

// The operations of a program, then those that only a prepared one has.
const SET: u32 = 0;
const ADD: u32 = 1;
export const DOUBLE: u32 = 2;
export const MULTIPLY_ADD: u32 = 3;
export const FOLD: u32 = 4;
export const XOR: u32 = 0;
export const CLEAR: u32 = 1;

/**
 * Prepares the program whose `words` words end where the area of the program does. They are overwritten, but not
 * before they are read: the area has room for three times as many.
 */
export function prepare(words: u32): void {
  const rows = load<u32>(ROWS);
  const width = load<u32>(WIDTH);
  const end = <usize>load<u32>(PROGRAM_END);
  let to = <usize>load<u32>(PROGRAM);
  let from = end - ((<usize>words) << 2);
  while (from < end) {
    const header = load<u32>(from);
    const op = header & 7;
    const n = header >>> 3;
    const dst = load<u32>(from, 4);
    from += 8;
    if (op <= ADD) {
      to = prepareXor(to, op, dst, from, n, rows, width);
      from += (<usize>n) << 2;
    } else if (op == FOLD) {
      const h = load<u32>(from);
      from += 4;
      store<u32>(to, header);
      store<u32>(to, spotOf(dst, rows, width), 4);
      store<u32>(to, h, 8);
      to += 12;
      for (const taps = from + (h << 2); from < taps; from += 4, to += 4) {
        store<u32>(to, spotOf(load<u32>(from), rows, width));
      }
      for (const next = from + ((<usize>n) << 2); from < next; from += 4, to += 8) {
        const tap = load<u32>(from);
        store<u32>(to, tap >>> 8 == 0 ? IN_ZEROS : spotOf((tap >>> 8) - 1, rows, width));
        store<u32>(to, pairOf((tap >>> 4) & 15, tap & 15), 4);
      }
    } else {
      store<u32>(to, header);
      store<u32>(to, spotOf(dst, rows, width), 4);
      to += 8;
      for (const next = from + ((<usize>n) << 2); from < next; from += 4) {
        const word = load<u32>(from);
        if (op == DOUBLE) {
          store<u32>(to, spotOf(word, rows, width));
          to += 4;
        } else {
          store<u32>(to, spotOf(word >>> 8, rows, width));
          store<u32>(to, TABLES + ((word & 255) << 5), 4);
          to += 8;
        }
      }
    }
  }
  store<u32>(PREPARED_END, to);
}

/** Prepares dst = XOR of the n rows at `from`, or dst ^= that. Returns where the instruction ends. */
function prepareXor(
  to: usize,
  op: u32,
  dst: u32,
  from: usize,
  n: u32,
  rows: u32,
  width: u32,
): usize {
  const end = from + ((<usize>n) << 2);
  let first = dst;
  if (op == SET) {
    if (n == 0) {
      store<u32>(to, CLEAR);
      store<u32>(to, spotOf(dst, rows, width), 4);
      return to + 8;
    }
    first = load<u32>(from);
    from += 4;
    n--;
  }
  store<u32>(to, (n << 3) | XOR);
  store<u32>(to, spotOf(dst, rows, width), 8);
  store<u32>(to, spotOf(first, rows, width), 12);
  let front = to + 16;
  let back = front + ((<usize>n) << 2);
  const next = back;
  for (; from < end; from += 4) {
    const spot = spotOf(load<u32>(from), rows, width);
    if (isWork(spot)) {
      back -= 4;
      store<u32>(back, spot & ~3);
    } else {
      store<u32>(front, spot);
      front += 4;
    }
  }
  store<u32>(to, (front - to - 16) >> 2, 4);
  return next;
}
