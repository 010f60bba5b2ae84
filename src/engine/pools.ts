// How much sums can still say: what recoding links have offered of a block, against the sums of it that are here.

import type { Bitset } from '../base/index.ts';
import type { Blocks } from './blocks.ts';
import type { Peer } from './peer.ts';
import { countLacking } from './picker.ts';
import type { RecodedDesk } from './recoded-desk.ts';

/**
 * The last part of a pool that is asked for by name. As many sums of degree 4 as the pool has symbols leave 2 % of these
 * out, and their rank falls short by as much; up to nine tenths it does not.
 */
const NAMED_SHARE = 0.1;

/** What a link can bring to a block. */
export interface News {
  /** Symbols that it offered and that are not held. */
  readonly lacking: number;
  /** Symbols, of one kind or the other, that it can bring and was not asked for. */
  readonly left: number;
  /** Of these, how many may be sums. */
  readonly sums: number;
}

interface Tally {
  readonly offered: Bitset;
  readonly lacking: number;
  /** Sums and named symbols that are here undecided, or on their way. */
  readonly asked: number;
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
   * Sums of some symbols say no more than there are of these. That bounds each link by its own pool, and it together with
   * the links that have been asked for all they have: what these share with it is as good as known.
   */
  newsOf(peer: Peer, sbn: number): News {
    const own = this.tally(peer, sbn);
    if (own === undefined) return { lacking: 0, left: 0, sums: 0 };
    const { lacking } = own;
    let left = lacking - own.asked;
    let fresh = lacking;
    let { asked } = own;
    const spent: Bitset[] = [];
    for (const other of this.peers()) {
      const tally = other === peer ? undefined : this.tally(other, sbn);
      if (tally === undefined || tally.lacking - tally.asked > reserve(tally.lacking)) continue;
      spent.push(tally.offered);
      asked += tally.asked;
    }
    if (spent.length > 0) {
      const together = countLacking(this.blocks, sbn, [own.offered, ...spent]);
      fresh = together - countLacking(this.blocks, sbn, spent);
      left = Math.min(left, together - asked);
    }
    return { lacking, left: Math.max(0, left), sums: Math.max(0, left - reserve(fresh)) };
  }

  private tally({ id, halves, link }: Peer, sbn: number): Tally | undefined {
    if (halves?.recoded === undefined || link.complete) return undefined;
    const { offered } = halves.recoded;
    const { receiver } = halves;
    const asked = this.recoded.waitingOf(sbn, id) + receiver.grantedIn(sbn) + receiver.wantedCount;
    return { offered, lacking: countLacking(this.blocks, sbn, [offered]), asked };
  }
}

function reserve(lacking: number): number {
  return Math.ceil(NAMED_SHARE * lacking);
}
