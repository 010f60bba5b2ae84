// Decoding runs in a worker: while the worker cannot, everything else of a download goes on. Nothing here depends
// on time: the decoding worker is held at a named pipe until the test has seen what it came for.

import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { GetEvent } from 'headwater/node';
import { describe as describeFile, get, share } from 'headwater/node';
import { Pool } from '../../dist/node/work/pool.js';
import { closing, sameFiles, seededFile, tempDirectory } from './helpers.ts';

/** The worker that decodes (src/node/part-content.ts). Encoding of block 0 and hashing are done by the other. */
const DECODE_WORKER = 1;
const T = 1024;
const K = 64;

/** Holds a worker of this process at a pipe that nobody writes to; returns what lets it go. */
function holdWorker(directory: string, worker: number): () => Promise<void> {
  const dataPath = join(directory, 'pipe');
  execFileSync('mkfifo', [dataPath]);
  const pool = Pool.shared();
  const held = pool
    .run({ kind: 'hash', dataPath, hashKey: 'held', upTo: 1, final: true }, worker)
    .catch(() => undefined); // a pipe has no offsets to read at
  let isHeld = true;
  const letGo = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await (await open(dataPath, 'w')).close();
    await held;
    await pool.release();
  };
  onTestFinished(letGo);
  return letGo;
}

test('while a block waits for the decoding worker, the download goes on', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', K * T);
  await describeFile(file, { symbolBytes: T, blockBytes: K * T });
  // 77 of 128 symbols: more than K, and not all of the source symbols.
  const part = closing(await share(file, { hold: 0.6, seed: 1 }));
  const letGo = holdWorker(directory, DECODE_WORKER);
  const output = join(directory, 'copy.bin');
  const getting = get(part.link, { output, progressMs: 1 });
  const seen: GetEvent['event'][] = [];
  let isHeld = true;
  for await (const event of getting) {
    seen.push(event.event);
    // All symbols came and were stored; now the block is to be decoded.
    if (isHeld && event.event === 'progress' && event.have === K) {
      for (let turn = 0; turn < 100; turn++) await setImmediate();
      expect(getting.status()).toMatchObject({ phase: 'running', have: K, received: K });
      expect(seen).not.toContain('block');
      isHeld = false;
      await letGo();
    }
  }
  expect(isHeld).toBe(false);
  expect(seen).toContain('block');
  expect((await getting.done).received).toBe(K);
  expect(sameFiles(file, output)).toBe(true);
});
