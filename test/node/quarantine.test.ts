// Recoded symbols that wait in memory until they are a single symbol: peeled, checked, stored, or found out.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { describe as describeFile } from 'headwater/node';
import { LEAF_BYTES, LEAVES_HEADER_BYTES } from '../../src/content/index.ts';
import type { TransferInput } from '../../src/engine/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import { IncomingFrames } from '../../src/node/incoming-frames.ts';
import { PartContent } from '../../src/node/part-content.ts';
import { Quarantine } from '../../src/node/quarantine.ts';
import type { Storage } from '../../src/node/storage.ts';
import { SymbolSums } from '../../src/node/symbol-sums.ts';
import { Pool } from '../../dist/node/work/pool.js';
import { MemoryStorage } from './memory-storage.ts';
import { seededFile, tempDirectory } from './helpers.ts';

const K = 20;
const T = 36;
const pool = new Pool();
let fed: TransferInput[] = [];
let failures: unknown[] = [];

afterAll(() => pool.close());
beforeEach(() => {
  fed = [];
  failures = [];
});

/** A quarantine on a store, and a way to put payloads into rows. */
function quarantineOn(storage: Storage, keptBytes?: number) {
  const feed = (input: TransferInput): void => void fed.push(input);
  const diskFailed = (error: unknown): void => void failures.push(error);
  const sums = new SymbolSums(storage, keptBytes);
  const incoming = new IncomingFrames(storage, feed, diskFailed);
  const quarantine = new Quarantine({ storage, sums, incoming, feed, diskFailed });
  const put = (...payloads: readonly (readonly [row: number, payload: Uint8Array])[]): void => {
    const frame = incoming.keep(1, { payloads: payloads.map(([, payload]) => payload) });
    const rows = payloads.map(([row]) => row);
    quarantine.keep({ kind: 'quarantine', link: 1, frame, keep: rows.map((_, i) => i), rows });
  };
  const peel = (row: number, esi: number | undefined, known: readonly number[]): void =>
    quarantine.peel({ kind: 'peel', row, sbn: 0, esi, known });
  return { quarantine, incoming, sums, put, peel };
}

function holding(...esis: number[]): MemoryStorage {
  const storage = new MemoryStorage(K, T);
  for (const esi of esis) storage.held.add(esi);
  return storage;
}

/** The verdict on each row, in the order of the answers. */
function verdicts(): unknown[] {
  return fed.map((input) => (input.kind === 'peeled' ? [input.row, input.verdict] : input.kind));
}

test('a peeled row is the symbol that was left of it, verified and stored', async () => {
  const storage = holding(3, 7, 25);
  const { quarantine, put, peel } = quarantineOn(storage);
  put([0, storage.sum([3, 7, 25, 11])]);
  peel(0, 11, [7, 25, 3]);
  await quarantine.settle();
  expect(verdicts()).toEqual([[0, 'kept']]);
  expect(storage.held.has(11)).toBe(true);
  expect(storage.reads).toEqual([[3, 7, 25]]);
});

test('peels of one moment are read and written together, and read no symbol twice', async () => {
  const storage = holding(1, 2, 3, 4);
  const { quarantine, put, peel } = quarantineOn(storage);
  const rows = [
    { esi: 10, known: [1, 2] },
    { esi: 30, known: [4, 2, 1] },
    { esi: 12, known: [] },
  ];
  put(...rows.map(({ esi, known }, row) => [row, storage.sum([...known, esi])] as const));
  rows.forEach(({ esi, known }, row) => peel(row, esi, known));
  await quarantine.settle();
  expect(verdicts()).toEqual(
    expect.arrayContaining([
      [0, 'kept'],
      [1, 'kept'],
      [2, 'kept'],
    ]),
  );
  expect(storage.reads).toEqual([[1, 2, 4]]);
  expect(storage.writes).toHaveLength(1);
  // What was peeled is known by now: it is not read again.
  put([0, storage.sum([10, 30, 5])]);
  peel(0, 5, [10, 30]);
  await quarantine.settle();
  expect(verdicts().slice(3)).toEqual([[0, 'kept']]);
  expect(storage.reads).toHaveLength(1);
});

test('a lie is rejected, whether one symbol is left of it or none', async () => {
  const storage = holding(3, 7, 25);
  const { quarantine, put, peel } = quarantineOn(storage);
  const lie = storage.sum([3, 7]);
  lie[T - 1] = (lie[T - 1] ?? 0) ^ 1;
  put([0, storage.sum([3, 7])], [1, lie], [2, lie], [3, new Uint8Array(T)], [4, lie]);
  peel(0, undefined, [3, 7]);
  peel(1, undefined, [3, 7]);
  peel(2, 11, [3, 7]);
  peel(3, undefined, []);
  peel(4, undefined, []);
  await quarantine.settle();
  expect(new Map(verdicts() as [number, string][])).toEqual(
    new Map([
      [0, 'kept'],
      [1, 'rejected'],
      [2, 'rejected'],
      [3, 'kept'],
      [4, 'rejected'],
    ]),
  );
  expect(storage.held.count).toBe(3);
});

