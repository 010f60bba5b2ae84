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
export type { MirrorFailure, MirrorTerms } from './mirrors/terms.ts';
export type { Strategy, SummaryChoice, TransferOptions } from './options.ts';
export {
  makeScheduler,
  OBJECTIVES,
  SCHEDULER_NAMES,
  select,
  type Board,
  type Candidate,
  type Objective,
  type ScheduledSource,
  type ScheduleOptions,
  type Scheduler,
  type SchedulerName,
  type SelectionOptions,
  type SourceState,
} from './scheduler/index.ts';
export { Transfer } from './transfer.ts';
