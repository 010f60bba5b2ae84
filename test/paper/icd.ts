// What the tests of "Informed Content Delivery Across Adaptive Overlay Networks" (Byers, Considine, Mitzenmacher, Rost;
// SIGCOMM 2002) share: the paper's scenarios at a size that is quick. Its own size is that of `npm run figures`.

import type { ScenarioOptions, ScenarioResult } from '../../src/sim/index.ts';
import { runScenario } from '../../src/sim/index.ts';

/** ℓ. */
export const ELL = 2_500;

export type Cell = Omit<ScenarioOptions, 'seed' | 'symbols'> & { readonly symbols?: number };

export function run(cell: Cell, seed = 1): ScenarioResult {
  return runScenario({ symbols: ELL, ...cell, seed });
}

/** Means over the seeds 1 … `seeds`. */
export function mean(
  cell: Cell,
  seeds: number,
): { readonly overhead: number; readonly totalOverhead: number } {
  const results = Array.from({ length: seeds }, (_, i) => run(cell, i + 1));
  const meanOf = (value: (result: ScenarioResult) => number): number =>
    results.reduce((sum, result) => sum + value(result), 0) / seeds;
  return {
    overhead: meanOf(({ overhead }) => overhead),
    totalOverhead: meanOf(({ totalOverhead }) => totalOverhead),
  };
}

/** The overhead at each containment. */
export function overheads(
  cell: Omit<Cell, 'containment'>,
  containments: readonly number[],
  seeds: number,
): number[] {
  return containments.map((containment) => mean({ ...cell, containment }, seeds).overhead);
}
