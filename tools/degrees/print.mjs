// `npm run build && node tools/degrees/print.mjs [--symbols N]`: the degrees of recoded symbols in the scenarios of
// "Informed Content Delivery Across Adaptive Overlay Networks", where a receiver holds half of what it needs. The overhead
// is the one that a design expects of itself: recoded symbols received ÷ needed − 1.

import { parseArgs } from 'node:util';
import {
  designedDegrees,
  fullRankDegree,
  nearestDegree,
  substitutionDesign,
} from '../../dist/fountain/index.js';

const { values } = parseArgs({ options: { symbols: { type: 'string', default: '23968' } } });
const symbols = Number(values.symbols);
if (!(Number.isInteger(symbols) && symbols >= 10 && symbols <= 65_536)) {
  console.error('--symbols is a whole number in 10..65536');
  process.exit(28);
}
const need = symbols / 2;

/** One sender with all symbols that the receiver lacks. */
function twoPeers(slack, containment) {
  const own = ((slack - 0.5) / (1 - containment)) * symbols;
  return { senders: 1, options: { containment, own, need } };
}

/** Four senders with half of the symbols each. */
function fourPeers(slack, containment) {
  const wanted = (0.5 * (1 - containment)) / (slack - 0.5);
  let p = 0;
  for (let step = 0.5; step > 1e-12; step /= 2) {
    if ((p + step) / (1 - (1 - p - step) ** 4) < wanted) p += step;
  }
  const holders = [4, 6, 4, 1].map((ways, i) => ways * p ** (i + 1) * (1 - p) ** (3 - i));
  return { senders: 4, options: { containment, own: need, need, holders } };
}

function row(scenario, containment) {
  const { senders, options } = scenario;
  const { degrees, symbols: sent } = substitutionDesign(options);
  const list = degrees.degrees
    .map((degree, i) => `${degree}:${degrees.probabilities[i].toFixed(3).replace(/^0/, '')}`)
    .join(' ');
  const overhead = (senders * sent) / need - 1;
  const others = `${nearestDegree(containment)} | ${fullRankDegree(containment)}`;
  return `| ${containment} | ${list} | ${degrees.mean.toFixed(2)} | ${overhead.toFixed(3)} | ${others} |`;
}

const TABLES = [
  ['two peers, slack 1.1', twoPeers, 1.1, [0, 0.04, 0.1, 0.14, 0.2, 0.24, 0.3, 0.34, 0.4, 0.44]],
  ['two peers, slack 1.3', twoPeers, 1.3, [0, 0.1, 0.2, 0.25, 0.3]],
  ['four peers, slack 1.1', fourPeers, 1.1, [0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5]],
  ['four peers, slack 1.3', fourPeers, 1.3, [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
];
for (const [title, scenario, slack, containments] of TABLES) {
  console.log(`## ${title}\n`);
  console.log('| c | designed for substitution | mean | overhead | 1/(1 − c) | full rank |');
  console.log('|---|---|---|---|---|---|');
  for (const containment of containments)
    console.log(row(scenario(slack, containment), containment));
  console.log('');
}
const lt = designedDegrees(symbols);
console.log(
  `LT code of ${symbols} symbols: mean degree ${lt.mean.toFixed(2)}, ${lt.degrees.length} degrees`,
);
