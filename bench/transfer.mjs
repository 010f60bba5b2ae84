// How fast one download is: a share and a get as processes of their own on this machine, beside curl from a
// static server, in alternating rounds. Start-up is counted for both; Headwater verifies every symbol and the
// whole file, curl verifies nothing.
//
//   npm run bench:transfer -- [--size 256M] [--rounds 3] [--dir DIRECTORY] [--json]

import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commitOf, machineOf } from './machine.mjs';

const SELF = fileURLToPath(import.meta.url);
const MIB = 1024 * 1024;
const UNITS = { K: 1024, M: MIB, G: 1024 * MIB };

// ---- the processes that are measured: this file again, in another role

const ROLES = {
  /** Shares a file until it is stopped; prints its link. */
  async share(file) {
    const { share } = await import('headwater/node');
    const sharing = await share(file);
    process.stdout.write(`${JSON.stringify({ link: sharing.link })}\n`);
    await stopped();
    process.stdout.write(`${JSON.stringify(usage())}\n`);
    await sharing.close();
  },

  /** Fetches a link and reports what it cost. */
  async get(link, output) {
    const { get } = await import('headwater/node');
    const result = await get(link, { output }).done;
    process.stdout.write(`${JSON.stringify({ ...result, ...usage() })}\n`);
  },

  /** Serves a file over HTTP. */
  async serve(file) {
    const { size } = statSync(file);
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': size });
      createReadStream(file, { highWaterMark: MIB }).pipe(response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = `http://127.0.0.1:${server.address().port}/file`;
    process.stdout.write(`${JSON.stringify({ link })}\n`);
    await stopped();
    server.close();
  },
};

function stopped() {
  return new Promise((resolve) => process.once('SIGTERM', resolve));
}

/** What this process has cost so far. */
function usage() {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, rssBytes: maxRSS * 1024 };
}

// ---- the bench

/** Starts a role; resolves to its first line and a way to end it that gives its last line. */
function start(role, ...args) {
  const child = spawn(process.execPath, [SELF, '--role', role, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const exited = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: text.trim().split('\n') }));
  });
  const first = new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      text += data;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    exited.then(({ code }) => reject(new Error(`${role} ended with ${code}`)), reject);
  });
  first.catch(() => undefined);
  const end = async () => {
    child.kill('SIGTERM');
    const { lines } = await exited;
    return JSON.parse(lines[lines.length - 1]);
  };
  return { first, exited, end };
}

async function runHeadwater(link, output, right) {
  const begin = performance.now();
  const getter = start('get', link, output);
  const { code } = await getter.exited;
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(`get ended with ${code}`);
  const report = await getter.first;
  if (report.sha256 !== right) throw new Error('the file is wrong');
  const { cpuSeconds, rssBytes, overhead, totalOverhead } = report;
  return {
    seconds,
    transferSeconds: report.seconds,
    cpuSeconds,
    rssBytes,
    overhead,
    totalOverhead,
  };
}

