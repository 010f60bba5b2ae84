// Public entry `headwater/fountain`: erasure codes, and how a content is cut into blocks and symbols for them.

export type { Kernel } from '../kernel/index.ts';
export { defaultKernel, jsKernel, kernelFallback } from '../kernel/index.ts';
export { encodeOti, OTI_BYTES, parseOti } from './oti.ts';
export { constituentPositions } from './constituents.ts';
export type { Partition, PartitionOptions, Split } from './partition.ts';
export {
  blockOffset,
  blockSymbols,
  partition,
  placeBlock,
  sourceBlock,
  split,
} from './partition.ts';
export type { DecoderOptions } from './raptorq/decoder.ts';
export { RaptorQDecoder } from './raptorq/decoder.ts';
export type { EncoderOptions } from './raptorq/encoder.ts';
export { RaptorQEncoder } from './raptorq/encoder.ts';
export { ESI_MAX, SOURCE_SYMBOLS_MAX } from './raptorq/params.ts';
export { CONSTITUENTS_MAX, RECODED_MAX } from './raptorq/recoded.ts';
export { DegreeDistribution, fixedDegree } from './degree-distribution.ts';
export { fullRankDegree } from './degrees.ts';
export { substitutionDegrees } from './substitution-degrees.ts';
