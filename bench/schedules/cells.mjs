// One cell of the experiment: a scheduler, many runs, the means.

import { SCHEDULER_NAMES } from '../../dist/engine/index.js';
import { fluidBound, runFluid } from '../../dist/sim/index.js';

/** Work too little to be shared, MB: what EEPT and the recursive scheme had. */
const THRESHOLD = 10;

/** What each row of the tables runs: the seven policies, and ours with its other objective. */
export const ROWS = [
  ...SCHEDULER_NAMES.map((name) => ({ label: name, name, objective: 'balanced' })),
  { label: 'headwater, time', name: 'headwater', objective: 'time' },
];

/** Without a limit EEPT takes all servers; the last row keeps to the three that it takes for 100 MB/s. */
export const UNLIMITED_ROWS = [
  ...ROWS,
  { label: 'eept, choice for 100 MB/s', name: 'eept', objective: 'balanced', cap: 100 },
];

export const THRESHOLD_ROWS = [0.1, 1, 10, 40].map((threshold) => ({
  label: `eept, ${threshold}`,
  name: 'eept',
  objective: 'balanced',
  threshold,
}));

export function scheduleOf(name, objective) {
  const hasThreshold = name === 'eept' || name === 'recursive';
  return { name, objective, ...(hasThreshold ? { threshold: THRESHOLD } : {}) };
}

const FIELDS = [
  'time',
  'idle',
  'costBusy',
  'costReserved',
  'overheadBusy',
  'overheadReserved',
  'moved',
];

/** Means over `runs` runs from `seed` on. */
export function runCell({ schedule, runs, seed, ...fluid }) {
  const sums = Object.fromEntries(FIELDS.map((field) => [field, 0]));
  for (let i = 0; i < runs; i++) {
    const result = runFluid({ ...fluid, schedule, seed: seed + i });
    for (const field of FIELDS) sums[field] += result[field];
  }
  return Object.fromEntries(FIELDS.map((field) => [field, rounded(sums[field] / runs)]));
}

/** The mean of the fluid bound over the same weather. */
export function boundOf({ runs, seed, ...fluid }) {
  let sum = 0;
  for (let i = 0; i < runs; i++) sum += fluidBound({ ...fluid, seed: seed + i });
  return rounded(sum / runs);
}

const rounded = (value) => Number(value.toPrecision(7));