test('what cannot be read or stored fails and blames nobody', async () => {
  const storage = holding(3, 7);
  const { quarantine, put, peel } = quarantineOn(storage);
  put([0, storage.sum([3, 8, 11])], [1, storage.sum([3, 7, 11])]);
  peel(0, 11, [3, 8]); // 8 is not here
  peel(1, 11, [3, 7]);
  peel(2, 11, [3, 7]); // no such row
  await quarantine.settle();
  const seen = new Map(verdicts() as [number, string][]);
  expect([seen.get(0), seen.get(1), seen.get(2)]).toEqual(['failed', 'kept', 'failed']);
  expect(failures).toEqual([]);
  storage.failure = Object.assign(new Error('full'), { code: 'ENOSPC' });
  put([0, storage.sum([3, 7, 12])], [1, storage.sum([3, 7, 13])]);
  peel(0, 12, [3, 7]);
  await quarantine.settle();
  peel(1, 13, [3, 7]);
  await quarantine.settle();
  expect(verdicts().slice(3)).toEqual([
    [0, 'failed'],
    [1, 'failed'],
  ]);
  expect(failures).toEqual([storage.failure]);
});

test('a disk that fails to read fails the row and is told', async () => {
  const storage = holding(3);
  const { quarantine, put, peel } = quarantineOn(storage);
  storage.failure = new Error('broken');
  put([0, storage.sum([3, 4])]);
  peel(0, 4, [3]);
  await quarantine.settle();
  expect(verdicts()).toEqual([[0, 'failed']]);
  expect(failures).toEqual([storage.failure]);
});

test('rows are copies, and are gone when they are released, peeled or used again', async () => {
  const storage = holding(1);
  const { quarantine, incoming, put, peel } = quarantineOn(storage);
  const frame = new Uint8Array(3 * T).fill(9);
  put([5, frame.subarray(0, T)], [2, frame.subarray(T, 2 * T)]);
  expect(quarantine.count).toBe(2);
  const [kept] = quarantine.payloads([{ row: 5, esis: [1, 2] }]);
  expect(kept).toEqual({ row: 5, esis: [1, 2], bytes: new Uint8Array(T).fill(9) });
  expect(kept?.bytes.buffer.byteLength).toBe(T);
  put([5, storage.sum([1, 4])]);
  expect(quarantine.count).toBe(2);
  // The payload that was taken out stays what it was.
  expect(kept?.bytes).toEqual(new Uint8Array(T).fill(9));
  quarantine.release({ kind: 'release', rows: [2, 77] });
  expect(quarantine.count).toBe(1);
  peel(5, 4, [1]);
  expect(quarantine.count).toBe(0);
  expect(quarantine.payloads([{ row: 5, esis: [1, 4] }])).toEqual([]);
  await quarantine.settle();
  expect(verdicts()).toEqual([[5, 'kept']]);
  // A frame without anything to keep is released; one of a link that is gone has no payloads to keep.
  const number = incoming.keep(1, { payloads: [frame] });
  quarantine.keep({ kind: 'quarantine', link: 1, frame: number, keep: [], rows: [] });
  expect(incoming.take(number)).toEqual([]);
  const late = incoming.keep(2, { payloads: [frame] });
  incoming.forget(2);
  quarantine.keep({ kind: 'quarantine', link: 2, frame: late, keep: [0], rows: [0] });
  expect(quarantine.count).toBe(0);
});

test('settle of a block waits for its own peels', async () => {
  const storage = holding(1);
  const { quarantine, put, peel } = quarantineOn(storage);
  put([0, storage.sum([1, 4])]);
  peel(0, 4, [1]);
  await quarantine.settle(7);
  expect(fed).toEqual([]);
  await quarantine.settle(0);
  expect(verdicts()).toEqual([[0, 'kept']]);
});

