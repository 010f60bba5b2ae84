// Kernel.reduceBits in WebAssembly: the matrix goes into an arena, and comes back reduced.

import type { Arena, ArenaPool } from './wasm-arena.ts';
import { PAGE_BYTES } from './wasm-layout.ts';

/** Up to this size the arena is kept from one matrix to the next: every block that is solved has one. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** What tools/wasm/src/reduce.ts says: tables, most pivots of each, bytes of the list of pivots. */
const TABLES = 4;
const WIDTH_MAX = 8;
const LIST_BYTES = 512;

export class WasmBits {
  private readonly pool: ArenaPool;
  private kept: Arena | undefined;

  constructor(pool: ArenaPool) {
    this.pool = pool;
  }

  /** See Kernel.reduceBits. Throws RangeError, and leaves `bits` alone, when there is no memory for it. */
  reduce(bits: Int32Array, rows: number, words: number, columns: number): Int32Array {
    const { staging: matrix } = this.pool;
    const stride = 4 * words;
    // A table of 2^width rows should take less time than what it saves in the other rows.
    const width = Math.min(WIDTH_MAX, Math.max(1, 30 - Math.clz32(rows)));
    const pivots = matrix + rows * stride;
    const scratch = pivots + 16 * Math.ceil(rows / 4);
    const end = scratch + LIST_BYTES + (1 + TABLES * 2 ** width) * stride;
    const arena = this.obtain(Math.ceil(end / PAGE_BYTES));
    arena.words.set(bits.subarray(0, rows * words), matrix >>> 2);
    arena.reduce(matrix, rows, stride, columns, pivots, scratch, width);
    bits.set(arena.words.subarray(matrix >>> 2, pivots >>> 2));
    const found = arena.words.slice(pivots >>> 2, (pivots >>> 2) + rows);
    for (let row = 0; row < rows; row++) if (found[row]! < 0) found[row] = -1;
    if (arena !== this.kept) this.pool.release(arena);
    return found;
  }

  /** An arena of at least so many pages. */
  private obtain(pages: number): Arena {
    const bytes = pages * PAGE_BYTES;
    if (this.kept !== undefined && this.kept.bytes.length >= bytes) return this.kept;
    const arena = this.pool.obtain(pages);
    if (arena.bytes.length <= KEPT_BYTES_MAX) this.kept = arena;
    return arena;
  }
}
