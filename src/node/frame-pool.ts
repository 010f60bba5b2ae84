// Buffers of outgoing frames of symbols, recoded or not, used again when they have left: a fresh one for every 64 KiB costs more
// in page faults and collection than everything else a sender does.

import { encodeRecodedHeader, encodeSymbolHeader, LIMITS } from '../wire/index.ts';

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

  /** A symbol frame with its header written. */
  take(sbn: number, esis: readonly number[], symbolBytes: number): Frame {
    // The header does not depend on T: written for payloads of one byte it is not a copy of 64 KiB.
    return this.begin(encodeSymbolHeader(sbn, esis, 1), esis.length, symbolBytes);
  }

  /** A recoded frame with its header written. */
  takeRecoded(sbn: number, seed: number, degrees: readonly number[], symbolBytes: number): Frame {
    return this.begin(encodeRecodedHeader(sbn, seed, degrees, 1), degrees.length, symbolBytes);
  }

  /** Gives back a frame that has left this process and is referred to by nobody else. */
  release(frame: Frame): void {
    if (this.free.length < KEPT_MAX) this.free.push(frame.buffer);
  }

  /** `header` is that of a frame with payloads of one byte. */
  private begin(header: Uint8Array, count: number, symbolBytes: number): Frame {
    const headerBytes = header.length - count;
    const length = headerBytes + count * symbolBytes;
    const buffer = this.free.pop() ?? Buffer.allocUnsafeSlow(LIMITS.dataFrameBytesMax);
    buffer.set(header.subarray(0, headerBytes));
    return {
      bytes: buffer.subarray(0, length),
      payloads: buffer.subarray(headerBytes, length),
      buffer,
    };
  }
}
