// What a download tells while it runs, and what it reports at the end. One JSON object each: the lines of
// `get --json`.

import type { SourceStatus, TransferStatus } from '../engine/index.ts';
import type { ShareEvent } from './share.ts';
import type { WarningEvent } from './warnings.ts';

/** The descriptor is known and the store is open. A warning comes right before it. */
export interface StartEvent {
  readonly event: 'start';
  readonly file: string;
  readonly name: string;
  readonly contentId: string;
  readonly bytes: number;
  readonly symbolBytes: number;
  /** Symbols that suffice for the content, and those that an earlier run left. */
  readonly total: number;
  readonly have: number;
}

/** Rates are bytes per second; symbols are counted unless the name says otherwise. */
export interface ProgressEvent {
  readonly event: 'progress';
  readonly percent: number;
  /** Bytes of the content that are here, about. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly rate: number;
  /** Undefined while the rate is unknown. */
  readonly secondsLeft: number | undefined;
  readonly have: number;
  readonly total: number;
  readonly needed: number;
  readonly received: number;
  readonly useful: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly summaryBytes: number;
  readonly sent: number;
  readonly sources: readonly SourceStatus[];
}

/** This end serves too. */
export interface ListeningEvent {
  readonly event: 'listening';
  readonly addresses: readonly string[];
}

export interface FailedEvent {
  readonly event: 'failed';
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface SourceResult {
  readonly kind: SourceStatus['kind'];
  readonly address: string;
  readonly received: number;
  readonly useful: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly bytes: number;
  /** By the prices that were told; 0 where there is none. */
  readonly cost: number;
}

/** The report of a finished download. */
export interface GetResult {
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  /** Hexadecimal; checked against the file on the disk. */
  readonly sha256: string;
  readonly seconds: number;
  /** Symbols that were still needed at the start. */
  readonly needed: number;
  readonly received: number;
  readonly useful: number;
  /** received ÷ needed − 1; 0 when nothing was needed. */
  readonly overhead: number;
  readonly summaryBytes: number;
  /** overhead plus summary and request bytes ÷ (T · needed). */
  readonly totalOverhead: number;
  /** Of all sources. */
  readonly cost: number;
  readonly sources: readonly SourceResult[];
}

export type GetEvent =
  | StartEvent
  | ProgressEvent
  | ListeningEvent
  | FailedEvent
  | WarningEvent
  | Exclude<ShareEvent, { event: 'done' } | { event: 'failed' }>
  | ({ readonly event: 'done' } & GetResult);

/** Where the rate is measured: two points in time. */
export interface RatePoint {
  readonly atMs: number;
  readonly bytes: number;
}

export function progressOf(
  status: TransferStatus,
  totalBytes: number,
  symbolBytes: number,
  from: RatePoint | undefined,
  nowMs: number,
): ProgressEvent {
  const bytes = Math.min(totalBytes, status.have * symbolBytes);
  const elapsed = from === undefined ? 0 : nowMs - from.atMs;
  const rate = from === undefined || elapsed <= 0 ? 0 : ((bytes - from.bytes) * 1000) / elapsed;
  return {
    event: 'progress',
    percent: status.total === 0 ? 100 : (100 * status.have) / status.total,
    bytes,
    totalBytes,
    rate: Math.max(0, rate),
    secondsLeft: rate > 0 ? (totalBytes - bytes) / rate : undefined,
    have: status.have,
    total: status.total,
    needed: status.needed,
    received: status.received,
    useful: status.useful,
    duplicate: status.duplicate,
    rejected: status.rejected,
    summaryBytes: status.summaryBytes,
    sent: status.sent,
    sources: status.sources,
  };
}

export function resultOf(
  status: TransferStatus,
  about: { file: string; bytes: number; sha256: string; seconds: number; symbolBytes: number },
): GetResult {
  const { file, bytes, sha256, seconds, symbolBytes } = about;
  const { needed, received, useful, summaryBytes } = status;
  const overhead = needed === 0 ? 0 : received / needed - 1;
  return {
    file,
    bytes,
    sha256,
    seconds,
    needed,
    received,
    useful,
    overhead,
    summaryBytes,
    totalOverhead: needed === 0 ? 0 : overhead + summaryBytes / (symbolBytes * needed),
    cost: status.sources.reduce((sum, { cost }) => sum + cost, 0),
    sources: status.sources.map((source) => ({
      kind: source.kind,
      address: source.address,
      received: source.received,
      useful: source.useful,
      duplicate: source.duplicate,
      rejected: source.rejected,
      bytes: source.bytes,
      cost: source.cost,
    })),
  };
}
