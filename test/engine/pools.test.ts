// What sums can still say, of one link and of links together.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import { Account } from '../../src/engine/account.ts';
import { Blocks } from '../../src/engine/blocks.ts';
import type { Halves, Peer } from '../../src/engine/peer.ts';
import type { News } from '../../src/engine/pools.ts';
import { NAMED_SHARE, Pools } from '../../src/engine/pools.ts';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { Receiver, RecodedSource } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { encodeExact } from '../../src/summary/index.ts';
import { layoutFor } from '../session/helpers.ts';

interface Offer {
  /** ESIs of block 0. */
  readonly esis: Iterable<number>;
  /** Sums of them that wait. */
  readonly rows?: number;
  /** Sums that are on their way. */
  readonly granted?: number;
  readonly complete?: boolean;
  readonly plain?: boolean;
}

/** Two blocks of 200 symbols, and links that have offered sums of them. */
class Bench {
  readonly blocks: Blocks = new Blocks(new WorkingSet(layoutFor(200, 2)));
  readonly desk: RecodedDesk;
  private readonly peers: Peer[] = [];
  private readonly pools: Pools;

  constructor() {
    this.desk = new RecodedDesk({ blocks: this.blocks, fullRank: true, output: () => {} });
    this.pools = new Pools(this.blocks, this.desk, () => this.peers);
  }

  link({ esis, rows = 0, granted = 0, complete = false, plain = false }: Offer): Peer {
    const { layout } = this.blocks;
    const pool = new Bitset(layout.idCount);
    for (const esi of esis) pool.add(esi);
    const recoded = new RecodedSource(layout, 1);
    const body = encodeExact(pool, 0, pool.length);
    recoded.tell({ type: 'pool', firstSbn: 0, blockCount: 2, add: false, body });
    const receiver = new Receiver(layout);
    if (granted > 0) receiver.grant(0, granted, 0);
    const halves: Partial<Halves> = plain ? { receiver } : { receiver, recoded };
    const id = this.peers.length;
    const peer = { id, halves, link: { complete } } as unknown as Peer;
    this.peers.push(peer);
    this.wait(peer, rows);
    return peer;
  }

  /** So many sums of the link wait undecided: of symbols that nobody offers here. */
  wait({ id }: Peer, rows: number): void {
    const source = { link: id, account: new Account('a', 0) };
    for (let n = 0; n < rows; n++) {
      expect(this.desk.add(0, [300, 301, 302], source)).toBeDefined();
    }
  }

  newsOf(peer: Peer, sbn = 0): News {
    return this.pools.newsOf(peer, sbn);
  }
}

function* span(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n;
}

/** Of what links have together: kept for names. */
const kept = (together: number): number => Math.ceil(NAMED_SHARE * together);

const NONE: News = { lacking: 0, left: 0, sums: 0, coming: 0 };

describe('what sums of one link can say', () => {
  it('is what it offered and is neither held nor arriving; a share is kept for names', () => {
    const bench = new Bench();
    const link = bench.link({ esis: span(0, 45) });
    expect(bench.newsOf(link)).toEqual({ lacking: 45, left: 45, sums: 45 - kept(45), coming: 0 });
    for (const esi of span(0, 4)) bench.blocks.settle(esi, 0, true);
    bench.blocks.arrive(4, 0);
    expect(bench.newsOf(link)).toEqual({ lacking: 40, left: 40, sums: 40 - kept(40), coming: 0 });
    expect(bench.newsOf(link, 1)).toEqual(NONE);
  });

  it('is less by the sums that wait or are on their way, and by what was named', () => {
    const bench = new Bench();
    const link = bench.link({ esis: span(0, 40), rows: 7, granted: 5 });
    expect(bench.newsOf(link)).toEqual({ lacking: 40, left: 28, sums: 28 - kept(40), coming: 5 });
    link.halves?.receiver.want([1, 2, 3], 0);
    expect(bench.newsOf(link)).toEqual({ lacking: 40, left: 25, sums: 25 - kept(40), coming: 5 });
    // Sums on their way are of one block.
    link.halves?.receiver.grant(1, 30, 0);
    expect(bench.newsOf(link)).toEqual({ lacking: 40, left: 25, sums: 25 - kept(40), coming: 5 });
  });

  it('ends before what is kept, and is never less than nothing', () => {
    const bench = new Bench();
    const most = kept(20) + 1;
    const link = bench.link({ esis: span(0, 20), rows: 20 - most });
    expect(bench.newsOf(link)).toEqual({ lacking: 20, left: most, sums: 1, coming: 0 });
    for (const left of [...Array.from({ length: most }, (_, i) => most - 1 - i), 0]) {
      bench.wait(link, 1);
      expect(bench.newsOf(link)).toEqual({ lacking: 20, left, sums: 0, coming: 0 });
    }
  });

  it('counts what an earlier pool had, and nothing when the link is gone', () => {
    const bench = new Bench();
    const link = bench.link({ esis: span(0, 20) });
    const source = link.halves?.recoded;
    const next = new Bitset(bench.blocks.layout.idCount);
    next.addRange(15, 30);
    const body = encodeExact(next, 0, next.length);
    source?.tell({ type: 'pool', firstSbn: 0, blockCount: 2, add: false, body });
    expect(bench.newsOf(link)).toEqual({ lacking: 30, left: 30, sums: 30 - kept(30), coming: 0 });
    source?.clear();
    expect(bench.newsOf(link)).toEqual(NONE);
  });
});

