// EEPT's experiment with all schedulers, in the fluid simulator: completion time, idle time, cost and time × cost.
//
//   npm run schedules -- [--servers FILE.json] [--size MB] [--client MB/s] [--runs N] [--seed N]
//                        [--objective time|cost|balanced] [--json] [--out DIR]
//
// Without options: EEPT's five servers, four sizes, seven policies, a server that dies, a request that takes a tenth of a
// second and a client that is not the limit; tables, JSON and a chart in bench/results/schedules, and what must hold of them:
// exit code 1 when something does not.
//
// --servers, --size, --client or --objective make it one point: [{"name","min","max","price"}] in MB/s (the rate is uniform in
// [min, max], drawn anew every second; a full client link is shared in proportion), all policies, means over the runs. With
// --json that is one line, {"bound", "policies": {NAME: {time, idle, costBusy, costReserved, overheadBusy,
// overheadReserved, moved}}}. Exit code 2 when the options make no sense.

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OBJECTIVES, SCHEDULER_NAMES } from '../dist/engine/index.js';
import { chartSvg } from './chart.mjs';
import { commitOf, machineOf } from './machine.mjs';
import {
  boundOf,
  ROWS,
  runCell,
  scheduleOf,
  THRESHOLD_ROWS,
  UNLIMITED_ROWS,
} from './schedules/cells.mjs';
import { checkClaims } from './schedules/claims.mjs';
import { drawingOf } from './schedules/drawing.mjs';
import { readServers, TABLE_2 } from './schedules/servers.mjs';

const RESULTS = `${import.meta.dirname}/results/schedules`;
const SIZES = [512, 1024, 1536, 2048];
const CLIENT = 100;

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      servers: { type: 'string' },
      size: { type: 'string' },
      client: { type: 'string' },
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      objective: { type: 'string' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const positive = (name, text, whole) => {
    const value = Number(text);
    if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
      throw new Error(`--${name} ${text} is not a ${whole ? 'whole ' : ''}number above 0`);
    }
    return value;
  };
  const { servers, size, client, objective } = values;
  if (objective !== undefined && !OBJECTIVES.includes(objective)) {
    throw new Error(`--objective ${objective} is none of ${OBJECTIVES.join(', ')}`);
  }
  return {
    isPoint: [servers, size, client, objective].some((value) => value !== undefined),
    servers: servers === undefined ? TABLE_2 : readServers(servers),
    size: size === undefined ? 1024 : positive('size', size),
    client:
      client === undefined
        ? servers === undefined
          ? CLIENT
          : Infinity
        : positive('client', client),
    runs: positive('runs', values.runs, true),
    seed: values.seed === '0' ? 0 : positive('seed', values.seed, true),
    objective: objective ?? 'balanced',
    json: values.json,
    out: values.out,
  };
}

function runPoint({ servers, size, client, runs, seed, objective, json }) {
  const fluid = { servers, size, client, runs, seed };
  const bound = boundOf(fluid);
  const policies = Object.fromEntries(
    SCHEDULER_NAMES.map((name) => [
      name,
      runCell({ ...fluid, schedule: scheduleOf(name, objective) }),
    ]),
  );
  if (json) console.log(JSON.stringify({ bound, policies }));
  else
    printTable(`${size} MB, ${runs} runs; bound ${bound.toFixed(2)} s`, Object.entries(policies));
}

async function runAll({ runs, seed, json, out }) {
  const base = { servers: TABLE_2, client: CLIENT, runs, seed };
  const rowsOf = (more) =>
    (more.rows ?? ROWS).map(({ label, name, objective, ...rest }) => ({
      label,
      ...more.about,
      ...runCell({ ...base, ...more.fluid, schedule: { ...scheduleOf(name, objective), ...rest } }),
    }));
  const bounds = SIZES.map((size) => ({ size, bound: boundOf({ ...base, size }) }));
  const cells = SIZES.flatMap((size) => rowsOf({ about: { size }, fluid: { size } }));
  const size = 1024;
  const cases = {
    'the best server (S2) dies at 3 s, noticed 2 s later': {
      fluid: { size, death: { server: 1, at: 3, watchdog: 2 } },
    },
    'a request takes 0.1 s; headwater makes the next one before a part ends': {
      fluid: { size, requestSeconds: 0.1 },
    },
    'the client is not the limit': { fluid: { size, client: Infinity }, rows: UNLIMITED_ROWS },
    'EEPT by the least work that is shared, MB': { fluid: { size }, rows: THRESHOLD_ROWS },
  };
  const extras = Object.entries(cases).map(([name, more]) => ({ name, rows: rowsOf(more) }));
  const claims = checkClaims(
    cells.filter(({ size }) => size === 1024),
    extras[0].rows,
    bounds.find(({ size }) => size === 1024).bound,
  );
  const machine = machineOf();
  const date = new Date().toISOString().slice(0, 10);
  const head = { bench: 'schedules', machine, commit: commitOf(), date, runs, seed };
  const report = { ...head, bounds, cells, extras, claims };
  const say = json ? console.error : console.log;
  for (const { size, bound } of bounds) {
    const rows = cells.filter((cell) => cell.size === size).map((cell) => [cell.label, cell]);
    printTable(`${size} MB; bound ${bound.toFixed(2)} s`, rows, say);
  }
  for (const { name, rows } of extras) {
    printTable(
      `1024 MB; ${name}`,
      rows.map((row) => [row.label, row]),
      say,
    );
  }
  for (const { claim, found, holds } of claims) {
    say(`${holds ? 'holds' : 'FAILS'}  ${claim}: ${found.toFixed(3)}`);
  }
  const folder = out ?? RESULTS;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/schedules.json`, `${JSON.stringify(report)}\n`);
  writeFileSync(`${folder}/schedules.svg`, await chartSvg(drawingOf(report)));
  if (json) console.log(JSON.stringify(report));
  if (claims.some(({ holds }) => !holds)) process.exitCode = 1;
}

function printTable(title, rows, say = console.log) {
  const head = [
    '',
    'time s',
    'idle s',
    'cost busy',
    'reserved',
    't × c busy',
    'reserved',
    'moved MB',
  ];
  const lines = rows.map(([label, r]) => [
    label,
    r.time.toFixed(2),
    r.idle.toFixed(2),
    r.costBusy.toFixed(1),
    r.costReserved.toFixed(1),
    r.overheadBusy.toFixed(0),
    r.overheadReserved.toFixed(0),
    r.moved.toFixed(0),
  ]);
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...lines.map((line) => line[i].length)),
  );
  const row = (cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ');
  say(`\n${title}\n${row(head)}\n${lines.map(row).join('\n')}`);
}

/** Bad input: one line, and exit code 2. */
function refuse(error) {
  console.error(`schedules: ${error.message.split('\n')[0]}`);
  process.exit(2);
}

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  refuse(error);
}
try {
  if (options.isPoint) runPoint(options);
  else await runAll(options);
} catch (error) {
  if (error.name !== 'UsageError') throw error;
  refuse(error);
}
