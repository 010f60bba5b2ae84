// Symbol frames on their way from the store to a socket. `sent` is only said when the socket has let go of the
// bytes: that is all the backpressure there is, and all there need be.

import type { TransferInput, TransferOutput } from '../engine/io.ts';
import { FramePool } from './frame-pool.ts';
import type { Sockets } from './sockets.ts';
import type { Storage } from './storage.ts';

type Read = Extract<TransferOutput, { kind: 'read' }>;

export class OutgoingFrames {
  /** Set when the store is open; until then nothing can be read. */
  storage: Storage | undefined;
  private readonly pool = new FramePool();
  private readonly sockets: Sockets;
  private readonly feed: (input: TransferInput) => void;
  private readonly track: (work: Promise<void>) => void;

  constructor(
    sockets: Sockets,
    feed: (input: TransferInput) => void,
    track: (work: Promise<void>) => void,
  ) {
    this.sockets = sockets;
    this.feed = feed;
    this.track = track;
  }

  /** Does a `read` output; answers `sent` or `unreadable`, once. */
  read({ link, sbn, esis }: Read): void {
    const unreadable = (): void => this.feed({ kind: 'unreadable', link, sbn, esis });
    if (this.storage === undefined) return unreadable();
    const frame = this.pool.take(sbn, esis, this.storage.layout.symbolBytes);
    const send = (): void =>
      this.sockets.sendFrame(link, frame.bytes, (left) => {
        // A socket that failed may still refer to the bytes: those are not used again.
        if (left) this.pool.release(frame);
        this.feed({ kind: 'sent', link, count: esis.length });
      });
    const read = this.storage.readInto(sbn, esis, frame.payloads);
    if (read === true) return send();
    this.track(read.then((found) => (found ? send() : unreadable()), unreadable));
  }
}
