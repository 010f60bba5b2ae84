// `npm run bench:collaboration [-- --json] [--quick] [--scenario …] …`: the paper's scenarios with real processes, real
// payload and WebSockets on loopback, beside the simulator with the same layout, allocation and limits. Both must
// agree: exit code 1 when they do not.
//
//   --size 32M  --symbol-bytes 1400,16384  --scenario pair,augmented,four  --strategy uninformed,…
//   --containment 0.2  --slack 1.1  --rate 2M (of each sender)  --seed 1  --quick (--size 4M --rate 512K)  --json
//   --block-symbols 4000 (largest block; by default one block, less where a strategy says so)

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Layout, layoutOf, Rng } from 'headwater';
import { describe } from 'headwater/node';
import { toHex } from '../dist/base/index.js';
import { parseBytes } from '../dist/cli/quantity.js';
import { allocateScenario } from '../dist/sim/index.js';
import { layoutFor, SCENARIOS, STRATEGIES } from './collaboration/cells.mjs';
import { runReal } from './collaboration/real.mjs';
import { runSimulated } from './collaboration/simulated.mjs';
import { rowsTable } from './collaboration/table.mjs';
import { catchSignals } from './interrupt.mjs';
import { commitOf, machineOf } from './machine.mjs';

const MIB = 1024 * 1024;
/** What a real figure may differ by from the simulated mean, beside three times the spread of the simulated ones. */
const TOLERANCE = 0.02;
/** A real run is slow when it takes more than this, against the simulated one. */
const SLOW_FACTOR = 1.3;
const SLOW_SECONDS = 1;
/** How often a slow one is run again, each time at half the rate. */
const HALVINGS_MAX = 2;

const LISTS = {
  scenario: Object.keys(SCENARIOS),
  strategy: [...new Set(STRATEGIES.map(({ asked }) => asked.strategy))],
};
const options = optionsOf(process.argv.slice(2));
const say = (text) => process.stderr.write(`${text}\n`);

function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        size: { type: 'string' },
        'symbol-bytes': { type: 'string', default: '1400,16384' },
        'block-symbols': { type: 'string' },
        scenario: { type: 'string', default: LISTS.scenario.join() },
        strategy: { type: 'string', default: LISTS.strategy.join() },
        containment: { type: 'string', default: '0.2' },
        slack: { type: 'string', default: '1.1' },
        rate: { type: 'string' },
        seed: { type: 'string', default: '1' },
      },
    });
    const { json, quick } = values;
    const checked = {
      json,
      size: bytesIn('size', values.size ?? (quick ? '4M' : '32M'), 64 * 1024, 256 * MIB),
      symbolBytes: listed(values['symbol-bytes'], (text) =>
        number('symbol-bytes', text, 64, 65_536, true),
      ),
      blockSymbols:
        values['block-symbols'] === undefined
          ? undefined
          : number('block-symbols', values['block-symbols'], 1_000, 56_403, true),
      scenarios: listed(values.scenario, (text) => named('scenario', text)),
      strategies: listed(values.strategy, (text) => named('strategy', text)),
      containments: listed(values.containment, (text) => number('containment', text, 0, 0.7)),
      slack: number('slack', values.slack, 1, 1.9),
      rate: bytesIn('rate', values.rate ?? (quick ? '512K' : '2M'), 64 * 1024, 1024 * MIB),
      seed: number('seed', values.seed, 0, 1e9, true),
    };
    checkPossible(checked);
    return checked;
  } catch (error) {
    console.error(error.message);
    process.exit(28);
  }
}

/** Throws, naming them, when a scenario cannot have this slack and containment. */
function checkPossible({ scenarios, slack, containments }) {
  const any = new Layout({ length: 100, symbolBytes: 1, blockCount: 1, windowRatio: 2 });
  for (const scenario of scenarios) {
    for (const containment of containments) {
      try {
        allocateScenario(scenario, any, slack, containment, new Rng(1));
      } catch (error) {
        throw new Error(`--scenario ${scenario}: ${error.message}`);
      }
    }
  }
}

function listed(text, parse) {
  return text.split(',').map((part) => parse(part.trim()));
}

function named(option, text) {
  if (LISTS[option].includes(text)) return text;
  throw new Error(`--${option} ${text} is none of ${LISTS[option].join(', ')}`);
}

