// Results as text.

import { layOut } from '../../dist/cli/table.js';
import { FIGURES } from './plan.mjs';
import { groupBy } from './statistics.mjs';

const fixed = (value, digits) => (value === undefined ? '' : value.toFixed(digits));

/** The tables of a figure: what of a cell, and how many digits. */
const TABLES = [
  { what: 'overhead', digits: 3, closed: true },
  { what: 'totalOverhead', title: 'total overhead, summaries and requests counted', digits: 4 },
  { what: 'speedup', title: 'speed-up, senders ÷ (1 + overhead)', digits: 3, only: '8' },
];

export function printReport(report) {
  const { machine, commit, date, symbols, seed, seconds, decoding } = report;
  const { soliton, designed, raptorq } = decoding;
  console.log(
    `ℓ = ${symbols}, T = 1400, seed ${seed}, ${seconds} s; ${machine}, ${commit}, ${date}`,
  );
  console.log(
    'Overhead is received ÷ needed − 1, any ℓ symbols taken as enough. Decoding a block of ℓ takes more, kept apart: ' +
      `LT with designed degrees ${designed.mean.toFixed(4)}, worst ${designed.worst.toFixed(4)}, ` +
      `with the robust soliton ${soliton.mean.toFixed(4)}, worst ${soliton.worst.toFixed(4)}; ` +
      `RaptorQ ${raptorq.mean.toFixed(6)}, worst ${raptorq.worst.toFixed(6)}.`,
  );
  for (const cells of groupBy(report.cells, ({ figure, slack }) => `${figure} ${slack}`)) {
    const [{ figure, slack }] = cells;
    console.log(`\n${FIGURES[figure].title}; slack ${slack}`);
    for (const table of TABLES) {
      if (table.only === undefined || table.only === figure) printTable(table, cells, decoding);
    }
  }
  printErrors(report.cells);
}

function printTable({ what, title = what, digits, closed = false }, cells, decoding) {
  const { x } = FIGURES[cells[0].figure];
  const places = [...new Set(cells.map((cell) => cell[x]))].sort((a, b) => a - b);
  const rows = groupBy(cells, (cell) => rowKey(cell, x)).flatMap((own) => {
    const row = (label, trials, pick) => [
      label,
      trials,
      ...places.map((place) => pick(own.find((cell) => cell[x] === place))),
    ];
    const value = (cell) => (cell?.error === undefined ? fixed(cell?.[what], digits) : 'failed');
    const main = row(rowLabel(own[0], x, cells), String(own[0].trials), value);
    if (!closed) return [main];
    main.push(...asides(own, decoding));
    const hasForm = own.some((cell) => cell.closed !== undefined);
    return hasForm
      ? [main, row('  closed form', '', (cell) => fixed(cell?.closed, digits))]
      : [main];
  });
  const axis = x === 'updates' ? 'f' : 'c';
  const head = [
    title,
    'trials',
    ...places.map((place, i) => `${i === 0 ? `${axis} = ` : ''}${place}`),
  ];
  if (closed) head.push('sd at most', '+ LT', '+ RaptorQ');
  console.log(
    layOut([head, ...rows], 1)
      .map((line) => `  ${line}`)
      .join('\n'),
  );
}

/** What stands beside the overheads: their spread, and what decoding takes besides. */
function asides(cells, { designed, raptorq }) {
  const spread = Math.max(...cells.map(({ sd = 0 }) => sd));
  return [fixed(spread, 4), fixed(designed.mean, 4), fixed(raptorq.mean, 6)];
}

/** A row is a method, and what is not on the x-axis. */
const other = (x) => (x === 'updates' ? 'containment' : 'updates');
const rowKey = (cell, x) => `${cell.method} ${cell[other(x)]}`;

/** Says what is not on the x-axis where a method has several of it. */
function rowLabel(cell, x, cells) {
  const own = cells.filter(({ method }) => method === cell.method);
  if (new Set(own.map((each) => each[other(x)])).size === 1) return cell.label;
  return `${cell.label}, ${x === 'updates' ? 'c' : 'f'} = ${cell[other(x)]}`;
}

function printErrors(cells) {
  const failed = cells.filter(({ error }) => error !== undefined);
  for (const own of groupBy(
    failed,
    ({ figure, label, error }) => `figure ${figure}, ${label}: ${error}`,
  )) {
    const [{ figure, label, error }] = own;
    console.error(`figure ${figure}, ${label}, ${own.length} cells: ${error}`);
  }
}

/** A point: one line for each of its figures. */
export function printPoint(point) {
  const rows = Object.entries(point).filter(([, value]) => value !== undefined);
  console.log(
    layOut(
      rows.map(([name, value]) => [name, String(value)]),
      2,
    ).join('\n'),
  );
}
