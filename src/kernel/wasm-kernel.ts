// The kernel in WebAssembly with 128-bit SIMD. Its inner half is in tools/wasm.

import type { Kernel, SymbolMemory } from './kernel.ts';
import { instructionWords } from './program.ts';
import type { Arena } from './wasm-arena.ts';
import { ArenaPool } from './wasm-arena.ts';
import { WasmBits } from './wasm-bits.ts';
import type { WasmLayout } from './wasm-layout.ts';
import { layOut } from './wasm-layout.ts';
import type { WebAssemblyApi } from './webassembly.ts';

/** Up to here a loop copies a program faster than a typed array does. */
const SHORT_PROGRAM_WORDS = 48;

/** Makes the kernel. Throws when the engine cannot compile the module: SIMD is younger than WebAssembly. */
export function wasmKernel(api: WebAssemblyApi): Kernel {
  const pool = new ArenaPool(api);
  const wasmBits = new WasmBits(pool);
  return {
    name: 'wasm',
    allocate(rows: number, rowBytes: number, workRows = 0): SymbolMemory {
      return new WasmSymbolMemory(pool, rows, rowBytes, workRows);
    },
    reduceBits(bits: Int32Array, rows: number, words: number, columns: number): Int32Array {
      return wasmBits.reduce(bits, rows, words, columns);
    },
  };
}

class WasmSymbolMemory implements SymbolMemory {
  readonly rows: number;
  readonly rowBytes: number;
  private readonly workRows: number;
  private readonly pool: ArenaPool;
  private readonly layout: WasmLayout;
  private readonly arena: Arena;
  private isReleased = false;

  constructor(pool: ArenaPool, rows: number, rowBytes: number, workRows: number) {
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.workRows = workRows;
    this.pool = pool;
    this.layout = layOut(pool.staging, rows, rowBytes, workRows);
    const { width, planes, lastBytes, program, plane, pages } = this.layout;
    this.arena = pool.obtain(pages);
    this.arena.configure(rows, width, planes, lastBytes, program, plane);
  }

  write(row: number, bytes: Uint8Array): void {
    this.checkSpan(row, bytes.length);
    const { rowBytes, arena, pool } = this;
    const { planes, stagedRows } = this.layout;
    for (let from = 0; from < bytes.length;) {
      const left = bytes.length - from;
      if (planes === 1) {
        const part = bytes.length <= rowBytes ? bytes : bytes.subarray(from, from + rowBytes);
        arena.bytes.set(part, this.layout.plane + row * this.layout.width);
        from += rowBytes;
        row++;
        continue;
      }
      const count = Math.min(stagedRows, Math.floor(left / rowBytes));
      const taken = count === 0 ? left : count * rowBytes;
      arena.bytes.set(bytes.subarray(from, from + taken), pool.staging);
      if (count === 0) arena.scatter(row, 1, taken);
      else arena.scatter(row, count, rowBytes);
      from += taken;
      row += count;
    }
  }

  readInto(target: Uint8Array, row: number): void {
    this.checkSpan(row, target.length);
    const { rowBytes, arena, pool } = this;
    const { planes, stagedRows } = this.layout;
    for (let from = 0; from < target.length;) {
      const left = target.length - from;
      if (planes === 1) {
        const start = this.layout.plane + row * this.layout.width;
        target.set(arena.bytes.subarray(start, start + Math.min(rowBytes, left)), from);
        from += rowBytes;
        row++;
        continue;
      }
      const count = Math.min(stagedRows, Math.floor(left / rowBytes));
      const taken = count === 0 ? left : count * rowBytes;
      if (count === 0) arena.gather(row, 1, taken);
      else arena.gather(row, count, rowBytes);
      target.set(arena.bytes.subarray(pool.staging, pool.staging + taken), from);
      from += taken;
      row += count;
    }
  }

  run(program: Int32Array, workRows = 0): void {
    if (workRows > this.workRows) {
      throw new RangeError(`workRows ${workRows} is more than ${this.workRows}`);
    }
    const { programWords, planes } = this.layout;
    if (program.length <= programWords) {
      this.place(program);
      this.arena.run(program.length);
      return;
    }
    const parts = partsOf(program, programWords);
    for (let stripe = 0; stripe < planes; stripe++) {
      for (const part of parts) {
        this.place(part);
        this.arena.prepare(part.length);
        this.arena.runStripe(stripe);
      }
    }
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.pool.release(this.arena);
  }

  /** Copies a program to where the module expects it: the end of the area of programs. */
  private place(program: Int32Array): void {
    const { words } = this.arena;
    const at = (this.layout.plane >>> 2) - program.length;
    if (program.length > SHORT_PROGRAM_WORDS) words.set(program, at);
    else for (let i = 0; i < program.length; i++) words[at + i] = program[i]!;
  }

  /** Throws RangeError unless rows from `row` on, as many as that many bytes fill, are there. */
  private checkSpan(row: number, bytes: number): void {
    if (row < 0 || row * this.rowBytes + bytes > this.rows * this.rowBytes) {
      throw new RangeError(`${bytes} bytes do not fit into the rows from ${row} on`);
    }
  }
}

/**
 * Cuts a program between instructions into parts of at most so many words. Throws RangeError at an instruction that is
 * longer: it would name each row of the memory many times.
 */
function partsOf(program: Int32Array, wordsMax: number): Int32Array[] {
  const parts: Int32Array[] = [];
  let start = 0;
  for (let at = 0; at < program.length;) {
    const next = at + instructionWords(program, at);
    if (next - at > wordsMax)
      throw new RangeError(`program has ${next - at} words in one operation`);
    if (next - start > wordsMax) {
      parts.push(program.subarray(start, at));
      start = at;
    }
    at = next;
  }
  parts.push(program.subarray(start));
  return parts;
}
