// The kernel without WebAssembly. XOR runs on 64-bit lanes: V8 keeps BigUint64Array elements in registers as
// long as they are only loaded, XORed and stored (Node 20: eight sources 12 GB/s, Int32Array 6). It does not for
// shifts and sums, so multiplication by α runs on 32-bit lanes.

import { productTable } from './gf256.ts';
import { reduceBits } from './js-bits.ts';
import type { Kernel, SymbolMemory } from './kernel.ts';
import { OP_ADD, OP_BITS, OP_DOUBLE, OP_FOLD, OP_MASK, OP_MULTIPLY_ADD, OP_SET } from './kernel.ts';
import {
  double,
  doubleAdd,
  multiplyAdd,
  xor2,
  xor3,
  xor4,
  xor5,
  xor6,
  xor7,
  xor8,
} from './js-loops.ts';
import { instructionWords } from './program.ts';

const LANE_BYTES = 8;
/** Most sources that one pass reads, the destination included when it accumulates. */
const FUSED_MAX = 8;
/** Bytes of all work rows together: should fit into a core's own cache. */
const WORK_BYTES = 2 * 1024 * 1024;
/** A stripe is at least this wide, so that the work in a row outweighs the reading of the program. */
const STRIPE_BYTES_MIN = 512;

/** Smaller buffers are not worth keeping. */
const RELEASED_BYTES_MIN = 256 * 1024;

/**
 * The large buffer released last. Fresh pages cost as much as a third of decoding a block, so a stream of blocks had
 * better use the same buffer again; when none comes, the garbage collector takes it.
 */
let released: WeakRef<ArrayBuffer> | undefined;

/** A buffer of at least this many bytes, of any content. */
function obtain(bytes: number): ArrayBuffer {
  const buffer = released?.deref();
  // A much larger buffer is left for a user who needs it.
  if (buffer === undefined || buffer.byteLength < bytes || buffer.byteLength > 2 * bytes) {
    return new ArrayBuffer(bytes);
  }
  released = undefined;
  return buffer;
}

/** The kernel in plain JavaScript; runs everywhere. */
export const jsKernel: Kernel = {
  name: 'js',
  multiplyCost: 8,
  allocate(rows: number, rowBytes: number, workRows = 0): SymbolMemory {
    return new JsMemory(rows, rowBytes, workRows);
  },
  reduceBits,
};

class JsMemory implements SymbolMemory {
  readonly rows: number;
  readonly rowBytes: number;
  private readonly rowLanes: number; // 64-bit lanes from one row to the next
  private readonly workRows: number;
  private readonly workLanes: number; // lanes from one work row to the next: the width of a stripe
  private readonly bytes: Uint8Array;
  private readonly interpreter: Interpreter;
  private isReleased = false;

