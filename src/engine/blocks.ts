// The state of every source block of one download, in flat arrays: what is held, on its way and owed, and
// which blocks are open for requests.

import type { SymbolId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { WorkingSet } from '../store/index.ts';

/** Blocks that may be open at once in order: bounds leaves and decoding work in memory. */
const OPEN_MAX = 8;
/** … and including those out of order, for peers that hold only later blocks. */
const OPEN_ALL_MAX = 32;

const WAITING = 0;
const FINISHING = 1;
const FINISHED = 2;

export class Blocks {
  readonly layout: Layout;
  readonly held: WorkingSet;
  /** Ids wanted from some link and not arrived. */
  readonly assigned: Bitset;
  /** Ids that are being verified and stored. */
  readonly arriving: Bitset;
  /** How many partial peers hold each id, at most 255. */
  readonly holders: Uint8Array;
  /** Blocks open for requests, in the order of opening. */
  readonly open: number[] = [];
  /** Symbols towards ℓ that are held. */
  have = 0;
  finishedCount = 0;
  /** For how many periods blocks have been `starved`: other ways are to be tried. */
  famine = 0;
  private readonly state: Uint8Array;
  private readonly credited: Uint32Array;
  /** Live credit over all blocks and links. */
  private owed = 0;
  private readonly arrivingIn: Uint32Array;
  private readonly extra: Uint32Array;
  /** Undecided recoded symbols that count as equations. */
  private readonly rowsIn: Uint32Array;
  private rowsTotal = 0;
  private readonly plainOnly: Uint8Array;
  /** Blocks whose last decode fell short. */
  private readonly shorts: Set<number> = new Set();
  private firstWaiting = 0;
  /** Blocks that hold enough to be decoded, in the order in which they came to it. */
  private readonly ready: number[] = [];

  constructor(held: WorkingSet) {
    const { layout } = held;
    this.layout = layout;
    this.held = held;
    this.assigned = new Bitset(layout.idCount);
    this.arriving = new Bitset(layout.idCount);
    this.holders = new Uint8Array(layout.idCount);
    this.state = new Uint8Array(layout.blockCount);
    this.credited = new Uint32Array(layout.blockCount);
    this.arrivingIn = new Uint32Array(layout.blockCount);
    this.extra = new Uint32Array(layout.blockCount);
    this.rowsIn = new Uint32Array(layout.blockCount);
    this.plainOnly = new Uint8Array(layout.blockCount);
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      this.have += Math.min(layout.sourceSymbols(sbn), held.countIn(sbn));
      this.offer(sbn);
    }
  }

  /** Symbols that the block still wants asked for: K (and more after a short decode) less all on hand. */
  room(sbn: number): number {
    if (this.state[sbn] !== WAITING) return 0;
    return Math.max(0, this.lacking(sbn) - (this.credited[sbn] ?? 0));
  }

  /** Symbols that the block lacks, not counting credit. */
  lacking(sbn: number): number {
    const plain = this.held.countIn(sbn) + (this.arrivingIn[sbn] ?? 0);
    const { layout } = this;
    const target = layout.sourceSymbols(sbn) + (this.extra[sbn] ?? 0);
    // Equations that depend on each other can be more than the window has symbols, and still be short.
    return Math.max(0, Math.min(target - plain - this.rows(sbn), layout.windowSize(sbn) - plain));
  }

  /** Undecided recoded symbols of the block that count as equations. */
  rows(sbn: number): number {
    return this.rowsIn[sbn] ?? 0;
  }

  /** Those of all blocks. */
  get rowCount(): number {
    return this.rowsTotal;
  }

  /** Symbols that the neighbours have told of and that could still raise the rank of the block; after a short decode. */
  news(sbn: number): number {
    const { held, arriving, holders, layout } = this;
    const end = layout.windowStart(sbn + 1);
    let lacking = 0;
    for (let id = layout.windowStart(sbn); id < end; id++) {
      if ((holders[id] ?? 0) > 0 && !held.has(id) && !arriving.has(id)) lacking++;
    }
    // As many equations as were found to depend on others are the extra symbols.
    return Math.max(0, lacking - this.rows(sbn) + (this.extra[sbn] ?? 0));
  }

  /** True when recoded symbols are of no more use to the block: some of them lied, or there are too many. */
  isPlainOnly(sbn: number): boolean {
    return this.plainOnly[sbn] === 1;
  }

  /** True when the last decode of the block fell short of its rank. */
  fellShort(sbn: number): boolean {
    return this.shorts.has(sbn);
  }

  /** True when some block lacks symbols, and nobody owes any nor is any on its way to the store. */
  get starved(): boolean {
    if (this.owed > 0 || this.arriving.count > 0) return false;
    for (let sbn = this.firstWaiting; sbn < this.layout.blockCount; sbn++) {
      if (this.room(sbn) > 0) return true;
    }
    return false;
  }

  /** True when nothing is owed that could help the block: its last decode fell short, or all have been starved for long. */
  isStuck(sbn: number): boolean {
    const stuck = this.famine > 0 || this.shorts.has(sbn);
    return stuck && this.creditIn(sbn) === 0 && this.room(sbn) > 0;
  }

  /** True when there is such a block. */
  get anyStuck(): boolean {
    if (this.famine > 0 && this.starved) return true;
    for (const sbn of this.shorts) if (this.isStuck(sbn)) return true;
    return false;
  }

  /** Live credit of the block over all links. */
  creditIn(sbn: number): number {
    return this.credited[sbn] ?? 0;
  }

  /** True when the block is neither finished nor being decoded. */
  isWaiting(sbn: number): boolean {
    return this.state[sbn] === WAITING;
  }

  isFinished(sbn: number): boolean {
    return this.state[sbn] === FINISHED;
  }

  /**
   * True when so many symbols are held or on their way here, or at partial peers, that the block can be had of them;
   * `more` are taken to be on their way to those peers.
   */
  isAmongPeers(sbn: number, more: number): boolean {
    const { held, assigned, arriving, holders } = this;
    const end = this.layout.windowStart(sbn + 1);
    let lacking = this.target(sbn) - more;
    for (let id = this.layout.windowStart(sbn); id < end && lacking > 0; id++) {
      const word = id >>> 5;
      const bits =
        (held.bits.words[word] ?? 0) | (assigned.words[word] ?? 0) | (arriving.words[word] ?? 0);
      if ((holders[id] ?? 0) > 0 || (bits & (1 << (id & 31))) !== 0) lacking--;
    }
    return lacking <= 0;
  }

  /** True when enough is held to try to decode and nobody does yet. */
  isReady(sbn: number): boolean {
    const { layout } = this;
    const held = this.held.countIn(sbn);
    const target = layout.sourceSymbols(sbn) + (this.extra[sbn] ?? 0);
    const enough = held + this.rows(sbn) >= target || held >= layout.windowSize(sbn);
    return enough && this.state[sbn] === WAITING;
  }

  /** The next block to decode, which is not offered again; undefined when there is none. */
  takeReady(): number | undefined {
    for (;;) {
      const sbn = this.ready.shift();
      if (sbn === undefined || this.isReady(sbn)) return sbn;
    }
  }

  /** True when the symbol would still be of use. */
  wants(id: SymbolId, sbn: number): boolean {
    return (
      this.state[sbn] === WAITING &&
      !this.held.has(id) &&
      !this.arriving.has(id) &&
      this.lacking(sbn) > 0
    );
  }

  /** True when a recoded symbol of the block would still be of use. */
  wantsRecoded(sbn: number): boolean {
    return this.state[sbn] === WAITING && !this.isPlainOnly(sbn) && this.lacking(sbn) > 0;
  }

  credit(sbn: number, count: number): void {
    const before = this.creditIn(sbn);
    this.credited[sbn] = Math.max(0, before + count);
    this.owed += this.creditIn(sbn) - before;
  }

  arrive(id: SymbolId, sbn: number): void {
    this.arriving.add(id);
    this.arrivingIn[sbn] = (this.arrivingIn[sbn] ?? 0) + 1;
  }

  /** Verified and stored, or not. True when it is held now and was not before. */
  settle(id: SymbolId, sbn: number, kept: boolean): boolean {
    if (this.arriving.delete(id)) this.arrivingIn[sbn] = (this.arrivingIn[sbn] ?? 0) - 1;
    if (!kept || !this.held.add(id)) return false;
    if (this.held.countIn(sbn) <= this.layout.sourceSymbols(sbn)) this.have++;
    this.offer(sbn);
    return true;
  }

  /** One more equation. */
  addRow(sbn: number): void {
    this.rowsIn[sbn] = this.rows(sbn) + 1;
    this.rowsTotal++;
    this.offer(sbn);
  }

  /** One equation less; `useless`: it said nothing, as the decoder may have found already. */
  dropRow(sbn: number, useless: boolean): void {
    if (this.rows(sbn) > 0) {
      this.rowsIn[sbn] = this.rows(sbn) - 1;
      this.rowsTotal--;
    }
    if (useless) this.extra[sbn] = Math.max(0, (this.extra[sbn] ?? 0) - 1);
  }

  /** From now on the block is only asked for by named symbols, and its equations do not count. */
  makePlainOnly(sbn: number): void {
    this.plainOnly[sbn] = 1;
    this.clearRows(sbn);
    this.extra[sbn] = 0;
    this.shorts.delete(sbn);
    this.state[sbn] = WAITING;
    this.firstWaiting = Math.min(this.firstWaiting, sbn);
    this.offer(sbn);
  }

  finishing(sbn: number): void {
    this.state[sbn] = FINISHING;
    this.close(sbn);
  }

  finished(sbn: number): void {
    this.state[sbn] = FINISHED;
    this.shorts.delete(sbn);
    this.have +=
      this.layout.sourceSymbols(sbn) -
      Math.min(this.layout.sourceSymbols(sbn), this.held.countIn(sbn));
    this.clearRows(sbn);
    this.finishedCount++;
    this.held.addBlock(sbn);
  }

  /** The rank did not suffice: so many symbols more. */
  short(sbn: number, missing: number): void {
    this.state[sbn] = WAITING;
    const target = this.held.countIn(sbn) + this.rows(sbn) + missing;
    this.extra[sbn] = Math.max(0, target - this.layout.sourceSymbols(sbn));
    this.shorts.add(sbn);
    this.offer(sbn);
    this.firstWaiting = Math.min(this.firstWaiting, sbn);
  }

  /** The block proved corrupt: all its symbols are gone. */
  discard(sbn: number): void {
    this.have -= Math.min(this.layout.sourceSymbols(sbn), this.held.countIn(sbn));
    this.held.deleteBlock(sbn);
    this.clearRows(sbn);
    this.shorts.delete(sbn);
    this.state[sbn] = WAITING;
    this.firstWaiting = Math.min(this.firstWaiting, sbn);
  }

  /**
   * Opens the first block in ascending order for which `useful` holds; −1 when there is none or `ordered`
   * (8) or, for a sender that has nothing in those, 32 blocks are open.
   */
  openNext(ordered: boolean, useful: (sbn: number) => boolean): number {
    if (this.open.length >= (ordered ? OPEN_MAX : OPEN_ALL_MAX)) return -1;
    for (let sbn = this.firstWaiting; sbn < this.layout.blockCount; sbn++) {
      if (this.state[sbn] !== WAITING) {
        if (sbn === this.firstWaiting) this.firstWaiting++;
        continue;
      }
      if (this.open.includes(sbn) || !useful(sbn)) continue;
      this.open.push(sbn);
      return sbn;
    }
    return -1;
  }

  private clearRows(sbn: number): void {
    this.rowsTotal -= this.rows(sbn);
    this.rowsIn[sbn] = 0;
  }

  private offer(sbn: number): void {
    if (this.isReady(sbn) && !this.ready.includes(sbn)) this.ready.push(sbn);
  }

  /** Symbols to hold before the block is decoded, if there are no equations. */
  private target(sbn: number): number {
    const target = this.layout.sourceSymbols(sbn) + (this.extra[sbn] ?? 0);
    return Math.min(this.layout.windowSize(sbn), target);
  }

  private close(sbn: number): void {
    const at = this.open.indexOf(sbn);
    if (at >= 0) this.open.splice(at, 1);
  }
}
