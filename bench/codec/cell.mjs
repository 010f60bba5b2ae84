// One cell: all programs and measures in turn, round after round, so that whatever slows the machine down for a
// while slows all of them down. The figure is the median.

import { MEASURES, figure, receivedEsis } from './measures.mjs';
import { Program } from './program.mjs';

/** A sample repeats what is quicker, wall clock: the clock and the collector need something to measure. */
const SAMPLE_SECONDS = 0.02;
/**
 * So much CPU time a measure takes before it counts, since JavaScript is compiled as it runs: at K = 100 the first
 * 0.2 s of decoding went at a third of the later speed. At least once, and no longer than WARM_WALL_SECONDS.
 */
const WARM_SECONDS = 0.3;
const WARM_WALL_SECONDS = 1;
/** Samples that count: so many at least, while the run is not late, and no more when there is time. */
const ROUNDS_MIN = 3;
const ROUNDS_MAX = 25;
/** A peer that is expected to take more CPU time for a cell is left out. */
const PEER_SECONDS_MAX = 60;

const now = () => performance.now() / 1000;

/** One measure of one program. */
class Series {
  /** CPU seconds of a repetition. */
  samples = [];
  /** Repetitions that make up a sample. */
  #times = 1;
  /** Wall seconds of the last repetition. */
  #wall = 0;

  constructor(program, { name, verb, lost }, K) {
    this.program = program;
    this.name = name;
    this.verb = verb;
    this.esis = lost === undefined ? [] : receivedEsis(K, lost(K));
  }

  async warmUp() {
    const end = now() + WARM_WALL_SECONDS;
    for (let seconds = 0; ;) {
      seconds += (await this.#run()) * this.#times;
      if (seconds > WARM_SECONDS || now() > end) return;
      this.#times = Math.max(1, Math.floor(SAMPLE_SECONDS / this.#wall));
    }
  }

  async measure() {
    this.samples.push(await this.#run());
  }

  /** Wall seconds of a sample. */
  get sampleSeconds() {
    return this.#wall * this.#times;
  }

  async #run() {
    const start = now();
    const seconds = await this.program.measure(this.verb, this.#times, this.esis);
    this.#wall = (now() - start) / this.#times;
    return seconds;
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Why a peer is left out of this cell, going by its last one. */
function reasonToSkip(entrant, bytes) {
  const expected = (entrant.secondsPerByte ?? 0) * bytes * (1 + ROUNDS_MIN);
  if (expected <= PEER_SECONDS_MAX) return undefined;
  return `would take about ${Math.round(expected)} s`;
}

/**
 * Measures K × T until about `end`; after `late`, in the quickest way. Times are performance.now() in seconds.
 * `entrants` are {command, peer}; each gets its `secondsPerByte` updated. Resolves to one result per entrant:
 * {hello, figures, rounds}, or {hello?, skipped} with the reason. `rounds` is the least number of samples of a figure.
 */
export async function measureCell(entrants, K, T, end, late) {
  const bytes = K * T;
  const programs = [];
  try {
    const cell = [];
    for (const entrant of entrants) {
      const skipped = entrant.peer ? reasonToSkip(entrant, bytes) : undefined;
      cell.push({ entrant, skipped, series: [] });
      if (skipped !== undefined) continue;
      const program = new Program(entrant.command, K, T);
      programs.push(program);
      const { measures, skip } = await program.start();
      cell.at(-1).hello = program.hello;
      cell.at(-1).skipped = skip;
      if (skip !== undefined) continue;
      cell.at(-1).series = MEASURES.filter(({ name }) => measures.includes(name)).map(
        (measure) => new Series(program, measure, K),
      );
    }
    // By measure, then by program.
    const turns = MEASURES.flatMap(({ name }) =>
      cell.flatMap(({ series }) => series.filter((each) => each.name === name)),
    );
    await runRounds(turns, end, late);
    return cell.map(({ entrant, hello, skipped, series }) => {
      if (skipped !== undefined) return { hello, skipped };
      // Of CPU time: that others use the machine is no reason to leave a peer out.
      entrant.secondsPerByte = series.reduce((sum, each) => sum + median(each.samples), 0) / bytes;
      const figures = series.map(({ name, samples }) => [
        name,
        figure(name, K, T, median(samples)),
      ]);
      const rounds = Math.min(...series.map(({ samples }) => samples.length));
      return { hello, figures: Object.fromEntries(figures), rounds };
    });
  } finally {
    await Promise.all(programs.map((program) => program.end()));
  }
}

async function runRounds(turns, end, late) {
  for (const series of turns) await series.warmUp();
  for (let round = 1; ; round++) {
    // Of the time that is left all get the same; who needs more than that has to be content with ROUNDS_MIN.
    const share = (end - now()) / turns.length;
    const least = now() < late ? ROUNDS_MIN : 1;
    const next = turns.filter(
      (each) => round <= least || (round <= ROUNDS_MAX && each.sampleSeconds < share),
    );
    if (next.length === 0) return;
    for (const series of next) await series.measure();
  }
}
