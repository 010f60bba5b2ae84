export { IdBloomFilter } from './bloom-filter.ts';
export type { StockBloomFilter } from './bloom-filter.ts';
export {
  BLOOM_BITS_PER_ID,
  bloomFault,
  bloomProbes,
  bloomRate,
  BloomSummary,
  decodeBloom,
  encodeBloom,
} from './bloom.ts';
export type { BloomOptions } from './bloom.ts';
export {
  bitmapBytes,
  bloomBytes,
  chooseSummaryKind,
  exactBytes,
  ribltBytes,
  riceBytes,
  runsBytes,
} from './cost.ts';
export type { SummaryCase } from './cost.ts';
export { decodeExact, encodeExact, EXACT_FORM, ExactSummary } from './exact.ts';
export {
  decodeIdRuns,
  encodeBitsetRuns,
  encodeIdRuns,
  forEachRun,
  IdRunsWriter,
  readIdRuns,
  RUN_BYTES_MAX,
} from './id-runs.ts';
export { Journal } from './journal.ts';
export type { JournalDelta } from './journal.ts';
export {
  STANDALONE_KINDS,
  SUMMARY_BODY_BYTES_MAX,
  SUMMARY_IDS_MAX,
  SUMMARY_KINDS,
  summaryKindCode,
  summaryKindOf,
  summaryRangeIds,
} from './kind.ts';
export type { StandaloneKind, Summary, SummaryKind } from './kind.ts';
export { decodeMinWise, encodeMinWise, MinWiseSummary } from './min-wise-bytes.ts';
export {
  estimateContainment,
  estimateResemblance,
  estimateShared,
  MinWiseSketch,
} from './min-wise.ts';
export type { Estimate, RemoteSketch } from './min-wise.ts';
export {
  RIBLT_BODY_CELLS_MAX,
  RIBLT_CELL_BYTES,
  RIBLT_CELLS_MAX,
  RIBLT_HEADER_BYTES,
  readRibltHeader,
  ribltCellsMax,
} from './riblt-body.ts';
export { RibltDecoder } from './riblt-decoder.ts';
export type { RibltDecoderOptions, RibltProgress } from './riblt-decoder.ts';
export { ribltCellsFor } from './riblt-estimate.ts';
export { RibltStream, RibltTable } from './riblt.ts';
export { decodeSummary, encodeSummary } from './summary.ts';
export type { AnySummary } from './summary.ts';
export { ArtTrie } from './art-trie.ts';
export {
  ART_BITS_PER_ID,
  ART_CORRECTION,
  artFault,
  ArtSummary,
  decodeArt,
  encodeArt,
} from './art.ts';
export type { ArtFinding, ArtOptions, ArtSearchOptions } from './art.ts';
