// Charts of committed results: a Vega-Lite description to SVG text. The same description gives the same bytes on every
// machine: widths of text are estimated, not measured, and nothing is random.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse, resetSVGDefIds, View } from 'vega';
import { compile } from 'vega-lite';

/** Greys and colours that can be read on a white page and on a nearly black one; the background stays clear. */
const INK = '#7d8590';
const GRID = '#7d859040';
export const COLOURS = ['#2f81f7', '#e8853c', '#8b949e', '#3fb950', '#a371f7', '#db61a2'];

const CONFIG = {
  background: 'transparent',
  font: 'Helvetica, Arial, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: GRID,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  header: { labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 12 },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 12 },
  title: { color: INK, subtitleColor: INK, fontSize: 14, subtitleFontSize: 11, anchor: 'start' },
  range: { category: COLOURS },
};

/** The SVG of a Vega-Lite description. */
export async function chartSvg(description) {
  const { spec } = compile({ ...description, config: CONFIG });
  resetSVGDefIds();
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/**
 * For programs that draw one chart: writes it to `file`, or with --check only compares, and fails when the committed
 * one is not what the results give.
 */
export async function drawOrCheck(file, description) {
  const svg = await chartSvg(description);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, svg);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== svg) {
    console.error(`${file} was not drawn from the committed results; run this without --check`);
    process.exitCode = 1;
  }
}
