// What a Transfer is told at birth.

import type { Sha256 } from '../base/index.ts';
import type { ScheduleOptions } from './scheduler/index.ts';

/** Default of `schedule`. */
export const SCHEDULE: ScheduleOptions = { name: 'headwater', objective: 'time' };

/** How senders choose what they send (protocol/session.md, "Asking"). */
export type Strategy =
  | 'uninformed'
  | 'uninformed-wor'
  | 'speculative'
  | 'reconciled'
  | 'coordinated'
  | 'recode-bf'
  | 'partition';

/** How this end describes what it holds to senders that pick what it lacks. */
export type SummaryChoice = 'auto' | 'exact' | 'bloom' | 'riblt' | 'art';

export interface TransferOptions {
  /** SHA-256 that names the content, 32 bytes. */
  readonly contentId: Uint8Array;
  readonly sha256: Sha256;
  /** Entropy from the driver: a whole number. Equal seeds and inputs give equal outputs. */
  readonly seed: number;
  /** Wants the content. A transfer that does not only serves. */
  readonly fetch: boolean;
  /** Sends what it holds to those that ask. */
  readonly serve: boolean;
  readonly strategy: Strategy;
  /**
   * `auto` takes the fewest bytes for reconciled and partition; it is a min-wise sketch for speculative, a Bloom filter
   * for recode-bf.
   */
  readonly summary: SummaryChoice;
  /**
   * How recoded symbols are decoded: those that stay undecided become equations of the code's decoder (`full-rank`, the
   * default), or wait until all but one of their constituents are known (`substitution`, the paper's way).
   */
  readonly finish?: 'full-rank' | 'substitution' | undefined;
  /** f: a summary update after every ℓ/f symbols received. */
  readonly updateFrequency: number;
  /** Limits in payload bytes per second over all links; undefined: none. */
  readonly sendBytesPerSecond?: number | undefined;
  readonly receiveBytesPerSecond?: number | undefined;
  /** A full source counts fresh symbols from this ESI on: the ones before are known to be out already. */
  readonly freshFrom?: number | undefined;
  /** Mirrors in use at once, 8 by default; the others wait until one of these is lost. */
  readonly mirrorsAtOnce?: number | undefined;
  /** Which mirror brings what; default: our own, for time. */
  readonly schedule?: ScheduleOptions | undefined;
  /** How long to go on without any progress before the transfer fails, ms. */
  readonly patienceMs?: number | undefined;
  /** Stay and serve when the content is complete, instead of closing all links. */
  readonly linger?: boolean | undefined;
}
