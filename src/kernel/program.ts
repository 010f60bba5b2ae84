// Recording programs for a kernel.

import { OP_ADD, OP_BITS, OP_DOUBLE, OP_FOLD, OP_MASK, OP_MULTIPLY_ADD, OP_SET } from './kernel.ts';

/** Symbol operations in a program, in the unit of the literature: one per source symbol read. */
export interface OperationCount {
  /** Symbols copied or XORed into a destination. */
  xors: number;
  /** Symbols multiplied by α, or by a coefficient. */
  multiplications: number;
}

/** Appends instructions to a program that grows as needed. Sources are the first `count` numbers of a list. */
export class ProgramWriter {
  private buffer: Int32Array;
  private used = 0;

  /** Begins in `space`, or in a new array of so many words. */
  constructor(space: Int32Array | number = 1024) {
    this.buffer = typeof space === 'number' ? new Int32Array(space) : space;
  }

  /** Words written. */
  get length(): number {
    return this.used;
  }

  set(dst: number, sources: ArrayLike<number>, count: number = sources.length): void {
    this.fused(OP_SET, dst, sources, count);
  }

  /**
   * Makes room for the sources of one instruction and returns where to write them: from place `operands` on. Then
   * setWritten or addWritten follows, without a copy of the sources.
   */
  open(sources: number): Int32Array {
    this.reserve(2 + sources);
    return this.buffer;
  }

  /** See open. */
  get operands(): number {
    return this.used + 2;
  }

  setWritten(dst: number, count: number): void {
    this.close(OP_SET, dst, count);
  }

  addWritten(dst: number, count: number): void {
    if (count > 0) this.close(OP_ADD, dst, count);
  }

  add(dst: number, sources: ArrayLike<number>, count: number = sources.length): void {
    if (count > 0) this.fused(OP_ADD, dst, sources, count);
  }

  /** dst = a: set() without a list. */
  copy(dst: number, a: number): void {
    this.start(OP_SET, 1, dst, 1);
    this.buffer[this.used++] = a;
  }

  /** dst = α·a. */
  double(dst: number, a: number): void {
    this.start(OP_DOUBLE, 1, dst, 1);
    this.buffer[this.used++] = a;
  }

  /** dst = α·a ^ b. */
  doubleAdd(dst: number, a: number, b: number): void {
    this.start(OP_DOUBLE, 2, dst, 2);
    this.buffer[this.used++] = a;
    this.buffer[this.used++] = b;
  }

  /** dst ^= Σ coefficients[i] · sources[i]. */
  multiplyAdd(
    dst: number,
    sources: ArrayLike<number>,
    coefficients: ArrayLike<number>,
    count: number = sources.length,
  ): void {
    if (count === 0) return;
    this.start(OP_MULTIPLY_ADD, count, dst, count);
    for (let i = 0; i < count; i++) {
      this.buffer[this.used++] = (sources[i]! << 8) | coefficients[i]!;
    }
  }

  /** OP_FOLD; `taps` are its words, see foldTap. */
  fold(last: number, targets: ArrayLike<number>, taps: ArrayLike<number>, count: number): void {
    this.start(OP_FOLD, count, last, 1 + targets.length + count);
    const buffer = this.buffer;
    buffer[this.used++] = targets.length;
    for (let i = 0; i < targets.length; i++) buffer[this.used++] = targets[i]!;
    for (let i = 0; i < count; i++) buffer[this.used++] = taps[i]!;
  }

  /** A view of what was written, valid until the next instruction. */
  view(): Int32Array {
    return this.buffer.subarray(0, this.used);
  }

  /** A copy of what was written. */
  finish(): Int32Array {
    return this.buffer.slice(0, this.used);
  }

  clear(): void {
    this.used = 0;
  }

  private fused(op: number, dst: number, sources: ArrayLike<number>, count: number): void {
    this.start(op, count, dst, count);
    const buffer = this.buffer;
    const used = this.used;
    for (let i = 0; i < count; i++) buffer[used + i] = sources[i]!;
    this.used += count;
  }

  /** Writes header and destination in front of operands that are there. */
  private close(op: number, dst: number, count: number): void {
    this.buffer[this.used] = op | (count << OP_BITS);
    this.buffer[this.used + 1] = dst;
    this.used += 2 + count;
  }

  /** Writes header and destination, and makes room for `operands` more words. */
  private start(op: number, argument: number, dst: number, operands: number): void {
    this.reserve(2 + operands);
    this.buffer[this.used++] = op | (argument << OP_BITS);
    this.buffer[this.used++] = dst;
  }

  private reserve(count: number): void {
    if (this.used + count <= this.buffer.length) return;
    const larger = new Int32Array(Math.max(this.buffer.length * 2, this.used + count));
    larger.set(this.view());
    this.buffer = larger;
  }
}

/** A word of OP_FOLD: adds row (−1: a row of zeros), then adds the running value to targets i and j. */
export function foldTap(row: number, i: number, j: number): number {
  return ((row + 1) << 8) | (i << 4) | j;
}

/** How many words the instruction at program[at] takes, the header included. */
export function instructionWords(program: Int32Array, at: number): number {
  const argument = program[at]! >>> OP_BITS;
  switch (program[at]! & OP_MASK) {
    case OP_SET:
    case OP_ADD:
    case OP_DOUBLE:
    case OP_MULTIPLY_ADD:
      return 2 + argument;
    case OP_FOLD:
      return 3 + program[at + 2]! + argument;
    default:
      throw new RangeError(`header ${program[at]!} has no operation`);
  }
}

/** Counts the symbol operations of a program: its cost, independent of kernel and symbol size. */
export function countOperations(program: Int32Array): OperationCount {
  const count: OperationCount = { xors: 0, multiplications: 0 };
  for (let at = 0; at < program.length; at += instructionWords(program, at)) {
    const argument = program[at]! >>> OP_BITS;
    switch (program[at]! & OP_MASK) {
      case OP_SET:
      case OP_ADD:
        count.xors += argument;
        break;
      case OP_DOUBLE:
        count.multiplications++;
        count.xors += argument - 1;
        break;
      case OP_MULTIPLY_ADD:
        count.multiplications += argument;
        count.xors += argument;
        break;
      case OP_FOLD: {
        const taps = at + 3 + program[at + 2]!;
        for (let i = taps; i < taps + argument; i++) {
          const tap = program[i]!;
          count.multiplications++;
          if (tap >>> 8 !== 0) count.xors++;
          if (((tap >>> 4) & 15) !== (tap & 15)) count.xors += 2;
        }
        break;
      }
    }
  }
  return count;
}
