// Fetches the content descriptor from one link at a time, for a transfer that knows only the content id;
// and hands it out in chunks to those that ask.

import { concatBytes, ProtocolError } from '../base/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS } from '../wire/index.ts';
import type { Peer } from './peer.ts';

/** Another link is asked when the descriptor is not whole after this time, ms. */
const PATIENCE_MS = 10_000;

export class DescriptorDesk {
  private peer: Peer | undefined;
  private dueAt = Infinity;
  private readonly asked = new Set<Peer>();
  private parts: Uint8Array[] = [];
  private filled = 0;
  private total = 0;

  /** When the open request is overdue, ms. */
  get timeoutAt(): number {
    return this.peer === undefined ? Infinity : this.dueAt;
  }

  /** Asks a link that serves, unless one is being asked. Each link is asked once. */
  ask(peers: readonly Peer[], now: number): void {
    if (this.peer !== undefined && now < this.dueAt) return;
    this.peer = peers.find((peer) => peer.link.serving && !this.asked.has(peer));
    if (this.peer === undefined) return;
    this.asked.add(this.peer);
    this.dueAt = now + PATIENCE_MS;
    this.parts = [];
    this.filled = 0;
    this.peer.say({ type: 'want-descriptor' }, false);
  }

  /** One chunk came; returns the encoded descriptor when it is whole. Throws ProtocolError on a bad chunk. */
  chunk(peer: Peer, message: MessageOf<'descriptor'>): Uint8Array | undefined {
    if (peer !== this.peer) return undefined; // an answer that came after its time
    const { total, offset, bytes } = message;
    if (total === 0) {
      this.forget(peer);
      return undefined;
    }
    if (this.filled === 0) this.total = total;
    const end = this.filled + bytes.length;
    if (total !== this.total || offset !== this.filled || end > total || bytes.length === 0) {
      throw new ProtocolError(CLOSE.BAD_DESCRIPTOR, 'descriptor chunks out of order');
    }
    this.parts.push(bytes.slice());
    this.filled = end;
    return end === total ? concatBytes(this.parts) : undefined;
  }

  /** The link is gone, or does not have it. */
  forget(peer: Peer): void {
    if (peer === this.peer) this.peer = undefined;
  }
}

/** Sends the whole descriptor, or an empty one when it is not known. */
export function sendDescriptor(peer: Peer, descriptor: Uint8Array | undefined): void {
  const total = descriptor?.length ?? 0;
  let offset = 0;
  do {
    const end = Math.min(total, offset + LIMITS.descriptorChunkBytesMax);
    const bytes = descriptor?.subarray(offset, end) ?? new Uint8Array(0);
    peer.say({ type: 'descriptor', total, offset, bytes }, false);
    offset = end;
  } while (offset < total);
}