describe('what sums of several links can say', () => {
  it('is bounded by what the links have together', () => {
    const bench = new Bench();
    const spent = bench.link({ esis: span(0, 20), rows: 20 });
    const link = bench.link({ esis: span(10, 30) });
    // Thirty together and twenty sums: ten are left, and a share of thirty is kept.
    expect(bench.newsOf(link)).toEqual({ lacking: 20, left: 10, sums: 10 - kept(30), coming: 0 });
    expect(bench.newsOf(spent)).toEqual({ lacking: 20, left: 0, sums: 0, coming: 0 });
    bench.wait(link, 4);
    expect(bench.newsOf(link)).toEqual({
      lacking: 20,
      left: 6,
      sums: Math.max(0, 6 - kept(30)),
      coming: 0,
    });
  });

  it('is bounded also by links that have something left', () => {
    const bench = new Bench();
    bench.link({ esis: span(0, 20), rows: 14, granted: 3 });
    const link = bench.link({ esis: span(10, 30) });
    expect(bench.newsOf(link)).toEqual({ lacking: 20, left: 13, sums: 13 - kept(30), coming: 3 });
  });

  it('is nothing when others have told all of it, and all of it when they have nothing of it', () => {
    const bench = new Bench();
    bench.link({ esis: span(0, 20), rows: 20 });
    bench.link({ esis: span(20, 40), granted: 20 });
    const [within, apart] = [
      bench.link({ esis: span(10, 30) }),
      bench.link({ esis: span(50, 60) }),
    ];
    expect(bench.newsOf(within)).toMatchObject({ lacking: 20, left: 0, sums: 0 });
    expect(bench.newsOf(apart)).toMatchObject({
      lacking: 10,
      left: 10,
      sums: Math.max(0, 10 - kept(50)),
    });
  });

  it('does not look at complete links, nor at those that send no sums', () => {
    const bench = new Bench();
    const complete = bench.link({ esis: span(0, 20), rows: 20, complete: true });
    const plain = bench.link({ esis: span(0, 20), rows: 20, plain: true });
    const link = bench.link({ esis: span(10, 30) });
    expect(bench.newsOf(link)).toEqual({ lacking: 20, left: 20, sums: 20 - kept(20), coming: 0 });
    expect([bench.newsOf(complete), bench.newsOf(plain)]).toEqual([NONE, NONE]);
  });

  it('is hardly ever more than all subsets of the links allow, and never less: the slow twin', () => {
    const seen = { bounded: 0, exact: 0, all: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const rng = new Rng(seed);
      const bench = new Bench();
      const held = new Set([...span(0, 100)].filter(() => rng.below(3) === 0));
      for (const esi of held) bench.blocks.settle(esi, 0, true);
      const links = Array.from({ length: 1 + rng.below(5) }, () => {
        const from = rng.below(80);
        const offered = [...span(from, from + rng.below(30))];
        const lacking = new Set(offered.filter((esi) => !held.has(esi)));
        const asked = rng.below(2) === 0 ? lacking.size : rng.below(20);
        const rows = rng.below(asked + 1);
        const peer = bench.link({ esis: offered, rows, granted: asked - rows });
        return { peer, lacking, asked };
      });
      for (const own of links) {
        let least = Infinity;
        for (let mask = 0; mask < 2 ** links.length; mask++) {
          const some = links.filter((_, i) => (mask >> i) & 1);
          if (!some.includes(own)) continue;
          const union = new Set(some.flatMap(({ lacking }) => [...lacking]));
          least = Math.min(least, union.size - some.reduce((sum, { asked }) => sum + asked, 0));
        }
        const { lacking, left, sums } = bench.newsOf(own.peer);
        expect(lacking).toBe(own.lacking.size);
        expect(left).toBeGreaterThanOrEqual(Math.max(0, least));
        expect(sums).toBeLessThanOrEqual(left);
        seen.all++;
        if (left === Math.max(0, least)) seen.exact++;
        if (left < own.lacking.size - own.asked) seen.bounded++;
      }
    }
    expect(seen.exact).toBeGreaterThan(0.9 * seen.all);
    expect(seen.bounded).toBeGreaterThan(20);
  });
});
