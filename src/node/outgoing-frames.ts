// Frames of symbols, recoded or not, on their way from the store to a socket. `sent` is only said when the socket has let go of the
// bytes: that is all the backpressure there is, and all there need be.

import type { LinkId } from '../base/index.ts';
import type { TransferInput, TransferOutput } from '../engine/io.ts';
import type { Frame } from './frame-pool.ts';
import { FramePool } from './frame-pool.ts';
import type { Sockets } from './sockets.ts';
import type { Storage } from './storage.ts';
import type { SymbolSums } from './symbol-sums.ts';

/** What frames are read from. */
export interface Readable {
  readonly storage: Pick<Storage, 'layout' | 'readInto'>;
  readonly sums: Pick<SymbolSums, 'make'>;
}

type Read = Extract<TransferOutput, { kind: 'read' }>;
type Recode = Extract<TransferOutput, { kind: 'recode' }>;

export class OutgoingFrames {
  /** Set when the store is open; until then nothing can be read. */
  from: Readable | undefined;
  private readonly pool = new FramePool();
  private readonly sockets: Pick<Sockets, 'sendFrame'>;
  private readonly feed: (input: TransferInput) => void;
  private readonly track: (work: Promise<void>) => void;

  constructor(
    sockets: Pick<Sockets, 'sendFrame'>,
    feed: (input: TransferInput) => void,
    track: (work: Promise<void>) => void,
  ) {
    this.sockets = sockets;
    this.feed = feed;
    this.track = track;
  }

  /** Does a `read` output; answers `sent` or `unreadable`, once. */
  read({ link, sbn, esis }: Read): void {
    const count = esis.length;
    const unreadable = (): void => this.feed({ kind: 'unreadable', link, sbn, count, esis });
    if (this.from === undefined) return unreadable();
    const { storage } = this.from;
    const frame = this.pool.take(sbn, esis, storage.layout.symbolBytes);
    const send = (): void => this.send(link, frame, count);
    const read = storage.readInto(sbn, esis, frame.payloads);
    if (read === true) return send();
    this.track(read.then((found) => (found ? send() : unreadable()), unreadable));
  }

  /** Does a `recode` output; answers `sent` or `unreadable`, once. */
  recode({ link, sbn, first, symbols }: Recode): void {
    const count = symbols.length;
    const unreadable = (): void => this.feed({ kind: 'unreadable', link, sbn, count, esis: [] });
    if (this.from === undefined) return unreadable();
    const { storage, sums } = this.from;
    const degrees = symbols.map((esis) => esis.length);
    const frame = this.pool.takeRecoded(sbn, first, degrees, storage.layout.symbolBytes);
    const made = sums.make({ sbn, symbols, target: frame.payloads, onto: false });
    const send = (): void => this.send(link, frame, count);
    this.track(made.then((found) => (found ? send() : unreadable()), unreadable));
  }

  private send(link: LinkId, frame: Frame, count: number): void {
    this.sockets.sendFrame(link, frame.bytes, (left) => {
      // A socket that failed may still refer to the bytes: those are not used again.
      if (left) this.pool.release(frame);
      this.feed({ kind: 'sent', link, count });
    });
  }
}
