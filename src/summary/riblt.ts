// Rateless IBLT, the writing side (protocol/summaries.md, kind 3): cells of a set, as many as its reader
// turns out to need. The reader is riblt-decoder.ts.

import type { Bitset, SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import { seededKey } from './bloom-filter.ts';
import { requireRange } from './kind.ts';
import { requireRibltCells, RIBLT_CELLS_MAX, writeRibltBody } from './riblt-body.ts';
import { RibltCells } from './riblt-cells.ts';
import { ribltCheck, ribltNext, ribltStep } from './riblt-mapping.ts';

/** The endless cells of a set as it was when the stream began, body after body. */
export class RibltStream {
  readonly salt: number;
  /** n: members described. */
  readonly count: number;
  private readonly cells: RibltCells;
  private sent = 0;

  /**
   * A stream of the members of `bits` in [from, to). Throws UsageError on a range that is not of the set.
   * @param salt u32, a fresh one for every stream, so that no pair of sets is unlucky twice
   */
  constructor(bits: Bitset, from: number, to: number, salt: number) {
    requireRange('riblt', bits, from, to);
    this.cells = new RibltCells(bits, from, to, salt);
    this.salt = this.cells.salt;
    this.count = bits.countRange(from, to);
  }

  /** Cells that went out. */
  get position(): number {
    return this.sent;
  }

  /**
   * The next cells as a body, fewer at the end of the stream (2^20 cells); undefined when it is reached.
   * Time is linear in n at most once for each quarter that the stream grows by. Throws UsageError unless
   * 1 ≤ cells ≤ 7,000.
   */
  next(cells: number): Uint8Array | undefined {
    requireRibltCells(cells);
    const count = Math.min(cells, RIBLT_CELLS_MAX - this.sent);
    if (count === 0) return undefined;
    this.cells.reserve(this.sent + count);
    const header = { salt: this.salt, first: this.sent, count: this.count, cells: count };
    const body = writeRibltBody(header, this.cells.words);
    this.sent += count;
    return body;
  }
}

/**
 * The first cells of a changing set, kept up to date id by id: what a peer keeps that many readers ask, at the
 * price of one salt for all of them.
 */
export class RibltTable {
  readonly salt: number;
  /** Cells kept. */
  readonly size: number;
  private readonly words: Int32Array;
  private members = 0;

  /**
   * The table of no ids.
   * @param salt u32
   * @param size cells, 1..2^20
   */
  constructor(salt: number, size: number) {
    if (!Number.isSafeInteger(size) || size < 1 || size > RIBLT_CELLS_MAX) {
      throw new UsageError(`${size} cells is not in 1..${RIBLT_CELLS_MAX}`);
    }
    this.salt = salt >>> 0;
    this.size = size;
    this.words = new Int32Array(2 * size);
  }

  /** n: ids in the table. */
  get count(): number {
    return this.members;
  }

  /** Adds an id that is not in the table. About 2·ln(size) steps. */
  add(id: SymbolId): void {
    this.toggle(id);
    this.members++;
  }

  /** Takes out an id that is in the table. */
  remove(id: SymbolId): void {
    this.toggle(id);
    this.members--;
  }

  /** Cells first ≤ i < first + cells as a body, equal to a stream's. Throws UsageError on cells it lacks. */
  body(first: number, cells: number): Uint8Array {
    requireRibltCells(cells);
    if (!Number.isSafeInteger(first) || first < 0 || first + cells > this.size) {
      throw new UsageError(`${cells} cells from ${first} on are not all of ${this.size}`);
    }
    return writeRibltBody({ salt: this.salt, first, count: this.members, cells }, this.words);
  }

  /** XOR puts an id in and takes it out alike. */
  private toggle(id: SymbolId): void {
    const { words, size } = this;
    const key = seededKey(id, this.salt);
    const check = ribltCheck(key);
    let state = key;
    for (let index = 0; index < size;) {
      const at = 2 * index;
      words[at] = (words[at] ?? 0) ^ id;
      words[at + 1] = (words[at + 1] ?? 0) ^ check;
      state = ribltStep(state);
      index = ribltNext(index, state);
    }
  }
}
