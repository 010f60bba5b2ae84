// Instances of the module, each with a memory of its own, and the pool of those that nobody uses.

import { decodeBase64 } from './base64.ts';
import { multiply } from './gf256.ts';
import { PAGE_BYTES } from './wasm-layout.ts';
import { WASM_BASE64, WASM_BYTES } from './wasm-module.ts';
import type { WebAssemblyApi } from './webassembly.ts';

/** What tools/wasm/src/index.ts exports. */
interface Exports {
  readonly STAGING: { readonly value: number };
  readonly TABLES: { readonly value: number };
  configure(
    rows: number,
    width: number,
    planes: number,
    lastBytes: number,
    program: number,
    plane: number,
  ): void;
  prepare(words: number): void;
  run(words: number): void;
  runStripe(stripe: number): void;
  scatter(row: number, count: number, bytes: number): void;
  gather(row: number, count: number, bytes: number): void;
  reduce(
    matrix: number,
    rows: number,
    stride: number,
    columns: number,
    pivots: number,
    scratch: number,
    width: number,
  ): void;
}

/** An instance. Its memory never grows, so the views stay valid. */
export interface Arena extends Exports {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/** Released arenas are forgotten, the longest released first, beyond this many bytes or that many arenas. */
const RELEASED_BYTES_MAX = 512 * 1024 * 1024;
const RELEASED_MAX = 32;
/**
 * The two arenas released last are kept for good if they have no more bytes together: what a stream of blocks needs
 * that are encoded and decoded in turn. The garbage collector takes the others. It would take these as well, since
 * every new block makes it run, and fresh pages can cost as much as all the arithmetic on them.
 */
const KEPT_MAX = 2;
const KEPT_BYTES_MAX = 256 * 1024 * 1024;
/** A released arena serves a request of at least this part of its size; of less only when it is a small one. */
const PART_USED_MIN = 1 / 4;
const SMALL_BYTES = 4 * 1024 * 1024;

/** Bytes of the two tables of a coefficient, by low and by high nibble. */
const NIBBLE_TABLES = 32;

/** An arena that nobody uses. */
interface Released {
  readonly bytes: number;
  readonly arena: WeakRef<Arena>;
}

/** Makes arenas. */
export class ArenaPool {
  /** Where staging begins in every arena. */
  readonly staging: number;
  private readonly api: WebAssemblyApi;
  private readonly module: object;
  private readonly tables: Uint8Array = productTables();
  private released: Released[] = [];
  /** Some of these, by a reference that holds them. */
  private kept: Arena[] = [];

  /** Throws when the engine does not compile the module. */
  constructor(api: WebAssemblyApi) {
    this.api = api;
    this.module = new api.Module(decodeBase64(WASM_BASE64, WASM_BYTES));
    const arena = this.create(1);
    this.staging = arena.STAGING.value;
    this.release(arena);
  }

  /** An arena of at least so many pages, with any content. Throws RangeError when there is no memory for it. */
  obtain(pages: number): Arena {
    const bytes = pages * PAGE_BYTES;
    const most = Math.max(bytes / PART_USED_MIN, SMALL_BYTES);
    let best: Arena | undefined;
    for (const released of this.released) {
      if (released.bytes < bytes || released.bytes > (best?.bytes.length ?? most)) continue;
      best = released.arena.deref() ?? best;
    }
    if (best === undefined) return this.create(pages);
    this.released = this.released.filter(({ arena }) => arena.deref() !== best);
    this.kept = this.kept.filter((arena) => arena !== best);
    return best;
  }

  /** Gives an arena back. */
  release(arena: Arena): void {
    const released = this.released.filter(({ arena: other }) => other.deref() !== undefined);
    released.push({ bytes: arena.bytes.length, arena: new WeakRef(arena) });
    let total = released.reduce((sum, { bytes }) => sum + bytes, 0);
    while (total > RELEASED_BYTES_MAX || released.length > RELEASED_MAX) {
      total -= released.shift()!.bytes;
    }
    this.released = released;
    this.kept.push(arena);
    let keptBytes = this.kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
    while (keptBytes > KEPT_BYTES_MAX || this.kept.length > KEPT_MAX) {
      keptBytes -= this.kept.shift()!.bytes.length;
    }
  }

  private create(pages: number): Arena {
    const memory = new this.api.Memory({ initial: pages, maximum: pages });
    const { exports } = new this.api.Instance(this.module, { env: { memory } });
    const bytes = new Uint8Array(memory.buffer);
    const arena = { ...(exports as Exports), bytes, words: new Int32Array(memory.buffer) };
    bytes.set(this.tables, arena.TABLES.value);
    return arena;
  }
}

/** For every coefficient its products with 0..15, then with 16 times these. */
function productTables(): Uint8Array {
  const tables = new Uint8Array(256 * NIBBLE_TABLES);
  for (let at = 0; at < tables.length; at++) {
    const nibble = at & 15;
    tables[at] = multiply(at >> 5, (at & 16) === 0 ? nibble : nibble << 4);
  }
  return tables;
}
