// A figure's results as a Vega-Lite description: a column for each slack. The first row has the overhead on the scale of
// the paper, with closed forms as thin lines; the second the total overhead on a logarithmic scale, where the methods
// that the first shows as one line at nought come apart.

import { COLOURS } from '../chart.mjs';
import { closedForm } from './closed.mjs';
import { DASHED, METHODS, SOLID } from './methods.mjs';
import { feasible, FIGURES } from './plan.mjs';

const WIDTH = 330;
const HEIGHT = 230;
const CLOSED_STEPS = 50;

/** By figure, what its rows show. */
const ROWS = {
  8: ['overhead', 'totalOverhead', 'speedup'],
  '10a': ['frequency', 'totalOverhead'],
};
const ROWS_ELSEWHERE = ['overhead', 'totalOverhead'];

const DECADES = [0.0001, 0.001, 0.01, 0.1, 1, 10];

/** Both directions: by what a cell says at its place, and by what it costs. */
const AXES = {
  containment: {
    field: 'x',
    type: 'quantitative',
    title: 'initial containment c',
    scale: { domain: [0, 0.5] },
    axis: { values: [0, 0.1, 0.2, 0.3, 0.4, 0.5], format: '.1f', labelFlush: false },
  },
  updates: {
    field: 'x',
    type: 'quantitative',
    title: 'frequency of updates f',
    scale: { domain: [0, 100] },
    axis: { values: [0, 20, 40, 60, 80, 100], labelFlush: false },
  },
  overhead: { title: 'overhead', scale: {}, axis: {} },
  totalOverhead: {
    title: 'total overhead',
    scale: { type: 'log', nice: false },
    axis: { values: DECADES, format: '~g' },
  },
  speedup: { title: 'speed-up', scale: { zero: false }, axis: {} },
};

export function drawingOf(result) {
  const { figure } = result;
  const drawn = FIGURES[figure].methods.filter((id) => METHODS[id].colour !== undefined);
  const cells = result.cells.filter(
    ({ method, error }) => drawn.includes(method) && error === undefined,
  );
  const slacks = [...new Set(cells.map(({ slack }) => slack))];
  const methods = drawn
    .filter((id) => cells.some(({ method }) => method === id))
    .map((id) => METHODS[id]);
  const panels = (ROWS[figure] ?? ROWS_ELSEWHERE).flatMap((row, i) =>
    slacks.map((slack) => ({
      ...(i === 0 ? { title: `slack ${slack}` } : {}),
      width: WIDTH,
      height: HEIGHT,
      ...panel(row, figure, cells, slack, methods),
    })),
  );
  return {
    title: { text: FIGURES[figure].title, subtitle: subtitleOf(result), offset: 16 },
    concat: panels,
    columns: slacks.length,
    resolve: { scale: { color: 'shared', shape: 'shared', strokeDash: 'independent' } },
  };
}

function subtitleOf({ symbols, seed, machine, commit, date, figure }) {
  const lines = [
    `ℓ = ${symbols}, 1400-byte symbols, trials from seed ${seed}; commit ${commit}, ${date}, ${machine}`,
  ];
  if (FIGURES[figure].x === 'containment') {
    lines.push('thin lines: closed forms; total overhead counts summaries and requests');
  } else {
    lines.push('solid: received beyond needed; dashed: with summaries and requests');
  }
  return lines;
}

/** What a row of the figure shows of one slack; `all` are the cells of both, which share a scale. */
function panel(row, figure, all, slack, methods) {
  const cells = all.filter((cell) => cell.slack === slack);
  if (row === 'frequency') return frequencyPanel(cells, all, methods);
  const { x } = FIGURES[figure];
  const { title, scale, axis } = AXES[row];
  const domain = domainOf(
    all.map((cell) => cell[row]),
    scale.type,
  );
  const y = { field: 'y', type: 'quantitative', title, scale: { ...scale, domain }, axis };
  const { color, shape, strokeDash } = looks(methods);
  return {
    layer: [
      ...(row === 'overhead' ? closedLayers(cells, domain[1], y) : []),
      {
        data: { values: cells.map((cell) => pointOf(cell, x, cell[row])) },
        mark: LINE,
        encoding: { x: AXES[x], y, color, shape, ...(x === 'updates' ? {} : { strokeDash }) },
      },
    ],
  };
}

const LINE = { type: 'line', strokeWidth: 1.5, point: { size: 38, filled: true } };

const pointOf = (cell, x, y) => ({ method: METHODS[cell.method].label, x: cell[x], y });

/** Both slacks on one scale. Logarithmic: from the decade below the least to a little above the largest. */
function domainOf(values, type) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (type === 'log') return [10 ** Math.floor(Math.log10(least)), most * 1.3];
  return least > 0 && most / least < 10
    ? [Math.floor(least * 5) / 5, Math.ceil(most * 10) / 10]
    : [0, Math.ceil(most * 10) / 10];
}

/** Colour, shape and dash by method. Colour and shape have equal domains, so one legend shows both. */
function looks(methods) {
  const domain = methods.map(({ label }) => label);
  const legend = { orient: 'right', symbolSize: 90, labelLimit: 400, rowPadding: 5 };
  const encode = (range) => ({
    field: 'method',
    type: 'nominal',
    title: null,
    scale: { domain, range },
  });
  return {
    color: { ...encode(methods.map(({ colour }) => COLOURS[colour])), legend },
    shape: { ...encode(methods.map(({ shape }) => shape)), legend },
    strokeDash: { ...encode(methods.map(({ dash }) => dash)), legend: null },
  };
}

/** Closed forms of the methods of a panel, drawn as thin lines over what is feasible. */
function closedLayers(cells, top, y) {
  const forms = cells.filter(({ closed }, i) => {
    const isFirst = cells.findIndex(({ method }) => method === cells[i].method) === i;
    return closed !== undefined && isFirst;
  });
  return forms.map((cell) => {
    const most = Math.min(0.5, feasible(cell.scenario, cell.slack)[1]);
    const values = Array.from({ length: CLOSED_STEPS + 1 }, (_, i) => {
      const containment = (most * i) / CLOSED_STEPS;
      return { x: containment, y: Number(closedForm({ ...cell, containment }).toFixed(4)) };
    }).filter((point) => point.y <= top);
    return {
      data: { values },
      mark: { type: 'line', strokeWidth: 0.7, color: COLOURS[METHODS[cell.method].colour] },
      encoding: { x: AXES.containment, y },
    };
  });
}

/** Figure 10(a): what is received beyond what is needed, and the same with summaries and requests. */
function frequencyPanel(cells, all, methods) {
  const values = cells.flatMap((cell) => [
    { ...pointOf(cell, 'updates', cell.overhead), cost: 'downstream' },
    { ...pointOf(cell, 'updates', cell.totalOverhead), cost: 'total' },
  ]);
  const { color, shape } = looks(methods);
  const domain = domainOf(all.map(({ totalOverhead }) => totalOverhead));
  const dashes = { domain: ['downstream', 'total'], range: [SOLID, DASHED] };
  return {
    data: { values },
    mark: LINE,
    encoding: {
      x: AXES.updates,
      y: { field: 'y', type: 'quantitative', title: 'bandwidth overhead', scale: { domain } },
      color,
      shape,
      strokeDash: { field: 'cost', type: 'nominal', scale: dashes, legend: null },
    },
  };
}
