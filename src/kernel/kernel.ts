// Port: arithmetic on whole symbols. A kernel owns the memory that symbols live in, and executes programs:
// recorded lists of row operations. One call runs a whole schedule, so that a kernel in WebAssembly pays for
// one crossing, not for one per operation. Kernels never see matrices, ids or the code.

/** Makes memories of one implementation. Stateless, so one kernel may serve any number of users. */
export interface Kernel {
  readonly name: string;
  /** A memory of `rows` zero rows. Throws RangeError when the machine cannot provide it. */
  allocate(rows: number, rowBytes: number): SymbolMemory;
}

/**
 * A matrix of bytes: one symbol a row. Rows are addressed by number only, since distance and alignment of the
 * rows are the kernel's own business.
 */
export interface SymbolMemory {
  readonly rows: number;
  readonly rowBytes: number;
  /** Copies at most rowBytes bytes to the start of a row; the rest of the row keeps its content. */
  write(row: number, bytes: Uint8Array): void;
  /** Copies the first target.length ≤ rowBytes bytes of a row to target. */
  readInto(target: Uint8Array, row: number): void;
  /**
   * Executes program[0..length−1]. Programs come from this process only and are trusted: rows are not checked
   * against the memory, beyond that nothing outside of it can be touched.
   */
  run(program: Int32Array, length?: number): void;
}

// A program is a list of instructions. An instruction is one header word, (argument << 3) | operation, then rows.

/** `n; dst; n sources`: dst = XOR of the sources, none of which is dst. Without a source dst becomes zero. */
export const OP_SET = 0;
/** `n; dst; n sources`: dst ^= XOR of the sources, none of which is dst. */
export const OP_ADD = 1;
/** `n; dst; a; b if n is 2`: dst = α·a ^ b. The step of a Horner scheme. */
export const OP_DOUBLE = 2;
/** `coefficient; dst; source`: dst ^= coefficient · source. */
export const OP_MULTIPLY_ADD = 3;
/** `coefficient; dst`: dst = coefficient · dst. */
export const OP_SCALE = 4;

/** Bits of the header that hold the operation. */
export const OP_BITS = 3;
/** Mask of those bits. */
export const OP_MASK = 7;
