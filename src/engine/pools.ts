// How much sums can still say: what recoding links have offered of a block, against the sums of it that are here.

import type { Bitset } from '../base/index.ts';
import type { Blocks } from './blocks.ts';
import type { Peer } from './peer.ts';
import { countUnions } from './picker.ts';
import type { RecodedDesk } from './recoded-desk.ts';

/**
 * The last part of what links have together that is asked for by name. As many sums of degree 4 as there are symbols leave
 * 2 % of these out, and their rank falls short by as much; up to nine tenths it does not. But what is shared by pools of
 * which one is named to the end counts for the others only later. Of 1024 symbols from four links that are not equally fast,
 * some 40 downloads each: at a tenth up to 1.1 % was lost, at .15 up to 1.0 %, at this share .1 % and at most .8 %.
 */
export const NAMED_SHARE = 0.3;

/** What a link can bring to a block. */
export interface News {
  /** Symbols that it offered and that are not held. */
  readonly lacking: number;
  /** Symbols, of one kind or the other, that it can bring and was not asked for. */
  readonly left: number;
  /** Of these, how many may be sums. */
  readonly sums: number;
  /** Sums on their way that have a say in what is left: over the link, and over those that bind it most. */
  readonly coming: number;
}

interface Tally {
  readonly offered: Bitset;
  readonly lacking: number;
  /** Sums and named symbols that are here undecided, or on their way. */
  readonly asked: number;
  /** Of these, sums on their way. */
  readonly granted: number;
}

export class Pools {
  private readonly blocks: Blocks;
  private readonly recoded: RecodedDesk;
  private readonly peers: () => readonly Peer[];

  /** @param peers the links of the download */
  constructor(blocks: Blocks, recoded: RecodedDesk, peers: () => readonly Peer[]) {
    this.blocks = blocks;
    this.recoded = recoded;
    this.peers = peers;
  }

  /**
   * Sums of some symbols say no more than there are of these. That bounds the link by its own pool, and it together with
   * any other links by what these have together (the rank condition of a transversal). The links that were asked for the
   * largest part of what they have bind most, so they are added one by one in this order.
   */
  newsOf(peer: Peer, sbn: number): News {
    const own = this.tally(peer, sbn);
    if (own === undefined) return { lacking: 0, left: 0, sums: 0, coming: 0 };
    const links = [own, ...this.others(peer, sbn)];
    const together = countUnions(
      this.blocks,
      sbn,
      links.map(({ offered }) => offered),
    );
    let [left, sums, coming] = [Infinity, Infinity, 0];
    let [asked, granted] = [0, 0];
    links.forEach((link, i) => {
      asked += link.asked;
      granted += link.granted;
      const union = together[i] ?? 0;
      left = Math.min(left, union - asked);
      const most = union - asked - Math.ceil(NAMED_SHARE * union);
      if (most < sums) [sums, coming] = [most, granted];
    });
    return { lacking: own.lacking, left: Math.max(0, left), sums: Math.max(0, sums), coming };
  }

  /** The other links that were asked for something of the block, those with the least left first. */
  private others(peer: Peer, sbn: number): Tally[] {
    const others: Tally[] = [];
    for (const other of this.peers()) {
      const tally = other === peer ? undefined : this.tally(other, sbn);
      if (tally !== undefined && tally.asked > 0) others.push(tally);
    }
    return others.sort((a, b) => b.asked * a.lacking - a.asked * b.lacking);
  }

  private tally({ id, halves, link }: Peer, sbn: number): Tally | undefined {
    if (halves?.recoded === undefined || link.complete) return undefined;
    const { offered } = halves.recoded;
    const { receiver } = halves;
    const granted = receiver.grantedIn(sbn);
    const asked = this.recoded.waitingOf(sbn, id) + granted + receiver.wantedCount;
    const [lacking = 0] = countUnions(this.blocks, sbn, [offered]);
    return { offered, lacking, asked, granted };
  }
}
