import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import { Blocks } from '../../src/engine/blocks.ts';
import { hasWanted, pickWanted } from '../../src/engine/picker.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { layoutFor } from '../session/helpers.ts';

/** The rule, one id at a time: rarest first, among equals in the order from `rotate` on round the window. */
function slowPick(
  blocks: Blocks,
  sbn: number,
  has: Bitset | undefined,
  count: number,
  rotate: number,
): number[] {
  const { layout, held, assigned, arriving, holders } = blocks;
  const window = layout.windowSize(sbn);
  const ids: number[] = [];
  for (let i = 0; i < window; i++) ids.push(layout.id(sbn, (rotate + i) % window));
  const open = ids.filter(
    (id) => !held.has(id) && !assigned.has(id) && !arriving.has(id) && (has?.has(id) ?? true),
  );
  const level = (id: number): number => Math.min(15, holders[id]!);
  const order = open.map((id, place) => ({ id, place }));
  order.sort((a, b) => level(a.id) - level(b.id) || a.place - b.place);
  return order
    .slice(0, count)
    .map(({ id }) => id)
    .sort((a, b) => a - b);
}

function randomBlocks(rng: Rng, sourceSymbols: number, blockCount: number): Blocks {
  const blocks = new Blocks(new WorkingSet(layoutFor(sourceSymbols, blockCount)));
  const { idCount } = blocks.layout;
  const [a, b, c] = [rng.unit() * 0.7, rng.unit() * 0.5, rng.unit() * 0.3];
  const rare = [1, 3, 20][rng.below(3)]!;
  for (let id = 0; id < idCount; id++) {
    if (rng.unit() < a) blocks.held.add(id);
    if (rng.unit() < b) blocks.assigned.add(id);
    if (rng.unit() < c) blocks.arriving.add(id);
    blocks.holders[id] = rng.below(rare);
  }
  return blocks;
}

