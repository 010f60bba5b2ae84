// What follows from the outcome of a block, with rows and without.

import { describe, expect, it } from 'vitest';
import { Account } from '../../src/engine/account.ts';
import { Blocks } from '../../src/engine/blocks.ts';
import type { BlockFinished } from '../../src/engine/finishing.ts';
import { Finishing } from '../../src/engine/finishing.ts';
import type { TransferOutput } from '../../src/engine/index.ts';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { Journal } from '../../src/summary/index.ts';
import { layoutFor } from '../session/helpers.ts';

type FinishBlock = Extract<TransferOutput, { kind: 'finish-block' }>;

/** One block of eight symbols, a window of sixteen, and whoever asks. */
class Bench {
  readonly blocks: Blocks = new Blocks(new WorkingSet(layoutFor(8, 1)));
  readonly outputs: TransferOutput[] = [];
  readonly failures: string[] = [];
  readonly lies: string[] = [];
  readonly account: Account = new Account('a', 0);
  readonly desk: RecodedDesk;
  readonly finishing: Finishing;

  constructor(fullRank = true) {
    const { blocks } = this;
    const output = (out: TransferOutput): number => this.outputs.push(out);
    this.desk = new RecodedDesk({ blocks, fullRank, output });
    const host = {
      output,
      fail: (code: string) => this.failures.push(code),
      spoiled: () => false,
      lied: ({ link }: { link: number }, sbn: number, esi: number) =>
        this.lies.push(`${link}: ${sbn}/${esi}`),
    };
    this.finishing = new Finishing(host, {
      blocks,
      recoded: this.desk,
      journal: new Journal(),
      fullRank,
    });
  }

  hold(...esis: number[]): void {
    for (const esi of esis) {
      if (this.blocks.settle(esi, 0, true)) this.desk.resolved(0, esi);
    }
    this.finishing.advance();
  }

  row(link: number, ...esis: number[]): number {
    const row = this.desk.add(0, esis, { link, account: this.account });
    if (row === undefined) throw new Error('no room');
    this.desk.settle(row);
    this.finishing.advance();
    return row;
  }

  answer(outcome: BlockFinished['outcome'], more: Partial<BlockFinished> = {}): void {
    this.finishing.blockFinished({ kind: 'block-finished', sbn: 0, outcome, ...more });
  }

  /** The request to decode that has come since the last call. */
  asked(): FinishBlock | undefined {
    const all = this.outputs.splice(0).filter((out) => out.kind === 'finish-block');
    expect(all.length).toBeLessThan(2);
    return all[0];
  }
}

const rowsOf = (rows: FinishBlock['recoded'] | undefined): number[] =>
  (rows ?? []).map(({ row }) => row);

