export { EXP, invert, LOG, multiply, POLYNOMIAL, productTable } from './gf256.ts';
export { jsKernel } from './js-kernel.ts';
export type { Kernel, SymbolMemory } from './kernel.ts';
export {
  OP_ADD,
  OP_BITS,
  OP_DOUBLE,
  OP_MASK,
  OP_MULTIPLY_ADD,
  OP_SCALE,
  OP_SET,
} from './kernel.ts';
export type { OperationCount } from './program.ts';
export { countOperations, instructionWords, ProgramWriter } from './program.ts';
