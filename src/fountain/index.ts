// Public entry `headwater/fountain`: erasure codes, and how a content is cut into blocks and symbols for them.

export type { Kernel } from '../kernel/index.ts';
export { defaultKernel, jsKernel, kernelFallback } from '../kernel/index.ts';
export { constituentPositions } from './constituents.ts';
export { DegreeDistribution, fixedDegree } from './degree-distribution.ts';
export {
  DEGREE_MAX,
  fullRankDegree,
  nearestDegree,
  optimalDegree,
  tailDegrees,
} from './degrees.ts';
export { LtDecoder } from './lt/decoder.ts';
export { designedDegrees } from './lt/designed-degrees.ts';
export { LtEncoder } from './lt/encoder.ts';
export { ltOverhead } from './lt/overhead.ts';
export type { LtCode } from './lt/rows.ts';
export { LT_SYMBOLS_MAX } from './lt/rows.ts';
export { robustSoliton } from './lt/soliton.ts';
export { freeUnknowns } from './matching.ts';
export { encodeOti, OTI_BYTES, parseOti } from './oti.ts';
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
export type { SubstitutionDesign, SubstitutionOptions } from './substitution-degrees.ts';
export { substitutionDegrees, substitutionDesign } from './substitution-degrees.ts';