test('whole cascades of peels end with the right symbols', async () => {
  const cascade = fc.record({
    seed: fc.nat(),
    order: fc.shuffledSubarray(
      Array.from({ length: 2 * K }, (_, esi) => esi),
      { minLength: 10 },
    ),
    degrees: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 40, maxLength: 40 }),
    size: fc.integer({ min: 1, max: 40 }),
    slots: fc.integer({ min: 1, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(cascade, async ({ order, degrees, size, slots }) => {
      fed = [];
      const storage = new MemoryStorage(K, size, 1);
      const { quarantine, put, peel } = quarantineOn(storage, slots * size);
      const [first, ...others] = order;
      storage.held.add(first ?? 0);
      let known = [first ?? 0];
      for (let at = 0; at < others.length; at += 5) {
        const wave = others.slice(at, at + 5);
        wave.forEach((esi, row) => {
          const parts = known.slice(0, degrees[at + row]);
          put([row, storage.sum([...parts, esi])]);
          peel(row, esi, parts);
        });
        await quarantine.settle();
        known = [...wave, ...known];
      }
      expect(fed.every((input) => input.kind === 'peeled' && input.verdict === 'kept')).toBe(true);
      expect(order.every((esi) => storage.held.has(esi))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

/** A download of one block on a disk, with its leaves, and every right symbol. */
async function download(sourceCount: number, symbolBytes: number) {
  const directory = tempDirectory();
  const length = sourceCount * symbolBytes - 5;
  const file = seededFile(directory, 'f', length);
  const blockBytes = sourceCount * symbolBytes;
  const { descriptor, leavesPath } = await describeFile(file, { symbolBytes, blockBytes });
  mkdirSync(join(directory, 'out'));
  const content = await PartContent.open({
    out: join(directory, 'out', 'f'),
    descriptor,
    pool,
    force: false,
    verify: false,
    onFailure: (error) => failures.push(error),
  });
  const leaves = readFileSync(leavesPath).subarray(LEAVES_HEADER_BYTES);
  expect(leaves.length).toBe(2 * sourceCount * LEAF_BYTES);
  await content.putLeaves(0, leaves);
  const padded = new Uint8Array(blockBytes);
  padded.set(readFileSync(file));
  const encoder = new RaptorQEncoder(padded, symbolBytes);
  const sum = (...esis: number[]): Uint8Array => {
    const total = new Uint8Array(symbolBytes);
    for (const esi of esis) {
      encoder.symbol(esi).forEach((byte, i) => (total[i] = (total[i] ?? 0) ^ byte));
    }
    return total;
  };
  return { content, sum, file, out: join(directory, 'out', 'f') };
}

test('on a disk: symbols of the file and of the repair store are taken out, the block is finished', async () => {
  const sourceCount = 12;
  const { content, sum, file, out } = await download(sourceCount, 64);
  const { quarantine, put, peel } = quarantineOn(content);
  const held = [0, 1, 2, 11, 13, 20, 22];
  await content.write(held.map((esi) => ({ sbn: 0, esi, bytes: sum(esi) })));
  put([0, sum(1, 11, 13, 20, 5)], [1, sum(5, 22, 15)], [2, sum(2, 13)]);
  peel(0, 5, [1, 11, 13, 20]);
  peel(2, undefined, [2, 13]);
  await quarantine.settle();
  peel(1, 15, [5, 22]);
  await quarantine.settle();
  expect(verdicts()).toEqual(
    expect.arrayContaining([
      [0, 'kept'],
      [1, 'kept'],
      [2, 'kept'],
    ]),
  );
  held.push(5, 15);
  held.sort((a, b) => a - b);
  // 9 symbols are held: three rows suffice.
  const rows = [
    { row: 3, esis: [3, 4, 6], bytes: sum(3, 4, 6) },
    { row: 4, esis: [6, 7, 0], bytes: sum(6, 7, 0) },
    { row: 5, esis: [3, 8, 17], bytes: sum(3, 8, 17) },
    { row: 6, esis: [9, 10, 4], bytes: sum(9, 10, 4) },
  ];
  const lie = { row: 9, esis: [4, 23], bytes: sum(4, 22) };
  const short = await content.finishBlock(0, held, rows.slice(0, 2), []);
  expect(short).toEqual({ outcome: 'short', missing: 1 });
  const corrupt = await content.finishBlock(0, held, [...rows.slice(0, 2), lie], []);
  expect(corrupt).toEqual({ outcome: 'corrupt' });
  const right = { ...lie, row: 11, esis: [4, 22] };
  const judge = [...rows.slice(0, 1), lie, ...rows.slice(2), right, { ...lie, row: 7 }];
  const finished = await content.finishBlock(0, held, rows, judge);
  expect(finished).toEqual({ outcome: 'ok', liars: [9, 7] });
  expect(await content.finishContent()).toBeUndefined();
  expect(readFileSync(out).equals(readFileSync(file))).toBe(true);
  await content.close();
});

test('a block of verified symbols alone is right without a look, unless rows are to be judged', async () => {
  const sourceCount = 10;
  const { content, sum } = await download(sourceCount, 48);
  const held = Array.from({ length: sourceCount }, (_, esi) => esi);
  // Stored twice: counted once.
  await content.write([0, 0, 1].map((esi) => ({ sbn: 0, esi, bytes: sum(esi) })));
  await content.write([0, 1].map((esi) => ({ sbn: 0, esi, bytes: sum(esi) })));
  await content.write([2, 3, 4, 5, 6].map((esi) => ({ sbn: 0, esi, bytes: sum(esi) })));
  expect(await content.finishBlock(0, held.slice(0, 7), [], [])).toEqual({
    outcome: 'short',
    missing: 3,
  });
  await content.write([7, 8, 9].map((esi) => ({ sbn: 0, esi, bytes: sum(esi) })));
  const judge = [
    { row: 1, esis: [0, 9, 15], bytes: sum(0, 9, 15) },
    { row: 2, esis: [0, 9, 15], bytes: sum(0, 9) },
  ];
  expect(await content.finishBlock(0, held, [], judge)).toEqual({ outcome: 'ok', liars: [2] });
  expect(await content.finishBlock(0, held, [], [])).toEqual({ outcome: 'ok' });
  await content.close();
});
