// The desk of recoded symbols against a twin that works everything out from scratch.

import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';
import { Account } from '../../src/engine/account.ts';
import { Blocks } from '../../src/engine/blocks.ts';
import type { TransferOutput, Verdict } from '../../src/engine/index.ts';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { RECODED_MAX } from '../../src/fountain/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { layoutFor } from '../session/helpers.ts';

type Peel = Extract<TransferOutput, { kind: 'peel' }>;

/** A desk with a driver that answers peels when it is told to, as Fetching has it. */
class Bench {
  readonly blocks: Blocks;
  readonly desk: RecodedDesk;
  readonly peels: Peel[] = [];
  readonly released: number[] = [];
  /** Rows that are not the sum they claim to be. */
  readonly liars = new Set<number>();
  /** The rows that were answered, by their constituents: peels that were kept, undefined when it was not. */
  readonly answered = new Map<readonly number[], Peel | undefined>();
  /** Rows that were added and are not gone. */
  readonly rows = new Map<number, { readonly sbn: number; readonly esis: readonly number[] }>();
  /** What the driver finds of each peel that is not answered, should the store keep it. */
  private readonly found = new Map<number, Verdict>();

  constructor(layout: Layout, fullRank = true) {
    this.blocks = new Blocks(new WorkingSet(layout));
    const output = (out: TransferOutput): void => {
      if (out.kind === 'peel') this.begin(out);
      else if (out.kind === 'release') this.released.push(...out.rows);
      else throw new Error(`the desk says ${out.kind}`);
    };
    this.desk = new RecodedDesk({ blocks: this.blocks, fullRank, output });
  }

  add(sbn: number, esis: readonly number[], link = 1, account = new Account('a', 0)): number {
    const row = this.desk.add(sbn, esis, { link, account });
    if (row === undefined) throw new Error('no room');
    this.rows.set(row, { sbn, esis });
    this.desk.settle(row);
    return row;
  }

  /** A plain symbol begins to arrive; `settle` ends it. */
  arrive(sbn: number, esi: number): void {
    this.blocks.arrive(this.blocks.layout.id(sbn, esi), sbn);
  }

  settle(sbn: number, esi: number, kept = true): boolean {
    const isNew = this.blocks.settle(this.blocks.layout.id(sbn, esi), sbn, kept);
    if (isNew) this.desk.resolved(sbn, esi);
    else if (!kept) this.desk.retry(sbn, esi);
    return isNew;
  }

  hold(sbn: number, ...esis: number[]): void {
    for (const esi of esis) {
      this.arrive(sbn, esi);
      this.settle(sbn, esi);
    }
  }

  /** Takes out what is stored, and what peels before this one have found, answered or not. */
  private begin(peel: Peel): void {
    const { sbn, row } = peel;
    const fits = peel.known.map((known) => {
      if (this.holds(sbn, known)) return true;
      const before = this.peels.find(({ sbn: s, esi }) => s === sbn && esi === known);
      if (before === undefined) throw new Error('takes out what is neither held nor under way');
      return this.found.get(before.row) === 'kept';
    });
    const honest = this.liars.has(row) ? 'rejected' : 'kept';
    this.found.set(row, fits.includes(false) ? 'failed' : honest);
    this.peels.push(peel);
  }

  /** Answers the first peel, or the given one; with `isFull` the store keeps nothing. */
  answer(at = 0, isFull = false): Peel & { readonly verdict: Verdict } {
    const [peel] = this.peels.splice(at, 1);
    if (peel === undefined) throw new Error('nothing to peel');
    const { row, sbn, esi } = peel;
    const found = this.found.get(row) ?? 'failed';
    const verdict = found === 'kept' && isFull && esi !== undefined ? 'failed' : found;
    const peeled = this.desk.peeled(row);
    expect([peeled?.sbn, peeled?.esi]).toEqual([sbn, esi]);
    this.answered.set(this.rows.get(row)?.esis ?? [], verdict === 'kept' ? peel : undefined);
    this.rows.delete(row);
    this.liars.delete(row);
    this.found.delete(row);
    if (esi !== undefined) this.settle(sbn, esi, verdict === 'kept');
    return { ...peel, verdict };
  }

