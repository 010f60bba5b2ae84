// The same scenario in the simulator: the same layout, allocation, strategy and limits, several times, because what
// senders draw at random is another every time.

import { runScenario } from '../../dist/sim/index.js';

/** Symbols over all runs of a cell, about: small contents vary more, and get more runs. */
const SYMBOLS = 120_000;
const RUNS_MIN = 5;
const RUNS_MAX = 40;

/** Means over runs with seeds from `seed` on, and the spread (standard deviation) of the overheads. */
export function runSimulated({ scenario, layout, slack, containment, asked, updates, rate, seed }) {
  const { symbols, blockCount, symbolBytes } = layout;
  const wanted = Math.ceil(SYMBOLS / symbols);
  const count = Math.min(RUNS_MAX, Math.max(RUNS_MIN, wanted));
  const runs = Array.from({ length: count }, (_, i) =>
    runScenario({
      scenario,
      symbols,
      blockCount,
      symbolBytes,
      slack,
      containment,
      ...asked,
      updates,
      sendBytesPerSecond: rate,
      seed: seed + i,
    }),
  );
  const mean = (key) => runs.reduce((sum, run) => sum + run[key], 0) / count;
  const overhead = mean('overhead');
  const squares = runs.reduce((sum, run) => sum + (run.overhead - overhead) ** 2, 0);
  return {
    runs: count,
    needed: mean('needed'),
    received: mean('received'),
    overhead,
    spread: Math.sqrt(squares / (count - 1)),
    summaryBytes: mean('summaryBytes'),
    totalOverhead: mean('totalOverhead'),
    seconds: mean('durationMs') / 1000,
  };
}
