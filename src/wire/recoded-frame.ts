// Frames of recoded symbols (protocol/wire.md, "Recoded frame"): a number and a degree instead of ids. Which symbols
// each is the sum of follows from the pool that the sender has described, and a seed that the receiver chose.

import { ProtocolError, UsageError } from '../base/index.ts';
import { CLOSE } from './codes.ts';
import { LIMITS } from './limits.ts';
import { RECODED_FRAME, symbolsPerFrame } from './symbol-frame.ts';

const HEAD_BYTES = 8;
/** Numbers are u32. */
const NUMBERS = 2 ** 32;

/** What a recoded frame carries: symbol i is number first + i of block sbn, a sum of degrees[i] symbols. */
export interface RecodedFrame {
  readonly sbn: number;
  /** Number of the first symbol among all recoded ones of this block on this link, u32. */
  readonly first: number;
  /** 1..64 each; not checked against the pool. */
  readonly degrees: readonly number[];
  /** T bytes each; views of the frame. */
  readonly payloads: readonly Uint8Array[];
}

/**
 * A whole frame with its header written and its payloads still zero; `recodedPayloads` gives the place to fill.
 * Throws UsageError when the frame could not be sent: no or too many symbols, sbn above 16 bits, a number above 32, or
 * a degree outside 1..64.
 */
export function encodeRecodedHeader(
  sbn: number,
  first: number,
  degrees: ArrayLike<number>,
  symbolBytes: number,
): Uint8Array {
  const n = degrees.length;
  if (n < 1 || n > symbolsPerFrame(symbolBytes)) {
    throw new UsageError(`${n} symbols of ${symbolBytes} bytes do not make a frame`);
  }
  if (!Number.isInteger(sbn) || sbn < 0 || sbn > LIMITS.sbnMax) {
    throw new UsageError(`sbn ${sbn} is not in 0..${LIMITS.sbnMax}`);
  }
  if (!Number.isInteger(first) || first < 0 || first + n > NUMBERS) {
    throw new UsageError(`${n} symbols from number ${first} on are not numbers of 32 bits`);
  }
  const frame = new Uint8Array(HEAD_BYTES + n * (1 + symbolBytes));
  const header = new DataView(frame.buffer);
  header.setUint8(0, RECODED_FRAME);
  header.setUint8(1, n);
  header.setUint16(2, sbn);
  header.setUint32(4, first);
  for (let i = 0; i < n; i++) {
    const degree = degrees[i] ?? 0;
    if (!isDegree(degree)) throw new UsageError(`degree ${degree} is not in 1..64`);
    header.setUint8(HEAD_BYTES + i, degree);
  }
  return frame;
}

/** The payload area of a recoded frame, n·T bytes; a view. */
export function recodedPayloads(frame: Uint8Array): Uint8Array {
  return frame.subarray(HEAD_BYTES + (frame[1] ?? 0));
}

/**
 * The symbols of a recoded frame, for a content with T = `symbolBytes`. Throws ProtocolError: TOO_LARGE when the frame,
 * its payload area or a degree is above its limit, MALFORMED when n or a degree is 0, the length is not 8 + n + nT or a
 * number has more than 32 bits.
 */
export function decodeRecodedFrame(bytes: Uint8Array, symbolBytes: number): RecodedFrame {
  const most = symbolsPerFrame(symbolBytes);
  if (bytes.length > LIMITS.dataFrameBytesMax) {
    throw new ProtocolError(CLOSE.TOO_LARGE, `recoded frame of ${bytes.length} bytes`);
  }
  const n = bytes[1] ?? 0;
  if (bytes[0] !== RECODED_FRAME || n === 0 || bytes.length < HEAD_BYTES) {
    throw new ProtocolError(CLOSE.MALFORMED, 'recoded frame without symbols');
  }
  if (n > most) {
    throw new ProtocolError(CLOSE.TOO_LARGE, `recoded frame of ${n} symbols, at most ${most}`);
  }
  if (bytes.length !== HEAD_BYTES + n * (1 + symbolBytes)) {
    throw new ProtocolError(CLOSE.MALFORMED, `recoded frame of ${bytes.length} bytes, n = ${n}`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const first = header.getUint32(4);
  if (first + n > NUMBERS) {
    throw new ProtocolError(CLOSE.MALFORMED, `${n} recoded symbols from number ${first} on`);
  }
  const degrees: number[] = [];
  const payloads: Uint8Array[] = [];
  let payloadAt = HEAD_BYTES + n;
  for (let i = 0; i < n; i++, payloadAt += symbolBytes) {
    const degree = bytes[HEAD_BYTES + i] ?? 0;
    if (!isDegree(degree)) {
      const code = degree === 0 ? CLOSE.MALFORMED : CLOSE.TOO_LARGE;
      throw new ProtocolError(code, `recoded symbol of degree ${degree}`);
    }
    degrees.push(degree);
    payloads.push(bytes.subarray(payloadAt, payloadAt + symbolBytes));
  }
  return { sbn: header.getUint16(2), first, degrees, payloads };
}

function isDegree(degree: number): boolean {
  return Number.isInteger(degree) && degree >= 1 && degree <= LIMITS.recodedDegreeMax;
}
