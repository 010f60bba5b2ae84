// The schedulers by name, and what they can be told to save.

/** single … eept are those of the literature (Rodriguez, Yang, EEPT); headwater is ours. */
export const SCHEDULER_NAMES = [
  'single',
  'brute-force',
  'history',
  'recursive',
  'dcda',
  'eept',
  'headwater',
] as const;

export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/** time: as soon as can be. cost: as cheap as can be. balanced: the least time × cost. */
export const OBJECTIVES = ['time', 'cost', 'balanced'] as const;

export type Objective = (typeof OBJECTIVES)[number];