  holds(sbn: number, esi: number): boolean {
    return this.blocks.held.has(this.blocks.layout.id(sbn, esi));
  }
}

/** What can be had of `known` by substitution in `rows`: passes over all rows until nothing changes. */
function closure(known: Iterable<number>, rows: readonly (readonly number[])[]): Set<number> {
  const set = new Set(known);
  for (let grew = true; grew;) {
    grew = false;
    for (const esis of rows) {
      const unknown = esis.filter((esi) => !set.has(esi));
      if (unknown.length !== 1) continue;
      set.add(unknown[0]!);
      grew = true;
    }
  }
  return set;
}

/** The books of the desk, worked out from the rows that are there. */
function checkBooks(bench: Bench, links: Map<number, number>): void {
  const { blocks, desk, rows, peels } = bench;
  const peeling = new Set(peels.map(({ row }) => row));
  for (const [sbn, count] of [0, 1].map((s) => [s, blocks.rows(s)] as const)) {
    const waiting = [...rows].filter(([row, { sbn: s }]) => s === sbn && !peeling.has(row));
    const listed = desk.waiting(sbn).map(({ row }) => row);
    if (count !== waiting.length || listed.length !== waiting.length) {
      expect([sbn, count, listed]).toEqual([sbn, waiting.length, waiting.map(([row]) => row)]);
    }
    for (const link of [1, 2]) {
      const own = waiting.filter(([row]) => links.get(row) === link).length;
      if (desk.waitingOf(sbn, link) !== own) expect(desk.waitingOf(sbn, link)).toBe(own);
    }
    // What the driver is about to get out of other rows counts as known.
    const due = new Set(peels.flatMap((peel) => (peel.sbn === sbn ? [peel.esi] : [])));
    for (const [row, { esis }] of waiting) {
      const unknown = esis.filter((esi) => !bench.holds(sbn, esi) && !due.has(esi));
      const arriving = unknown.filter((esi) => blocks.arriving.has(blocks.layout.id(sbn, esi)));
      if (unknown.length < 2 && arriving.length !== 1) {
        throw new Error(`row ${row} waits for ${unknown.join()}`);
      }
    }
  }
  for (const { row, esi, known } of peels) {
    const esis = rows.get(row)?.esis ?? [];
    expect([...known, ...(esi === undefined ? [] : [esi])].sort()).toEqual([...esis].sort());
  }
}

