// What a receiver asks of a sender of sums, link by link.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import { Account } from '../../src/engine/account.ts';
import { Blocks } from '../../src/engine/blocks.ts';
import type { LeavesDesk } from '../../src/engine/leaves-desk.ts';
import { NAMED_SHARE } from '../../src/engine/pools.ts';
import type { Halves, Peer } from '../../src/engine/peer.ts';
import { Planner } from '../../src/engine/planner.ts';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { RECODED_MAX } from '../../src/fountain/index.ts';
import { Receiver, RecodedSource, RemoteView } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { encodeExact, readIdRuns } from '../../src/summary/index.ts';
import type { Message } from '../../src/wire/index.ts';
import { layoutFor } from '../session/helpers.ts';

const NOTHING = { granted: 0, named: [] };

interface Link {
  readonly peer: Peer;
  readonly receiver: Receiver;
  readonly source: RecodedSource;
  /** Symbols granted and ids named since the last call. */
  asked: () => { granted: number; named: number[] };
}

/** The sender tells that its pool is this one. */
function tellPool(source: RecodedSource, pool: Bitset): void {
  const body = encodeExact(pool, 0, pool.length);
  source.tell({ type: 'pool', firstSbn: 0, blockCount: 1, add: false, body });
}

class Bench {
  readonly blocks: Blocks;
  readonly desk: RecodedDesk;
  readonly planner: Planner;
  private readonly account = new Account('a', 0);
  private readonly peers: Peer[] = [];

  constructor(sourceSymbols: number, substitution = false) {
    const layout = layoutFor(sourceSymbols, 1);
    this.blocks = new Blocks(new WorkingSet(layout));
    this.desk = new RecodedDesk({ blocks: this.blocks, fullRank: !substitution, output: () => {} });
    const held = new Bitset(1);
    held.add(0);
    const leaves = { held, need: () => {} } as unknown as LeavesDesk;
    this.planner = new Planner({
      blocks: this.blocks,
      leaves,
      recoded: this.desk,
      peers: () => this.peers,
      strategy: 'speculative',
      substitution,
      bucket: undefined,
      rng: new Rng(1),
    });
  }

  /** A link to a sender whose pool is the ESIs [from, to); `complete`: it holds all. */
  link(id: number, from: number, to: number, complete = false): Link {
    const { layout, held } = this.blocks;
    const receiver = new Receiver(layout);
    const { holders } = this.blocks;
    const source = new RecodedSource(layout, 5, {
      added: (id) => (holders[id] = (holders[id] ?? 0) + 1),
      removed: (id) => (holders[id] = (holders[id] ?? 0) - 1),
    });
    const pool = new Bitset(layout.idCount);
    pool.addRange(from, to);
    tellPool(source, pool);
    const view = new RemoteView(layout, held.bits);
    const halves: Partial<Halves> = { receiver, view, recoded: source };
    let granted = 0;
    let named: number[] = [];
    const say = (message: Message): void => {
      if (message.type === 'grant') for (const { count } of message.grants) granted += count;
      else if (message.type === 'want') {
        readIdRuns(message.body, layout.idCount, layout.idCount, (a, b) => {
          for (let n = a; n < b; n++) named.push(n);
        });
      } else throw new Error(`the planner says ${message.type}`);
    };
    const link = { serving: true, complete };
    const peer = { id, link, halves, asked: true, say } as unknown as Peer;
    this.peers.push(peer);
    const asked = (): { granted: number; named: number[] } => {
      const answer = { granted, named };
      [granted, named] = [0, []];
      return answer;
    };
    return { peer, receiver, source, asked };
  }

  fill({ peer }: Link, last = false): void {
    this.planner.fill(peer, 0, 0, last);
  }

  /** A symbol that was named arrives. */
  plain({ receiver }: Link, esi: number): void {
    expect(receiver.arrive(esi, 0)).toBe('want');
    this.blocks.credit(0, -1);
    this.blocks.assigned.delete(esi);
    if (this.blocks.settle(esi, 0, true)) this.desk.resolved(0, esi);
    receiver.progress(1, 0);
  }

