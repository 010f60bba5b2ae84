export type {
  BlockOutcome,
  FailureCode,
  RecodedRow,
  SourceStatus,
  TransferEvent,
  TransferInput,
  TransferOutput,
  TransferStatus,
  Verdict,
} from './io.ts';
export type { Strategy, SummaryChoice, TransferOptions } from './options.ts';
export { Transfer } from './transfer.ts';
