// The pure engine: machines, content and store, without any I/O. Drivers are `headwater/node` and
// `headwater/sim`; the codes and summaries have entries of their own.

export { Bitset, CorruptError, ProtocolError, Rng, sha256, UsageError } from './base/index.ts';
export type { LinkId, Sha256, SymbolId } from './base/index.ts';
export {
  checkLeaves,
  chooseParameters,
  contentId,
  decodeDescriptor,
  describeBlock,
  describeJson,
  encodeDescriptor,
  formatLink,
  Layout,
  layoutOf,
  openDescriptor,
  parseLink,
  verifySymbol,
} from './content/index.ts';
export type { Descriptor, LayoutParameters, Link, Mirror, Signature } from './content/index.ts';
export { Transfer } from './engine/index.ts';
export type {
  BlockOutcome,
  FailureCode,
  SourceStatus,
  Strategy,
  TransferEvent,
  TransferInput,
  TransferOptions,
  TransferOutput,
  TransferStatus,
  Verdict,
} from './engine/index.ts';
export { MemoryStore, WorkingSet } from './store/index.ts';
export type { SymbolEntry, SymbolStore } from './store/index.ts';
export { CLOSE, closeName, FLAG, LIMITS, PROTOCOL_VERSIONS, STRATEGY } from './wire/index.ts';
