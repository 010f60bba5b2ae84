// The slow twin of every kernel: byte by byte, from the definitions of the operations. Work rows are whole rows that
// are poisoned before each run, so that a program that reads one before writing it is found out.

import type { Kernel, SymbolMemory } from '../../src/kernel/index.ts';
import { slowReduceBits } from './slow-bits.ts';
import {
  OP_ADD,
  OP_BITS,
  OP_DOUBLE,
  OP_FOLD,
  OP_MASK,
  OP_MULTIPLY_ADD,
  OP_SET,
} from '../../src/kernel/index.ts';

/** Product in GF(256) with the polynomial 0x11D, by shifting and reducing. */
export function slowMultiply(u: number, v: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product <<= 1;
    if (product & 0x100) product ^= 0x11d;
    if ((v >> bit) & 1) product ^= u;
  }
  return product;
}

export const slowKernel: Kernel = {
  name: 'slow',
  allocate(rows: number, rowBytes: number, maxWorkRows = 0): SymbolMemory {
    // Not zero: the content of a fresh row is anybody's guess.
    const symbols = Array.from({ length: rows }, () => new Uint8Array(rowBytes).fill(0x5a));
    return {
      rows,
      rowBytes,
      write(row, bytes) {
        if (row * rowBytes + bytes.length > rows * rowBytes) throw new RangeError('bytes');
        bytes.forEach((byte, i) => (symbols[row + Math.floor(i / rowBytes)]![i % rowBytes] = byte));
      },
      readInto(target, row) {
        if (row * rowBytes + target.length > rows * rowBytes) throw new RangeError('target');
        for (let i = 0; i < target.length; i++) {
          target[i] = symbols[row + Math.floor(i / rowBytes)]![i % rowBytes]!;
        }
      },
      run(program, workRows = 0) {
        if (workRows > maxWorkRows) throw new RangeError('workRows');
        symbols.length = rows;
        for (let i = 0; i < workRows; i++) symbols.push(new Uint8Array(rowBytes).fill(0xa5));
        execute(symbols, program);
      },
      release: () => undefined,
    };
  },
  reduceBits: slowReduceBits,
};

function execute(symbols: Uint8Array[], program: Int32Array): void {
  const row = (at: number): Uint8Array => symbols[program[at]!]!;
  for (let pc = 0; pc < program.length;) {
    const argument = program[pc]! >> OP_BITS;
    const dst = row(pc + 1);
    const bytes = dst.length;
    switch (program[pc]! & OP_MASK) {
      case OP_SET:
      case OP_ADD:
        if ((program[pc]! & OP_MASK) === OP_SET) dst.fill(0);
        for (let s = 0; s < argument; s++) {
          for (let i = 0; i < bytes; i++) dst[i]! ^= row(pc + 2 + s)[i]!;
        }
        pc += 2 + argument;
        break;
      case OP_DOUBLE:
        for (let i = 0; i < bytes; i++) {
          const b = argument === 2 ? row(pc + 3)[i]! : 0;
          dst[i] = slowMultiply(2, row(pc + 2)[i]!) ^ b;
        }
        pc += 2 + argument;
        break;
      case OP_MULTIPLY_ADD:
        for (let n = pc + 2; n < pc + 2 + argument; n++) {
          const source = symbols[program[n]! >> 8]!;
          for (let i = 0; i < bytes; i++) dst[i]! ^= slowMultiply(program[n]! & 255, source[i]!);
        }
        pc += 2 + argument;
        break;
      case OP_FOLD: {
        const taps = pc + 3 + program[pc + 2]!;
        for (let i = 0; i < bytes; i++) {
          let g = 0;
          for (let n = taps; n < taps + argument; n++) {
            const tap = program[n]!;
            g = slowMultiply(2, g) ^ (tap >> 8 === 0 ? 0 : symbols[(tap >> 8) - 1]![i]!);
            if (((tap >> 4) & 15) === (tap & 15)) continue;
            row(pc + 3 + ((tap >> 4) & 15))[i]! ^= g;
            row(pc + 3 + (tap & 15))[i]! ^= g;
          }
          dst[i] = g;
        }
        pc = taps + argument;
        break;
      }
      default:
        throw new Error(`no operation ${program[pc]}`);
    }
  }
}
