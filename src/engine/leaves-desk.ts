// Fetches the leaves of the blocks that are about to be asked for, and checks them against the descriptor.

import type { Sha256 } from '../base/index.ts';
import { Bitset, ProtocolError } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import { checkLeaves, LEAF_BYTES } from '../content/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE } from '../wire/index.ts';
import type { Peer } from './peer.ts';

/** Requests that may be open on one link. */
const OPEN_MAX = 8;
/** A request without an answer is given to another link after this time, ms. */
const PATIENCE_MS = 5_000;

interface Request {
  readonly sbn: number;
  peer: Peer | undefined;
  dueAt: number;
  readonly leaves: Uint8Array;
  filled: number;
}

export class LeavesDesk {
  /** Blocks whose leaves are here. */
  readonly held: Bitset;
  private readonly descriptor: Descriptor;
  private readonly layout: Layout;
  private readonly sha256: Sha256;
  private readonly requests: Request[] = [];

  constructor(descriptor: Descriptor, layout: Layout, held: Bitset, sha256: Sha256) {
    this.descriptor = descriptor;
    this.layout = layout;
    this.held = held;
    this.sha256 = sha256;
  }

  /** The leaves of the block will be needed. */
  need(sbn: number): void {
    if (this.held.has(sbn) || this.requests.some((request) => request.sbn === sbn)) return;
    const leaves = new Uint8Array(this.layout.windowSize(sbn) * LEAF_BYTES);
    this.requests.push({ sbn, peer: undefined, dueAt: Infinity, leaves, filled: 0 });
  }

  /** Sends the requests that no link is working on to links that may have the answer. */
  ask(peers: readonly Peer[], now: number): void {
    for (const request of this.requests) {
      if (request.peer !== undefined && now < request.dueAt) continue;
      if (request.peer !== undefined) this.lacks(request.peer, request);
      let best: Peer | undefined;
      for (const peer of peers) {
        if (!peer.link.serving || peer.leavesOpen >= OPEN_MAX) continue;
        if (peer.leavesLacking?.has(request.sbn)) continue;
        if (best === undefined || peer.leavesOpen < best.leavesOpen) best = peer;
      }
      if (best === undefined) continue;
      request.peer = best;
      request.dueAt = now + PATIENCE_MS;
      request.filled = 0;
      best.leavesOpen++;
      best.say({ type: 'want-leaves', sbn: request.sbn }, false);
    }
  }

  /** When a request is overdue, ms. */
  dueAt(): number {
    let at = Infinity;
    for (const request of this.requests) {
      if (request.peer !== undefined) at = Math.min(at, request.dueAt);
    }
    return at;
  }

  /** One chunk came. Returns the leaves of a block when they are whole. Throws ProtocolError on bad ones. */
  chunk(peer: Peer, message: MessageOf<'leaves'>): { sbn: number; leaves: Uint8Array } | undefined {
    const index = this.requests.findIndex((r) => r.sbn === message.sbn && r.peer === peer);
    const request = this.requests[index];
    if (request === undefined) return undefined; // an answer that came after its time
    if (message.bytes.length === 0) {
      this.lacks(peer, request);
      return undefined;
    }
    const end = request.filled + message.bytes.length;
    if (message.first * LEAF_BYTES !== request.filled || end > request.leaves.length) {
      throw new ProtocolError(CLOSE.BAD_LEAVES, `leaves of block ${message.sbn} out of order`);
    }
    request.leaves.set(message.bytes, request.filled);
    request.filled = end;
    if (end < request.leaves.length) return undefined;
    if (!checkLeaves(this.descriptor, message.sbn, request.leaves, this.sha256)) {
      throw new ProtocolError(CLOSE.BAD_LEAVES, `leaves of block ${message.sbn} do not match`);
    }
    peer.leavesOpen--;
    this.requests.splice(index, 1);
    this.held.add(message.sbn);
    return { sbn: message.sbn, leaves: request.leaves };
  }

  /** The link is gone: its requests go to others. */
  forget(peer: Peer): void {
    for (const request of this.requests) if (request.peer === peer) request.peer = undefined;
  }

  /** A peer may have what it lacked: it has told of new symbols. */
  retry(peer: Peer): void {
    peer.leavesLacking = undefined;
  }

  private lacks(peer: Peer, request: Request): void {
    peer.leavesLacking ??= new Bitset(this.layout.blockCount);
    peer.leavesLacking.add(request.sbn);
    peer.leavesOpen--;
    request.peer = undefined;
  }
}
