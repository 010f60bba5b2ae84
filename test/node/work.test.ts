// The tasks of the workers, against the same work done in this process.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { chooseParameters, describeBlock, Layout } from '../../src/content/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import { sha256 } from '../../src/node/sha256.ts';
import { Pool } from '../../dist/node/work/pool.js';
import { seededBytes, seededFile, tempDirectory } from './helpers.ts';

const T = 256;
const K = 40;
const LENGTH = 3 * K * T - 17;
const parameters = chooseParameters(LENGTH, { symbolBytes: T, blockBytes: K * T });
const layout = new Layout(parameters);
const pool = new Pool();

afterAll(() => pool.close());

/** The bytes of a block, its padding included. */
function blockOf(bytes: Uint8Array, sbn: number): Uint8Array {
  const block = new Uint8Array(layout.sourceSymbols(sbn) * T);
  const start = layout.blockOffset(sbn);
  block.set(bytes.subarray(start, start + layout.blockBytes(sbn)));
  return block;
}

test('describe-block gives what describeBlock gives', async () => {
  const file = seededFile(tempDirectory(), 'f', LENGTH);
  const bytes = readFileSync(file);
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const task = { kind: 'describe-block', dataPath: file, layout: parameters, sbn } as const;
    const there = await pool.run(task);
    const here = describeBlock(blockOf(bytes, sbn), T, parameters.windowRatio, sha256);
    expect(Buffer.compare(there.leaves, here.leaves)).toBe(0);
    expect(Buffer.compare(there.sourceRoot, here.sourceRoot)).toBe(0);
    expect(Buffer.compare(there.windowRoot, here.windowRoot)).toBe(0);
  }
});

test('encode gives the symbols asked for, the same from a cached encoder', async () => {
  const file = seededFile(tempDirectory(), 'f', LENGTH);
  const bytes = readFileSync(file);
  const encoders = [0, 1, 2].map((sbn) => new RaptorQEncoder(blockOf(bytes, sbn), T));
  // Block 2 is the one with padding. In between other blocks are read into the same memory.
  for (const sbn of [2, 0, 2, 1, 0, 2]) {
    const esis = [2 * K - 1, K, K + 5, K + sbn];
    const task = { kind: 'encode', dataPath: file, layout: parameters, sbn } as const;
    const { symbols } = await pool.run(
      { ...task, esis: Uint32Array.from(esis), cacheKey: 'test' },
      0,
    );
    expect(symbols.length).toBe(esis.length * T);
    esis.forEach((esi, i) => {
      const right = encoders[sbn]?.symbol(esi) ?? new Uint8Array(0);
      expect(Buffer.compare(right, symbols.subarray(i * T, (i + 1) * T))).toBe(0);
    });
  }
});

/** A data file with the lost symbols zeroed, and a repair file with gaps between its slots. */
function lossy(lost: readonly number[], repairs: readonly number[], sbn: number) {
  const directory = tempDirectory();
  const bytes = seededBytes(LENGTH, 5);
  const block = blockOf(bytes, sbn);
  const { sourceRoot } = describeBlock(block, T, 1, sha256);
  const encoder = new RaptorQEncoder(block, T);
  const data = Buffer.from(bytes);
  const start = layout.blockOffset(sbn);
  for (const esi of lost) data.fill(0, start + esi * T, Math.min(LENGTH, start + (esi + 1) * T));
  const dataPath = join(directory, 'data');
  writeFileSync(dataPath, data.subarray(0, LENGTH));
  const offsets = repairs.map((_, i) => (repairs.length - i) * 2 * T);
  const repairFile = Buffer.alloc((repairs.length + 1) * 2 * T);
  repairs.forEach((esi, i) => repairFile.set(encoder.symbol(esi), offsets[i]));
  const repairPath = join(directory, 'repair');
  writeFileSync(repairPath, repairFile);
  const held: number[] = [];
  for (let esi = 0; esi < K; esi++) if (!lost.includes(esi)) held.push(esi);
  const task = {
    kind: 'finish-block',
    dataPath,
    layout: parameters,
    sbn,
    held: Uint32Array.from([...held, ...repairs]),
    repairPath,
    repairOffsets: Float64Array.from(offsets),
    sourceRoot,
  } as const;
  return { task, bytes, dataPath };
}

test('finish-block rebuilds what was lost, in its place and nowhere else', async () => {
  for (const sbn of [0, 1, 2]) {
    const { task, bytes, dataPath } = lossy([0, 7, 8, 39], [41, 44, 60, 70, 79], sbn);
    expect(await pool.run(task)).toEqual({ outcome: 'ok', decoded: true });
    expect(readFileSync(dataPath).equals(bytes)).toBe(true);
  }
});

test('finish-block with too few symbols is short and writes nothing', async () => {
  const { task, dataPath } = lossy([0, 7, 8, 39], [41, 44, 60], 1);
  const before = readFileSync(dataPath);
  expect(await pool.run(task)).toEqual({ outcome: 'short', decoded: false });
  expect(readFileSync(dataPath).equals(before)).toBe(true);
});

test('finish-block of a whole block checks what is on the disk', async () => {
  const { task, dataPath } = lossy([], [], 1);
  expect(await pool.run(task)).toEqual({ outcome: 'ok', decoded: false });
  const data = readFileSync(dataPath);
  const at = layout.blockOffset(1) + 100;
  data[at] = 1 ^ (data[at] ?? 0);
  writeFileSync(dataPath, data);
  expect(await pool.run(task)).toEqual({ outcome: 'corrupt', decoded: false });
});

test('check-block names the right symbols of a file with holes', async () => {
  const { task, bytes } = lossy([3, 4, 20], [], 0);
  const { leaves } = describeBlock(blockOf(bytes, 0), T, 1, sha256);
  const { valid } = await pool.run({ ...task, kind: 'check-block', leaves });
  const right = Array.from({ length: K }, (_, esi) => esi).filter((e) => ![3, 4, 20].includes(e));
  expect([...valid]).toEqual(right);
});

test('a running hash goes on from where it was, and begins again when it is new', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'f', 5000);
  const right = createHash('sha256').update(readFileSync(file)).digest();
  const step = { kind: 'hash', dataPath: file, hashKey: 'a', final: false } as const;
  await pool.run({ ...step, upTo: 1000 }, 0);
  await pool.run({ ...step, upTo: 4321 }, 0);
  const last = { ...step, upTo: 5000, final: true };
  expect(right.equals((await pool.run(last, 0)).digest ?? Buffer.alloc(0))).toBe(true);
  expect(right.equals((await pool.run(last, 0)).digest ?? Buffer.alloc(0))).toBe(true);
});

test('a task on a missing file rejects with the system code, and the worker goes on', async () => {
  const gone = {
    kind: 'hash',
    dataPath: '/nonexistent',
    hashKey: 'b',
    upTo: 1,
    final: true,
  } as const;
  await expect(pool.run(gone, 0)).rejects.toMatchObject({ code: 'ENOENT' });
  const { task } = lossy([], [], 0);
  expect((await pool.run(task, 0)).outcome).toBe('ok');
});
