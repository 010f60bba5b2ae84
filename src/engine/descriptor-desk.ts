// Fetches the content descriptor from one link at a time, for a transfer that knows only the content id;
// and hands it out in chunks to those that ask.

import { concatBytes, ProtocolError } from '../base/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS } from '../wire/index.ts';
import type { Peer } from './peer.ts';

/** Another link is asked when nothing of the descriptor came for this time, ms. */
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

  /** This process slept for `ms`: nobody was slow meanwhile. */
  forgive(ms: number): void {
    this.dueAt += ms;
  }

  /** Asks a link that serves, unless one is being asked. Each link is asked once. */
  ask(peers: readonly Peer[], now: number): void {
    if (this.peer !== undefined && now < this.dueAt) return;
    const next = peers.find((peer) => peer.link.serving && !this.asked.has(peer));
    if (next === undefined) {
      // Nobody else to ask: a slow one may still answer.
      this.dueAt = now + PATIENCE_MS;
      return;
    }
    this.peer = next;
    this.asked.add(this.peer);
    this.dueAt = now + PATIENCE_MS;
    this.parts = [];
    this.filled = 0;
    this.peer.say({ type: 'want-descriptor' }, false);
  }

  /** One chunk came; returns the encoded descriptor when it is whole. Throws ProtocolError on a bad chunk. */
  chunk(peer: Peer, message: MessageOf<'descriptor'>, now: number): Uint8Array | undefined {
    if (peer !== this.peer) return undefined; // an answer that came after its time
    this.dueAt = now + PATIENCE_MS;
    const { total, offset, bytes } = message;
    if (total === 0) {
      this.peer = undefined;
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

  /** The link is gone. */
  forget(peer: Peer): void {
    this.asked.delete(peer);
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
