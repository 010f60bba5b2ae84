// The paper's figures 7, 8, 9, 10(a) and 10(b) from the machines that ship, in virtual time, and what must hold of them.
//
//   npm run figures -- [--figure 7|8|9|10a|10b,…] [--slack S,…] [--containment C,…] [--updates F,…]
//                      [--strategy NAME,…] [--summary KIND] [--finish full-rank|substitution]
//                      [--symbols N] [--trials N] [--seed N] [--quick] [--out DIR] [--json]
//
// Without options: all figures at ℓ = 23,968 symbols of 1400 bytes, slack 1.1 and 1.3, on two threads. Tables go to the
// terminal, results and drawings of each figure to bench/results/figures. A run with other numbers writes nothing
// unless --out names a folder. --quick is ℓ = 2000 and two trials,
// of uninformed 20. Trial i has the seed `--seed` + i.
//
// One figure, strategy and containment (in 10a: --updates) are one point: the answer is one row, with --json one object.
//
// What must hold is in bench/figures/tolerances.mjs. Exit 1 when something does not, 28 when the options make no sense.

import { mkdirSync } from 'node:fs';
import { runScenario } from '../dist/sim/index.js';
import { writeFigure } from './figures/files.mjs';
import { readOptions } from './figures/options.mjs';
import { cellsOf, chosenMethods } from './figures/plan.mjs';
import { pointOf, runFigures } from './figures/run.mjs';
import { printPoint, printReport } from './figures/tables.mjs';
import { checkTolerances, toleranceLines } from './figures/tolerances.mjs';
import { commitOf, machineOf } from './machine.mjs';

const USAGE = 28;
const RESULTS = `${import.meta.dirname}/results/figures`;

function cellsFor(options) {
  const { figures, choice } = options;
  return figures.flatMap((figure) =>
    cellsOf(figure, { ...choice, methods: chosenMethods(figure, options) }),
  );
}

function runPoint(options) {
  const point = pointOf(cellsFor(options)[0], runScenario);
  if (options.json) console.log(JSON.stringify(point));
  else printPoint(point);
}

async function runAll(options) {
  const { symbols, seed } = options.choice;
  const machine = machineOf();
  const commit = commitOf();
  const date = new Date().toISOString().slice(0, 10);
  const head = { bench: 'figures', machine, commit, date, symbols, seed };
  const report = { ...head, ...(await runFigures(cellsFor(options), options.choice)) };
  report.tolerances = checkTolerances(report);
  printReport(report);
  console.log(toleranceLines(report.tolerances).join('\n'));
  const failed = report.cells.some(({ error }) => error !== undefined);
  const folder = options.out ?? (options.isPublished && !failed ? RESULTS : undefined);
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    for (const figure of options.figures) await writeFigure(folder, figure, report);
  }
  if (options.json) console.log(JSON.stringify(report));
  if (failed || report.tolerances.some(({ holds }) => !holds)) process.exitCode = 1;
}

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(USAGE);
}
if (options.point) runPoint(options);
else await runAll(options);