describe('the desk of recoded symbols', () => {
  it('finds what substitution finds, in any order, with lies and failures: the slow twin', () => {
    const verdicts: Record<Verdict, number> = { kept: 0, rejected: 0, failed: 0 };
    let [full, early] = [0, 0];
    for (let seed = 0; seed < 150; seed++) {
      const rng = new Rng(seed);
      const size = 10 + rng.below(30);
      const bench = new Bench(layoutFor(size, 2));
      const { blocks } = bench;
      const links = new Map<number, number>();
      const honest: (readonly number[])[][] = [[], []];
      const plain: Set<number>[] = [new Set(), new Set()];
      const arriving: [number, number][] = [];
      const answer = (): void => {
        const at = rng.below(bench.peels.length);
        const isFull = rng.below(16) === 0;
        const { sbn, known, verdict } = bench.answer(at, isFull);
        verdicts[verdict]++;
        if (isFull) full++;
        if (verdict === 'kept' && !known.every((esi) => bench.holds(sbn, esi))) early++;
      };
      for (let step = 0; step < 120; step++) {
        const sbn = rng.below(2);
        const action = rng.below(6);
        const esi = rng.below(blocks.layout.windowSize(sbn));
        if (action < 3 && blocks.wantsRecoded(sbn)) {
          const degree = 1 + rng.below(5);
          const esis = [...new Set(Array.from({ length: degree }, () => rng.below(size)))];
          const lies = rng.below(8) === 0;
          const link = 1 + rng.below(2);
          // A lie is known by its row number before it is decided.
          const row = bench.desk.add(sbn, esis, { link, account: new Account('a', 0) })!;
          bench.rows.set(row, { sbn, esis });
          links.set(row, link);
          if (lies) bench.liars.add(row);
          else honest[sbn]!.push(esis);
          bench.desk.settle(row);
        } else if (
          action === 3 &&
          blocks.wants(blocks.layout.id(sbn, esi), sbn) &&
          rng.below(3) === 0
        ) {
          bench.arrive(sbn, esi);
          arriving.push([sbn, esi]);
        } else if (action === 4 && arriving.length > 0) {
          const [[s, e]] = arriving.splice(rng.below(arriving.length), 1) as [[number, number]];
          const kept = rng.below(4) > 0;
          if (bench.settle(s, e, kept) || kept) plain[s]!.add(e);
        } else if (bench.peels.length > 0) {
          answer();
        }
        checkBooks(bench, links);
      }
      for (const [s, e] of arriving) {
        plain[s]!.add(e);
        bench.settle(s, e);
      }
      while (bench.peels.length > 0) answer();
      checkBooks(bench, links);
      for (const sbn of [0, 1]) {
        // Lost are rows that failed, and what else those told whose other constituents were not stored after all.
        const given = new Set(plain[sbn]);
        const rows = honest[sbn]!.filter((esis) => {
          if (!bench.answered.has(esis)) return true;
          const peel = bench.answered.get(esis);
          if (peel?.known.every((esi) => bench.holds(sbn, esi)) === true) return true;
          if (peel?.esi !== undefined) given.add(peel.esi);
          return false;
        });
        const twin = closure(given, rows);
        const held = new Set<number>();
        for (let esi = 0; esi < blocks.layout.windowSize(sbn); esi++) {
          if (bench.holds(sbn, esi)) held.add(esi);
        }
        expect(held).toEqual(twin);
      }
    }
    // All that can happen did, answers before those of what they depend on, too.
    expect(Math.min(...Object.values(verdicts), full, early)).toBeGreaterThan(50);
  });

  it('peels in a cascade, each row with the help of the one before', () => {
    const bench = new Bench(layoutFor(50, 1));
    for (let esi = 20; esi > 0; esi--) bench.add(0, [esi, esi - 1]);
    expect(bench.peels).toEqual([]);
    bench.hold(0, 0);
    // All at once: they do not wait for each other's way to the disk.
    expect(bench.peels).toHaveLength(20);
    for (let esi = 1; esi <= 20; esi++) {
      expect(bench.answer()).toMatchObject({ esi, known: [esi - 1] });
    }
    expect([bench.peels, bench.blocks.rows(0), bench.blocks.held.count]).toEqual([[], 0, 21]);
  });

  it('of two rows that become the same symbol peels one, and then checks the other', () => {
    const bench = new Bench(layoutFor(50, 1));
    const first = bench.add(0, [1, 2]);
    const second = bench.add(0, [1, 3, 2]);
    bench.hold(0, 3, 2);
    expect(bench.peels).toMatchObject([
      { row: second, esi: 1, known: [3, 2] },
      { row: first, esi: undefined, known: [1, 2] },
    ]);
    expect([bench.blocks.rows(0), bench.desk.waiting(0)]).toEqual([0, []]); // no equations any more
    bench.answer();
    bench.answer();
    expect([bench.holds(0, 1), bench.desk.peeled(first)]).toEqual([true, undefined]);
  });

  it('takes back what followed from a row that lied, and gets the symbol from another', () => {
    for (const order of [
      [0, 0],
      [1, 0],
    ]) {
      const bench = new Bench(layoutFor(50, 1));
      const lie = bench.add(0, [1, 2]);
      bench.liars.add(lie);
      const chain = bench.add(0, [1, 3]);
      const waits = bench.add(0, [1, 4, 5]);
      bench.hold(0, 2);
      expect(bench.peels).toMatchObject([
        { row: lie, esi: 1, known: [2] },
        { row: chain, esi: 3, known: [1] },
      ]);
      const verdicts = order
        .map((at) => bench.answer(at))
        .map(({ row, verdict }) => [row, verdict]);
      expect(new Map(verdicts as [number, Verdict][])).toEqual(
        new Map([
          [lie, 'rejected'],
          [chain, 'failed'], // symbol 1 is not to be had
        ]),
      );
      expect([bench.holds(0, 1), bench.holds(0, 3), bench.peels]).toEqual([false, false, []]);
      bench.hold(0, 4);
      expect(bench.peels).toEqual([]); // 1 and 5 are unknown
      const other = bench.add(0, [1, 2]);
      expect(bench.peels).toMatchObject([
        { row: other, esi: 1, known: [2] },
        { row: waits, esi: 5, known: [1, 4] },
      ]);
      bench.answer();
      bench.answer();
      expect([bench.holds(0, 1), bench.holds(0, 5)]).toEqual([true, true]);
    }
  });

  it('keeps what followed from a symbol that was right and could not be stored', () => {
    const bench = new Bench(layoutFor(50, 1));
    bench.add(0, [1, 2]);
    bench.add(0, [1, 3]);
    bench.hold(0, 2);
    expect([bench.answer(0, true).verdict, bench.answer().verdict]).toEqual(['failed', 'kept']);
    expect([bench.holds(0, 1), bench.holds(0, 3)]).toEqual([false, true]);
    const again = bench.add(0, [1, 3]);
    expect(bench.peels).toMatchObject([{ row: again, esi: 1, known: [3] }]);
  });

  it('waits for a plain copy on its way, and takes its place when that is wrong', () => {
    const bench = new Bench(layoutFor(50, 1));
    bench.add(0, [1, 2]);
    bench.arrive(0, 1);
    bench.hold(0, 2);
    expect(bench.peels).toEqual([]);
    bench.settle(0, 1, false);
    expect(bench.peels).toMatchObject([{ esi: 1 }]);
  });

  it('checks a row that is known from the start, which counts for nothing', () => {
    const bench = new Bench(layoutFor(50, 1));
    bench.hold(0, 4, 5);
    const row = bench.desk.add(0, [4, 5], { link: 1, account: new Account('a', 0) })!;
    expect(bench.desk.settle(row)).toBe(false);
    expect(bench.peels).toMatchObject([{ row, esi: undefined, known: [4, 5] }]);
    expect(bench.blocks.rows(0)).toBe(0);
    expect(bench.desk.settle(999)).toBe(false);
    const single = bench.desk.add(0, [6], { link: 1, account: new Account('a', 0) })!;
    expect(bench.desk.settle(single)).toBe(true);
  });

  it('leaves rows alone while their block is decoded, and goes on when it was not', () => {
    const bench = new Bench(layoutFor(4, 1));
    const rows = [bench.add(0, [0, 1]), bench.add(0, [1, 2])];
    bench.hold(0, 4);
    bench.arrive(0, 0);
    bench.blocks.finishing(0);
    bench.settle(0, 0);
    expect(bench.peels).toEqual([]);
    bench.blocks.short(0, 1);
    bench.desk.resumed(0);
    expect(bench.peels).toMatchObject([
      { row: rows[0], esi: 1, known: [0] },
      { row: rows[1], esi: 2, known: [1] },
    ]);
  });

  it('uses row numbers again, and takes back rows that were never told', () => {
    const bench = new Bench(layoutFor(50, 1));
    const source = { link: 1, account: new Account('a', 0) };
    const row = bench.desk.add(0, [1, 2], source)!;
    bench.desk.remove([row]);
    expect([bench.blocks.rows(0), bench.desk.waitingOf(0, 1), bench.desk.waiting(0)]).toEqual([
      0,
      0,
      [],
    ]);
    expect(bench.desk.add(0, [3, 4], source)).toBe(row);
    bench.hold(0, 1); // was in the row that is gone
    expect(bench.peels).toEqual([]);
  });

  it('forgets what a source sent that is not to be trusted, except what the driver works on', () => {
    const bench = new Bench(layoutFor(50, 2));
    const [bad, good] = [new Account('bad', 0), new Account('good', 1)];
    const peeling = bench.add(0, [1], 1, bad);
    const waiting = [bench.add(0, [2, 3], 1, bad), bench.add(1, [2, 3], 1, bad)];
    const kept = bench.add(0, [2, 3, 4], 2, good);
    bench.desk.banish(bad);
    expect(bench.released).toEqual(waiting);
    expect([bad.duplicate, good.duplicate]).toEqual([2, 0]);
    expect(bench.desk.waiting(0).map(({ row }) => row)).toEqual([kept]);
    expect([bench.blocks.rows(0), bench.blocks.rows(1), bench.desk.waitingOf(0, 1)]).toEqual([
      1, 0, 0,
    ]);
    bench.hold(0, 2, 3);
    expect(bench.peels.map(({ row }) => row)).toEqual([peeling, kept]);
    bench.answer();
    expect(bench.desk.peeled(peeling)).toBeUndefined();
  });

  it('counts of a finished block so many rows as useful as were needed', () => {
    const bench = new Bench(layoutFor(50, 1));
    const [a, b] = [new Account('a', 0), new Account('b', 1)];
    bench.add(0, [1, 2], 1, a);
    bench.add(0, [2, 3], 2, b);
    bench.add(0, [3, 4], 1, a);
    const peeling = bench.add(0, [5], 1, a);
    bench.desk.finished(0, 2);
    expect([a.useful, a.duplicate, b.useful, b.duplicate]).toEqual([1, 1, 1, 0]);
    expect(bench.released).toHaveLength(3);
    expect(bench.desk.waiting(0)).toEqual([]);
    expect(bench.desk.peeled(peeling)).toMatchObject({ esi: 5 });
  });

  it('does not count rows as equations when it only substitutes', () => {
    const bench = new Bench(layoutFor(50, 1), false);
    bench.add(0, [1, 2]);
    expect([bench.blocks.rows(0), bench.desk.count, bench.desk.waitingOf(0, 1)]).toEqual([0, 0, 1]);
    bench.hold(0, 1);
    bench.answer();
    expect([bench.blocks.rows(0), bench.holds(0, 2)]).toEqual([0, true]);
  });
});

