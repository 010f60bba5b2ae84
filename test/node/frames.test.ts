// The way of symbols through the driver: into the store in batches, out of it through read-ahead.

import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';
import type { TransferInput } from '../../src/engine/index.ts';
import { FramePool } from '../../src/node/frame-pool.ts';
import { IncomingFrames } from '../../src/node/incoming-frames.ts';
import { ReadAhead } from '../../src/node/read-ahead.ts';
import { RepairSource } from '../../src/node/repair-source.ts';
import type { Incoming, Storage } from '../../src/node/storage.ts';
import type { Pool } from '../../src/node/work/pool.ts';
import { decodeSymbolFrame, encodeSymbolFrame } from '../../src/wire/index.ts';
import { seededBytes, seededFile, tempDirectory } from './helpers.ts';

const T = 64;
const layout = new Layout({ length: 100 * T, symbolBytes: T, blockCount: 1, windowRatio: 2 });
const handles: FileHandle[] = [];

function unreachable(): void {
  throw new Error('the disk did not fail');
}

afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

/** A store that finds every symbol right whose first byte is its ESI. */
function fakeStorage(write: (symbols: readonly Incoming[]) => Promise<void>): Storage {
  return {
    layout,
    held: new Bitset(layout.idCount),
    leavesHeld: new Bitset(1),
    readInto: () => true,
    leaves: () => Promise.resolve(undefined),
    putLeaves: () => Promise.resolve(),
    verify: (_sbn, esi, bytes) => bytes[0] === esi,
    write,
    commit: () => Promise.resolve(),
    finishBlock: () => Promise.resolve({ outcome: 'ok' }),
    discardBlock: () => Promise.resolve(),
    finishContent: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

function symbols(...esis: number[]) {
  return { sbn: 0, esis, payloads: esis.map((esi) => new Uint8Array(T).fill(esi)) };
}

test('frames of one moment are written together, and answered one by one', async () => {
  const batches: number[][] = [];
  const fed: TransferInput[] = [];
  const storage = fakeStorage((batch) => {
    batches.push(batch.map(({ esi }) => esi));
    return Promise.resolve();
  });
  const incoming = new IncomingFrames(storage, (input) => fed.push(input), unreachable);
  const wrong = symbols(5, 6);
  wrong.payloads[1]?.fill(0xff);
  const one = incoming.keep(1, symbols(1, 2, 3));
  const two = incoming.keep(2, wrong);
  incoming.write({ kind: 'write', link: 1, frame: one, sbn: 0, esis: [1, 2, 3], keep: [0, 2] });
  incoming.write({ kind: 'write', link: 2, frame: two, sbn: 0, esis: [5, 6], keep: [0, 1] });
  await incoming.settle();
  expect(batches).toEqual([[1, 3, 5]]);
  expect(fed).toEqual([
    { kind: 'written', link: 1, sbn: 0, esis: [1, 3], verdicts: ['kept', 'kept'] },
    { kind: 'written', link: 2, sbn: 0, esis: [5, 6], verdicts: ['kept', 'rejected'] },
  ]);
});

test('a frame without anything to keep is released without an answer', async () => {
  const fed: TransferInput[] = [];
  const storage = fakeStorage(() => Promise.resolve());
  const incoming = new IncomingFrames(storage, (input) => fed.push(input), unreachable);
  const frame = incoming.keep(1, symbols(1));
  incoming.write({ kind: 'write', link: 1, frame, sbn: 0, esis: [1], keep: [] });
  // It is gone: a second output for it has no payloads to offer.
  incoming.write({ kind: 'write', link: 1, frame, sbn: 0, esis: [1], keep: [0] });
  await incoming.settle();
  expect(fed).toEqual([{ kind: 'written', link: 1, sbn: 0, esis: [1], verdicts: ['failed'] }]);
});

test('a full disk fails what was right, blames nobody for it, and is told once', async () => {
  const fed: TransferInput[] = [];
  const failures: unknown[] = [];
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const incoming = new IncomingFrames(
    fakeStorage(() => Promise.reject(full)),
    (input) => fed.push(input),
    (error) => failures.push(error),
  );
  const wrong = symbols(1, 2);
  wrong.payloads[1]?.fill(0xff);
  for (const kept of [wrong, symbols(3)]) {
    const frame = incoming.keep(1, kept);
    const keep = kept.esis.map((_, i) => i);
    incoming.write({ kind: 'write', link: 1, frame, sbn: 0, esis: kept.esis, keep });
    await incoming.settle();
  }
  expect(failures).toEqual([full]);
  expect(fed).toEqual([
    { kind: 'written', link: 1, sbn: 0, esis: [1, 2], verdicts: ['failed', 'rejected'] },
    { kind: 'written', link: 1, sbn: 0, esis: [3], verdicts: ['failed'] },
  ]);
});

test('a pooled frame is what the codec makes, whatever its buffer held', () => {
  const pool = new FramePool();
  const { sbn, esis, payloads } = symbols(7, 9, 200);
  for (let round = 0; round < 2; round++) {
    const frame = pool.take(sbn, esis, T);
    payloads.forEach((payload, i) => frame.payloads.set(payload, i * T));
    const right = encodeSymbolFrame(sbn, esis, payloads, T);
    expect(Buffer.compare(frame.bytes, right)).toBe(0);
    expect(decodeSymbolFrame(frame.bytes, T).esis).toEqual(esis);
    frame.buffer.fill(0xee);
    pool.release(frame);
  }
});

test('read-ahead gives the bytes of the file, in order and out of it', async () => {
  const length = 5 * 1024 * 1024 + 321;
  const path = seededFile(tempDirectory(), 'f', length);
  const bytes = readFileSync(path);
  const file = await open(path);
  handles.push(file);
  const reader = new ReadAhead(file, length);
  const check = async (offset: number, count: number): Promise<boolean> => {
    const target = new Uint8Array(Math.min(count, length - offset));
    const read = reader.read(offset, target);
    const atOnce = read === true;
    await read;
    expect(bytes.subarray(offset, offset + target.length).equals(target)).toBe(true);
    return atOnce;
  };
  let atOnce = 0;
  const step = 65_537; // does not divide a chunk
  for (let at = 0; at < length; at += step) if (await check(at, step)) atOnce++;
  expect(atOnce).toBeGreaterThan(60); // of 81: most come from memory
  for (const at of [3_000_000, 17, length - 5, 1024 * 1024 - 3]) await check(at, 5000);
  await Promise.all(Array.from({ length: 40 }, (_, i) => check(i * 100_000, 70_000)));
});

test('a read past the end of a cut file rejects, and does not poison the next', async () => {
  const path = seededFile(tempDirectory(), 'f', 1000);
  const file = await open(path);
  handles.push(file);
  const reader = new ReadAhead(file, 5000);
  await expect(reader.read(0, new Uint8Array(2000))).rejects.toThrow('ends at byte 1000');
  await expect(reader.read(0, new Uint8Array(2000))).rejects.toThrow('ends at byte 1000');
});

test('repair symbols in order are made ahead, scattered ones are not', async () => {
  const asked: number[][] = [];
  const run = (task: { esis: Uint32Array }): Promise<{ symbols: Uint8Array }> => {
    asked.push([...task.esis]);
    const made = new Uint8Array(task.esis.length * T);
    task.esis.forEach((esi, i) => made.fill(esi, i * T, (i + 1) * T));
    return Promise.resolve({ symbols: made });
  };
  const pool = { run } as unknown as Pool;
  const source = new RepairSource({ pool, dataPath: 'none', layout, cacheKey: 'x' });
  const check = async (...esis: number[]): Promise<void> => {
    const target = new Uint8Array(esis.length * T);
    await source.read(0, esis, target);
    expect([...target].every((byte, at) => byte === esis[Math.floor(at / T)])).toBe(true);
  };
  for (let esi = 100; esi < 200; esi += 4) await check(esi, esi + 1, esi + 2, esi + 3);
  expect(asked).toHaveLength(1); // the window is smaller than a batch
  expect(asked[0]).toHaveLength(100);
  const other = new RepairSource({ pool, dataPath: 'none', layout, cacheKey: 'x' });
  const target = new Uint8Array(2 * T);
  await other.read(0, [150, 170], target);
  await other.read(0, [120, 150], target);
  expect(asked.slice(1)).toEqual([[150, 170], [120]]);
  expect(target[0]).toBe(120);
  expect(target[T]).toBe(150);
});

test('a batch that cannot be made is asked for again', async () => {
  let calls = 0;
  const run = (): Promise<{ symbols: Uint8Array }> =>
    ++calls === 1
      ? Promise.reject(new Error('lost'))
      : Promise.resolve({ symbols: new Uint8Array(seededBytes(100 * T, 1)) });
  const pool = { run } as unknown as Pool;
  const source = new RepairSource({ pool, dataPath: 'none', layout, cacheKey: 'x' });
  await expect(source.read(0, [100], new Uint8Array(T))).rejects.toThrow('lost');
  await source.read(0, [100], new Uint8Array(T));
  expect(calls).toBe(2);
});
