export type {
  BlockOutcome,
  FailureCode,
  SourceStatus,
  TransferEvent,
  TransferInput,
  TransferOutput,
  TransferStatus,
  Verdict,
} from './io.ts';
export type { Strategy, TransferOptions } from './options.ts';
export { Transfer } from './transfer.ts';