  /** Recoded symbols of the link arrive, of constituents that tell nothing of each other. */
  arrive({ peer, receiver }: Link, rows: readonly (readonly number[])[]): void {
    for (const esis of rows) {
      expect(receiver.arriveRecoded(0)).toBe('grant');
      this.blocks.credit(0, -1);
      this.desk.add(0, esis, { link: peer.id, account: this.account });
    }
    receiver.progress(rows.length, 0);
  }
}

/** Of what links have together: kept for names. */
const kept = (together: number): number => Math.ceil(NAMED_SHARE * together);

describe('grants for recoded symbols', () => {
  it('leave a share of what the pool has; these are named when the sums are here, those first that are in none', () => {
    const bench = new Bench(100);
    const link = bench.link(1, 50, 62);
    bench.blocks.held.add(50);
    bench.blocks.held.add(51);
    bench.fill(link);
    const sums = 10 - kept(10);
    expect(link.asked()).toEqual({ granted: sums, named: [] });
    bench.fill(link);
    expect(link.asked()).toEqual(NOTHING);
    const rows = Array.from({ length: sums }, (_, i) => [52 + i, 53 + i]);
    bench.arrive(link, rows.slice(0, -1));
    bench.fill(link);
    expect(link.asked()).toEqual(NOTHING); // one is on its way
    bench.arrive(link, rows.slice(-1));
    bench.fill(link);
    // Ten symbols, and sums that tell of one more than they are: 61 is in none, and of the others one more is news.
    const { granted, named } = link.asked();
    expect([granted, named.length, named.includes(61)]).toEqual([0, kept(10), true]);
    bench.fill(link);
    expect(link.asked()).toEqual(NOTHING);
  });

  it('follow what a pool gains, also when it loses other symbols', () => {
    const bench = new Bench(100);
    const link = bench.link(1, 0, 5);
    bench.fill(link);
    expect(link.asked()).toEqual({ granted: 5 - kept(5), named: [] });
    const pool = new Bitset(200);
    pool.addRange(3, 12);
    tellPool(link.source, pool);
    bench.fill(link);
    // Twelve were offered in all; some of them are kept for names.
    expect(link.asked()).toEqual({ granted: 12 - kept(12) - (5 - kept(5)), named: [] });
  });

  it('of links that share their pools are no more than these have together', () => {
    const bench = new Bench(100);
    const [a, b] = [bench.link(1, 0, 20), bench.link(2, 0, 24)];
    bench.fill(a);
    expect(a.asked()).toEqual({ granted: 20 - kept(20), named: [] });
    bench.fill(b);
    expect(b.asked()).toEqual({ granted: 24 - kept(24) - (20 - kept(20)), named: [] });
    const apart = bench.link(3, 40, 50);
    bench.fill(apart);
    expect(apart.asked().granted).toBe(10 - kept(10));
  });

  it('are no more than the block lacks, also with links that have a lot', () => {
    const bench = new Bench(20);
    const [a, b] = [bench.link(1, 0, 40), bench.link(2, 0, 40)];
    bench.fill(a);
    bench.fill(b);
    expect(a.asked().granted + b.asked().granted).toBe(20);
  });

  it('do not look at the pool of a receiver that substitutes, nor of a complete sender', () => {
    const substituting = new Bench(100, true);
    const link = substituting.link(1, 0, 5);
    substituting.fill(link);
    expect(link.asked().granted).toBe(16); // the first credit of a link
    const bench = new Bench(100);
    const complete = bench.link(1, 0, 0, true);
    bench.fill(complete);
    expect(complete.asked().granted).toBe(16);
    const none = substituting.link(2, 0, 0);
    substituting.fill(none);
    expect(none.asked().granted).toBe(0);
  });

  it('give way to names when there is no room for more rows of the block', () => {
    const bench = new Bench(20_000);
    const link = bench.link(1, 0, 40_000);
    const rows = RECODED_MAX - 5;
    for (let n = 0; n < rows; n++) {
      bench.desk.add(0, [n, n + 1, n + 2], { link: 1, account: new Account('a', 0) });
    }
    bench.fill(link);
    const { granted, named } = link.asked();
    expect(granted).toBe(5); // as many as fit, and the rest of the credit by name
    expect(named).toHaveLength(11);
    expect(new Set(named).size).toBe(11);
  });

  it('give way to names when rows of the block have lied', () => {
    const bench = new Bench(50);
    const link = bench.link(1, 20, 60);
    bench.fill(link);
    expect(link.asked().granted).toBe(16);
    bench.arrive(
      link,
      Array.from({ length: 16 }, (_, i) => [20 + i, 21 + i]),
    );
    bench.blocks.finishing(0); // which closes it
    bench.blocks.makePlainOnly(0);
    bench.fill(link);
    const { granted, named } = link.asked();
    expect(granted).toBe(0);
    expect(named.length).toBeGreaterThan(0);
    for (const esi of named) expect(esi >= 20 && esi < 60).toBe(true);
  });

  it('give way to names of what no sum tells of, when a decode fell short', () => {
    const bench = new Bench(20);
    for (let esi = 0; esi < 12; esi++) bench.blocks.held.add(esi);
    const link = bench.link(1, 20, 28);
    bench.fill(link);
    expect(link.asked()).toEqual({ granted: 8 - kept(8), named: [] });
    // Sums over five of its eight.
    const row = (i: number): number[] => [20 + (i % 5), 20 + ((i + 1) % 5)];
    bench.arrive(
      link,
      Array.from({ length: 8 - kept(8) }, (_, i) => row(i)),
    );
    bench.blocks.finishing(0);
    bench.blocks.short(0, 3);
    bench.fill(link);
    expect(link.asked()).toEqual({ granted: 0, named: [25, 26, 27] });
  });

  it('give way to names when something is stuck that all links were asked for, and only then', () => {
    const bench = new Bench(20);
    for (let esi = 0; esi < 10; esi++) bench.blocks.held.add(esi);
    const link = bench.link(1, 20, 28);
    bench.fill(link);
    expect(link.asked()).toEqual({ granted: 8 - kept(8), named: [] });
    // Of four pairs, each of which is in a sum as a whole or not at all: never enough, whatever is named first.
    const sums = ['01', '12', '02', '23', '03', '13'].slice(0, 8 - kept(8));
    const pair = (n: string): number[] => [20 + 2 * Number(n), 21 + 2 * Number(n)];
    bench.arrive(
      link,
      sums.map((pairs) => [...pairs].flatMap(pair)),
    );
    bench.fill(link);
    const news = link.asked().named;
    expect(news).toHaveLength(kept(8));
    for (const esi of news) bench.plain(link, esi);
    // All that the pool can say is told, though the block lacks two symbols.
    expect(bench.blocks.lacking(0)).toBe(2);
    bench.fill(link, true);
    expect(link.asked()).toEqual(NOTHING);
    bench.blocks.famine = 1;
    bench.fill(link);
    expect(link.asked()).toEqual(NOTHING);
    bench.fill(link, true);
    const { granted, named } = link.asked();
    expect([granted, named.length]).toEqual([0, 2]);
    for (const esi of named) expect(esi >= 20 && esi < 28 && !news.includes(esi)).toBe(true);
  });

  it('of a receiver that substitutes give way to names when too many sums wait to be resolved', () => {
    const bench = new Bench(100, true);
    const link = bench.link(1, 0, 3);
    bench.fill(link);
    expect(link.asked().granted).toBe(16);
    // Two for each symbol of the pool, and sixteen: six, and those that were granted.
    for (let n = 0; n < 6; n++) {
      bench.desk.add(0, [0, 1, 2], { link: 1, account: new Account('a', 0) });
    }
    bench.arrive(
      link,
      Array.from({ length: 16 }, () => [0, 1, 2]),
    );
    bench.fill(link);
    const { granted, named } = link.asked();
    expect([granted > 0, named]).toEqual([true, []]);
    bench.arrive(link, [[0, 1, 2]]);
    link.receiver.revoke();
    bench.blocks.credit(0, 1 - granted);
    bench.fill(link);
    expect(link.asked()).toEqual({ granted: 0, named: [0, 1, 2] });
  });
});
