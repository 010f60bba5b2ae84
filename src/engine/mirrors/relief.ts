// Peers that have nothing to do take over from mirrors what these would finish last: nobody waits for a straggler, since any
// other symbol of the block will do.

import type { Bitset } from '../../base/index.ts';
import type { Blocks } from '../blocks.ts';
import type { Peer } from '../peer.ts';
import type { MirrorBoard } from './mirror-board.ts';
import type { Mirror } from './mirror.ts';
import type { Work } from './work.ts';

export interface ReliefOptions {
  readonly blocks: Blocks;
  readonly work: Work;
  readonly mirrors: readonly Mirror[];
  readonly board: MirrorBoard;
}

export class Relief {
  private readonly o: ReliefOptions;

  constructor(options: ReliefOptions) {
    this.o = options;
  }

  /** True when a mirror was relieved of something that a peer can bring sooner. */
  peers(peers: readonly Peer[], now: number): boolean {
    if (this.o.work.unassigned > 0) return false;
    let relieved = false;
    for (const peer of peers) {
      const receiver = peer.halves?.receiver;
      if (receiver === undefined || !peer.asked || !peer.link.serving) continue;
      if (receiver.credit > 0 || receiver.room(now) <= 0) continue;
      if (this.relieveFor(peer, receiver.pace.rate * 1000)) relieved = true;
    }
    return relieved;
  }

  /** `rate`: of the peer, symbols per second. */
  private relieveFor(peer: Peer, rate: number): boolean {
    const { board, mirrors, blocks } = this.o;
    const { symbolBytes } = blocks.layout;
    if (rate <= 0) return false;
    let last: Mirror | undefined;
    let lastAt = 0;
    for (const mirror of mirrors) {
      if (mirror.left === 0 || mirror.isWhole) continue;
      const at = (mirror.left * symbolBytes) / Math.max(1, mirror.meter.rate);
      if (at > lastAt) [last, lastAt] = [mirror, at];
    }
    if (last === undefined) return false;
    // What both bring until they end together; a peer needs its round trip before it begins.
    const share = rate / (rate + last.meter.rate / symbolBytes);
    const amount = Math.floor((last.left - (rate * peer.link.rttMs) / 1000) * share);
    if (amount < 1 || !this.canBring(peer, last)) return false;
    return board.relieve(last, amount).length > 0;
  }

  /** True when the peer has symbols of the blocks that the mirror is last in. */
  private canBring(peer: Peer, mirror: Mirror): boolean {
    if (peer.link.complete) return true;
    const has = peer.halves?.view.exact;
    const run = mirror.queue.at(-1) ?? mirror.requests.at(-1);
    if (has === undefined || run === undefined) return false;
    return this.hasOther(has, this.o.work.sbnOf(run.to - 1), run.to);
  }

  private hasOther(has: Bitset, sbn: number, to: number): boolean {
    const { blocks, work } = this.o;
    const { layout, held, arriving, assigned } = blocks;
    const end = layout.windowStart(sbn + 1);
    for (let id = has.next(layout.windowStart(sbn), end); id >= 0; id = has.next(id + 1, end)) {
      if (held.has(id) || arriving.has(id)) continue;
      if (!assigned.has(id) || id === work.idOf(to - 1, sbn)) return true;
    }
    return false;
  }
}
