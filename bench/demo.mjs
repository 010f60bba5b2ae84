// `npm start [-- FILE]`: one download from five places at once, on this machine.
//
// One full source and four peers, each of which holds a random part of the encoding symbols, serve over
// loopback as processes of their own, all limited to the same modest rate. The file is fetched twice: from
// the full source alone, then from all five.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { formatBytes, formatRate } from '../dist/cli/format.js';
import { fetchFrom } from './demo/fetch.mjs';
import { Sources } from './demo/sources.mjs';
import { figures, sourcesTable } from './demo/table.mjs';
import { catchSignals } from './interrupt.mjs';

const MIB = 1024 * 1024;
const DEFAULT_BYTES = 32 * MIB;
const PEERS = 4;
const WINDOW_RATIO = 2;
/** Distinct symbols among the peers ÷ symbols needed. */
const SLACK = 1.3;
/** Every peer holds such a random share of the window that together they hold SLACK. */
const HOLD = 1 - (1 - SLACK / WINDOW_RATIO) ** (1 / PEERS);
/** The full source alone takes about this long, within the limits of the rate. */
const ALONE_SECONDS = 16;
const RATE_MIN = MIB / 4;
/** Five times this is what two processor cores can encode, hash and decode beside each other. */
const RATE_MAX = 3 * MIB;
/** Longer than this, the fetch from the full source alone is cut short and its time worked out. */
const ALONE_SECONDS_MAX = 20;

const say = (text = '') => process.stdout.write(`${text}\n`);

async function main(stop, sources, folder) {
  const given = process.argv[2];
  const file = given === undefined ? await randomFile(folder) : resolve(given);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new Error(`${file} is not a file; run: npm start -- FILE`);
  const { size } = found;
  if (size === 0) throw new Error(`${file} is empty: there is nothing to fetch`);
  await checkSpace(folder, size);
  const rate = Math.round(Math.min(RATE_MAX, Math.max(RATE_MIN, size / ALONE_SECONDS)));

  say(`Describing ${basename(file)} (${formatBytes(size)}).`);
  const described = JSON.parse(await sources.run(['describe', file, '-o', `${folder}/`, '--json']));
  stop.throwIfAborted();

  say(`Starting one full source and ${PEERS} peers, each limited to ${formatRate(rate)}.`);
  const common = ['--descriptor', described.descriptor, '--max-rate', String(rate)];
  const [full, ...peers] = await Promise.all([
    sources.share(file, common),
    ...Array.from({ length: PEERS }, (_, index) =>
      sources.share(file, [...common, '--hold', HOLD.toFixed(4), '--seed', String(index + 1)]),
    ),
  ]);
  const holds = new Map([
    [full.address, 'everything'],
    ...peers.map((peer) => [peer.address, `random ${(100 * WINDOW_RATIO * HOLD).toFixed(0)} %`]),
  ]);
  stop.throwIfAborted();

  say('\nFirst, from the full source alone:\n');
  const alone = await fetchAlone(described, full, folder, stop);
  say('\nNow from all five at once:\n');
  const output = join(folder, 'all');
  const addresses = [full, ...peers].map((source) => source.address);
  const result = await fetchFrom({ what: described.descriptor, addresses, output, stop });

  if ((await sha256Of(output)) !== (await sha256Of(file))) {
    throw new Error('the fetched file is not the file that was shared');
  }
  say(`\n${sourcesTable(result, holds)}\n`);
  say(figures(result, alone, addresses.length));
  say(`\nSHA-256 ${result.sha256}`);
  say('The fetched file is the shared one, byte for byte.');
}

/** Fetches from the full source alone; a long fetch is cut short and its time worked out. */
async function fetchAlone(described, full, folder, stop) {
  const output = join(folder, 'alone');
  const request = { what: described.descriptor, addresses: [full.address], output, stop };
  const result = await fetchFrom({ ...request, secondsMax: ALONE_SECONDS_MAX });
  const rate = result.bytes / result.seconds;
  await rm(output, { force: true });
  await rm(`${output}.part`, { recursive: true, force: true });
  return result.cut
    ? { seconds: described.bytes / rate, rate, how: `worked out from ${formatBytes(result.bytes)}` }
    : { seconds: result.seconds, rate, how: 'measured' };
}

async function randomFile(folder) {
  const path = join(folder, 'random.bin');
  const file = await open(path, 'w');
  try {
    for (let done = 0; done < DEFAULT_BYTES; done += 4 * MIB)
      await file.write(randomBytes(4 * MIB));
  } finally {
    await file.close();
  }
  return path;
}

/** Room for the fetched file, a second one while it is fetched, and its repair symbols. */
async function checkSpace(folder, size) {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < 2.5 * size) {
    throw new Error(`${tmpdir()} has no room for two copies of ${formatBytes(size)}; set TMPDIR`);
  }
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const interrupt = catchSignals();
const sources = new Sources();
const folder = await mkdtemp(join(tmpdir(), 'headwater-demo-'));
try {
  await main(interrupt.signal, sources, folder);
} catch (error) {
  if (interrupt.code === 0) process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = interrupt.code || 1;
} finally {
  await sources.close();
  await rm(folder, { recursive: true, force: true });
}
