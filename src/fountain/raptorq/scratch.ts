// Memory for what is needed only while one matrix is solved: most of it is as large as the matrix. Solving one block
// after the other in new memory costs more than clearing the old one, as the system has to provide each page of it.

/** At most so many bytes are kept. The largest block takes more and has the rest from the garbage collector. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** Arrays begin at multiples of it. */
const ALIGNMENT = 64;

let kept: ArrayBuffer = new ArrayBuffer(0);
/** Bytes that are lent, those that did not fit included. */
let lent = 0;
/** The most that was ever lent at the same time. */
let highest = 0;
/** Calls of withScratch that have not returned. */
let depth = 0;

/** Calls `work` and takes back everything that it borrowed, so nothing of this may be in what it returns. */
export function withScratch<Result>(work: () => Result): Result {
  const before = lent;
  if (depth === 0 && kept.byteLength < Math.min(highest, KEPT_BYTES_MAX)) {
    kept = new ArrayBuffer(Math.min(highest, KEPT_BYTES_MAX));
  }
  depth++;
  try {
    return work();
  } finally {
    depth--;
    lent = before;
  }
}

/** An array with any content, for use until the innermost withScratch returns; outside of all for any use. */
export function borrowInt32(length: number): Int32Array {
  const at = borrow(4 * length);
  return at < 0 ? new Int32Array(length) : new Int32Array(kept, at, length);
}

/** Like borrowInt32. */
export function borrowUint16(length: number): Uint16Array {
  const at = borrow(2 * length);
  return at < 0 ? new Uint16Array(length) : new Uint16Array(kept, at, length);
}

/** Like borrowInt32. */
export function borrowUint8(length: number): Uint8Array {
  const at = borrow(length);
  return at < 0 ? new Uint8Array(length) : new Uint8Array(kept, at, length);
}

/** Where so many bytes begin, or −1 when they are to be allocated. */
function borrow(bytes: number): number {
  if (depth === 0) return -1;
  const at = lent;
  lent += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  highest = Math.max(highest, lent);
  return at + bytes <= kept.byteLength ? at : -1;
}