describe('the picker', () => {
  it('does what the slow twin does: small windows', () => {
    for (let seed = 0; seed < 3_000; seed++) {
      const rng = new Rng(seed);
      const blocks = randomBlocks(rng, 1 + rng.below(12), 1 + rng.below(4));
      const { layout } = blocks;
      const has = new Bitset(layout.idCount);
      for (let id = 0; id < layout.idCount; id++) if (rng.unit() < 0.6) has.add(id);
      const sbn = rng.below(layout.blockCount);
      const whom = rng.below(2) === 0 ? has : undefined;
      const rotate = rng.below(3) === 0 ? 0 : rng.below(2 ** 24);
      for (let count = 1; count <= layout.windowSize(sbn) + 1; count++) {
        const picked = pickWanted(blocks, sbn, whom, count, rotate);
        expect(picked).toEqual(slowPick(blocks, sbn, whom, count, rotate));
      }
      expect(hasWanted(blocks, sbn, whom)).toBe(slowPick(blocks, sbn, whom, 1, 0).length > 0);
    }
  });

  it('… and large ones', () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = new Rng(seed);
      const blocks = randomBlocks(rng, 100 + rng.below(900), 2);
      const rotate = rng.below(5_000);
      for (const count of [1, 4, 37, 500, 5_000]) {
        expect(pickWanted(blocks, 1, undefined, count, rotate)).toEqual(
          slowPick(blocks, 1, undefined, count, rotate),
        );
      }
    }
  });

  it('asks for source symbols in order when nothing else counts: that saves decoding', () => {
    const blocks = new Blocks(new WorkingSet(layoutFor(100, 1)));
    expect(pickWanted(blocks, 0, undefined, 5, 0)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the books of blocks', () => {
  it('have, room and readiness follow what is held, arriving and owed', () => {
    for (let seed = 0; seed < 200; seed++) {
      const rng = new Rng(seed);
      const layout = layoutFor(1 + rng.below(10), 1 + rng.below(4));
      const blocks = new Blocks(new WorkingSet(layout));
      const arriving: number[] = [];
      const owed = new Uint32Array(layout.blockCount);
      const extra = new Uint32Array(layout.blockCount);
      const ready = new Set<number>();
      for (let step = 0; step < 300; step++) {
        const sbn = rng.below(layout.blockCount);
        const id = layout.id(sbn, rng.below(layout.windowSize(sbn)));
        const action = rng.below(8);
        if (action < 2) {
          const count = rng.below(blocks.room(sbn) + 1);
          blocks.credit(sbn, count);
          owed[sbn] = owed[sbn]! + count;
        } else if (action < 5 && blocks.wants(id, sbn)) {
          if (owed[sbn]! > 0) {
            blocks.credit(sbn, -1);
            owed[sbn] = owed[sbn]! - 1;
          }
          blocks.arrive(id, sbn);
          arriving.push(id);
        } else if (action < 7 && arriving.length > 0) {
          const [settled] = arriving.splice(rng.below(arriving.length), 1) as [number];
          const at = layout.sbnOf(settled);
          blocks.settle(settled, at, rng.below(4) > 0);
          if (blocks.isReady(at)) ready.add(at);
        } else if (action === 7) {
          const next = blocks.takeReady();
          if (next === undefined) expect([...ready].filter((s) => blocks.isReady(s))).toEqual([]);
          else {
            expect(ready.delete(next)).toBe(true);
            blocks.finishing(next);
            const outcome = rng.below(4);
            const most = blocks.held.countIn(next) >= layout.windowSize(next);
            if (outcome === 0) blocks.discard(next);
            else if (outcome === 1 && !most) {
              blocks.short(next, 1);
              extra[next] = extra[next]! + 1;
            } else blocks.finished(next);
            if (blocks.isReady(next)) ready.add(next);
          }
        }
        let have = 0;
        const books: number[][] = [];
        const twin: number[][] = [];
        for (let s = 0; s < layout.blockCount; s++) {
          const target = Math.min(layout.windowSize(s), layout.sourceSymbols(s) + extra[s]!);
          const on = arriving.filter((one) => layout.sbnOf(one) === s).length;
          have += Math.min(layout.sourceSymbols(s), blocks.held.countIn(s));
          const lacking = Math.max(0, target - blocks.held.countIn(s) - on);
          const room = blocks.isFinished(s) ? 0 : Math.max(0, lacking - owed[s]!);
          books.push([blocks.lacking(s), blocks.creditIn(s), blocks.room(s)]);
          twin.push([lacking, owed[s]!, room]);
        }
        // `expect` itself is what takes the time here.
        if (String(books) !== String(twin)) expect(books).toEqual(twin);
        if (blocks.have !== have) expect(blocks.have).toBe(have);
      }
    }
  });

  it('a block that holds enough from the start is ready', () => {
    const layout = layoutFor(3, 3);
    const held = new WorkingSet(layout);
    for (const id of [6, 8, 11, 0, 1]) held.add(id);
    const blocks = new Blocks(held);
    expect([blocks.takeReady(), blocks.takeReady(), blocks.have]).toEqual([1, undefined, 5]);
  });

  it('count equations towards K, also more of them than the window has symbols', () => {
    const blocks = new Blocks(new WorkingSet(layoutFor(4, 1)));
    for (let n = 0; n < 3; n++) blocks.addRow(0);
    expect([blocks.lacking(0), blocks.isReady(0)]).toEqual([1, false]);
    for (let n = 0; n < 9; n++) blocks.addRow(0);
    expect([blocks.lacking(0), blocks.takeReady()]).toEqual([0, 0]);
    blocks.finishing(0);
    blocks.short(0, 2); // twelve that depend on each other
    expect([blocks.lacking(0), blocks.isReady(0), blocks.takeReady()]).toEqual([
      2,
      false,
      undefined,
    ]);
    for (const id of [0, 1]) blocks.settle(id, 0, true);
    expect([blocks.lacking(0), blocks.takeReady()]).toEqual([0, 0]);
    blocks.finishing(0);
    blocks.short(0, 100);
    expect(blocks.lacking(0)).toBe(6); // with the whole window it has everything
    blocks.dropRow(0, true);
    expect([blocks.rows(0), blocks.lacking(0)]).toEqual([11, 6]);
    for (let id = 2; id < 8; id++) blocks.settle(id, 0, true);
    expect(blocks.takeReady()).toBe(0);
    blocks.makePlainOnly(0);
    expect([blocks.rows(0), blocks.rowCount, blocks.wantsRecoded(0)]).toEqual([0, 0, false]);
  });

  it('open in order, eight at once, up to 32 for those who hold later ones only', () => {
    const blocks = new Blocks(new WorkingSet(layoutFor(2, 100)));
    const all = (): boolean => true;
    const opened = Array.from({ length: 9 }, () => blocks.openNext(true, all));
    expect(opened).toEqual([0, 1, 2, 3, 4, 5, 6, 7, -1]);
    expect(blocks.openNext(false, (sbn) => sbn > 50)).toBe(51);
    for (let i = 9; i < 32; i++) expect(blocks.openNext(false, all)).toBe(i - 1);
    expect(blocks.openNext(false, all)).toBe(-1);
    blocks.finishing(3);
    expect(blocks.openNext(false, all)).toBe(31);
  });

  it('count how many symbols those who trade have between them', () => {
    const blocks = new Blocks(new WorkingSet(layoutFor(4, 2)));
    blocks.held.add(8);
    blocks.assigned.add(9);
    blocks.holders[10] = 1;
    expect([blocks.isAmongPeers(1, 0), blocks.isAmongPeers(1, 1)]).toEqual([false, true]);
    blocks.arriving.add(15);
    blocks.holders[15] = 3; // counts once
    expect([blocks.isAmongPeers(1, 0), blocks.isAmongPeers(0, 0)]).toEqual([true, false]);
  });

  it('cost nothing per block that is done with', () => {
    // 65,536 blocks: what scanned them all for each block would take 4 · 10⁹ steps.
    const layout = layoutFor(1, 65_536);
    const blocks = new Blocks(new WorkingSet(layout));
    const start = performance.now();
    for (let n = 0; n < 65_536; n++) {
      const sbn = blocks.openNext(true, () => true);
      const id = layout.id(sbn, 0);
      blocks.arrive(id, sbn);
      blocks.settle(id, sbn, true);
      if (blocks.takeReady() !== sbn) throw new Error(`block ${sbn} is not ready`);
      blocks.finishing(sbn);
      blocks.finished(sbn);
    }
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(blocks.finishedCount).toBe(65_536);
  });
});