describe('quarantine', () => {
  const source = { link: 1, account: new Account('a', 0) };
  /** Adds rows of two constituents to the blocks in turn until there is no room; how many it took. */
  function fillUp(desk: RecodedDesk, blockCount: number, most: number): number {
    let taken = 0;
    for (let n = 0; n < most; n++) {
      if (desk.add(n % blockCount, [n % 50, (n % 50) + 1], source) !== undefined) taken++;
    }
    return taken;
  }

  it('holds 64 MiB of payload', () => {
    const symbolBytes = 65_536;
    const length = 200 * 20 * symbolBytes;
    const bench = new Bench(new Layout({ length, symbolBytes, blockCount: 20, windowRatio: 2 }));
    expect(bench.desk.room(0)).toBe(1_024);
    expect(fillUp(bench.desk, 20, 2_000)).toBe(1_024);
    expect([bench.desk.room(0), bench.desk.room(19)]).toEqual([0, 0]);
    bench.desk.finished(3, 0);
    expect(bench.desk.room(0)).toBe(52);
  });

  it('holds 65,536 rows, however small', () => {
    const { desk } = new Bench(layoutFor(100, 8));
    expect(fillUp(desk, 8, 70_000)).toBe(65_536);
    expect(desk.room(1)).toBe(0);
  });

  it('holds 16,384 rows of a block that count as equations, and more that do not', () => {
    expect(RECODED_MAX).toBe(16_384);
    const full = new Bench(layoutFor(20_000, 2)).desk;
    expect(fillUp(full, 1, RECODED_MAX - 1)).toBe(RECODED_MAX - 1);
    expect([full.room(0), full.room(1)]).toEqual([1, RECODED_MAX]);
    expect(fillUp(full, 1, 10)).toBe(1);
    expect([full.room(0), full.room(1)]).toEqual([0, RECODED_MAX]);
    expect(fillUp(new Bench(layoutFor(20_000, 2), false).desk, 1, 20_000)).toBe(20_000);
  });
});
