// The bytes of a rateless IBLT (protocol/summaries.md, kind 3): a body is a stretch of cells of one stream.

import { UsageError } from '../base/index.ts';

/** salt u32, first cell u32, n u32. */
export const RIBLT_HEADER_BYTES = 12;
/** u32 of ids and u32 of checks. No count: who owns a decoded id, its reader looks up in its own set. */
export const RIBLT_CELL_BYTES = 8;
/** Most cells in one body: 56,012 bytes, below the largest body of any summary. */
export const RIBLT_BODY_CELLS_MAX = 7000;
/** Most cells of one stream: 8 MiB, as much as a bitmap of 2^26 ids. It bounds what a reader keeps. */
export const RIBLT_CELLS_MAX: number = 2 ** 20;

const CELLS_MIN = 16;

/**
 * Cells after which a bitmap of a range of `window` ids would have been cheaper: W/64, but no less than 16 and
 * no more than a stream may have. A reader that is not done by then asks for an exact summary instead.
 */
export function ribltCellsMax(window: number): number {
  return Math.min(RIBLT_CELLS_MAX, Math.max(CELLS_MIN, Math.ceil(window / 64)));
}

/** The header of a body, and how many cells follow it. */
export interface RibltHeader {
  readonly salt: number;
  /** Index of the first cell in the stream. */
  readonly first: number;
  /** n: members described, by the sender's claim. */
  readonly count: number;
  readonly cells: number;
}

/** Undefined when the bytes are no body of a stream that describes a range of `window` ids. */
export function readRibltHeader(body: Uint8Array, window: number): RibltHeader | undefined {
  const cells = (body.length - RIBLT_HEADER_BYTES) / RIBLT_CELL_BYTES;
  if (!Number.isInteger(cells) || cells < 1 || cells > RIBLT_BODY_CELLS_MAX) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, RIBLT_HEADER_BYTES);
  const first = view.getUint32(4);
  const count = view.getUint32(8);
  if (first + cells > RIBLT_CELLS_MAX || count > window) return undefined;
  return { salt: view.getUint32(0), first, count, cells };
}

/** Throws UsageError unless one body has room for so many cells. */
export function requireRibltCells(cells: number): void {
  if (!Number.isSafeInteger(cells) || cells < 1 || cells > RIBLT_BODY_CELLS_MAX) {
    throw new UsageError(`${cells} cells is not in 1..${RIBLT_BODY_CELLS_MAX}`);
  }
}

/** A body of cells of `words` (two a cell: ids, checks); the header says which. */
export function writeRibltBody(header: RibltHeader, words: Int32Array): Uint8Array {
  const { salt, first, count, cells } = header;
  const body = new Uint8Array(RIBLT_HEADER_BYTES + cells * RIBLT_CELL_BYTES);
  const view = new DataView(body.buffer);
  view.setUint32(0, salt);
  view.setUint32(4, first);
  view.setUint32(8, count);
  for (let i = 0; i < 2 * cells; i++) {
    view.setInt32(RIBLT_HEADER_BYTES + 4 * i, words[2 * first + i] ?? 0);
  }
  return body;
}
