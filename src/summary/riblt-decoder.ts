// Rateless IBLT, the reading side (protocol/summaries.md, kind 3): takes the own cells out of the remote ones,
// which leaves those of the difference, and peels. The bytes are a stranger's: every step is counted.

import type { SymbolId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import { seededKey } from './bloom-filter.ts';
import { requireRange } from './kind.ts';
import type { RibltHeader } from './riblt-body.ts';
import {
  RIBLT_CELLS_MAX,
  RIBLT_HEADER_BYTES,
  ribltCellsMax,
  readRibltHeader,
} from './riblt-body.ts';
import { RibltCells } from './riblt-cells.ts';
import { estimateDifferences, ribltCellsFor } from './riblt-estimate.ts';
import { ribltCheck, ribltNext, ribltStep } from './riblt-mapping.ts';

/** more: further cells are needed. done: the difference is known. refused: no such stream; final. */
export type RibltProgress = 'more' | 'done' | 'refused';

/**
 * Steps that a stream may cost for each of its cells. An honest one peels at most one id a cell, walking up to
 * 2·ln(2^20) = 28 cells to check that the id is there and as many to take it out.
 */
const STEPS_PER_CELL = 128;
const CELLS_GROWTH = 1.25;

export interface RibltDecoderOptions {
  /** Cells that `wanted` never goes beyond. Default `ribltCellsMax` of the range; at most 2^20. */
  readonly cellsMax?: number;
}

/** One session with one remote set. The own set is frozen when it begins: later changes are not seen. */
export class RibltDecoder {
  private readonly own: Bitset;
  private readonly from: number;
  private readonly to: number;
  private readonly cellsMax: number;
  /** Of the first body; the others must have the same salt and count. */
  private header: RibltHeader | undefined;
  /** Own cells, less the ids peeled, with the remote cells XORed in as far as they came. */
  private table: RibltCells | undefined;
  private readonly ownCount: number;
  private state: RibltProgress = 'more';
  private received = 0;
  /** Received cells that are not zero. */
  private nonzero = 0;
  /** Received cells that no id of the difference is in, peeled or not. */
  private empty = 0;
  /** Received cells to look at. */
  private readonly pending: number[] = [];
  /** Peeled ids, less `from`. */
  private readonly peeled: Bitset;
  private readonly theirs: SymbolId[] = [];
  private readonly ours: SymbolId[] = [];
  private stepsTaken = 0;

  /** Throws UsageError when [from, to) is not a range of `own`. */
  constructor(own: Bitset, from: number, to: number, options: RibltDecoderOptions = {}) {
    requireRange('riblt', own, from, to);
    this.own = own.clone();
    this.ownCount = own.countRange(from, to);
    this.from = from;
    this.peeled = new Bitset(to - from);
    this.to = to;
    this.cellsMax = Math.min(options.cellsMax ?? ribltCellsMax(to - from), RIBLT_CELLS_MAX);
  }

  /**
   * Takes the next body of the stream. Never throws. Bodies that come after `done` or `refused` change nothing.
   * Time is linear in the cells received, and in the own set at most once for each quarter they grow by.
   */
  take(body: Uint8Array): RibltProgress {
    if (this.state === 'more') this.state = this.progress(body);
    if (this.state !== 'more') this.table = undefined;
    return this.state;
  }

  /** Cells received. */
  get cells(): number {
    return this.received;
  }

  /** Ids that the remote set has and the own lacks, in no order. Certain only when done. */
  get added(): readonly SymbolId[] {
    return this.theirs;
  }

  /** Ids of the own set that the remote lacks, in no order. Certain only when done. */
  get lacking(): readonly SymbolId[] {
    return this.ours;
  }

  /** The remote set in [from, to): the own one as it was when the session began, with the differences. When done. */
  remote(): Bitset {
    const remote = this.own.clone();
    for (const id of this.theirs) remote.add(id);
    for (const id of this.ours) remote.delete(id);
    return remote;
  }

  /** d as far as it is known: all of it when done. */
  get differences(): number {
    return this.peeled.count;
  }

  /** Steps through the cells of ids so far: at most 128 for each cell received, and those of one id. */
  get steps(): number {
    return this.stepsTaken;
  }

  /**
   * Cells in all that will probably do: 1.45·d + 16, with d from the cells that were zero before peeling or, if
   * that is more, from the sizes of the sets; twice the present ones while there is no such cell, and a quarter
   * more when they should have done.
   * Never beyond `cellsMax`. When done it is `cells`.
   */
  get wanted(): number {
    const { received, header } = this;
    if (this.state !== 'more') return received;
    const sizes = header === undefined ? 0 : Math.abs(header.count - this.ownCount);
    const seen = estimateDifferences(this.empty, received);
    const growth = seen === undefined ? 2 : CELLS_GROWTH;
    const differences = Math.max(sizes, this.peeled.count, seen ?? 0);
    const cells = Math.max(ribltCellsFor(differences), Math.ceil(growth * received));
    return Math.max(received, Math.min(cells, this.cellsMax));
  }

  /** True when not done although all cells came that this reader is willing to ask for. */
  get exhausted(): boolean {
    return this.state === 'more' && this.received >= this.cellsMax;
  }

  private progress(body: Uint8Array): RibltProgress {
    const header = readRibltHeader(body, this.to - this.from);
    if (header === undefined || header.first !== this.received) return 'refused';
    this.header ??= header;
    if (header.salt !== this.header.salt || header.count !== this.header.count) return 'refused';
    this.table ??= new RibltCells(this.own, this.from, this.to, header.salt);
    this.receive(this.table, body, header.cells);
    if (!this.peel(this.table)) return 'refused';
    if (this.nonzero > 0) return 'more';
    // All that the cells say adds up; what the header says has to, as well.
    const remoteCount = this.ownCount - this.ours.length + this.theirs.length;
    return remoteCount === header.count ? 'done' : 'refused';
  }

  private receive(table: RibltCells, body: Uint8Array, cells: number): void {
    table.reserve(this.received + cells);
    const { words, marks } = table;
    const view = new DataView(body.buffer, body.byteOffset + RIBLT_HEADER_BYTES);
    for (let i = 0; i < cells; i++) {
      const at = 2 * this.received;
      const ids = (words[at] ?? 0) ^ view.getInt32(8 * i);
      const checks = (words[at + 1] ?? 0) ^ view.getInt32(8 * i + 4);
      words[at] = ids;
      words[at + 1] = checks;
      if ((ids | checks) !== 0) {
        this.nonzero++;
        this.pending.push(this.received);
      } else if (marks[this.received] === 0) {
        this.empty++;
      }
      this.received++;
    }
  }

  /** Takes out every id that is alone in a cell, until there is none. False: the stream cannot be honest. */
  private peel(table: RibltCells): boolean {
    const { words, salt } = table;
    const stepsMax = STEPS_PER_CELL * this.received;
    for (let cell = this.pending.pop(); cell !== undefined; cell = this.pending.pop()) {
      if (this.stepsTaken > stepsMax) return false;
      const id = (words[2 * cell] ?? 0) >>> 0;
      const checks = words[2 * cell + 1] ?? 0;
      if (id === 0 && checks === 0) continue;
      const key = seededKey(id, salt);
      const check = ribltCheck(key);
      // A sum of several ids passes for one with probability 2^-32, and is seldom in a cell of that one.
      if (checks !== check || !this.isIn(cell, key)) continue;
      if (id < this.from || id >= this.to || this.peeled.has(id - this.from)) return false;
      // Each id leaves the cell empty that it was alone in, so there are no more ids than cells.
      if (this.peeled.count >= this.received) return false;
      this.peeled.add(id - this.from);
      (this.own.has(id) ? this.ours : this.theirs).push(id);
      this.takeOut(table, id, key, check);
    }
    return true;
  }

  /** True when the id of the key is in the cell. */
  private isIn(cell: number, key: number): boolean {
    let index = 0;
    for (let state = key; index < cell; this.stepsTaken++) {
      state = ribltStep(state);
      index = ribltNext(index, state);
    }
    return index === cell;
  }

  private takeOut(table: RibltCells, id: SymbolId, key: number, check: number): void {
    const { words, marks, size } = table;
    let state = key;
    let index = 0;
    for (; index < size; this.stepsTaken++) {
      const at = 2 * index;
      const ids = words[at] ?? 0;
      const checks = words[at + 1] ?? 0;
      words[at] = ids ^ id;
      words[at + 1] = checks ^ check;
      if (index < this.received) {
        if ((ids | checks) !== 0) this.nonzero--;
        else if (marks[index] === 0) this.empty--;
        if ((ids ^ id) !== 0 || checks !== check) {
          this.nonzero++;
          this.pending.push(index);
        }
      }
      marks[index] = 1;
      state = ribltStep(state);
      index = ribltNext(index, state);
    }
    table.append(id, state, index);
  }
}
