// The schedules' results as a chart: completion time against time × cost, a panel for each size.

import { COLOURS } from '../chart.mjs';

// All of them are areas: a shape of strokes alone is not drawn when points are filled.
const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
];

export function drawingOf({ cells, bounds, machine, commit, date, runs, seed }) {
  const labels = [...new Set(cells.map(({ label }) => label))];
  const range = (values) => labels.map((_, i) => values[i % values.length]);
  const legend = { orient: 'right', symbolSize: 90, labelLimit: 300, rowPadding: 5 };
  const byPolicy = (values, more) => ({
    field: 'label',
    type: 'nominal',
    title: null,
    scale: { domain: labels, range: range(values) },
    ...more,
  });
  const panels = bounds.map(({ size, bound }) => ({
    title: `${size} MB; bound ${bound.toFixed(2)} s`,
    width: 300,
    height: 220,
    layer: [
      {
        data: { values: [{ bound }] },
        mark: { type: 'rule', strokeDash: [3, 3], color: COLOURS[2] },
        encoding: { x: { field: 'bound', type: 'quantitative' } },
      },
      {
        data: { values: cells.filter((cell) => cell.size === size) },
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: {
          x: {
            field: 'time',
            type: 'quantitative',
            title: 'completion, s',
            scale: { zero: false },
          },
          y: {
            field: 'overheadReserved',
            type: 'quantitative',
            title: 'time × cost (reserved)',
            scale: { zero: false },
          },
          color: byPolicy(COLOURS, { legend }),
          shape: byPolicy(SHAPES, { legend }),
        },
      },
    ],
  }));
  return {
    title: {
      text: 'Schedulers on EEPT’s five servers',
      subtitle: [
        `rates drawn anew every second, client 100 MB/s; means of ${runs} runs from seed ${seed}; further left and down is better`,
        `commit ${commit}, ${date}, ${machine}`,
      ],
      offset: 16,
    },
    concat: panels,
    columns: 2,
    resolve: { scale: { color: 'shared', shape: 'shared' } },
  };
}
