// bench/results/codec.json as a chart, bench/results/codec.svg: node bench/codec/chart.mjs [--check]

import { readFileSync } from 'node:fs';
import { drawOrCheck } from '../chart.mjs';

const TITLES = {
  encode: 'encode, plan cached',
  decodeRepair: 'decode, repair symbols only',
  decodeLoss10: 'decode, 10 % lost',
};

const results = `${import.meta.dirname}/../results`;
const report = JSON.parse(readFileSync(`${results}/codec.json`, 'utf8'));
const codecs = [
  { name: `Headwater (${report.kernel})`, cells: report.cells },
  ...report.peers.map(({ name, version, cells }) => ({
    name: version === undefined ? name : `${name} ${version}`,
    cells,
  })),
];

const measures = Object.keys(TITLES);
const values = codecs.flatMap(({ name, cells }) =>
  cells.flatMap((cell) =>
    measures
      .filter((measure) => measure in cell)
      .map((measure) => ({
        codec: name,
        K: String(cell.K),
        T: `T = ${cell.T} bytes`,
        measure: TITLES[measure],
        rate: cell[measure],
      })),
  ),
);
const symbols = [...new Set(report.cells.map(({ K }) => K))].sort((a, b) => a - b);

await drawOrCheck(`${results}/codec.svg`, {
  title: {
    text: 'RaptorQ codecs, one thread',
    subtitle: [`${report.machine}; commit ${report.commit}, ${report.date}`],
    offset: 14,
  },
  data: { values },
  mark: { type: 'bar' },
  width: 210,
  height: 150,
  encoding: {
    column: {
      field: 'measure',
      sort: Object.values(TITLES),
      title: null,
    },
    row: { field: 'T', sort: null, title: null },
    x: {
      field: 'K',
      type: 'ordinal',
      sort: symbols.map(String),
      title: 'K, source symbols',
      axis: { labelAngle: 0 },
    },
    xOffset: { field: 'codec', sort: null },
    y: { field: 'rate', type: 'quantitative', title: 'MB per CPU second', axis: { tickCount: 5 } },
    color: {
      field: 'codec',
      sort: null,
      title: null,
      legend: { orient: 'bottom', columns: codecs.length, labelLimit: 1000 },
    },
  },
});