/** curl, with its processor time from the shell's `time`. */
async function runCurl(link, output) {
  const begin = performance.now();
  const script = 'TIMEFORMAT="%U %S"; time curl -sS -o "$1" "$2"';
  const child = spawn('bash', ['-c', script, 'curl', output, link], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (data) => (text += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(`curl ended with ${code}: ${text}`);
  const [user, system] = text.trim().split(/\s+/).map(Number);
  return { seconds, cpuSeconds: user + system };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function makeFile(path, bytes) {
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let left = bytes; left > 0;) {
    const chunk = randomBytes(Math.min(left, 8 * MIB));
    hash.update(chunk);
    writeSync(file, chunk);
    left -= chunk.length;
  }
  closeSync(file);
  return hash.digest('hex');
}

function parseSize(text) {
  const match = /^([0-9]+)([KMG]?)$/.exec(text);
  if (match === null) throw new Error(`--size ${text} is not a number with K, M or G`);
  return Number(match[1]) * (UNITS[match[2]] ?? 1);
}

const hasCurl = () => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

async function bench(options) {
  const bytes = parseSize(options.size);
  const rounds = Number(options.rounds);
  const directory = mkdtempSync(join(options.dir, 'headwater-bench-'));
  const running = [];
  try {
    const file = join(directory, 'source.bin');
    const output = join(directory, 'copy.bin');
    const right = makeFile(file, bytes);
    const sharer = start('share', file); // describes it first
    running.push(sharer);
    const { link } = await sharer.first;
    const server = hasCurl() ? start('serve', file) : undefined;
    if (server !== undefined) running.push(server);
    const url = server === undefined ? undefined : (await server.first).link;
    const own = [];
    const curl = [];
    for (let round = 0; round < rounds; round++) {
      own.push(await runHeadwater(link, output, right));
      rmSync(output);
      if (url === undefined) continue;
      curl.push(await runCurl(url, output));
      rmSync(output);
    }
    running.splice(0, 1);
    const sharerCost = await sharer.end();
    return report({ bytes, rounds, own, curl, sharerCost });
  } finally {
    for (const each of running) await each.end().catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}

function report({ bytes, rounds, own, curl, sharerCost }) {
  const rate = (seconds) => bytes / 1e6 / seconds;
  const of = (runs, pick) => median(runs.map(pick));
  const headwater = {
    mbPerSecond: rate(of(own, (r) => r.seconds)),
    transferMbPerSecond: rate(of(own, (r) => r.transferSeconds)),
    cpuSeconds: of(own, (r) => r.cpuSeconds),
    cpuSecondsPerGb: of(own, (r) => r.cpuSeconds) / (bytes / 1e9),
    peakRssMib: Math.max(...own.map((r) => r.rssBytes)) / MIB,
    overhead: of(own, (r) => r.overhead),
    totalOverhead: of(own, (r) => r.totalOverhead),
  };
  const beside =
    curl.length === 0
      ? undefined
      : {
          mbPerSecond: rate(of(curl, (r) => r.seconds)),
          cpuSeconds: of(curl, (r) => r.cpuSeconds),
        };
  return {
    bench: 'transfer',
    bytes,
    rounds,
    machine: machineOf(),
    commit: commitOf(),
    headwater,
    sharer: { peakRssMib: sharerCost.rssBytes / MIB },
    curl: beside,
    ratio: beside === undefined ? undefined : headwater.mbPerSecond / beside.mbPerSecond,
    runs: { headwater: own, curl },
  };
}

function print({ bytes, rounds, machine, commit: at, headwater, sharer, curl, ratio }) {
  const line = (name, text) => process.stdout.write(`${name.padEnd(12)}${text}\n`);
  const n = (value, digits = 0) => value.toFixed(digits);
  line('machine', `${machine}, commit ${at}`);
  line('file', `${n(bytes / MIB)} MiB, medians of ${rounds}, start-up counted`);
  line(
    'headwater',
    `${n(headwater.mbPerSecond)} MB/s (${n(headwater.transferMbPerSecond)} without start-up), ` +
      `${n(headwater.cpuSeconds, 2)} CPU s, peak RSS ${n(headwater.peakRssMib)} MiB, ` +
      `overhead ${n(100 * headwater.overhead, 2)} %, in all ${n(100 * headwater.totalOverhead, 3)} %`,
  );
  line('sharer', `peak RSS ${n(sharer.peakRssMib)} MiB, describing included`);
  if (curl !== undefined) {
    line('curl', `${n(curl.mbPerSecond)} MB/s, ${n(curl.cpuSeconds, 2)} CPU s, unverified`);
    line('ratio', `${n(ratio, 2)} of curl`);
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
if (values.role !== undefined) {
  await ROLES[values.role](...positionals);
} else {
  const result = await bench(values);
  print(result);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
}
