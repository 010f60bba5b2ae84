// Several plain web servers on loopback, each with a rate of its own, against the fluid bound: all of them busy to the end. Ours
// with its defaults and every byte checked, beside other programs, in turn. Start-up is counted.
//
//   npm run bench:mirrors -- [--scenario four,events,silent,local] [--size 64M] [--local-size 512M] [--rounds 1]
//                            [--tool NAME,…] [--json]
//
//   four    2, 5, 10 and 20 Mbit/s
//   events  the same; at 5 s the 20 falls to 2, at 8 s the 10 is killed
//   silent  the same; the 10 stops answering instead, and its connections stay open
//   local   one server without a limit: MB/s and processor seconds
//
// What is written to bench/results/mirrors.json is a run with all scenarios and the sizes above. Linux tells processor time.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseBytes } from '../dist/cli/quantity.js';
import { catchSignals } from './interrupt.mjs';
import { commitOf, machineOf } from './machine.mjs';
import { run, TOOLS } from './mirrors/tools.mjs';

const SERVER = fileURLToPath(new URL('mirrors/server.mjs', import.meta.url));
const RESULTS = new URL('results/mirrors.json', import.meta.url);
const MIB = 1024 * 1024;
const MBIT = 1e6 / 8;
const RATES = [2, 5, 10, 20].map((mbit) => mbit * MBIT);

const SCENARIOS = {
  four: { rates: RATES, events: [] },
  events: { rates: RATES, events: [slower, (servers) => servers[2].kill()] },
  silent: { rates: RATES, events: [slower, (servers) => servers[2].say('silent')] },
  local: { rates: [0], events: [] },
};
const TIMES_MS = [5_000, 8_000];

function slower(servers) {
  servers[3].say(String(2 * MBIT));
}

/** Seconds for `size` bytes with all servers busy to the end. */
function boundOf(name, size) {
  if (name === 'local') return undefined;
  const phases =
    name === 'four'
      ? [[Infinity, 37]]
      : [
          [5, 37],
          [3, 19],
          [Infinity, 9],
        ];
  let left = size;
  let seconds = 0;
  for (const [length, mbit] of phases) {
    const here = length * mbit * MBIT;
    if (left <= here) return seconds + left / (mbit * MBIT);
    left -= here;
    seconds += length;
  }
  return seconds;
}

async function startServer(file, rate) {
  const child = spawn(process.execPath, [SERVER, file, String(rate)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
  });
  return {
    url,
    say: (line) => child.stdin.write(`${line}\n`),
    kill: () => child.kill('SIGKILL'),
  };
}

async function runOne(tool, name, file, folder, signal) {
  const { rates, events } = SCENARIOS[name];
  const servers = await Promise.all(rates.map((rate) => startServer(file.path, rate)));
  const timers = events.map((event, i) => setTimeout(() => event(servers), TIMES_MS[i]));
  const out = 'out.bin';
  try {
    const urls = servers.map(({ url }) => url);
    const command = TOOLS[tool]({ urls, folder, name: out, sha256: file.sha256 });
    if (!command) return undefined;
    const { seconds, cpuSeconds } = await run(command, signal);
    if ((await sha256Of(join(folder, out))) !== file.sha256) throw new Error('wrong bytes');
    return { seconds, cpuSeconds };
  } catch (error) {
    if (signal.aborted) throw error;
    return { error: error.message };
  } finally {
    timers.forEach(clearTimeout);
    servers.forEach((server) => server.kill());
    await rm(join(folder, out), { force: true });
    await rm(join(folder, `${out}.part`), { recursive: true, force: true });
    await rm(join(folder, `${out}.aria2`), { force: true });
  }
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function makeFile(path, size) {
  const handle = await open(path, 'w');
  for (let at = 0; at < size; at += MIB) {
    await handle.write(randomBytes(Math.min(MIB, size - at)));
  }
  await handle.close();
  return { path, size, sha256: await sha256Of(path) };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function main({ values, isWhole }, folder, signal) {
  const say = values.json ? console.error : console.log;
  const tools = values.tool?.split(',') ?? Object.keys(TOOLS);
  const rows = [];
  for (const name of values.scenario.split(',')) {
    if (SCENARIOS[name] === undefined) throw new Error(`no scenario ${name}`);
    const size = parseBytes(name === 'local' ? values['local-size'] : values.size);
    const file = await makeFile(join(folder, 'file.bin'), size);
    const bound = boundOf(name, size);
    const results = new Map(tools.map((tool) => [tool, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const tool of tools) {
        const result = await runOne(tool, name, file, folder, signal);
        if (result !== undefined) results.get(tool).push(result);
      }
    }
    for (const [tool, runs] of results) {
      if (runs.length === 0) continue;
      const error = runs.find((one) => one.error)?.error;
      const seconds = error ? undefined : median(runs.map((one) => one.seconds));
      const cpuSeconds = error ? undefined : median(runs.map((one) => one.cpuSeconds));
      const row = {
        scenario: name,
        tool,
        size,
        bound,
        runs: runs.length,
        seconds,
        cpuSeconds,
        error,
      };
      rows.push(row);
      say(lineOf(row));
    }
  }
  const head = { bench: 'mirrors', machine: machineOf(), commit: commitOf() };
  const report = { ...head, date: new Date().toISOString().slice(0, 10), rows };
  if (isWhole) await writeFile(RESULTS, `${JSON.stringify(report)}\n`);
  if (values.json) console.log(JSON.stringify(report));
  if (rows.some(({ tool, error }) => tool === 'headwater' && error)) process.exitCode = 1;
}

function lineOf({ scenario, tool, size, bound, seconds, cpuSeconds, error }) {
  const what = `${scenario.padEnd(7)} ${tool.padEnd(16)}`;
  if (error) return `${what} failed: ${error}`;
  const cpu = `${cpuSeconds.toFixed(2)} CPU s`;
  if (bound === undefined) return `${what} ${(size / 1e6 / seconds).toFixed(0)} MB/s, ${cpu}`;
  return `${what} ${seconds.toFixed(2)} s, ${(seconds / bound).toFixed(3)} × the bound, ${cpu}`;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: Object.keys(SCENARIOS).join() },
      size: { type: 'string', default: '64M' },
      'local-size': { type: 'string', default: '512M' },
      rounds: { type: 'string', default: '1' },
      tool: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const isWhole = process.argv.slice(2).every((arg) => /^--json$|^--rounds|^\d+$/.test(arg));
  return { values, isWhole };
}

const interrupt = catchSignals();
const folder = await mkdtemp(join(tmpdir(), 'headwater-mirrors-'));
try {
  await main(readOptions(), folder, interrupt.signal);
} catch (error) {
  if (interrupt.code === 0) console.error(`mirrors: ${error.message}`);
  process.exitCode = interrupt.code || 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