  constructor(rows: number, rowBytes: number, workRows: number) {
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.rowLanes = Math.ceil(rowBytes / LANE_BYTES);
    this.workRows = workRows;
    const stripe = Math.max(STRIPE_BYTES_MIN, Math.floor(WORK_BYTES / Math.max(1, workRows)));
    this.workLanes = Math.min(this.rowLanes, Math.floor(stripe / LANE_BYTES));
    const lanes = rows * this.rowLanes + workRows * this.workLanes;
    const buffer = obtain(lanes * LANE_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.interpreter = {
      longs: new BigUint64Array(buffer),
      words: new Int32Array(buffer),
      rows,
      rowLanes: this.rowLanes,
      workLanes: this.workLanes,
      start: 0,
      lanes: 0,
    };
  }

  write(row: number, bytes: Uint8Array): void {
    this.checkSpan(row, bytes.length);
    for (let from = 0; from < bytes.length; from += this.rowBytes, row++) {
      this.bytes.set(bytes.subarray(from, from + this.rowBytes), row * this.rowLanes * LANE_BYTES);
    }
  }

  readInto(target: Uint8Array, row: number): void {
    this.checkSpan(row, target.length);
    for (let from = 0; from < target.length; from += this.rowBytes, row++) {
      const start = row * this.rowLanes * LANE_BYTES;
      const length = Math.min(this.rowBytes, target.length - from);
      target.set(this.bytes.subarray(start, start + length), from);
    }
  }

  run(program: Int32Array, workRows = 0): void {
    if (workRows > this.workRows) {
      throw new RangeError(`workRows ${workRows} is more than ${this.workRows}`);
    }
    const interpreter = this.interpreter;
    const width = workRows > 0 ? this.workLanes : this.rowLanes;
    for (let start = 0; start < this.rowLanes; start += width) {
      interpreter.start = start;
      interpreter.lanes = Math.min(width, this.rowLanes - start);
      interpret(interpreter, program);
    }
  }

  /** Throws RangeError unless rows from `row` on, as many as that many bytes fill, are there. */
  private checkSpan(row: number, bytes: number): void {
    if (row * this.rowBytes + bytes > this.rows * this.rowBytes) {
      throw new RangeError(`${bytes} bytes do not fit into the rows from ${row} on`);
    }
  }

  release(): void {
    if (this.isReleased || this.bytes.byteLength < RELEASED_BYTES_MIN) return;
    this.isReleased = true;
    released = new WeakRef(this.bytes.buffer as ArrayBuffer);
  }
}

/** A memory, and the stripe that is worked on. */
interface Interpreter {
  readonly longs: BigUint64Array;
  readonly words: Int32Array;
  readonly rows: number;
  readonly rowLanes: number;
  readonly workLanes: number;
  /** First lane of the stripe in a row. */
  start: number;
  /** Lanes of the stripe. */
  lanes: number;
}

// From here on free functions on typed arrays: V8 specialises each of them once.

/** The lane at which the stripe begins in a row, or in a work row. */
function laneOf(at: Interpreter, row: number): number {
  return row < at.rows
    ? row * at.rowLanes + at.start
    : at.rows * at.rowLanes + (row - at.rows) * at.workLanes;
}

function interpret(at: Interpreter, program: Int32Array): void {
  const { words, lanes } = at;
  for (let pc = 0; pc < program.length;) {
    const header = program[pc]!;
    const argument = header >>> OP_BITS;
    const dst = laneOf(at, program[pc + 1]!);
    switch (header & OP_MASK) {
      case OP_SET:
        xorSources(at, dst, program, pc + 2, argument, true);
        break;
      case OP_ADD:
        xorSources(at, dst, program, pc + 2, argument, false);
        break;
      case OP_DOUBLE: {
        const a = laneOf(at, program[pc + 2]!);
        if (argument === 1) double(words, dst * 2, a * 2, lanes * 2);
        else doubleAdd(words, dst * 2, a * 2, laneOf(at, program[pc + 3]!) * 2, lanes * 2);
        break;
      }
      case OP_MULTIPLY_ADD:
        for (let i = pc + 2; i < pc + 2 + argument; i++) {
          const source = laneOf(at, program[i]! >>> 8);
          multiplyAdd(words, dst * 2, source * 2, lanes * 2, productTable(program[i]! & 255));
        }
        break;
      case OP_FOLD:
        fold(at, dst, program, pc + 2, argument);
        break;
    }
    pc += instructionWords(program, pc);
  }
}

/**
 * Fused XOR of `count` rows, program[pc…]. Reading several sources for one store is twice as fast as one pass a
 * source.
 */
function xorSources(
  at: Interpreter,
  dst: number,
  program: Int32Array,
  pc: number,
  count: number,
  overwrite: boolean,
): void {
  let next = pc;
  const end = pc + count;
  if (overwrite) {
    if (count === 0) {
      at.longs.fill(0n, dst, dst + at.lanes);
      return;
    }
    const others = Math.min(count, FUSED_MAX) - 1;
    xorPass(at, dst, laneOf(at, program[next]!), program, next + 1, others);
    next += others + 1;
  }
  while (next < end) {
    const others = Math.min(end - next, FUSED_MAX - 1);
    xorPass(at, dst, dst, program, next, others);
    next += others;
  }
}

/** Lanes from dst = lanes from a ^ the rows program[pc..pc + others − 1], 0 ≤ others ≤ 7. */
function xorPass(
  at: Interpreter,
  dst: number,
  a: number,
  program: Int32Array,
  pc: number,
  others: number,
): void {
  const { longs: m, lanes } = at;
  if (others === 0) {
    m.copyWithin(dst, a, a + lanes);
    return;
  }
  const b = laneOf(at, program[pc]!);
  if (others === 1) return xor2(m, lanes, dst, a, b);
  const c = laneOf(at, program[pc + 1]!);
  if (others === 2) return xor3(m, lanes, dst, a, b, c);
  const d = laneOf(at, program[pc + 2]!);
  if (others === 3) return xor4(m, lanes, dst, a, b, c, d);
  const e = laneOf(at, program[pc + 3]!);
  if (others === 4) return xor5(m, lanes, dst, a, b, c, d, e);
  const f = laneOf(at, program[pc + 4]!);
  if (others === 5) return xor6(m, lanes, dst, a, b, c, d, e, f);
  const g = laneOf(at, program[pc + 5]!);
  if (others === 6) return xor7(m, lanes, dst, a, b, c, d, e, f, g);
  const h = laneOf(at, program[pc + 6]!);
  xor8(m, lanes, dst, a, b, c, d, e, f, g, h);
}

/** OP_FOLD: h, h targets and `count` words are at program[pc…]. */
function fold(at: Interpreter, last: number, program: Int32Array, pc: number, count: number): void {
  const { longs, words, lanes } = at;
  const targets = pc + 1;
  const taps = targets + program[pc]!;
  longs.fill(0n, last, last + lanes);
  for (let n = taps; n < taps + count; n++) {
    const tap = program[n]!;
    if (tap >>> 8 === 0) double(words, last * 2, last * 2, lanes * 2);
    else doubleAdd(words, last * 2, last * 2, laneOf(at, (tap >>> 8) - 1) * 2, lanes * 2);
    const i = (tap >>> 4) & 15;
    const j = tap & 15;
    if (i === j) continue;
    const first = laneOf(at, program[targets + i]!);
    const second = laneOf(at, program[targets + j]!);
    xor2(longs, lanes, first, first, last);
    xor2(longs, lanes, second, second, last);
  }
}
