// `npm run bench:overhead [-- --json] [--symbols N] [--seed N]`: the paper's scenarios in the simulator, with
// the machines that ship: what is received beyond what is needed, and what describing and asking costs.

import { parseArgs } from 'node:util';
import { runScenario } from '../dist/sim/index.js';
import { commitOf, machineOf } from './machine.mjs';

/** Scenario, strategy, summary, f, slacks and containments; all with 1400-byte symbols. */
const CELLS = [
  ['pair', 'reconciled', 'auto', 10, [1.1], [0, 0.2, 0.4]],
  ['pair', 'reconciled', 'bloom', 1, [1.1], [0, 0.2, 0.4]],
  ['pair', 'coordinated', 'auto', 10, [1.1], [0, 0.2, 0.4]],
  ['augmented', 'reconciled', 'auto', 10, [1.1], [0, 0.2, 0.4]],
  ['augmented', 'coordinated', 'auto', 10, [1.1], [0, 0.2, 0.4]],
  ['four', 'coordinated', 'auto', 10, [1.1, 1.3], [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
  ['four', 'uninformed-wor', 'auto', 10, [1.1], [0, 0.3]],
  ['four', 'uninformed', 'auto', 10, [1.1], [0, 0.3]],
];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    symbols: { type: 'string', default: '6000' },
    seed: { type: 'string', default: '1' },
  },
});
const symbols = Number(values.symbols);
const seed = Number(values.seed);
if (!(Number.isInteger(symbols) && symbols >= 100 && symbols <= 56_403 && Number.isInteger(seed))) {
  console.error('--symbols is a whole number in 100..56403, --seed a whole number');
  process.exit(28);
}

const commit = commitOf();
const machine = machineOf();
const cells = [];
for (const [scenario, strategy, summary, updates, slacks, containments] of CELLS) {
  for (const slack of slacks) {
    for (const containment of containments) {
      const options = { scenario, strategy, summary, updates, slack, containment, symbols, seed };
      cells.push({ ...options, ...runScenario(options) });
    }
  }
}

if (values.json) {
  console.log(JSON.stringify({ machine, commit, symbols, seed, cells }));
} else {
  console.log(`ℓ = ${symbols}, T = 1400, seed ${seed}; ${machine}, ${commit}\n`);
  console.log('scenario   strategy        summary  f   slack  c    overhead  in all   speed-up');
  for (const c of cells) {
    const asks = c.strategy === 'reconciled';
    console.log(
      c.scenario.padEnd(11) +
        c.strategy.padEnd(16) +
        (asks ? c.summary : '').padEnd(9) +
        (asks ? String(c.updates) : '').padEnd(4) +
        String(c.slack).padEnd(7) +
        String(c.containment).padEnd(5) +
        c.overhead.toFixed(4).padStart(8) +
        c.totalOverhead.toFixed(4).padStart(9) +
        c.speedup.toFixed(3).padStart(10),
    );
  }
}
