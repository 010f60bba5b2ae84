// The loops of the JavaScript kernel: free functions on one typed array, which V8 specialises once. Positions and
// counts are in elements. A source may be the destination: an element is read before it is written.

// One loop for each number of sources: a loop over the sources inside would keep nothing in registers.

export function xor2(m: BigUint64Array, lanes: number, dst: number, a: number, b: number): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]!;
}

export function xor3(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]!;
}

export function xor4(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]!;
}

export function xor5(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
): void {
  for (let i = 0; i < lanes; i++)
    m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]!;
}

export function xor6(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
): void {
  for (let i = 0; i < lanes; i++)
    m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]!;
}

export function xor7(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
): void {
  for (let i = 0; i < lanes; i++)
    m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]! ^ m[g + i]!;
}

export function xor8(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): void {
  for (let i = 0; i < lanes; i++)
    m[dst + i] =
      m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]! ^ m[g + i]! ^ m[h + i]!;
}

/** α·x in each byte of a word: shift, and reduce the bytes whose top bit falls out by the polynomial's low byte. */
export function double(m: Int32Array, dst: number, a: number, words: number): void {
  for (let i = 0; i < words; i++) {
    const x = m[a + i]!;
    m[dst + i] = ((x & 0x7f7f7f7f) << 1) ^ Math.imul((x >>> 7) & 0x01010101, 0x1d);
  }
}

export function doubleAdd(m: Int32Array, dst: number, a: number, b: number, words: number): void {
  for (let i = 0; i < words; i++) {
    const x = m[a + i]!;
    m[dst + i] = ((x & 0x7f7f7f7f) << 1) ^ Math.imul((x >>> 7) & 0x01010101, 0x1d) ^ m[b + i]!;
  }
}

export function multiplyAdd(
  m: Int32Array,
  dst: number,
  source: number,
  words: number,
  products: Uint8Array,
): void {
  for (let i = 0; i < words; i++) {
    const x = m[source + i]!;
    m[dst + i] =
      m[dst + i]! ^
      products[x & 255]! ^
      (products[(x >>> 8) & 255]! << 8) ^
      (products[(x >>> 16) & 255]! << 16) ^
      (products[x >>> 24]! << 24);
  }
}
