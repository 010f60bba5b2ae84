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
export type { Mirror, MirrorTerms } from './mirrors/mirror.ts';
export type { MirrorFailure } from './mirrors/mirrors.ts';
export type { ScheduleOptions, Strategy, SummaryChoice, TransferOptions } from './options.ts';
export { Transfer } from './transfer.ts';
