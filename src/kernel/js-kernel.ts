// The kernel without WebAssembly. XOR runs on 64-bit lanes: V8 keeps BigUint64Array elements in registers as
// long as they are only loaded, XORed and stored (Node 20: eight sources 12 GB/s, Int32Array 6). It does not for
// shifts and sums, so multiplication by α runs on 32-bit lanes.

import { productTable } from './gf256.ts';
import type { Kernel, SymbolMemory } from './kernel.ts';
import {
  OP_ADD,
  OP_BITS,
  OP_DOUBLE,
  OP_MASK,
  OP_MULTIPLY_ADD,
  OP_SCALE,
  OP_SET,
} from './kernel.ts';
import { instructionWords } from './program.ts';

const LANE_BYTES = 8;
/** Most sources that one pass reads, the destination included when it accumulates. */
const FUSED_MAX = 8;

/** The kernel in plain JavaScript; runs everywhere. */
export const jsKernel: Kernel = {
  name: 'js',
  allocate(rows: number, rowBytes: number): SymbolMemory {
    return new JsMemory(rows, rowBytes);
  },
};

class JsMemory implements SymbolMemory {
  readonly rows: number;
  readonly rowBytes: number;
  private readonly lanes: number; // 64-bit lanes from one row to the next
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly longs: BigUint64Array;

  constructor(rows: number, rowBytes: number) {
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.lanes = Math.ceil(rowBytes / LANE_BYTES);
    const buffer = new ArrayBuffer(rows * this.lanes * LANE_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.longs = new BigUint64Array(buffer);
  }

  write(row: number, bytes: Uint8Array): void {
    if (bytes.length > this.rowBytes) throw new RangeError(`bytes.length ${bytes.length} > row`);
    this.bytes.set(bytes, row * this.lanes * LANE_BYTES);
  }

  readInto(target: Uint8Array, row: number): void {
    const start = row * this.lanes * LANE_BYTES;
    target.set(this.bytes.subarray(start, start + target.length));
  }

  run(program: Int32Array, length: number = program.length): void {
    const { lanes, longs, words } = this;
    for (let at = 0; at < length; ) {
      const header = program[at]!;
      const argument = header >>> OP_BITS;
      const dst = program[at + 1]!;
      switch (header & OP_MASK) {
        case OP_SET:
          xorSources(longs, lanes, program, at + 1, argument, true);
          break;
        case OP_ADD:
          xorSources(longs, lanes, program, at + 1, argument, false);
          break;
        case OP_DOUBLE: {
          const a = program[at + 2]! * lanes * 2;
          if (argument === 1) double(words, dst * lanes * 2, a, lanes * 2);
          else doubleAdd(words, dst * lanes * 2, a, program[at + 3]! * lanes * 2, lanes * 2);
          break;
        }
        case OP_MULTIPLY_ADD: {
          const source = program[at + 2]! * lanes * 2;
          multiplyAdd(words, dst * lanes * 2, source, lanes * 2, productTable(argument));
          break;
        }
        case OP_SCALE:
          scale(this.bytes, dst * lanes * 8, lanes * 8, productTable(argument));
          break;
      }
      at += instructionWords(header);
    }
  }
}

// The loops below are free functions on one array: V8 specialises them per array type, once.

/**
 * Fused XOR: program[at] is the destination row, `count` source rows follow. Reading several sources for one
 * store is twice as fast as one pass a source.
 */
function xorSources(
  m: BigUint64Array,
  lanes: number,
  program: Int32Array,
  at: number,
  count: number,
  overwrite: boolean,
): void {
  const dst = program[at]! * lanes;
  let next = at + 1;
  const end = next + count;
  if (overwrite) {
    if (count === 0) {
      m.fill(0n, dst, dst + lanes);
      return;
    }
    const others = Math.min(count, FUSED_MAX) - 1;
    xorPass(m, lanes, dst, program[next]! * lanes, program, next + 1, others);
    next += others + 1;
  }
  while (next < end) {
    const others = Math.min(end - next, FUSED_MAX - 1);
    xorPass(m, lanes, dst, dst, program, next, others);
    next += others;
  }
}

/** m[dst] = m[a] ^ the rows program[at..at + others − 1], 0 ≤ others ≤ 7. */
function xorPass(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  program: Int32Array,
  at: number,
  others: number,
): void {
  if (others === 0) {
    m.copyWithin(dst, a, a + lanes);
    return;
  }
  const b = program[at]! * lanes;
  if (others === 1) return xor2(m, lanes, dst, a, b);
  const c = program[at + 1]! * lanes;
  if (others === 2) return xor3(m, lanes, dst, a, b, c);
  const d = program[at + 2]! * lanes;
  if (others === 3) return xor4(m, lanes, dst, a, b, c, d);
  const e = program[at + 3]! * lanes;
  if (others === 4) return xor5(m, lanes, dst, a, b, c, d, e);
  const f = program[at + 4]! * lanes;
  if (others === 5) return xor6(m, lanes, dst, a, b, c, d, e, f);
  const g = program[at + 5]! * lanes;
  if (others === 6) return xor7(m, lanes, dst, a, b, c, d, e, f, g);
  const h = program[at + 6]! * lanes;
  xor8(m, lanes, dst, a, b, c, d, e, f, g, h);
}

// One loop for each number of sources: a loop over the sources inside would keep nothing in registers.

function xor2(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]!;
}

function xor3(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]!;
}

function xor4(
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

function xor5(
  m: BigUint64Array,
  lanes: number,
  dst: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
): void {
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]!;
}

function xor6(
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
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]!;
}

function xor7(
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
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]! ^ m[g + i]!;
}

function xor8(
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
  for (let i = 0; i < lanes; i++) m[dst + i] = m[a + i]! ^ m[b + i]! ^ m[c + i]! ^ m[d + i]! ^ m[e + i]! ^ m[f + i]! ^ m[g + i]! ^ m[h + i]!;
}

/** α·x in each byte of a word: shift, and reduce the bytes whose top bit falls out by the polynomial's low byte. */
function double(m: Int32Array, dst: number, a: number, words: number): void {
  for (let i = 0; i < words; i++) {
    const x = m[a + i]!;
    m[dst + i] = ((x & 0x7f7f7f7f) << 1) ^ Math.imul((x >>> 7) & 0x01010101, 0x1d);
  }
}

function doubleAdd(m: Int32Array, dst: number, a: number, b: number, words: number): void {
  for (let i = 0; i < words; i++) {
    const x = m[a + i]!;
    m[dst + i] =
      ((x & 0x7f7f7f7f) << 1) ^ Math.imul((x >>> 7) & 0x01010101, 0x1d) ^ m[b + i]!;
  }
}

function multiplyAdd(
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

function scale(m: Uint8Array, dst: number, bytes: number, products: Uint8Array): void {
  for (let i = 0; i < bytes; i++) m[dst + i] = products[m[dst + i]!]!;
}
