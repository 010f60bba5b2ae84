// Symbol frames: a fixed header and the payloads behind it (protocol/wire.md, "Symbol frame").
// No MessagePack per symbol: a frame is one allocation to write and none but views to read.

import { ProtocolError, UsageError } from '../base/index.ts';
import { CLOSE } from './codes.ts';
import { LIMITS } from './limits.ts';

const SYMBOL_FRAME = 0x01;
export const RECODED_FRAME = 0x02;
const HEAD_BYTES = 4;
const ESI_BYTES = 3;
const ESI_MAX = 0xffffff;

/** What a symbol frame carries: symbol i is (sbn, esis[i]) with payload payloads[i]. */
export interface SymbolFrame {
  readonly sbn: number;
  /** 1..255 ESIs, as sent: neither sorted nor checked against a window. */
  readonly esis: readonly number[];
  /** T bytes each; views of the frame. */
  readonly payloads: readonly Uint8Array[];
}

/** Which decoder a WebSocket message is for, by its first byte; undefined: MALFORMED. */
export function frameKind(bytes: Uint8Array): 'symbols' | 'recoded' | 'control' | undefined {
  const head = bytes[0] ?? -1;
  if (head === SYMBOL_FRAME) return 'symbols';
  if (head === RECODED_FRAME) return 'recoded';
  return (head & 0xf0) === 0x90 || head === 0xdc ? 'control' : undefined;
}

/** Most symbols of T = `symbolBytes` in one frame: as many as 65,536 payload bytes take, 1..255. */
export function symbolsPerFrame(symbolBytes: number): number {
  if (!Number.isInteger(symbolBytes) || symbolBytes < 1 || symbolBytes > LIMITS.symbolBytesMax) {
    throw new UsageError(`symbolBytes ${symbolBytes} is not in 1..${LIMITS.symbolBytesMax}`);
  }
  return Math.min(LIMITS.frameSymbolsMax, Math.floor(LIMITS.payloadBytesMax / symbolBytes));
}

/**
 * A whole frame with its header written and its payloads still zero; `payloadSlot` gives the places to
 * fill, so that a driver can read a file straight into the frame. Throws UsageError when the frame could
 * not be sent: no or too many symbols, sbn above 16 bits or an esi above 24.
 */
export function encodeSymbolHeader(
  sbn: number,
  esis: ArrayLike<number>,
  symbolBytes: number,
): Uint8Array {
  const n = esis.length;
  if (n < 1 || n > symbolsPerFrame(symbolBytes)) {
    throw new UsageError(`${n} symbols of ${symbolBytes} bytes do not make a frame`);
  }
  if (!isUpTo(sbn, LIMITS.sbnMax)) throw new UsageError(`sbn ${sbn} is not in 0..${LIMITS.sbnMax}`);
  const frame = new Uint8Array(HEAD_BYTES + n * (ESI_BYTES + symbolBytes));
  frame[0] = SYMBOL_FRAME;
  frame[1] = n;
  frame[2] = sbn >>> 8;
  frame[3] = sbn;
  for (let i = 0, at = HEAD_BYTES; i < n; i++) {
    const esi = esis[i] ?? -1;
    if (!isUpTo(esi, ESI_MAX)) throw new UsageError(`esi ${esi} is not in 0..${ESI_MAX}`);
    frame[at++] = esi >>> 16;
    frame[at++] = esi >>> 8;
    frame[at++] = esi;
  }
  return frame;
}

/** The T bytes of payload `index` in a frame that `encodeSymbolHeader` made; a view. */
export function payloadSlot(frame: Uint8Array, index: number, symbolBytes: number): Uint8Array {
  const at = HEAD_BYTES + ESI_BYTES * (frame[1] ?? 0) + index * symbolBytes;
  return frame.subarray(at, at + symbolBytes);
}

/**
 * A frame of the symbols (sbn, esis[i]) with payloads[i]. A payload shorter than T is zero-padded (the
 * last source symbol of a content); a longer one, or a missing one, is a UsageError.
 */
export function encodeSymbolFrame(
  sbn: number,
  esis: ArrayLike<number>,
  payloads: readonly Uint8Array[],
  symbolBytes: number,
): Uint8Array {
  const frame = encodeSymbolHeader(sbn, esis, symbolBytes);
  if (payloads.length !== esis.length) {
    throw new UsageError(`${payloads.length} payloads for ${esis.length} symbols`);
  }
  let at = HEAD_BYTES + ESI_BYTES * esis.length;
  for (const payload of payloads) {
    if (payload.length > symbolBytes) {
      throw new UsageError(`payload of ${payload.length} bytes, symbols have ${symbolBytes}`);
    }
    frame.set(payload, at);
    at += symbolBytes;
  }
  return frame;
}

/**
 * The symbols of a frame, for a content with T = `symbolBytes`. Payloads are views of `bytes`; whether sbn
 * and esis exist in the content is for the caller to check. Throws ProtocolError: TOO_LARGE when the frame
 * or its payload area is above its limit, MALFORMED when n is 0 or the length is not 4 + 3n + nT.
 */
export function decodeSymbolFrame(bytes: Uint8Array, symbolBytes: number): SymbolFrame {
  const most = symbolsPerFrame(symbolBytes);
  if (bytes.length > LIMITS.dataFrameBytesMax) {
    throw new ProtocolError(CLOSE.TOO_LARGE, `symbol frame of ${bytes.length} bytes`);
  }
  const n = bytes[1] ?? 0;
  if (bytes[0] !== SYMBOL_FRAME || n === 0 || bytes.length < HEAD_BYTES) {
    throw new ProtocolError(CLOSE.MALFORMED, 'symbol frame without symbols');
  }
  if (n > most) {
    throw new ProtocolError(CLOSE.TOO_LARGE, `symbol frame of ${n} symbols, at most ${most}`);
  }
  if (bytes.length !== HEAD_BYTES + n * (ESI_BYTES + symbolBytes)) {
    throw new ProtocolError(CLOSE.MALFORMED, `symbol frame of ${bytes.length} bytes, n = ${n}`);
  }
  const esis: number[] = [];
  const payloads: Uint8Array[] = [];
  let payloadAt = HEAD_BYTES + ESI_BYTES * n;
  for (let i = 0, at = HEAD_BYTES; i < n; i++, at += ESI_BYTES, payloadAt += symbolBytes) {
    esis.push(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    payloads.push(bytes.subarray(payloadAt, payloadAt + symbolBytes));
  }
  return { sbn: ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0), esis, payloads };
}

function isUpTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
