// GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 and the generator α = 2 (RFC 6330, 5.7).

/** The field polynomial. */
export const POLYNOMIAL = 0x11d;

/** α^i for 0 ≤ i < 510, so that a sum of two logarithms needs no reduction (RFC 6330, 5.7.3). */
export const EXP: Uint8Array = new Uint8Array(510);
/** log_α of 1..255; the entry of 0 means nothing (RFC 6330, 5.7.4). */
export const LOG: Uint8Array = new Uint8Array(256);

let power = 1;
for (let i = 0; i < 255; i++) {
  EXP[i] = EXP[i + 255] = power;
  LOG[power] = i;
  power <<= 1;
  if (power > 255) power ^= POLYNOMIAL;
}

/** u · v (RFC 6330, 5.7.2). */
export function multiply(u: number, v: number): number {
  return u === 0 || v === 0 ? 0 : EXP[LOG[u]! + LOG[v]!]!;
}

/** 1 / u, for u ≠ 0. */
export function invert(u: number): number {
  return EXP[255 - LOG[u]!]!;
}

/** The 256 products of a coefficient. */
export function productTable(coefficient: number): Uint8Array {
  const table = new Uint8Array(256);
  for (let v = 0; v < 256; v++) table[v] = multiply(coefficient, v);
  return table;
}
