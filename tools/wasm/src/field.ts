// GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, sixteen elements a register.

import { LANE } from './layout';

/** α·x: shift, and reduce the bytes whose top bit falls out by the polynomial's low byte. */
export function doubled(x: v128): v128 {
  const out = i8x16.lt_s(x, i64x2.splat(0));
  return v128.xor(i8x16.add(x, x), v128.and(out, i8x16.splat(0x1d)));
}

/** dst = α·a. dst may be a. */
export function double(dst: usize, a: usize, bytes: usize): void {
  for (const end = dst + bytes; dst < end; dst += LANE, a += LANE) {
    v128.store(dst, doubled(v128.load(a)));
  }
}

/** dst = α·a ^ b. dst may be a or b. */
export function doubleAdd(dst: usize, a: usize, b: usize, bytes: usize): void {
  for (const end = dst + bytes; dst < end; dst += LANE, a += LANE, b += LANE) {
    v128.store(dst, v128.xor(doubled(v128.load(a)), v128.load(b)));
  }
}

/** The products of 16 elements, by nibble. `low` and `high` are a row of TABLES. */
export function product(x: v128, low: v128, high: v128): v128 {
  const nibbles = v128.and(x, i8x16.splat(15));
  return v128.xor(i8x16.swizzle(low, nibbles), i8x16.swizzle(high, i8x16.shr_u(x, 4)));
}
