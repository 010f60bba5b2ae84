// What is kept of a figure: its results as JSON and its drawing.

import { writeFileSync } from 'node:fs';
import { chartSvg } from '../chart.mjs';
import { drawingOf } from './drawing.mjs';

/** Writes DIR/figure-N.json, one cell a line, and DIR/figure-N.svg. */
export async function writeFigure(folder, figure, report) {
  const { bench, machine, commit, date, symbols, seed, decoding } = report;
  const start = JSON.stringify({ bench, figure, machine, commit, date, symbols, seed, decoding });
  const cells = report.cells.filter((cell) => cell.figure === figure);
  const lines = cells.map((cell) => JSON.stringify(cell)).join(',\n');
  const text = `${start.slice(0, -1)},"cells":[\n${lines}\n]}\n`;
  writeFileSync(`${folder}/figure-${figure}.json`, text);
  writeFileSync(`${folder}/figure-${figure}.svg`, await chartSvg(drawingOf(JSON.parse(text))));
}
