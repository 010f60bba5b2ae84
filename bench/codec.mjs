// Speed of the RaptorQ codec, one thread, beside other codecs in the same run.
//
//   npm run bench:codec -- [--json] [--seconds N] [--k K,…] [--t T,…]
//                          [--kernel js] [--native PROGRAM] [--against DIST] [--no-peers]
//
// encode is a block to its first repair symbol with its plan cached, encodeUncached without; repair is K repair
// symbols, per byte produced; decodes get K + 2 repair symbols, or the source without 10 % or one symbol and as many
// repair symbols and two more; structure is the decode of repair symbols at T = 8. All programs run in turn, one sample
// after the other (codec/cell.mjs); every decoded block is compared with its source. CPU time counts, so the run
// may be pinned to one core, and a garbage collector is not free.
//
// --kernel js measures the plain JavaScript that serves where WebAssembly SIMD is missing.
//
// Peers: the package of bench/compare when it is installed; --native names a program that answers the requests of
// codec/program.mjs; --against the dist folder of another build of this repository. --seconds is the length of the
// whole run, about. What is committed as bench/results/codec.json is the last line of --json; `npm run chart:codec`
// draws it.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureCell } from './codec/cell.mjs';
import { UNITS } from './codec/measures.mjs';
import { countCell } from './codec/operations.mjs';
import { peerReport, print } from './codec/report.mjs';
import { commitOf, machineOf } from './machine.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '160' },
    k: { type: 'string', default: '100,1000,4096,10000,24000' },
    t: { type: 'string', default: '1400,16384' },
    kernel: { type: 'string' },
    native: { type: 'string' },
    against: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
  },
});

const path = (name) => `${import.meta.dirname}/${name}`;

function numbers(text, max) {
  const list = text.split(',').map(Number);
  if (list.every((value) => Number.isInteger(value) && value >= 1 && value <= max)) return list;
  console.error(`${text}: whole numbers in 1..${max}, with commas between`);
  process.exit(28);
}

function entrantsOf() {
  const ours = [process.execPath, path('codec/ours.mjs')];
  const kernel = options.kernel === undefined ? [] : ['--kernel', options.kernel];
  const entrants = [{ command: [...ours, ...kernel], peer: false }];
  if (options.against !== undefined) {
    entrants.push({ command: [...ours, '--dist', options.against], peer: true });
  }
  if (options['no-peers']) return entrants;
  if (options.native !== undefined) entrants.push({ command: [options.native], peer: true });
  if (existsSync(path('compare/node_modules/raptorq'))) {
    entrants.push({ command: [process.execPath, path('compare/raptorq.mjs')], peer: true });
  } else {
    console.error('without the npm package raptorq: npm ci --prefix bench/compare installs it');
  }
  return entrants;
}

/** A run that takes longer than it should by this factor ends as quickly as it can. */
const LATE = 1.2;

/** The part of the time that a cell gets. A large block is slow, but not as many rounds of it are needed. */
const weight = ({ K, T }) => Math.sqrt(Math.max(K * T, 16e6));

const seconds = Number(options.seconds);
if (!(seconds > 0)) {
  console.error(`--seconds ${options.seconds}: a number above 0`);
  process.exit(28);
}
if (options.kernel !== undefined && options.kernel !== 'js') {
  console.error(`--kernel ${options.kernel}: js, or nothing`);
  process.exit(28);
}
const entrants = entrantsOf();
const start = performance.now() / 1000;
const end = start + seconds;
const late = start + LATE * seconds;
const machine = machineOf();
// Small ones first: they tell which peers are too slow for large ones.
const wanted = numbers(options.k, 56403).flatMap((K) =>
  numbers(options.t, 65536).map((T) => ({ K, T })),
);
wanted.sort((a, b) => a.K * a.T - b.K * b.T);

const runs = [];
for (const [i, cell] of wanted.entries()) {
  const { K, T } = cell;
  const now = performance.now() / 1000;
  const left = wanted.slice(i).reduce((sum, each) => sum + weight(each), 0);
  console.error(`K = ${K}, T = ${T}`);
  runs.push({
    K,
    T,
    results: await measureCell(entrants, K, T, now + ((end - now) * weight(cell)) / left, late),
  });
}
runs.sort((a, b) => a.K - b.K || a.T - b.T);

const counts = new Map(runs.map(({ K }) => [K, countCell(K)]));
const cells = runs.map(({ K, T, results: [{ figures, rounds }] }) => ({
  K,
  T,
  ...figures,
  rounds,
  operations: counts.get(K),
}));
const report = {
  bench: 'codec',
  machine,
  commit: commitOf(),
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  kernel: runs[0].results[0].hello.kernel,
  units: UNITS,
  cells,
  peers: entrants.slice(1).map((_, i) => peerReport(cells, runs, i + 1)),
};
if (options.json) console.log(JSON.stringify(report));
else print(report);
