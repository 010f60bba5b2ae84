export { defaultKernel, kernelFallback } from './default-kernel.ts';
export { EXP, invert, LOG, multiply, POLYNOMIAL, productTable } from './gf256.ts';
export { jsKernel } from './js-kernel.ts';
export type { Kernel, SymbolMemory } from './kernel.ts';
export {
  OP_ADD,
  OP_BITS,
  OP_DOUBLE,
  OP_FOLD,
  OP_MASK,
  OP_MULTIPLY_ADD,
  OP_SET,
  ROWS_MAX,
} from './kernel.ts';
export type { OperationCount } from './program.ts';
export { countOperations, foldTap, instructionWords, ProgramWriter } from './program.ts';
export { multiplyWord, runTransposed, TRANSPOSED_COLUMNS } from './transpose.ts';
