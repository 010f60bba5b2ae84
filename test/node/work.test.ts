// The tasks of the workers, against the same work done in this process.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { xorInto } from '../../src/base/index.ts';
import { chooseParameters, describeBlock, Layout } from '../../src/content/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import { sha256 } from '../../src/node/sha256.ts';
import { buffersOf, packRecoded } from '../../src/node/work/recoded.ts';
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
    recoded: packRecoded([], T),
    judge: packRecoded([], T),
    sourceRoot,
  } as const;
  /** The recoded symbol of these ESIs. */
  const recode = (...esis: number[]) => {
    const sum = new Uint8Array(T);
    for (const esi of esis) xorInto(sum, encoder.symbol(esi));
    return { row: 0, esis, bytes: sum };
  };
  return { task, bytes, dataPath, recode };
}

const NO_LIARS = { missing: 0, liars: new Uint32Array(0) };

test('finish-block rebuilds what was lost, in its place and nowhere else', async () => {
  for (const sbn of [0, 1, 2]) {
    const { task, bytes, dataPath } = lossy([0, 7, 8, 39], [41, 44, 60, 70, 79], sbn);
    expect(await pool.run(task)).toEqual({ outcome: 'ok', decoded: true, ...NO_LIARS });
    expect(readFileSync(dataPath).equals(bytes)).toBe(true);
  }
});

test('finish-block with too few symbols is short and writes nothing', async () => {
  const { task, dataPath } = lossy([0, 7, 8, 39], [41, 44, 60], 1);
  const before = readFileSync(dataPath);
  expect(await pool.run(task)).toEqual({
    outcome: 'short',
    decoded: false,
    missing: 1,
    liars: new Uint32Array(0),
  });
  expect(readFileSync(dataPath).equals(before)).toBe(true);
});

test('finish-block takes recoded symbols for those that are missing, the padded one among them', async () => {
  for (const sbn of [0, 2]) {
    const { task, bytes, dataPath, recode } = lossy([0, 7, 8, 20, 39], [41], sbn);
    const rows = [
      recode(0, 1, 41), // of one unknown
      recode(7, 8, 2),
      recode(8, 20, 60, 3),
      recode(60, 39),
      recode(7, 20, 75, 76),
      recode(75, 12, 39),
      recode(76, 0),
    ];
    const recoded = packRecoded(rows, T);
    const answer = await pool.run({ ...task, recoded }, 0, buffersOf(recoded));
    expect(answer).toEqual({ outcome: 'ok', decoded: true, ...NO_LIARS });
    expect(recoded.payloads.length).toBe(0); // handed over
    expect(readFileSync(dataPath).equals(bytes)).toBe(true);
  }
});

test('finish-block says how many symbols are missing at least, the recoded ones counted', async () => {
  const { task, recode } = lossy([0, 7, 8, 39], [41], 1);
  const missing = async (...rows: ReturnType<typeof recode>[]): Promise<number> => {
    const answer = await pool.run({ ...task, recoded: packRecoded(rows, T) });
    expect(answer.outcome).toBe('short');
    return answer.missing;
  };
  expect(await missing()).toBe(3);
  expect(await missing(recode(0, 7))).toBe(2);
  // As many as are needed, but these say the same twice, and nothing new.
  expect(await missing(recode(0, 7), recode(7, 0, 1), recode(1, 2))).toBe(2);
});

test('a recoded symbol that lies makes the block corrupt, and nothing of it is written', async () => {
  const { task, dataPath, recode } = lossy([0, 7, 8, 39], [41], 0);
  const before = readFileSync(dataPath);
  const lie = { ...recode(0, 8), bytes: recode(0, 9).bytes };
  const rows = [recode(0, 7), recode(7, 8, 39), lie];
  const answer = await pool.run({ ...task, recoded: packRecoded(rows, T) });
  expect(answer).toEqual({ outcome: 'corrupt', decoded: false, ...NO_LIARS });
  expect(readFileSync(dataPath).equals(before)).toBe(true);
});

test('the rows that lie are named when the block is right, and nobody else', async () => {
  const lists = fc.uniqueArray(fc.nat(2 * K - 1), { minLength: 1, maxLength: 9 });
  const judged = fc.array(fc.tuple(lists, fc.option(fc.nat(T - 1))), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(judged, fc.boolean(), async (rows, isWhole) => {
      const { task, recode } = lossy(isWhole ? [] : [0, 39], isWhole ? [] : [40, 41, 60, 61], 2);
      const judge = rows.map(([esis, wrongByte]) => {
        const row = recode(...esis);
        if (wrongByte !== null) row.bytes[wrongByte] = (row.bytes[wrongByte] ?? 0) ^ 0x40;
        return row;
      });
      const lies = rows.flatMap(([, wrongByte], at) => (wrongByte === null ? [] : [at]));
      const answer = await pool.run({ ...task, judge: packRecoded(judge, T) });
      expect(answer.outcome).toBe('ok');
      expect([...answer.liars]).toEqual(lies);
    }),
    { numRuns: 25 },
  );
});

test('finish-block of a whole block checks what is on the disk', async () => {
  const { task, dataPath } = lossy([], [], 1);
  expect(await pool.run(task)).toEqual({ outcome: 'ok', decoded: false, ...NO_LIARS });
  const data = readFileSync(dataPath);
  const at = layout.blockOffset(1) + 100;
  data[at] = 1 ^ (data[at] ?? 0);
  writeFileSync(dataPath, data);
  expect(await pool.run(task)).toEqual({ outcome: 'corrupt', decoded: false, ...NO_LIARS });
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
