// Looks over a MessagePack value before it is decoded, so that the decoder only ever meets the plain subset
// of the protocol. Needed because msgpackr decodes record definitions (ext 0x72), sets and other extensions
// whatever its options say. Does not decode, recurse or allocate anything that grows with the input.

import { ProtocolError } from '../base/index.ts';
import { CLOSE } from './codes.ts';
import { LIMITS } from './limits.ts';

/**
 * Accepts exactly one array of nil, booleans, unsigned integers 0..2^53−1, printable ASCII strings,
 * binaries and arrays, with depth ≤ 4 and ≤ 1,024 values in all, and nothing after it.
 * Throws ProtocolError: TOO_LARGE for the two counts, MALFORMED for the rest (protocol/wire.md,
 * "Control messages").
 */
export function scan(bytes: Uint8Array): void {
  // Values still to come in each open array; index 0 is the message itself, one value.
  const left = [1, 0, 0, 0, 0];
  let depth = 0;
  let items = 0;
  let at = 0;
  while (depth > 0 || left[0] !== 0) {
    if (left[depth] === 0) {
      depth--;
      continue;
    }
    left[depth] = (left[depth] ?? 0) - 1;
    if (++items > LIMITS.itemsMax) throw tooLarge(`more than ${LIMITS.itemsMax} values`);
    const head = bytes[at];
    if (head === undefined) throw malformed('ends inside a value', at);
    const arrayWidth = arrayCountWidth(head);
    if (arrayWidth >= 0) {
      const count = arrayWidth === 0 ? head & 0x0f : uintAt(bytes, at + 1, arrayWidth);
      if (count > LIMITS.itemsMax - items) throw tooLarge(`array of ${count} values`);
      if (depth === LIMITS.depthMax) throw tooLarge(`deeper than ${LIMITS.depthMax} arrays`);
      at += 1 + arrayWidth;
      left[++depth] = count;
      continue;
    }
    if (items === 1) throw malformed('not an array', at);
    at = scanPlain(bytes, at, head);
  }
  if (at !== bytes.length) throw malformed('bytes after the message', at);
}

/** Bytes of the length of an array head; 0 for fixarray; −1 when the head is not an array. */
function arrayCountWidth(head: number): number {
  if (head >= 0x90 && head <= 0x9f) return 0;
  if (head === 0xdc) return 2;
  return head === 0xdd ? 4 : -1;
}

/** Checks the value at `at`, which is not an array, and returns the offset after it. */
function scanPlain(bytes: Uint8Array, at: number, head: number): number {
  if (head <= 0x7f) return at + 1; // positive fixint
  if (head >= 0xa0 && head <= 0xbf) return scanText(bytes, at + 1, head & 0x1f);
  switch (head) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xc4: // bin 8
      return skip(bytes, at + 2, uintAt(bytes, at + 1, 1));
    case 0xc5: // bin 16
      return skip(bytes, at + 3, uintAt(bytes, at + 1, 2));
    case 0xc6: // bin 32
      return skip(bytes, at + 5, uintAt(bytes, at + 1, 4));
    case 0xcc: // uint 8
      return skip(bytes, at + 1, 1);
    case 0xcd: // uint 16
      return skip(bytes, at + 1, 2);
    case 0xce: // uint 32
      return skip(bytes, at + 1, 4);
    case 0xcf: // uint 64
      if (uintAt(bytes, at + 1, 8) > Number.MAX_SAFE_INTEGER) {
        throw malformed('integer above 2^53-1', at);
      }
      return at + 9;
    case 0xd9: // str 8
      return scanText(bytes, at + 2, uintAt(bytes, at + 1, 1));
    case 0xda: // str 16
      return scanText(bytes, at + 3, uintAt(bytes, at + 1, 2));
    case 0xdb: // str 32
      return scanText(bytes, at + 5, uintAt(bytes, at + 1, 4));
    default: // maps, extensions, floats, signed integers, 0xc1
      throw malformed(`type 0x${head.toString(16)} is not used`, at);
  }
}

/** The big-endian number at `at`; one of 64 bits is exact up to 2^53, which is all the caller asks. */
function uintAt(bytes: Uint8Array, at: number, width: number): number {
  skip(bytes, at, width);
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

function skip(bytes: Uint8Array, at: number, count: number): number {
  if (count > bytes.length - at) throw malformed('ends inside a value', at);
  return at + count;
}

// Printable ASCII only: texts go to logs and terminals, and characters equal bytes in every language.
function scanText(bytes: Uint8Array, at: number, count: number): number {
  const end = skip(bytes, at, count);
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte > 0x7e) throw malformed('text that is not printable ASCII', i);
  }
  return end;
}

function malformed(what: string, at: number): ProtocolError {
  return new ProtocolError(CLOSE.MALFORMED, `control message: ${what} at byte ${at}`);
}

function tooLarge(what: string): ProtocolError {
  return new ProtocolError(CLOSE.TOO_LARGE, `control message: ${what}`);
}
