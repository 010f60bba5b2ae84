// Recoded symbols at the receiver: what is unknown of each, which of them have become single symbols, and which are
// left as equations for the decoder (protocol/session.md, "Recoding"). Payloads wait in the driver, by row number.

import type { LinkId, SymbolId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import { RECODED_MAX } from '../fountain/index.ts';
import type { Account } from './account.ts';
import type { Row, RowSource } from './block-rows.ts';
import { BlockRows } from './block-rows.ts';
import type { Blocks } from './blocks.ts';
import type { RecodedRow, TransferOutput } from './io.ts';

/** Payload bytes in quarantine over all links: as much as the largest block, which they may have to complete. */
const QUARANTINE_BYTES_MAX = 64 * 1024 * 1024;
/** Rows, whatever T is: each costs some hundred bytes beside its payload. */
const ROWS_MAX = 65_536;

export interface RecodedDeskOptions {
  readonly blocks: Blocks;
  /** Undecided symbols count as equations; otherwise only what can be substituted. */
  readonly fullRank: boolean;
  readonly output: (output: TransferOutput) => void;
}

/** What a driver's answer to `peel` was about. */
export interface Peeled extends RowSource {
  readonly sbn: number;
  /** Undefined when it was only a check. */
  readonly esi: number | undefined;
  readonly esis: readonly number[];
}

export class RecodedDesk {
  private readonly o: RecodedDeskOptions;
  private readonly layout: Layout;
  private readonly rowsMax: number;
  private readonly rows: (Row | undefined)[] = [];
  private readonly free: number[] = [];
  private readonly byBlock: (BlockRows | undefined)[] = [];
  private used = 0;

  constructor(options: RecodedDeskOptions) {
    this.o = options;
    this.layout = options.blocks.layout;
    const fit = Math.floor(QUARANTINE_BYTES_MAX / this.layout.symbolBytes);
    this.rowsMax = Math.max(64, Math.min(ROWS_MAX, fit));
  }

  /** Recoded symbols of a block that may be asked for: room in quarantine, and in a decoder. */
  room(sbn: number): number {
    const inBlock = this.o.fullRank ? RECODED_MAX - this.o.blocks.rows(sbn) : this.rowsMax;
    return Math.max(0, Math.min(this.rowsMax - this.used, inBlock));
  }

  /**
   * Takes a recoded symbol of a block that wants more; undefined when there is no room for it. Otherwise its row number.
   * `settle` must follow, when the driver has been told to keep the payload.
   */
  add(sbn: number, esis: readonly number[], source: RowSource): number | undefined {
    const { blocks, fullRank } = this.o;
    // Symbols of void credit come beyond what was asked for.
    if (this.room(sbn) === 0) return undefined;
    const start = this.layout.windowStart(sbn);
    const row: Row = {
      row: this.free.pop() ?? this.rows.length,
      sbn,
      esis,
      ...source,
      unknown: 0,
      sum: 0,
      state: 'waiting',
      target: -1,
    };
    this.rows[row.row] = row;
    this.used++;
    const block = (this.byBlock[sbn] ??= new BlockRows(this.layout.windowSize(sbn)));
    block.rows.add(row);
    block.waitingOf.set(row.link, (block.waitingOf.get(row.link) ?? 0) + 1);
    for (const esi of esis) {
      if (blocks.held.has(start + esi)) continue;
      block.link(row, esi);
      if (block.known[esi] === 1) continue;
      row.unknown++;
      row.sum ^= esi;
    }
    if (fullRank) blocks.addRow(sbn);
    return row.row;
  }

  /** Rows in quarantine that count as equations. */
  get count(): number {
    return this.o.fullRank ? this.o.blocks.rowCount : 0;
  }

  /** The driver has the payload of this row: it may be decided at once. False when it says nothing new. */
  settle(number: number): boolean {
    const row = this.rows[number];
    if (row === undefined) return false;
    const isNew = row.unknown > 0;
    this.settleRow(row);
    return isNew;
  }

  /** Takes back rows of which the driver has not been told. */
  remove(rows: readonly number[]): void {
    for (const number of rows) {
      const row = this.rows[number];
      if (row === undefined) continue;
      if (this.counts(row)) this.o.blocks.dropRow(row.sbn, false);
      this.forget(row);
    }
  }

  /** A symbol is held now, or about to be: it is known in every row that it is part of. */
  resolved(sbn: number, esi: number): void {
    const block = this.byBlock[sbn];
    if (block === undefined) return;
    const waiting = [esi];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const known = next;
      if (block.known[known] === 1) continue;
      block.known[known] = 1;
      block.with(known, (row) => {
        row.unknown--;
        row.sum ^= known;
        const target = this.decide(row);
        if (target !== undefined) waiting.push(target);
      });
    }
  }

  /**
   * A symbol that was on its way did not turn out right: it is unknown again in every row that it is part of. What was
   * taken out of rows with its help fails in the driver, and comes back here one by one.
   */
  retry(sbn: number, esi: number): void {
    const block = this.byBlock[sbn];
    if (block === undefined || this.o.blocks.held.has(this.layout.windowStart(sbn) + esi)) return;
    if (block.known[esi] === 1) {
      block.known[esi] = 0;
      block.with(esi, (row) => {
        row.unknown++;
        row.sum ^= esi;
      });
    }
    block.with(esi, (row) => this.settleRow(row));
  }

  /** A block was not decoded after all: what became known meanwhile is taken out of its rows. */
  resumed(sbn: number): void {
    for (const row of [...(this.byBlock[sbn]?.rows ?? [])]) this.settleRow(row);
  }

  /** Up to `count` or more symbols of a block in `pool` of which its rows say nothing, all at once; fewer when there are no more. */
  freeOf(sbn: number, pool: Bitset, count: number): Bitset {
    const block = this.byBlock[sbn];
    if (block === undefined) return pool;
    const { blocks } = this.o;
    const start = this.layout.windowStart(sbn);
    const isKnown = (esi: number): boolean => {
      const id = start + esi;
      return blocks.held.has(id) || blocks.arriving.has(id) || blocks.assigned.has(id);
    };
    const free = new Bitset(pool.length);
    for (const esi of block.free((esi) => pool.has(start + esi), isKnown, count))
      free.add(start + esi);
    return free;
  }

  /** The driver has answered a `peel`: the row is gone. */
  peeled(number: number): Peeled | undefined {
    const row = this.rows[number];
    if (row === undefined) return undefined;
    this.forget(row);
    const { sbn, link, account, esis, target } = row;
    return { sbn, link, account, esis, esi: target < 0 ? undefined : target };
  }

  /** The undecided rows of a block, for the decoder or the judge; those of one link may be left out. */
  waiting(sbn: number, without?: LinkId): RecodedRow[] {
    const rows: RecodedRow[] = [];
    for (const row of this.byBlock[sbn]?.rows ?? []) {
      if (row.state === 'waiting' && row.link !== without) rows.push(row);
    }
    return rows;
  }

  /** Undecided rows of one link in a block. */
  waitingOf(sbn: number, link: LinkId): number {
    return this.byBlock[sbn]?.waitingOf.get(link) ?? 0;
  }

  /** Undecided rows of a block, by the link that they came over. */
  links(sbn: number): ReadonlyMap<LinkId, number> {
    return this.byBlock[sbn]?.waitingOf ?? new Map<LinkId, number>();
  }

  /** Takes out rows that proved to be lies, so that none of them counts as anything else. Where they came from. */
  condemn(numbers: readonly number[]): (RowSource & { readonly esis: readonly number[] })[] {
    const condemned: Row[] = [];
    for (const number of numbers) {
      const row = this.rows[number];
      if (row?.state !== 'waiting') continue;
      condemned.push(row);
      this.forget(row);
    }
    this.release(condemned.map(({ row }) => row));
    return condemned;
  }

  /**
   * The block is finished: its first `useful` undecided rows were of use, the others were not. Rows that the driver is
   * working on go when it answers.
   */
  finished(sbn: number, useful: number): void {
    let left = useful;
    const released: number[] = [];
    for (const row of this.byBlock[sbn]?.rows ?? []) {
      if (row.state !== 'waiting') continue;
      if (left-- > 0) row.account.useful++;
      else row.account.duplicate++;
      released.push(row.row);
      this.forget(row);
    }
    this.release(released);
    this.byBlock[sbn] = undefined;
  }

  /** A source is not to be trusted: nothing of it is used. */
  banish(account: Account): void {
    const released: number[] = [];
    for (const row of this.rows) {
      if (row?.account !== account || row.state !== 'waiting') continue;
      if (this.counts(row)) this.o.blocks.dropRow(row.sbn, true);
      account.duplicate++;
      released.push(row.row);
      this.forget(row);
    }
    this.release(released);
  }

  /** Decides a row, and all that follows. The symbol is known from here on, so that cascades do not wait for the disk. */
  private settleRow(row: Row): void {
    const target = this.decide(row);
    if (target !== undefined) this.resolved(row.sbn, target);
  }

  /** Has a row taken apart when it can be; the ESI that comes out of it, if one does. */
  private decide(row: Row): number | undefined {
    const { blocks, output } = this.o;
    const { sbn } = row;
    // While the block is being decoded its rows are with the decoder.
    if (row.state !== 'waiting' || row.unknown > 1 || !blocks.isWaiting(sbn)) return undefined;
    const start = this.layout.windowStart(sbn);
    if (row.unknown === 1) {
      const id: SymbolId = start + row.sum;
      // Another copy is on its way to the store; if it fails there, this one is tried.
      if (blocks.arriving.has(id)) return undefined;
      row.target = row.sum;
      if (this.counts(row)) blocks.dropRow(sbn, false);
      blocks.arrive(id, sbn);
    } else {
      // It says nothing new. But it can still be a lie, and a liar is better known early.
      if (this.counts(row)) blocks.dropRow(sbn, true);
    }
    this.left(row);
    row.state = 'peeling';
    const esi = row.target < 0 ? undefined : row.target;
    const known = row.esis.filter((constituent) => constituent !== esi);
    output({ kind: 'peel', row: row.row, sbn, esi, known });
    return esi;
  }

  /** True while the row is one of the block's equations. */
  private counts(row: Row): boolean {
    return this.o.fullRank && !this.o.blocks.isPlainOnly(row.sbn);
  }

  private left(row: Row): void {
    const waitingOf = this.byBlock[row.sbn]?.waitingOf;
    waitingOf?.set(row.link, (waitingOf.get(row.link) ?? 1) - 1);
  }

  private forget(row: Row): void {
    if (row.state === 'waiting') this.left(row);
    row.state = 'gone';
    this.rows[row.row] = undefined;
    this.free.push(row.row);
    this.used--;
    this.byBlock[row.sbn]?.rows.delete(row);
  }

  private release(rows: readonly number[]): void {
    if (rows.length > 0) this.o.output({ kind: 'release', rows });
  }
}
