// What is where in an arena: one memory, which holds the symbols of one user at a time. The kernel in JavaScript
// chooses the sizes and calls `configure`; the addresses below are the same in every arena.
//
//   words of the configuration | zeros | product tables | sums of the fold | staging | program | planes | work rows
//
// A plane is one stripe of all rows: row r has `width` bytes at plane + r · width. Stripe s of the rows is plane s.
// Work rows have one stripe only, after the last plane.

/** Bytes of one register. */
export const LANE: usize = 16;
/**
 * Bytes that stay in registers while a loop goes through the sources: four registers. On the encoding plans eight were
 * 6 % slower in V8 (geometric mean), and four with two sources at a time 2 %.
 */
export const CHUNK: usize = 64;

/** Rows; a number from there on is a work row. */
export const ROWS: usize = 0;
/** Bytes from a row to the next. */
export const WIDTH: usize = 4;
/** Where the first plane begins. */
export const PLANE: usize = 8;
/** Bytes of a plane. */
export const PLANE_BYTES: usize = 12;
/** Number of planes. */
export const PLANES: usize = 16;
/** Bytes in use of a row in the last plane, a multiple of LANE. */
export const LAST_BYTES: usize = 20;
/** Where the work rows begin. */
export const WORK: usize = 24;
/** Where the prepared program begins. */
export const PROGRAM: usize = 28;
/** Where the area of the program ends. */
export const PROGRAM_END: usize = 32;
/** Where the prepared program ends. */
export const PREPARED_END: usize = 36;
/** Nobody reads this. */
export const SINK: usize = 40;

/** By kind of a spot (see prepare.ts): what to add to it for its address. Set by the interpreter. */
export const BASES: usize = 64;
/** A chunk of zeros. */
export const ZEROS: usize = 128;
/** By coefficient, 32 bytes: its products with 0..15, then with 16 · (0..15). */
export const TABLES: usize = 4096;
/** The sums of the fold: a chunk for each pair of 16 targets, and one to ignore. */
export const PAIRS: usize = TABLES + 256 * 32;
/** Symbols on their way from or to JavaScript, row by row. */
export const STAGING: usize = 20480;