describe('a block', () => {
  it('is decoded as soon as symbols and equations are K together', () => {
    const bench = new Bench();
    bench.hold(0, 1, 2, 3, 4, 5);
    const rows = [bench.row(1, 6, 7), bench.row(2, 7, 8)];
    const asked = bench.asked();
    expect(asked).toMatchObject({ sbn: 0, held: [0, 1, 2, 3, 4, 5], judge: [] });
    expect(rowsOf(asked?.recoded)).toEqual(rows);
    bench.answer('ok');
    expect(bench.blocks.isFinished(0)).toBe(true);
    expect([bench.account.useful, bench.account.duplicate]).toEqual([2, 0]);
    expect(bench.outputs).toEqual([
      { kind: 'release', rows },
      { kind: 'event', event: { type: 'block', sbn: 0, finished: 1, total: 1 } },
      { kind: 'finish-content' },
    ]);
  });

  it('with K symbols needs no equation, and those count as duplicates', () => {
    const bench = new Bench();
    bench.row(1, 12, 13);
    bench.hold(0, 1, 2, 3, 4, 5, 6);
    expect(rowsOf(bench.asked()?.recoded)).toHaveLength(1);
    bench.answer('short', { missing: 1 });
    bench.hold(7);
    // The first attempt with eight fell short: the equation is used from now on.
    expect(rowsOf(bench.asked()?.recoded)).toHaveLength(1);
    const plain = new Bench();
    plain.hold(0, 1, 2, 3, 4);
    plain.row(1, 12, 13);
    plain.hold(5, 6); // seven and one: decoded with the row
    plain.answer('ok');
    expect(plain.account.useful).toBe(1);
    const late = new Bench();
    late.row(1, 12, 13);
    for (let esi = 0; esi < 8; esi++) late.blocks.settle(esi, 0, true);
    late.finishing.advance();
    expect(late.asked()).toMatchObject({ recoded: [], held: [0, 1, 2, 3, 4, 5, 6, 7] });
    late.answer('ok');
    expect([late.account.useful, late.account.duplicate]).toEqual([0, 1]);
  });

  it('that fell short waits for as many more as are missing', () => {
    for (const [missing, more] of [
      [undefined, 1],
      [0, 1],
      [1, 1],
      [3, 3],
    ] as const) {
      const bench = new Bench();
      bench.hold(0, 1, 2, 3, 4, 5);
      bench.row(1, 8, 9, 10);
      bench.row(1, 8, 9, 11);
      bench.asked();
      bench.answer('short', missing === undefined ? {} : { missing });
      expect(bench.blocks.lacking(0)).toBe(more);
      expect(bench.blocks.isWaiting(0)).toBe(true);
      for (let n = 0; n < more; n++) {
        expect(bench.asked()).toBeUndefined();
        bench.hold(13 + n);
      }
      expect(bench.asked()?.recoded).toHaveLength(2);
      bench.answer('ok');
      expect([bench.account.useful, bench.account.duplicate]).toEqual([1, 1]); // one was lacking, if any
    }
  });

  it('that fell short with K symbols uses the equations it has, and a lie among them is no fault of the block', () => {
    const bench = new Bench();
    for (let esi = 0; esi < 8; esi++) bench.blocks.settle(esi, 0, true);
    bench.finishing.advance();
    expect(bench.asked()).toMatchObject({ recoded: [] });
    bench.answer('short', { missing: 1 });
    const row = bench.row(1, 8, 9);
    expect(rowsOf(bench.asked()?.recoded)).toEqual([row]);
    bench.answer('corrupt');
    expect(bench.outputs.some(({ kind }) => kind === 'discard-block')).toBe(false);
    expect(bench.blocks.isPlainOnly(0)).toBe(true);
    expect(bench.blocks.held.count).toBe(8);
  });

  it('short with the whole window held contradicts itself', () => {
    const bench = new Bench();
    for (let esi = 0; esi < 16; esi++) bench.blocks.settle(esi, 0, true);
    bench.finishing.advance();
    bench.answer('short');
    expect(bench.outputs).toContainEqual({ kind: 'discard-block', sbn: 0 });
    expect(bench.blocks.held.count).toBe(0);
  });

  it('in which an equation lied is completed by plain symbols, and the liars are found then', () => {
    const bench = new Bench();
    bench.hold(0, 1, 2, 3, 4, 5);
    const [bad, good] = [bench.row(1, 6, 8, 9), bench.row(2, 7, 8, 9)];
    bench.asked();
    bench.answer('corrupt');
    const { blocks } = bench;
    expect([blocks.isPlainOnly(0), blocks.rows(0), blocks.lacking(0)]).toEqual([true, 0, 2]);
    expect([blocks.wantsRecoded(0), blocks.isWaiting(0), blocks.held.count]).toEqual([
      false,
      true,
      6,
    ]);
    expect(bench.outputs).toEqual([]);
    // One more, and what is held and the equations of either link suffice: first without those of the one.
    bench.hold(6);
    const first = bench.asked();
    expect([rowsOf(first?.recoded), rowsOf(first?.judge)]).toEqual([[good], [bad, good]]);
    bench.answer('ok', { liars: [bad] });
    expect(bench.lies).toEqual(['1: 0/6']);
    // What lied is neither of use nor a duplicate.
    expect([bench.account.useful, bench.account.duplicate]).toEqual([1, 0]);
    expect(bench.desk.waiting(0)).toEqual([]);
  });

  it('that is still wrong without either link is completed by plain symbols alone', () => {
    const bench = new Bench();
    bench.hold(0, 1, 2, 3, 4, 5);
    const rows = [bench.row(1, 6, 8, 9), bench.row(2, 7, 8, 9)];
    bench.asked();
    bench.answer('corrupt');
    bench.hold(10);
    const tried = [rowsOf(bench.asked()?.recoded)];
    bench.answer('corrupt');
    tried.push(rowsOf(bench.asked()?.recoded));
    bench.answer('corrupt');
    expect(tried).toEqual([[rows[1]], [rows[0]]]);
    expect(bench.asked()).toBeUndefined();
    expect([bench.blocks.lacking(0), bench.blocks.isPlainOnly(0)]).toEqual([1, true]);
    bench.hold(11);
    const asked = bench.asked();
    expect([rowsOf(asked?.recoded), rowsOf(asked?.judge)]).toEqual([[], rows]);
    bench.answer('ok', { liars: rows });
    expect(bench.lies).toEqual(['1: 0/6', '2: 0/7']);
    expect([bench.account.useful, bench.account.duplicate]).toEqual([0, 0]);
  });

  it('that is plain only still has its rows reduced, which may show the liar before', () => {
    const bench = new Bench();
    bench.hold(0, 1, 2, 3, 4, 5);
    const bad = bench.row(1, 6, 8);
    bench.row(2, 7, 8, 9);
    bench.asked();
    bench.answer('corrupt');
    bench.hold(8);
    expect(bench.outputs).toMatchObject([{ kind: 'peel', row: bad, esi: 6, known: [8] }]);
  });

  it('that is corrupt without equations is discarded with its rows, and once only', () => {
    const bench = new Bench();
    const row = bench.row(1, 12, 13);
    for (let esi = 0; esi < 8; esi++) bench.blocks.settle(esi, 0, true);
    bench.finishing.advance();
    bench.outputs.length = 0;
    bench.answer('corrupt');
    expect(bench.outputs).toEqual([
      { kind: 'release', rows: [row] },
      { kind: 'discard-block', sbn: 0 },
    ]);
    expect([bench.blocks.held.count, bench.blocks.rows(0), bench.blocks.lacking(0)]).toEqual([
      0, 0, 8,
    ]);
    bench.hold(0, 1, 2, 3, 4, 5, 6, 7);
    bench.answer('corrupt');
    expect(bench.failures).toEqual(['CORRUPT']);
  });

  it('that cannot be stored fails the download', () => {
    const bench = new Bench();
    bench.hold(0, 1, 2, 3, 4, 5, 6, 7);
    bench.answer('failed');
    expect(bench.failures).toEqual(['DISK']);
  });

  it('of a receiver that substitutes is decoded from symbols alone', () => {
    const bench = new Bench(false);
    bench.hold(0, 1, 2, 3, 4, 5);
    bench.row(1, 8, 9);
    bench.row(1, 9, 10);
    expect(bench.asked()).toBeUndefined();
    bench.hold(6, 7);
    expect(bench.asked()).toMatchObject({ recoded: [], judge: [] });
    bench.answer('short');
    bench.hold(11);
    expect(bench.asked()).toMatchObject({ recoded: [] });
    bench.answer('ok');
    expect(bench.account.duplicate).toBe(2);
  });
});
