// The receiving end of one link's recoded symbols: the pool that the sender told, and which symbols each arriving one
// is the sum of (protocol/session.md, "Recoding").

import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE } from '../wire/index.ts';
import { Pool } from './pool.ts';
import type { ViewListener } from './remote-view.ts';

/**
 * Numbers that a sender may pass over on a link, for frames that its disk could not give. Few: one that could choose
 * which numbers it sends could choose symbols that say nothing new.
 */
export const SKIPPED_MAX = 4_096;

export class RecodedSource {
  readonly pool: Pool;
  /** What was ever in the pool: sums of earlier pools still wait, and all of it can be named. */
  readonly offered: Bitset;
  /** The seed that this end gave, u32. */
  readonly start: number;
  private readonly expected: Float64Array;
  private skipped = 0;
  private readonly listener: ViewListener | undefined;

  constructor(layout: Layout, start: number, listener?: ViewListener) {
    this.listener = listener;
    this.pool = new Pool(layout);
    this.offered = new Bitset(layout.idCount);
    this.start = start;
    this.expected = new Float64Array(layout.blockCount);
  }

  /** The sender tells its pool. Throws ProtocolError BAD_SUMMARY. */
  tell(message: MessageOf<'pool'>): void {
    this.pool.read(message);
    this.offered.addAll(this.pool.bits, (id) => this.listener?.added(id));
  }

  /** The link is gone, and what it offered with it. */
  clear(): void {
    this.offered.forEach((id) => this.listener?.removed(id));
    this.offered.clear();
  }

  /**
   * The ESIs that each symbol of a frame is the sum of. Throws ProtocolError: UNEXPECTED when no pool of the block was
   * told, MALFORMED when a degree is more than it has, when numbers come again, or when too many were passed over.
   */
  constituents(sbn: number, first: number, degrees: readonly number[]): number[][] {
    const gap = first - (this.expected[sbn] ?? 0);
    if (gap < 0) throw new ProtocolError(CLOSE.MALFORMED, `recoded symbol ${first} comes again`);
    this.skipped += gap;
    if (this.skipped > SKIPPED_MAX) {
      throw new ProtocolError(CLOSE.MALFORMED, `more than ${SKIPPED_MAX} recoded symbols left out`);
    }
    const size = this.pool.members(sbn).length;
    if (size === 0) {
      throw new ProtocolError(CLOSE.UNEXPECTED, `recoded symbols of block ${sbn} without a pool`);
    }
    this.expected[sbn] = first + degrees.length;
    return degrees.map((degree, i) => {
      const esis = this.pool.constituents(this.start, sbn, first + i, degree);
      if (esis !== undefined) return esis;
      throw new ProtocolError(CLOSE.MALFORMED, `degree ${degree} of a pool of ${size}`);
    });
  }
}
