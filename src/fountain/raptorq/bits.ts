// Rows of bits in 32-bit words: bit n of the row that starts at word `at` is bit n mod 32 of word at + ⌊n / 32⌋.

/** True when bit n is set. */
export function testBit(words: Int32Array, at: number, n: number): boolean {
  return ((words[at + (n >>> 5)]! >>> (n & 31)) & 1) !== 0;
}

export function flipBit(words: Int32Array, at: number, n: number): void {
  words[at + (n >>> 5)]! ^= 1 << (n & 31);
}

/** The bits from n on, the lowest first: at least `count` ≤ 32 of them, and others above. */
export function bitsAt(words: Int32Array, at: number, n: number, count: number): number {
  const word = at + (n >>> 5);
  const shift = n & 31;
  const bits = words[word]! >>> shift;
  return shift + count > 32 ? bits | (words[word + 1]! << (32 - shift)) : bits;
}

/** a ^= b, `count` words. */
export function xorWords(
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) a[atA + i]! ^= b[atB + i]!;
}
