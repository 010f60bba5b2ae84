// A scheduler by its name.

import type { Scheduler } from './board.ts';
import { DcdaScheduler } from './dcda.ts';
import { EeptScheduler } from './eept.ts';
import { HeadwaterScheduler } from './headwater.ts';
import type { Objective, SchedulerName } from './names.ts';
import { RecursiveScheduler } from './recursive.ts';
import { BruteForceScheduler, HistoryScheduler, SingleScheduler } from './static.ts';

/** Which scheduler directs the mirrors, and what it is to save. */
export interface ScheduleOptions {
  readonly name: SchedulerName;
  /** Of headwater; the others have their own idea. */
  readonly objective: Objective;
  /** Money that may be spent, of headwater. */
  readonly budget?: number | undefined;
  /** Of eept and recursive: work, in units, that is too little to be shared. */
  readonly threshold?: number | undefined;
  /** Of eept: one source more where its choice leaves the client's link unfilled. */
  readonly fill?: boolean | undefined;
  /** Of eept: what its choice may bring together, units per second; default: the limit of the client's link. */
  readonly cap?: number | undefined;
}

/** Makes a scheduler for one download. */
export function makeScheduler(options: ScheduleOptions): Scheduler {
  const { name, objective, budget, threshold, fill, cap } = options;
  switch (name) {
    case 'single':
      return new SingleScheduler();
    case 'brute-force':
      return new BruteForceScheduler();
    case 'history':
      return new HistoryScheduler();
    case 'recursive':
      return new RecursiveScheduler(threshold);
    case 'dcda':
      return new DcdaScheduler();
    case 'eept':
      return new EeptScheduler({ threshold, fill, cap });
    case 'headwater':
      return new HeadwaterScheduler({ objective, budget });
  }
}
