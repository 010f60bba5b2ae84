// The serving side of a transfer: turns the credit that neighbours gave into reads, in turn and within the
// rate limit, and answers their requests for metadata.

import { encodeIdRuns } from '../summary/index.ts';
import { LEAF_BYTES } from '../content/index.ts';
import type { Batch, TokenBucket } from '../session/index.ts';
import { batchCount } from '../session/index.ts';
import type { Grant } from '../wire/index.ts';
import { LIMITS } from '../wire/index.ts';
import type { TransferOutput } from './io.ts';
import type { Peer } from './peer.ts';
import { REQUEST_IDS_MAX } from './planner.ts';

/** Payload bytes that may be on their way from the store to one socket. */
const READING_BYTES_MAX = 1024 * 1024;

export class Serving {
  private readonly symbolBytes: number;
  private readonly bucket: TokenBucket | undefined;
  private readonly output: (output: TransferOutput) => void;
  private readonly pump: (peer: Peer) => void;
  private readonly readingMax: number;
  private turn = 0;
  private waiting = false;

  /** @param pump puts what the link has to say into the outputs, before what comes next */
  constructor(
    symbolBytes: number,
    bucket: TokenBucket | undefined,
    output: (output: TransferOutput) => void,
    pump: (peer: Peer) => void,
  ) {
    this.symbolBytes = symbolBytes;
    this.bucket = bucket;
    this.output = output;
    this.pump = pump;
    this.readingMax = Math.max(2, Math.floor(READING_BYTES_MAX / symbolBytes));
  }

  /** When the rate limit lets the next symbol through, ms; Infinity when nothing waits for it. */
  readyAt(now: number): number {
    return this.waiting && this.bucket !== undefined ? this.bucket.readyAt(now) : Infinity;
  }

  /** Gives every neighbour one batch in turn, as long as anyone may have one. */
  serve(peers: readonly Peer[], now: number): void {
    this.waiting = false;
    let idle = 0;
    while (idle < peers.length) {
      const peer = peers[this.turn % peers.length];
      const sent = peer !== undefined && this.batch(peer, now);
      if (this.waiting) return; // it keeps its turn, else the limit would make turns a lottery
      this.turn++;
      idle = sent ? 0 : idle + 1;
    }
  }

  /** True when a batch went out. */
  private batch(peer: Peer, now: number): boolean {
    const sender = peer.halves?.sender;
    if (sender === undefined) return false;
    // A frame that is made from a pool must not overtake the message that tells of it.
    if (peer.tellPool(now)) this.pump(peer);
    if (sender.pending === 0 || !sender.isReady) return false;
    let sent = false;
    // Half of the credit is left to be chosen later, when more may be known of what the receiver lacks.
    if (peer.reading < this.readingMax && peer.reading <= sender.pending) {
      if (this.bucket !== undefined && !this.bucket.ready(now)) {
        this.waiting = true;
        return false;
      }
      const batch = sender.next();
      if (batch !== undefined) {
        const count = batchCount(batch);
        this.bucket?.take(1, count * this.symbolBytes, now);
        peer.reading += count;
        peer.account.sent += count;
        this.output(outputOf(batch, peer));
        sent = true;
      }
    }
    refuse(peer);
    return sent;
  }
}

function outputOf(batch: Batch, peer: Peer): TransferOutput {
  const { sbn } = batch;
  if (batch.kind === 'plain') return { kind: 'read', link: peer.id, sbn, esis: batch.esis };
  const { first, symbols } = batch;
  return { kind: 'recode', link: peer.id, sbn, first, symbols };
}

/** Tells the neighbour which credit is given back. */
export function refuse(peer: Peer): void {
  const refusal = peer.halves?.sender.takeRefusal();
  if (refusal === undefined) return;
  const ids = [...new Set(refusal.ids)].sort((a, b) => a - b);
  const grants = refusal.grants.flatMap(inPairs);
  while (ids.length > 0 || grants.length > 0) {
    const body = encodeIdRuns(ids.splice(0, REQUEST_IDS_MAX));
    peer.say({ type: 'dry', grants: grants.splice(0, LIMITS.grantPairsMax), body }, false);
  }
}

/** A refusal may add up many grants; one pair of a message holds so much only. */
function inPairs({ sbn, count }: Grant): Grant[] {
  const pairs: Grant[] = [];
  for (let left = count; left > 0; left -= LIMITS.grantCountMax) {
    pairs.push({ sbn, count: Math.min(left, LIMITS.grantCountMax) });
  }
  return pairs;
}

/** Sends the leaves of a block, or an empty chunk when the store does not have them. */
export function sendLeaves(peer: Peer, sbn: number, leaves: Uint8Array | undefined): void {
  const all = leaves ?? new Uint8Array(0);
  let offset = 0;
  do {
    const bytes = all.subarray(offset, offset + LIMITS.leavesChunkBytesMax);
    peer.say({ type: 'leaves', sbn, first: offset / LEAF_BYTES, bytes }, false);
    offset += bytes.length;
  } while (offset < all.length);
}
