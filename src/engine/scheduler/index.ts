export type { Board, ScheduledSource, Scheduler, SourceState } from './board.ts';
export { makeScheduler, type ScheduleOptions } from './make-scheduler.ts';
export { OBJECTIVES, SCHEDULER_NAMES, type Objective, type SchedulerName } from './names.ts';
export { select, type Candidate, type SelectionOptions } from './selection.ts';
