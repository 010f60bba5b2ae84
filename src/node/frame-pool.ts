// Buffers of outgoing symbol frames, used again when they have left: a fresh one for every 64 KiB costs more
// in page faults and collection than everything else a sender does.

import { encodeSymbolHeader, LIMITS } from '../wire/index.ts';

/** Most buffers kept for reuse: those of a few busy links. */
const KEPT_MAX = 64;

/** A frame under construction. */
export interface Frame {
  /** The whole frame. */
  readonly bytes: Uint8Array;
  /** Its payload area: T bytes for each symbol. Not cleared. */
  readonly payloads: Uint8Array;
  readonly buffer: Uint8Array;
}

export class FramePool {
  private readonly free: Uint8Array[] = [];

  /** A frame with its header written. */
  take(sbn: number, esis: readonly number[], symbolBytes: number): Frame {
    // The header does not depend on T: written for payloads of one byte it is not a copy of 64 KiB.
    const header = encodeSymbolHeader(sbn, esis, 1);
    const headerBytes = header.length - esis.length;
    const length = headerBytes + esis.length * symbolBytes;
    const buffer = this.free.pop() ?? Buffer.allocUnsafeSlow(LIMITS.dataFrameBytesMax);
    buffer.set(header.subarray(0, headerBytes));
    return {
      bytes: buffer.subarray(0, length),
      payloads: buffer.subarray(headerBytes, length),
      buffer,
    };
  }

  /** Gives back a frame that has left this process and is referred to by nobody else. */
  release(frame: Frame): void {
    if (this.free.length < KEPT_MAX) this.free.push(frame.buffer);
  }
}
