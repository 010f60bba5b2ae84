// The store of a plain file under failing disks and power failures.

import { closeSync, cpSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { DiskError } from '../../src/node/store/disk-error.ts';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import type { Operation } from './faulty-fs.ts';
import { systemError, watchedFs } from './faulty-fs.ts';
import { scratch } from './helpers.ts';
import { BYTES, entries, heldIds, open, span, wrongClaims } from './plain-sample.ts';

/** HEADWATER_ROUNDS=40 for a long run. */
const ROUNDS = Number(process.env['HEADWATER_ROUNDS'] ?? 6);
const PAGE_BYTES = 4096;
describe('a failing disk under a plain store', () => {
  async function download(out: string, fs: StoreFs, durable: Set<number>): Promise<void> {
    const store = await open(out, fs);
    try {
      for (const ids of [span(0, 20), span(300, 310), span(20, 256), span(100, 513)]) {
        await store.writeSymbols(entries(store, ids));
        const held = heldIds(store);
        await store.commit();
        for (const id of held) durable.add(id);
      }
      await store.discardBlock(1);
      for (const id of span(256, 512)) durable.delete(id);
      await store.writeSymbols(entries(store, span(0, store.layout.idCount)));
      await store.finish();
    } finally {
      await store.close();
    }
  }

  it('at any call leaves a named error and a good store', async () => {
    let failed = 0;
    for (let n = 1; ; n++) {
      const out = join(scratch(), 'out');
      let calls = 0;
      const fs = watchedFs({
        before: () => {
          if (++calls === n) throw systemError('ENOSPC');
        },
      });
      const durable = new Set<number>();
      let error: unknown;
      await download(out, fs, durable).catch((e: unknown) => (error = e));
      if (calls < n) {
        expect(error).toBe(undefined);
        break;
      }
      if (existsSync(out)) {
        // The failure came after the file had its name.
        expect(readFileSync(out).equals(BYTES)).toBe(true);
        continue;
      }
      failed++;
      expect(error).toBeInstanceOf(DiskError);
      expect(error).toMatchObject({
        code: 'ENOSPC',
        path: expect.stringContaining('out') as string,
      });
      const again = await open(out);
      expect([n, await wrongClaims(again, false)]).toEqual([n, []]);
      // The block that was discarded may be there still: its discarding failed.
      const lost = [...durable].filter((id) => !again.held.has(id) && !(id >= 256 && id < 512));
      expect([n, lost]).toEqual([n, []]);
      await again.writeSymbols(entries(again, span(0, again.layout.idCount)));
      await again.finish();
      await again.close();
      expect(readFileSync(out).equals(BYTES)).toBe(true);
    }
    expect(failed).toBeGreaterThan(30);
  });

  it('never retries a sync that failed', async () => {
    const out = join(scratch(), 'out');
    let isBroken = false;
    let syncs = 0;
    const fs = watchedFs({
      before: (call, name) => {
        if (call !== 'sync' || name !== 'data') return;
        syncs++;
        if (isBroken) throw systemError('EIO');
      },
    });
    const store = await open(out, fs);
    await store.writeSymbols(entries(store, [0, 1]));
    await store.commit();
    await store.writeSymbols(entries(store, [2]));
    isBroken = true;
    await expect(store.commit()).rejects.toMatchObject({ name: 'DiskError', code: 'EIO' });
    isBroken = false;
    const before = syncs;
    await expect(store.commit()).rejects.toMatchObject({ code: 'EIO' });
    await expect(store.finish()).rejects.toThrow();
    expect(syncs).toBe(before);
    await store.close();
    const again = await open(out);
    expect(heldIds(again)).toEqual([0, 1]);
    await again.close();
  });
});

describe('a plain store after a power failure', () => {
  interface Recording {
    readonly base: string;
    readonly operations: Operation[];
    /** After so many operations, at least these symbols are durable. */
    readonly durable: { readonly at: number; readonly ids: readonly number[] }[];
    /** From so many operations on, block 1 must not be claimed with the bytes that it had before. */
    readonly discardedAt: number;
  }

  /** A download in random order; what comes of block 1 is wrong at first, and then discarded. */
  async function record(seed: number): Promise<Recording> {
    const rng = new Rng(seed);
    const directory = scratch();
    const out = join(directory, 'out');
    await (await open(out)).close();
    const base = join(directory, 'base.part');
    cpSync(`${out}.part`, base, { recursive: true });
    const operations: Operation[] = [];
    const durable: { at: number; ids: readonly number[] }[] = [];
    const store = await open(out, watchedFs({ after: (o) => void operations.push(o) }));
    const write = async (from: readonly number[], flip: number): Promise<void> => {
      const order = rng.shuffle([...from]);
      while (order.length > 0) {
        await store.writeSymbols(entries(store, order.splice(0, 1 + rng.below(40)), flip));
        if (rng.below(4) > 0) continue;
        const ids = heldIds(store);
        await store.commit();
        durable.push({ at: operations.length, ids });
      }
    };
    await write(span(256, 512), 0xff);
    if (store.hasBlock(1)) await store.discardBlock(1);
    const discardedAt = operations.length;
    await write(span(0, store.layout.idCount), 0);
    await store.close();
    return { base, operations, durable, discardedAt };
  }

  /** The directory as a power failure after `at` operations may leave it: see power-loss.test.ts. */
  function crash({ base, operations }: Recording, at: number, rng: Rng): string {
    const out = join(scratch(), 'out');
    cpSync(base, `${out}.part`, { recursive: true });
    const fds = new Map<string, number>();
    const chance = 1 + rng.below(9);
    operations.slice(0, at).forEach((operation, i) => {
      if (operation.kind === 'sync') return;
      const { file: name, offset, bytes } = operation;
      const fd = fds.get(name) ?? openSync(join(`${out}.part`, name), 'r+');
      fds.set(name, fd);
      const isSynced = operations.slice(i, at).some((o) => o.kind === 'sync' && o.file === name);
      for (let from = 0; from < bytes.length;) {
        const next = Math.min(bytes.length, from + PAGE_BYTES - ((offset + from) % PAGE_BYTES));
        let to = next;
        if (!isSynced && rng.below(10) >= chance) to = from;
        else if (!isSynced && rng.below(10) === 0) to = from + rng.below(to - from + 1);
        if (to > from) writeSync(fd, bytes, from, to - from, offset + from);
        from = next;
      }
    });
    for (const fd of fds.values()) closeSync(fd);
    return out;
  }

  it('claims nothing wrong, has lost nothing committed, and goes on', async () => {
    let claims = 0;
    for (let seed = 0; seed < 4; seed++) {
      const recording = await record(seed);
      const { operations, durable, discardedAt } = recording;
      const rng = new Rng(seed);
      for (let round = 0; round < ROUNDS; round++) {
        const at = rng.below(operations.length + 1);
        const out = crash(recording, at, rng);
        const store = await open(out);
        const context = `seed ${seed} round ${round} at ${at}`;
        const wrong = await wrongClaims(store, at < discardedAt);
        expect([context, wrong]).toEqual([context, []]);
        claims += store.held.count;
        const mark = durable.filter((d) => d.at <= at).at(-1);
        const wasDiscarded = mark !== undefined && mark.at <= discardedAt;
        const lost = (mark?.ids ?? []).filter((id) => !store.held.has(id));
        expect([context, wasDiscarded ? [] : lost]).toEqual([context, []]);
        if (at < discardedAt) await store.discardBlock(1);
        await store.writeSymbols(entries(store, span(0, store.layout.idCount)));
        await store.finish();
        await store.close();
        expect(readFileSync(out).equals(BYTES)).toBe(true);
      }
    }
    expect(claims).toBeGreaterThan(100 * ROUNDS);
  });
});
