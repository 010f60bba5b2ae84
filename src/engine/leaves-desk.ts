// Fetches the leaves of the blocks that are about to be asked for, and checks them against the descriptor.

import type { Sha256 } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import { checkLeaves, LEAF_BYTES } from '../content/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE } from '../wire/index.ts';
import type { Peer } from './peer.ts';

/** Requests that may be open on one link (protocol/session.md, "Leaves"). */
export const LEAVES_OPEN_MAX = 8;
/** Another link is asked too when an answer takes this long, ms. */
const PATIENCE_MS = 5_000;
/** A link that lacked leaves is asked again after this time, ms: not every one tells of new symbols. */
const LACKING_MS = 2_000;

/** One link working on the leaves of one block. It is open until the answer is whole or the link is gone. */
interface Question {
  readonly sbn: number;
  readonly peer: Peer;
  dueAt: number;
  leaves: Uint8Array | undefined;
  filled: number;
}

export class LeavesDesk {
  /** Blocks whose leaves are here. */
  readonly held: Bitset;
  private readonly descriptor: Descriptor | undefined;
  private readonly layout: Layout;
  private readonly sha256: Sha256;
  /** Blocks whose leaves are needed, in the order of need. */
  private readonly needed: number[] = [];
  private questions: Question[] = [];

  /** @param descriptor undefined for a plain file, all of whose symbols are taken as they come */
  constructor(descriptor: Descriptor | undefined, layout: Layout, held: Bitset, sha256: Sha256) {
    this.descriptor = descriptor;
    this.layout = layout;
    this.held = held;
    this.sha256 = sha256;
  }

  /** The leaves of the block will be needed. */
  need(sbn: number): void {
    if (this.held.has(sbn) || this.needed.includes(sbn)) return;
    this.needed.push(sbn);
  }

  /** The first block whose leaves are needed and not here; −1 when there is none. */
  get missing(): number {
    return this.needed.find((sbn) => !this.held.has(sbn)) ?? -1;
  }

  /**
   * Asks for the leaves that no link is working on, and for overdue ones a second link. A slow answer still counts:
   * behind a full queue of symbols it may take long, and there may be nobody else to ask.
   */
  ask(peers: readonly Peer[], now: number): void {
    for (const sbn of this.needed) {
      const open = this.questions.filter((question) => question.sbn === sbn);
      if (open.some((question) => now < question.dueAt)) continue;
      const best = this.choose(peers, sbn, open, now);
      if (best === undefined) {
        for (const question of open) question.dueAt = now + PATIENCE_MS;
        continue;
      }
      this.questions.push({
        sbn,
        peer: best,
        dueAt: now + PATIENCE_MS,
        leaves: undefined,
        filled: 0,
      });
      best.leavesOpen++;
      best.say({ type: 'want-leaves', sbn }, false);
    }
  }

  /** When there is something to ask, ms. */
  dueAt(peers: readonly Peer[]): number {
    let at = Infinity;
    let idle = false;
    for (const sbn of this.needed) {
      let overdue = -Infinity;
      for (const q of this.questions) if (q.sbn === sbn) overdue = Math.max(overdue, q.dueAt);
      if (overdue === -Infinity) idle = true;
      else at = Math.min(at, overdue);
    }
    if (!idle) return at;
    for (const peer of peers) if (peer.leavesLacking) at = Math.min(at, peer.leavesLackingUntil);
    return at;
  }

  /** One chunk came. Returns the leaves of a block when they are whole. Throws ProtocolError on bad ones. */
  chunk(
    peer: Peer,
    message: MessageOf<'leaves'>,
    now: number,
  ): { sbn: number; leaves: Uint8Array } | undefined {
    const { sbn, bytes, first } = message;
    const question = this.questions.find((q) => q.sbn === sbn && q.peer === peer);
    if (question === undefined) {
      throw new ProtocolError(CLOSE.UNEXPECTED, `leaves of block ${sbn} were not asked for`);
    }
    if (bytes.length === 0) {
      if (question.filled > 0) throw new ProtocolError(CLOSE.BAD_LEAVES, 'leaves end early');
      peer.leavesLacking ??= new Bitset(this.layout.blockCount);
      peer.leavesLacking.add(sbn);
      peer.leavesLackingUntil = now + LACKING_MS;
      this.close(question);
      return undefined;
    }
    const whole = this.layout.windowSize(sbn) * LEAF_BYTES;
    const end = question.filled + bytes.length;
    if (first * LEAF_BYTES !== question.filled || end > whole) {
      throw new ProtocolError(CLOSE.BAD_LEAVES, `leaves of block ${sbn} out of order`);
    }
    const leaves = (question.leaves ??= new Uint8Array(whole));
    leaves.set(bytes, question.filled);
    question.filled = end;
    if (end < whole) return undefined;
    this.close(question);
    if (this.held.has(sbn)) return undefined; // another link was faster
    if (this.descriptor === undefined || !checkLeaves(this.descriptor, sbn, leaves, this.sha256)) {
      throw new ProtocolError(CLOSE.BAD_LEAVES, `leaves of block ${sbn} do not match`);
    }
    this.needed.splice(this.needed.indexOf(sbn), 1);
    this.held.add(sbn);
    return { sbn, leaves };
  }

  /** The link is gone: its questions go to others. */
  forget(peer: Peer): void {
    this.questions = this.questions.filter((question) => question.peer !== peer);
  }

  /** A peer may have what it lacked: it has told of new symbols. */
  retry(peer: Peer): void {
    peer.leavesLacking = undefined;
  }

  /** This process slept for `ms`: nobody was slow meanwhile. */
  forgive(ms: number): void {
    for (const question of this.questions) question.dueAt += ms;
  }

  /** The least busy link that may have the leaves of the block and is not working on them. */
  private choose(
    peers: readonly Peer[],
    sbn: number,
    open: readonly Question[],
    now: number,
  ): Peer | undefined {
    let best: Peer | undefined;
    for (const peer of peers) {
      if (peer.leavesLacking && now >= peer.leavesLackingUntil) peer.leavesLacking = undefined;
      if (!peer.link.serving || peer.leavesOpen >= LEAVES_OPEN_MAX) continue;
      if (peer.leavesLacking?.has(sbn) || open.some((question) => question.peer === peer)) continue;
      if (best === undefined || peer.leavesOpen < best.leavesOpen) best = peer;
    }
    return best;
  }

  private close(question: Question): void {
    this.questions.splice(this.questions.indexOf(question), 1);
    question.peer.leavesOpen--;
  }
}
