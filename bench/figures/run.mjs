// Runs the cells of figures and puts their results together.

import { closedForm } from './closed.mjs';
import { runJobs } from './pool.mjs';
import { summarize } from './statistics.mjs';

const DECODINGS = ['raptorq', 'designed', 'soliton'];
const DECODING_TRIALS = 5;

/** Figures that are written down have so many digits after the point. */
const round = (value) => Number(value.toFixed(6));

/** Of a cell what is told, without its runs. */
function describe({ runs: _, senders: __, ...what }) {
  const closed = closedForm(what);
  return closed === undefined ? what : { ...what, closed: round(closed) };
}

/** One cell, run here and now; its figures are not rounded. */
export function pointOf(cell, runScenario) {
  const results = cell.runs.map((run) => runScenario(run));
  return { ...describe(cell), ...summarize(results, cell.senders) };
}

/**
 * {seconds, decoding, cells} for the cells of plan.mjs. Runs with equal options are done once. A cell whose run throws has
 * `error` in place of figures.
 */
export async function runFigures(cells, { symbols, seed }) {
  const start = performance.now();
  const runs = [...new Set(cells.flatMap((cell) => cell.runs.map((run) => JSON.stringify(run))))];
  const decodings = DECODINGS.flatMap((kind) =>
    Array.from({ length: DECODING_TRIALS }, (_, i) => ({
      kind,
      options: { symbols, seed: seed + i },
    })),
  );
  const jobs = [
    ...runs.map((run) => ({ kind: 'scenario', options: JSON.parse(run) })),
    ...decodings,
  ];
  const answers = await runJobs(jobs, progressOf(jobs.length, start));
  const byRun = new Map(runs.map((run, i) => [run, answers[i]]));
  const decoding = decodingOf(symbols, answers.slice(runs.length));
  const aside = { ltDecoding: decoding.designed.mean, raptorqDecoding: decoding.raptorq.mean };
  return {
    seconds: Math.round((performance.now() - start) / 1000),
    decoding,
    cells: cells.map((cell) => {
      const found = cell.runs.map((run) => byRun.get(JSON.stringify(run)));
      const error = found.find((answer) => answer.error !== undefined)?.error;
      if (error !== undefined) return { ...describe(cell), error };
      const figures = summarize(
        found.map(({ result }) => result),
        cell.senders,
      );
      const rounded = Object.entries(figures).map(([name, value]) => [name, round(value)]);
      return { ...describe(cell), ...Object.fromEntries(rounded), ...aside };
    }),
  };
}

/** Overheads of decoding a block of ℓ symbols, mean and worst. */
function decodingOf(symbols, answers) {
  const entries = DECODINGS.map((kind, i) => {
    const own = answers.slice(i * DECODING_TRIALS, (i + 1) * DECODING_TRIALS);
    const extra = own.map(({ result, error }) => {
      if (error !== undefined) throw new Error(`${kind}: ${error}`);
      return result / symbols;
    });
    const mean = extra.reduce((sum, value) => sum + value, 0) / extra.length;
    return [kind, { trials: extra.length, mean: round(mean), worst: round(Math.max(...extra)) }];
  });
  return Object.fromEntries(entries);
}

/** A line on standard error after each tenth of the jobs. */
function progressOf(count, start) {
  let tenths = 0;
  return (done) => {
    const now = Math.floor((10 * done) / count);
    if (now === tenths) return;
    tenths = now;
    const seconds = Math.round((performance.now() - start) / 1000);
    console.error(`${done} of ${count} runs, ${seconds} s`);
  };
}
