// XOR of any number of rows in one pass: a chunk of the sum stays in registers while the sources go by.

import { CHUNK, LANE } from './layout';

/**
 * dst = first ^ the rows at list…, which are offsets from `plane` up to `middle` and from `work` from there to `end`.
 * dst may be `first`.
 */
export function xorRows(
  dst: usize,
  first: usize,
  list: usize,
  middle: usize,
  end: usize,
  plane: usize,
  work: usize,
  bytes: usize,
): void {
  const stop = dst + (bytes & ~(CHUNK - 1));
  const last = dst + bytes;
  while (dst < stop) {
    let a = v128.load(first);
    let b = v128.load(first, 16);
    let c = v128.load(first, 32);
    let d = v128.load(first, 48);
    let at = list;
    for (; at < middle; at += 4) {
      const p = plane + load<u32>(at);
      a = v128.xor(a, v128.load(p));
      b = v128.xor(b, v128.load(p, 16));
      c = v128.xor(c, v128.load(p, 32));
      d = v128.xor(d, v128.load(p, 48));
    }
    for (; at < end; at += 4) {
      const p = work + load<u32>(at);
      a = v128.xor(a, v128.load(p));
      b = v128.xor(b, v128.load(p, 16));
      c = v128.xor(c, v128.load(p, 32));
      d = v128.xor(d, v128.load(p, 48));
    }
    v128.store(dst, a);
    v128.store(dst, b, 16);
    v128.store(dst, c, 32);
    v128.store(dst, d, 48);
    dst += CHUNK;
    first += CHUNK;
    plane += CHUNK;
    work += CHUNK;
  }
  while (dst < last) {
    let a = v128.load(first);
    let at = list;
    for (; at < middle; at += 4) a = v128.xor(a, v128.load(plane + load<u32>(at)));
    for (; at < end; at += 4) a = v128.xor(a, v128.load(work + load<u32>(at)));
    v128.store(dst, a);
    dst += LANE;
    first += LANE;
    plane += LANE;
    work += LANE;
  }
}

/** Zeros to the row at dst. */
export function clear(dst: usize, bytes: usize): void {
  for (const end = dst + bytes; dst < end; dst += LANE) v128.store(dst, i64x2.splat(0));
}
