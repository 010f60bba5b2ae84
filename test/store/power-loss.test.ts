// Power failures, simulated: of what was written since a file's last sync, any 4 KiB pieces may have reached the disk
// and any may not. Nothing wrong may be claimed, and nothing that a commit covered may be lost.

import { cpSync, openSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { FileStore, partPath } from '../../src/node/file-store.ts';
import type { Sample } from '../content/helpers.ts';
import { sample } from '../content/helpers.ts';
import { symbolsOf } from '../suite/store-suite.ts';
import type { Operation } from './faulty-fs.ts';
import { watchedFs } from './faulty-fs.ts';
import { allIds, heldIds, putLeaves, scratch, wrongClaims } from './helpers.ts';

/** HEADWATER_ROUNDS=40 for a long run. */
const ROUNDS = Number(process.env['HEADWATER_ROUNDS'] ?? 6);
const PAGE_BYTES = 4096;
/** Contents whose symbols share pages, fill one, and span several. */
const SYMBOL_BYTES = [512, 4096, 10_000];

interface Recording {
  readonly s: Sample;
  /** The directory as it was when recording began. */
  readonly base: string;
  readonly operations: Operation[];
  /** After so many operations, at least these symbols are durable. */
  readonly durable: { readonly at: number; readonly ids: readonly number[] }[];
}

/** Downloads a content in random order, deleting repair symbols and committing now and then. */
async function record(symbolBytes: number, seed: number): Promise<Recording> {
  const rng = new Rng(seed);
  const s = sample(symbolBytes * 40 - 3, { symbolBytes, blockBytes: symbolBytes * 8 });
  const symbol = symbolsOf(s);
  const directory = scratch();
  const out = join(directory, 'out');
  await (await FileStore.open(out, s.descriptor)).close();
  const base = join(directory, 'base.part');
  cpSync(partPath(out), base, { recursive: true });
  const operations: Operation[] = [];
  const durable: { at: number; ids: readonly number[] }[] = [];
  const fs = watchedFs({ after: (operation) => operations.push(operation) });
  const store = await FileStore.open(out, s.descriptor, { fs });
  if (seed % 4 !== 0) await putLeaves(store, s);
  // More repair symbols than slots need: every block's are deleted half-way, and slots are used again.
  const order = rng.shuffle(allIds(s));
  let next = 0;
  while (next < order.length) {
    const count = 1 + rng.below(6);
    const ids = order.slice(next, next + count);
    next += count;
    await store.writeSymbols(ids.map((id) => ({ id, bytes: symbol(id) })));
    if (rng.below(10) === 0) await store.deleteRepair(rng.below(s.layout.blockCount));
    if (rng.below(4) === 0) {
      const ids = heldIds(store);
      await store.commit();
      durable.push({ at: operations.length, ids });
    }
  }
  await store.close();
  return { s, base, operations, durable };
}

/** The directory as a power failure after `at` operations may leave it. */
function crash({ base, operations }: Recording, at: number, rng: Rng): string {
  const out = join(scratch(), 'out');
  const part = partPath(out);
  cpSync(base, part, { recursive: true });
  const handles = new Map<string, number>();
  const chance = 1 + rng.below(9);
  operations.slice(0, at).forEach((operation, i) => {
    const { file } = operation;
    if (operation.kind === 'sync') return;
    let fd = handles.get(file);
    if (fd === undefined) handles.set(file, (fd = openSync(join(part, file), 'r+')));
    const isSynced = operations.slice(i, at).some((o) => o.kind === 'sync' && o.file === file);
    const { offset, bytes } = operation;
    for (let from = 0; from < bytes.length;) {
      // Pages are counted from the start of the file; one in ten is torn in the middle.
      const page = PAGE_BYTES - ((offset + from) % PAGE_BYTES);
      let to = Math.min(bytes.length, from + page);
      const next = to;
      if (!isSynced && rng.below(10) >= chance) to = from;
      else if (!isSynced && rng.below(10) === 0) to = from + rng.below(to - from + 1);
      if (to > from) writeSync(fd, bytes, from, to - from, offset + from);
      from = next;
    }
  });
  for (const fd of handles.values()) closeSync(fd);
  return out;
}

describe('after a power failure', () => {
  it.each(SYMBOL_BYTES)('nothing wrong is claimed, nothing committed lost (T = %i)', async (T) => {
    let claims = 0;
    for (let seed = 0; seed < 6; seed++) {
      const recording = await record(T, seed);
      const { s, operations, durable } = recording;
      const rng = new Rng(seed);
      for (let round = 0; round < ROUNDS; round++) {
        const at = rng.below(operations.length + 1);
        const out = crash(recording, at, rng);
        const store = await FileStore.open(out, s.descriptor);
        const context = `T ${T} seed ${seed} round ${round} at ${at}`;
        expect([context, await wrongClaims(store, s)]).toEqual([context, 0]);
        claims += store.held.count;
        const mark = durable.filter((d) => d.at <= at).at(-1)?.ids ?? [];
        // Repair symbols of the mark may have been deleted since.
        const lost = mark.filter((id) => !store.held.has(id) && isSource(s, id));
        expect([context, lost]).toEqual([context, []]);
        // The store works on: what is missing is fetched again.
        const symbol = symbolsOf(s);
        await store.writeSymbols(allIds(s).map((id) => ({ id, bytes: symbol(id) })));
        await store.close();
        const again = await FileStore.open(out, s.descriptor);
        expect(again.held.count).toBe(s.layout.idCount);
        expect([context, await wrongClaims(again, s)]).toEqual([context, 0]);
        await again.close();
      }
    }
    expect(claims).toBeGreaterThan(100 * ROUNDS);
  });
});

function isSource({ layout }: Sample, id: number): boolean {
  return layout.esiOf(id) < layout.sourceSymbols(layout.sbnOf(id));
}
