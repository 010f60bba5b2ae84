// Symbols between staging, where they are one after another, and the planes.

import { CHUNK, LANE, PLANE, PLANE_BYTES, STAGING, WIDTH } from './layout';

/** Copies `count` rows of `bytes` bytes each from staging to the rows from `row` on. The rest of these is kept. */
export function scatter(row: u32, count: u32, bytes: u32): void {
  const width = load<u32>(WIDTH);
  let plane = load<u32>(PLANE) + row * width;
  for (let at: u32 = 0; at < bytes; at += width, plane += load<u32>(PLANE_BYTES)) {
    const part = min(width, bytes - at);
    for (let i: u32 = 0; i < count; i++) copy(plane + i * width, STAGING + at + i * bytes, part);
  }
}

/** The reverse. */
export function gather(row: u32, count: u32, bytes: u32): void {
  const width = load<u32>(WIDTH);
  let plane = load<u32>(PLANE) + row * width;
  for (let at: u32 = 0; at < bytes; at += width, plane += load<u32>(PLANE_BYTES)) {
    const part = min(width, bytes - at);
    for (let i: u32 = 0; i < count; i++) copy(STAGING + at + i * bytes, plane + i * width, part);
  }
}

/** Exactly these bytes. memory.copy leaves the module for each call: too slow for a few hundred bytes. */
function copy(dst: usize, source: usize, bytes: usize): void {
  const end = dst + bytes;
  for (const stop = dst + (bytes & ~(CHUNK - 1)); dst < stop; dst += CHUNK, source += CHUNK) {
    const a = v128.load(source);
    const b = v128.load(source, 16);
    const c = v128.load(source, 32);
    const d = v128.load(source, 48);
    v128.store(dst, a);
    v128.store(dst, b, 16);
    v128.store(dst, c, 32);
    v128.store(dst, d, 48);
  }
  for (; dst + LANE <= end; dst += LANE, source += LANE) v128.store(dst, v128.load(source));
  for (; dst < end; dst++, source++) store<u8>(dst, load<u8>(source));
}
