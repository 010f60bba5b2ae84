// How a memory of the WebAssembly kernel is cut: symbols in planes. A plane is one stripe of all rows, one row after
// another, so that what a program works on at a time is contiguous. tools/wasm/src/layout.ts has the whole picture.

import { ROWS_MAX } from './kernel.ts';

/** Everything is a multiple of a SIMD register. */
const LANE = 16;
/** Stripes are cut to a multiple of this: what the module's loops take at a time. */
const STRIPE_UNIT = 64;
/**
 * Up to here a stripe is the whole row: with one plane symbols come and go in one piece, and a small program is run
 * once, not once a stripe.
 */
const PLANE_BYTES_WHOLE = 4 * 1024 * 1024;
/** Else the stripe of all rows and work rows should stay in the second-level cache, … */
const PLANE_BYTES = 2 * 1024 * 1024;
/** … unless it is then so narrow that reading the program takes longer; and in the third-level cache. */
const STRIPE_BYTES_GOOD = 192;
const PLANE_BYTES_MAX = 8 * 1024 * 1024;
const STRIPE_BYTES_MAX = 704;

/** Staging holds this much, or one row: as little as makes the calls cheap, so that it stays in the cache. */
const STAGING_BYTES = 128 * 1024;
/** Words of a program per row: about twice what a schedule takes. Nobody pays for what is not used. */
const PROGRAM_WORDS_PER_ROW = 64;
const PROGRAM_WORDS_MIN = 4096;
/** A program is prepared in three times its room. */
const PREPARING = 3;

/** WebAssembly's unit of memory. */
export const PAGE_BYTES = 65_536;
/** One page less than 32 bits can address, so that the end of a row has an address too. */
const PAGES_MAX = 65_535;

export interface WasmLayout {
  /** Bytes of a row in a plane. */
  readonly width: number;
  readonly planes: number;
  /** Bytes in use of a row in the last plane. */
  readonly lastBytes: number;
  /** Rows that staging holds. */
  readonly stagedRows: number;
  /** Words of the longest program that is run at once. */
  readonly programWords: number;
  /** Addresses. */
  readonly program: number;
  readonly plane: number;
  /** Size of the whole. */
  readonly pages: number;
}

/** Throws RangeError when 32-bit addresses do not reach that far. */
export function layOut(
  staging: number,
  rows: number,
  rowBytes: number,
  workRows: number,
): WasmLayout {
  if (rows + workRows > ROWS_MAX) throw new RangeError(`more than ${ROWS_MAX} rows`);
  const width = stripeBytes(rows + workRows, rowBytes);
  const planes = Math.max(1, Math.ceil(rowBytes / width));
  const stagedRows = Math.max(1, Math.min(rows, Math.floor(STAGING_BYTES / Math.max(1, rowBytes))));
  const program = align(staging + stagedRows * rowBytes, STRIPE_UNIT);
  const programWords = PROGRAM_WORDS_MIN + PROGRAM_WORDS_PER_ROW * (rows + workRows);
  const plane = align(program + PREPARING * 4 * programWords, 4096);
  const pages = Math.ceil((plane + (planes * rows + workRows) * width) / PAGE_BYTES);
  if (pages > PAGES_MAX) throw new RangeError(`${rows} rows of ${rowBytes} bytes are too much`);
  return {
    width,
    planes,
    lastBytes: align(rowBytes - (planes - 1) * width, LANE),
    stagedRows,
    programWords,
    program,
    plane,
    pages,
  };
}

/** The width of a stripe when programs work on that many rows and work rows. */
function stripeBytes(rows: number, rowBytes: number): number {
  const whole = align(Math.max(1, rowBytes), LANE);
  if (rows * whole <= PLANE_BYTES_WHOLE) return whole;
  const narrow = Math.min(STRIPE_BYTES_GOOD, PLANE_BYTES_MAX / rows);
  const wide = Math.min(STRIPE_BYTES_MAX, Math.max(PLANE_BYTES / rows, narrow));
  return Math.min(whole, STRIPE_UNIT * Math.max(1, Math.round(wide / STRIPE_UNIT)));
}

function align(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
