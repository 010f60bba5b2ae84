// How long the event loops are held up while 16 MiB blocks are decoded and encoded: a share that holds a random
// part of every window, so that half of what it sends are repair symbols, and a get from it alone, which decodes
// every block. Both are processes of their own; each measures its main thread.
//
//   npm run build && node bench/micro/event-loop.mjs [--size 256M] [--rounds 3] [--dir DIRECTORY] [--json]
//
// A timer of 1 ms measures (monitorEventLoopDelay): a value is the time between two of its turns, so an idle loop
// shows 1.0 to 1.2 ms, and a loop that is held up for 10 ms shows 11 at most. On a machine that is short of cores
// the values hold the time that the system gave to other processes too.

import { fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commitOf, machineOf } from '../machine.mjs';

const SELF = fileURLToPath(import.meta.url);
const MIB = 1024 * 1024;
const UNITS = { K: 1024, M: MIB, G: 1024 * MIB };
/** Of a window of 2K symbols: 1.1 K of them, half of which are repair symbols. */
const HOLD = 0.55;

// ---- the processes that are measured: this file again, in another role

const ROLES = {
  /** Describes a file: encodes and hashes every window. */
  async describe(file) {
    const { describe } = await import('headwater/node');
    const measured = measure();
    await describe(file);
    return measured();
  },

  /** Shares a random part of a file until the parent says that it is enough. */
  async share(file, seed) {
    const { share } = await import('headwater/node');
    const sharing = await share(file, { hold: HOLD, seed: Number(seed) });
    const measured = measure();
    process.send(sharing.link);
    await new Promise((resolve) => process.once('message', resolve));
    const result = measured();
    await sharing.close();
    return result;
  },

  /** Fetches a link. */
  async get(link, output) {
    const { get } = await import('headwater/node');
    const measured = measure();
    await get(link, { output }).done;
    return measured();
  },
};

/** Begins to measure; the function it returns ends that. */
function measure() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begin = performance.now();
  delay.enable();
  return () => {
    delay.disable();
    const ms = (nanoseconds) => nanoseconds / 1e6;
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    return {
      seconds: (performance.now() - begin) / 1000,
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      p50Ms: ms(delay.percentile(50)),
      p99Ms: ms(delay.percentile(99)),
      maxMs: ms(delay.max),
      peakRssMib: maxRSS / 1024,
    };
  };
}

// ---- the bench

/** Starts a role. `said` is its first message, `result` its last: what it measured. */
function start(role, ...args) {
  const child = fork(SELF, ['--role', role, ...args]);
  const said = new Promise((resolve) => child.once('message', resolve));
  let last;
  child.on('message', (message) => (last = message));
  const result = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(last) : reject(new Error(`${role} ended with ${code}`)),
    );
  });
  return { child, said, result };
}

async function runRound(file, output, seed) {
  const sharer = start('share', file, String(seed));
  try {
    const link = await Promise.race([sharer.said, sharer.result]);
    const receiver = await start('get', link, output).result;
    sharer.child.send('enough');
    return { receiver, sharer: await sharer.result };
  } finally {
    sharer.child.kill();
    rmSync(output, { force: true });
  }
}

function makeFile(path, bytes) {
  const file = openSync(path, 'w');
  for (let left = bytes; left > 0;) {
    left -= writeSync(file, randomBytes(Math.min(left, 8 * MIB)));
  }
  closeSync(file);
}

function parseSize(text) {
  const match = /^([0-9]+)([KMG]?)$/.exec(text);
  if (match === null) throw new Error(`--size ${text} is not a number with K, M or G`);
  return Number(match[1]) * (UNITS[match[2]] ?? 1);
}

async function bench(options) {
  const bytes = parseSize(options.size);
  const directory = mkdtempSync(join(options.dir, 'headwater-bench-'));
  try {
    const file = join(directory, 'source.bin');
    makeFile(file, bytes);
    const describer = await start('describe', file).result;
    const rounds = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      rounds.push(await runRound(file, join(directory, 'copy.bin'), round));
    }
    const machine = machineOf();
    return { bench: 'event-loop', bytes, machine, commit: commitOf(), describer, rounds };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function print({ bytes, machine, commit, describer, rounds }) {
  const write = (text) => process.stdout.write(`${text}\n`);
  write(`${machine}, commit ${commit}`);
  write(
    `${bytes / MIB} MiB in blocks of about 16 MiB, a get from a random ${(100 * HOLD).toFixed(0)} % of the window`,
  );
  write('event loop, ms        p50     p99     max   seconds  CPU s  peak RSS, MiB');
  const row = (name, { p50Ms, p99Ms, maxMs, seconds, cpuSeconds, peakRssMib }) => {
    const loop = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2).padStart(8)).join('');
    const cost = `${seconds.toFixed(2).padStart(10)}${cpuSeconds.toFixed(2).padStart(7)}`;
    write(`${name.padEnd(17)}${loop}${cost}${peakRssMib.toFixed(0).padStart(15)}`);
  };
  row('describe', describer);
  for (const { receiver, sharer } of rounds) {
    row('get', receiver);
    row('share', sharer);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    role: { type: 'string' },
    size: { type: 'string', default: '256M' },
    rounds: { type: 'string', default: '3' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});
if (values.role === undefined) {
  const result = await bench(values);
  print(result);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
} else {
  process.send(await ROLES[values.role](...positionals));
  process.disconnect();
}
