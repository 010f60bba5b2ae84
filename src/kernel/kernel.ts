// Port: arithmetic on whole symbols. A kernel owns the memory that symbols live in, and executes programs:
// recorded lists of row operations. One call runs a whole schedule, so that a kernel in WebAssembly pays for
// one crossing, not for one per operation. Kernels never see matrices, ids or the code.

/** Makes memories of one implementation. Stateless, so one kernel may serve any number of users. */
export interface Kernel {
  readonly name: string;
  /** What OP_MULTIPLY_ADD costs, in symbols that OP_ADD adds in the same time. About 2.5 when it is not said. */
  readonly multiplyCost?: number;
  /**
   * A memory of `rows` rows of any content, able to run programs that use at most `workRows` work rows. Throws
   * RangeError when the machine cannot provide it.
   */
  allocate(rows: number, rowBytes: number, workRows?: number): SymbolMemory;
  /**
   * Gauss-Jordan elimination over GF(2), in place, of `rows` rows of `words` 32-bit words: column c is bit c mod 32 of
   * word ⌊c / 32⌋, columns from `columns` on are zero, and `words` is a multiple of 4.
   *
   * Rows are taken in order. One that is not a sum of rows before it is kept, and its lowest column that is not a pivot
   * yet becomes its pivot, which is taken out of all other rows. Ends when every column is a pivot. Returns the pivot of
   * each row, −1 where it has none; a row without a pivot has no meaningful content any more.
   *
   * Since a pivot is known to occur in its own row only, its column is used to say what a row is the sum of: in a kept
   * row, bit c is set for a pivot c when the original row with pivot c is part of the sum, and for any other column when
   * it occurs in the sum.
   */
  reduceBits(bits: Int32Array, rows: number, words: number, columns: number): Int32Array;
}

/**
 * A matrix of bytes: one symbol a row. Rows are addressed by number only, since distance and alignment of the
 * rows are the kernel's own business.
 *
 * Programs may also use work rows: the numbers from `rows` on. A work row has no content before its first write in
 * a run and none after the run. Kernels use this freedom to run a program stripe by stripe: on the first few
 * hundred bytes of all rows, then on the next. All work rows together then fit into the cache, and take hardly any
 * memory.
 */
export interface SymbolMemory {
  readonly rows: number;
  readonly rowBytes: number;
  /**
   * Copies bytes to row `row` and, when they are more than rowBytes, to the rows after it, rowBytes to each. What
   * they do not reach keeps its content. Throws RangeError when they reach beyond the last row.
   */
  write(row: number, bytes: Uint8Array): void;
  /** The reverse: fills target from row `row` and the rows after it. */
  readInto(target: Uint8Array, row: number): void;
  /**
   * Executes a program that uses work rows rows..rows + workRows − 1. Throws RangeError when workRows is more than
   * the memory was allocated for. Programs come from this process only and are trusted: row numbers are not
   * checked, beyond that nothing outside of the memory can be touched.
   */
  run(program: Int32Array, workRows?: number): void;
  /** Ends the use of this memory, which the kernel may then give to another user; again, it does nothing. Optional, but
   * saves time. */
  release(): void;
}

// A program is a list of instructions. An instruction is one header word, (argument << 3) | operation, then operands,
// which are rows where nothing else is said.

/** `n; dst; n sources`: dst = XOR of the sources, none of which is dst. Without a source dst becomes zero. */
export const OP_SET = 0;
/** `n; dst; n sources`: dst ^= XOR of the sources, none of which is dst. */
export const OP_ADD = 1;
/** `n; dst; a; b if n is 2`: dst = α·a ^ b. The step of a Horner scheme; dst may be a or b. */
export const OP_DOUBLE = 2;
/**
 * `n; dst; n words source << 8 | coefficient`: dst ^= Σ coefficient · source. No source is dst. The multiplication by
 * arbitrary coefficients that OP_DOUBLE and OP_FOLD avoid: for a few dense sums only.
 */
export const OP_MULTIPLY_ADD = 3;
/**
 * `n; last; h; h targets; n words (row + 1) << 8 | i << 4 | j`: a Horner scheme with taps. From g = 0, for each word
 * in order g = α·g ^ row, then targets i and j get ^= g. A word with row −1 stands for a row of zeros, and i = j
 * adds to no target. In the end last = g. No target and not `last` is among the rows; h ≤ 16, an index
 * having 4 bits.
 */
export const OP_FOLD = 4;

/** Rows and work rows of a memory together: row + 1 has 24 bits in a word of OP_FOLD. */
export const ROWS_MAX: number = 2 ** 23 - 1;

/** Bits of the header that hold the operation. */
export const OP_BITS = 3;
/** Mask of those bits. */
export const OP_MASK = 7;
