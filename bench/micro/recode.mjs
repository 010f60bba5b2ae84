// Recoded payload a sender makes per second of processor time, out of a complete file and out of a part of it, with
// constituents drawn at random. `node bench/micro/recode.mjs [T [K [blocks]]]`, after a build. "First" is a pass over
// symbols that nobody has read yet, "then" the passes after it. Blocks take turns at random.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../../dist/base/index.js';
import { RaptorQEncoder } from '../../dist/fountain/index.js';
import { describe } from '../../dist/node/index.js';
import { OutgoingFrames } from '../../dist/node/outgoing-frames.js';
import { PartContent } from '../../dist/node/part-content.js';
import { ServedContent } from '../../dist/node/served-content.js';
import { SymbolSums } from '../../dist/node/symbol-sums.js';
import { Pool } from '../../dist/node/work/pool.js';

const [T = 16_384, K = 1024, blocks = 1] = process.argv.slice(2).map(Number);
const DEGREES = [1, 4, 8, 16];
const IN_FLIGHT = 8;
const THEN = 3;
const rng = new Rng(1);
const frameSymbols = Math.min(255, Math.floor(65_536 / T));
const directory = mkdtempSync(join(tmpdir(), 'headwater-recode-'));
const pool = new Pool();

/** Sends `frames` recoded frames over a link that takes everything; resolves to MB per second of processor time. */
async function run(outgoing, work, esis, degree, frames) {
  const before = process.cpuUsage();
  for (let sent = 0; sent < frames; sent += IN_FLIGHT) {
    for (let i = 0; i < IN_FLIGHT; i++) {
      const symbols = Array.from({ length: frameSymbols }, () => {
        const drawn = new Set();
        while (drawn.size < degree) drawn.add(esis[rng.below(esis.length)]);
        return [...drawn];
      });
      outgoing.recode({ kind: 'recode', link: 1, sbn: rng.below(blocks), seed: 0, symbols });
    }
    await Promise.all(work.splice(0));
  }
  const { user, system } = process.cpuUsage(before);
  return Math.round((frames * frameSymbols * T) / (user + system));
}

async function measure(name, storage, esis) {
  for (const degree of DEGREES) {
    const sums = new SymbolSums(storage);
    const work = [];
    const failed = [];
    const outgoing = new OutgoingFrames(
      { sendFrame: (_link, _frame, done) => done(true) },
      (input) => input.kind === 'sent' || failed.push(input),
      (promise) => work.push(promise),
    );
    outgoing.from = { storage, sums };
    const frames = Math.ceil((K * blocks) / frameSymbols / IN_FLIGHT) * IN_FLIGHT;
    const first = await run(outgoing, work, esis, degree, frames);
    const then = await run(outgoing, work, esis, degree, THEN * frames);
    sums.release();
    if (failed.length > 0) throw new Error(`${failed.length} frames failed`);
    console.log(`${name}  degree ${degree}  first ${first} MB/s  then ${then} MB/s`);
  }
}

const bytes = Buffer.alloc(K * T * blocks);
for (let i = 0; i < bytes.length; i += 4) bytes.writeInt32LE(Math.imul(i, 0x9e3779b1) | 0, i);
const path = join(directory, 'file');
writeFileSync(path, bytes);
const { descriptor, contentId, leavesPath } = await describe(path, {
  symbolBytes: T,
  blockBytes: K * T,
});
const sources = Array.from({ length: K }, (_, esi) => esi);
const served = await ServedContent.open({ path, descriptor, contentId, pool, leavesPath });
await measure('complete file, source symbols', served, sources);
const window = Array.from({ length: 2 * K }, (_, esi) => esi);
await measure('complete file, source and repair symbols', served, window);
await served.close();

const out = join(directory, 'out');
const onFailure = (error) => console.error(error);
const part = await PartContent.open({ out, descriptor, pool, onFailure });
const held = window.filter(() => rng.below(100) < 45);
for (let sbn = 0; sbn < blocks; sbn++) {
  const encoder = new RaptorQEncoder(bytes.subarray(sbn * K * T, (sbn + 1) * K * T), T);
  for (let i = 0; i < held.length; i += 64) {
    const some = held.slice(i, i + 64);
    await part.write(some.map((esi) => ({ sbn, esi, bytes: encoder.symbol(esi) })));
  }
}
await measure('part, source and repair symbols', part, held);
await part.close();
await pool.close();
rmSync(directory, { recursive: true });
