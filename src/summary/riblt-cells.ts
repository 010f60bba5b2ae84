// The cells of a frozen set of ids, computed as far as they are asked for: both ends of a rateless IBLT
// keep one, the writer to send it, the reader to take it out of what it gets.

import type { Bitset, SymbolId } from '../base/index.ts';
import { seededKey } from './bloom-filter.ts';
import { RIBLT_CELLS_MAX } from './riblt-body.ts';
import { ribltCheck, ribltNext, ribltStep } from './riblt-mapping.ts';

/** A next cell that no stream reaches. */
const NEVER = 0xffffffff;
/** Growing passes over all ids, so the cells grow by a quarter at least, however few are asked for at a time. */
const GROWTH = 1.25;
const CELLS_MIN = 64;
const SPARE = 64;

/** A table that grows at its end, of ids that may be put in at any time. 12 bytes an id, 9 a cell. */
export class RibltCells {
  readonly salt: number;
  /** Two words a cell: the XOR of its ids, the XOR of their checks. Replaced when the table grows. */
  words: Int32Array = new Int32Array(0);
  /** Per cell 1 if an id that was appended is in it. Replaced when the table grows. */
  marks: Uint8Array = new Uint8Array(0);
  private computed = 0;
  private ids: Uint32Array;
  /** Per id: the generator, and the first cell that is not computed yet. */
  private states: Int32Array;
  private nexts: Uint32Array;
  private used = 0;
  /** Ids that the table began with. */
  private readonly frozen: number;

  /** The table of the members of `bits` in [from, to) as they are now. */
  constructor(bits: Bitset, from: number, to: number, salt: number) {
    this.salt = salt >>> 0;
    const capacity = bits.countRange(from, to) + SPARE;
    this.ids = new Uint32Array(capacity);
    this.states = new Int32Array(capacity);
    this.nexts = new Uint32Array(capacity);
    bits.forEach((id) => this.append(id, seededKey(id, this.salt), 0), from, to);
    this.frozen = this.used;
  }

  /** Cells computed so far. */
  get size(): number {
    return this.computed;
  }

  /** Computes at least the first `cells` cells (at most 2^20). */
  reserve(cells: number): void {
    if (cells <= this.computed) return;
    const ahead = Math.max(cells, CELLS_MIN, Math.ceil(this.computed * GROWTH));
    const end = Math.min(ahead, RIBLT_CELLS_MAX);
    const words = new Int32Array(2 * end);
    words.set(this.words);
    const marks = new Uint8Array(end);
    marks.set(this.marks);
    const { ids, states, nexts, used, frozen, salt } = this;
    for (let i = 0; i < used; i++) {
      let index = nexts[i] ?? NEVER;
      if (index >= end) continue;
      const id = ids[i] ?? 0;
      const check = ribltCheck(seededKey(id, salt));
      let state = states[i] ?? 0;
      while (index < end) {
        const at = 2 * index;
        words[at] = (words[at] ?? 0) ^ id;
        words[at + 1] = (words[at + 1] ?? 0) ^ check;
        if (i >= frozen) marks[index] = 1;
        state = ribltStep(state);
        index = ribltNext(index, state);
      }
      states[i] = state;
      nexts[i] = Math.min(index, NEVER);
    }
    this.words = words;
    this.marks = marks;
    this.computed = end;
  }

  /**
   * Puts an id into the cells to come, from its cell `next` on; the caller has put it into those before and
   * marked them, and `state` is the generator there. An id that is in already is taken out.
   */
  append(id: SymbolId, state: number, next: number): void {
    if (this.used === this.ids.length) this.makeRoom();
    this.ids[this.used] = id;
    this.states[this.used] = state;
    this.nexts[this.used] = Math.min(next, NEVER);
    this.used++;
  }

  private makeRoom(): void {
    const capacity = 2 * this.used;
    const { ids, states, nexts } = this;
    this.ids = new Uint32Array(capacity);
    this.states = new Int32Array(capacity);
    this.nexts = new Uint32Array(capacity);
    this.ids.set(ids);
    this.states.set(states);
    this.nexts.set(nexts);
  }
}
