// The pool of a recoding sender: the symbols that its recoded symbols are sums of. The sender tells the receiver what
// is in it, so both ends can draw from it by number (protocol/session.md, "Recoding").

import { Bitset, ProtocolError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import { constituentPositions } from '../fountain/index.ts';
import {
  decodeExact,
  encodeBitsetRuns,
  encodeExact,
  readIdRuns,
  SUMMARY_IDS_MAX,
} from '../summary/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS } from '../wire/index.ts';

/** Blocks whose members are kept as lists; more are open at once only for a moment. */
const LISTS_MAX = 16;

export class Pool {
  /** Symbol ids in the pool. Both ends hold the same at the same place in the stream of the link. */
  readonly bits: Bitset;
  private readonly layout: Layout;
  private readonly lists: (Uint32Array | undefined)[] = [];
  private listed: number[] = [];

  constructor(layout: Layout) {
    this.layout = layout;
    this.bits = new Bitset(layout.idCount);
  }

  /** The ESIs of block sbn in the pool, ascending. */
  members(sbn: number): Uint32Array {
    const known = this.lists[sbn];
    if (known !== undefined) return known;
    const start = this.layout.windowStart(sbn);
    const end = this.layout.windowStart(sbn + 1);
    const list = new Uint32Array(this.bits.countRange(start, end));
    let at = 0;
    this.bits.forEach((id) => (list[at++] = id - start), start, end);
    if (this.listed.length === LISTS_MAX) this.forgetLists(0, this.layout.blockCount);
    this.lists[sbn] = list;
    this.listed.push(sbn);
    return list;
  }

  /**
   * The ESIs that recoded symbol `number` of block sbn is the sum of; undefined when the pool has fewer than `degree`.
   * `start` is the seed that the receiver gave.
   */
  constituents(start: number, sbn: number, number: number, degree: number): number[] | undefined {
    const members = this.members(sbn);
    if (degree > members.length) return undefined;
    const esis = constituentPositions(start, sbn, number, degree, members.length);
    for (let i = 0; i < degree; i++) esis[i] = members[esis[i] ?? 0] ?? 0;
    return esis;
  }

  /** Reads what the sender told. Throws ProtocolError BAD_SUMMARY when it cannot be. */
  read(message: MessageOf<'pool'>): void {
    const { firstSbn, blockCount, add, body } = message;
    const { layout, bits } = this;
    if (firstSbn + blockCount > layout.blockCount) {
      throw new ProtocolError(CLOSE.BAD_SUMMARY, 'pool of blocks beyond the content');
    }
    const from = layout.windowStart(firstSbn);
    const to = layout.windowStart(firstSbn + blockCount);
    const valid = add ? addRuns(bits, body, from, to) : decodeExact(body, from, to, bits);
    if (!valid) throw new ProtocolError(CLOSE.BAD_SUMMARY, 'pool cannot be decoded');
    this.forgetLists(firstSbn, firstSbn + blockCount);
  }

  /** Makes this the pool `next` and returns the messages that tell of the change; the receiver must get them all. */
  become(next: Bitset): MessageOf<'pool'>[] {
    const { layout, bits } = this;
    const messages: MessageOf<'pool'>[] = [];
    for (let firstSbn = 0; firstSbn < layout.blockCount;) {
      const from = layout.windowStart(firstSbn);
      let end = firstSbn + 1;
      while (end < layout.blockCount && layout.windowStart(end + 1) - from <= SUMMARY_IDS_MAX)
        end++;
      const to = layout.windowStart(end);
      const change = changeIn(bits, next, from, to);
      if (change !== 'none') {
        const blockCount = end - firstSbn;
        const whole = encodeExact(next, from, to);
        const added = change === 'added' ? additions(bits, next, from, to) : undefined;
        const add = added !== undefined && added.length < whole.length;
        messages.push({ type: 'pool', firstSbn, blockCount, add, body: add ? added : whole });
      }
      firstSbn = end;
    }
    bits.become(next);
    this.forgetLists(0, layout.blockCount);
    return messages;
  }

  /** Forgets the lists of blocks first ≤ sbn < end. */
  private forgetLists(first: number, end: number): void {
    const isKept = (sbn: number): boolean => sbn < first || sbn >= end;
    for (const sbn of this.listed) if (!isKept(sbn)) this.lists[sbn] = undefined;
    this.listed = this.listed.filter(isKept);
  }
}

/** Adds id runs to a set; false, adding nothing, when they are none or name an id outside [from, to). */
function addRuns(bits: Bitset, body: Uint8Array, from: number, to: number): boolean {
  let inRange = true;
  const look = (start: number): void => {
    inRange &&= start >= from;
  };
  if (readIdRuns(body, to, to, look) === undefined || !inRange) return false;
  readIdRuns(body, to, to, (start, end) => bits.addRange(start, end));
  return true;
}

function changeIn(old: Bitset, next: Bitset, from: number, to: number): 'none' | 'added' | 'other' {
  let change: 'none' | 'added' = 'none';
  for (let w = from >>> 5; w < Math.ceil(to / 32); w++) {
    let mask = -1;
    if (w * 32 < from) mask &= -1 << (from & 31);
    if (w * 32 + 32 > to) mask &= ~(-1 << (to & 31));
    const before = (old.words[w] ?? 0) & mask;
    const after = (next.words[w] ?? 0) & mask;
    if ((before & ~after) !== 0) return 'other';
    if (before !== after) change = 'added';
  }
  return change;
}

/** Id runs of what `next` has more; undefined when they do not fit into a message. */
function additions(old: Bitset, next: Bitset, from: number, to: number): Uint8Array | undefined {
  const added = new Bitset(next.length);
  next.forEach(
    (id) => {
      if (!old.has(id)) added.add(id);
    },
    from,
    to,
  );
  const body = encodeBitsetRuns(added, from, to, 0);
  return body.length <= LIMITS.summaryBytesMax ? body : undefined;
}