function number(option, text, min, max, whole = false) {
  const value = text === '' ? NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${option} ${text} is not a ${whole ? 'whole ' : ''}number in ${min}..${max}`);
}

function bytesIn(option, text, min, max) {
  try {
    return number(option, String(parseBytes(text)), min, max, true);
  } catch {
    throw new Error(`--${option} ${text} is not a number of bytes in ${min}..${max}, like 4M`);
  }
}

/** Makes and describes a content of this layout; the same bytes for the same seed. */
async function makeContent(folder, layout, seed) {
  const file = join(folder, `content-${layout.symbolBytes}-${layout.blockCount}`);
  const bytes = new Rng(seed).fill(new Uint8Array(layout.bytes));
  await writeFile(file, bytes);
  const { symbolBytes, perBlock, blockCount } = layout;
  const blockBytes = perBlock * symbolBytes;
  const { descriptor, descriptorPath } = await describe(file, { symbolBytes, blockBytes });
  if (descriptor.blockCount !== blockCount) throw new Error('the layout is not the one asked for');
  return { file, descriptor, descriptorPath, sha256: toHex(descriptor.sha256) };
}

/**
 * Real and simulated figures of one cell. Links that are equal need a machine that keeps up with them: a cell that does not
 * agree because it was too slow (other work on it, say) is run again at half the rate, both ways.
 */
async function runCell(cell) {
  for (let { rate } = options, halvings = 0; ; rate = Math.round(rate / 2), halvings++) {
    const row = await runAt(cell, rate);
    const isSlow = row.real.seconds > SLOW_FACTOR * row.simulated.seconds + SLOW_SECONDS;
    if (row.agrees || !isSlow || halvings === HALVINGS_MAX) return row;
    say(
      `${rate} bytes per second and sender are too fast for this machine now; once more at half of it`,
    );
  }
}

async function runAt({ content, layout, scenario, strategy, containment, folder, stop }, rate) {
  const { slack, seed } = options;
  const { label, updates, asked } = strategy;
  const about = { scenario, slack, containment, rate, asked };
  const simulated = runSimulated({ ...about, layout, updates, seed });
  const allocation = allocateScenario(
    scenario,
    layoutOf(content.descriptor),
    slack,
    containment,
    new Rng(seed),
  );
  const get = { ...asked, updateFrequency: updates };
  const result = await runReal({ ...about, content, allocation, asked: get, folder, stop });
  const { needed, received, useful, overhead, summaryBytes, totalOverhead, seconds } = result;
  const real = { needed, received, useful, overhead, summaryBytes, totalOverhead, seconds };
  const tolerance = TOLERANCE + 3 * simulated.spread;
  const isNear = (key) => Math.abs(real[key] - simulated[key]) <= tolerance;
  const { symbolBytes, symbols, blockCount } = layout;
  const rated = (figures) => {
    const mbPerSecond = (figures.needed * symbolBytes) / 1e6 / figures.seconds;
    return { ...figures, mbPerSecond };
  };
  return {
    scenario,
    label,
    ...asked,
    updates,
    slack,
    containment,
    rate,
    symbolBytes,
    symbols,
    blockCount,
    real: rated(real),
    simulated: rated(simulated),
    tolerance,
    agrees: needed === simulated.needed && isNear('overhead') && isNear('totalOverhead'),
  };
}

async function main(folder, stop) {
  const { json, size, scenarios, containments, slack, rate, seed } = options;
  const strategies = STRATEGIES.filter(({ asked }) => options.strategies.includes(asked.strategy));
  const report = {
    bench: 'collaboration',
    machine: machineOf(),
    commit: commitOf(),
    seed,
    rate,
    rows: [],
  };
  const print = json ? () => undefined : (text) => process.stdout.write(`${text}\n`);
  print(
    `${report.machine}, ${report.commit}; seed ${seed}, slack ${slack}, ${rate} bytes per second and sender`,
  );
  for (const symbolBytes of options.symbolBytes) {
    const contents = new Map();
    const rows = [];
    for (const containment of containments) {
      for (const scenario of scenarios) {
        for (const strategy of strategies) {
          stop.throwIfAborted();
          say(`T = ${symbolBytes}, ${scenario}, ${strategy.label}, c = ${containment}`);
          const blockSymbols = options.blockSymbols ?? strategy.blockSymbols;
          const layout = layoutFor(size, symbolBytes, blockSymbols);
          const known = contents.get(layout.blockCount);
          const content = known ?? (await makeContent(folder, layout, seed));
          contents.set(layout.blockCount, content);
          const cell = { content, layout, scenario, strategy, containment, folder, stop };
          rows.push(await runCell(cell));
        }
      }
    }
    report.rows.push(...rows);
    print(`\nT = ${symbolBytes}, ${size} bytes\n`);
    print(rowsTable(rows));
  }
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  const wrong = report.rows.filter(({ agrees }) => !agrees);
  for (const { symbolBytes, scenario, label, containment, tolerance } of wrong) {
    say(
      `T = ${symbolBytes}, ${scenario}, ${label}, c = ${containment}: not within ${tolerance.toFixed(3)}`,
    );
  }
  if (wrong.length > 0) process.exitCode = 1;
}

const interrupt = catchSignals();
const folder = await mkdtemp(join(tmpdir(), 'headwater-collaboration-'));
try {
  await main(folder, interrupt.signal);
} catch (error) {
  if (interrupt.code === 0) say(`collaboration: ${error.message}`);
  process.exitCode = interrupt.code || 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
