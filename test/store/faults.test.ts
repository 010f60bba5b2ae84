// Failing disks and damaged state: each failure is a named error, claims nothing that was not written, and leaves a
// directory that the next open can use.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CorruptError } from '../../src/base/index.ts';
import { FileStore, partPath } from '../../src/node/file-store.ts';
import { DiskError } from '../../src/node/store/disk-error.ts';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import { sample } from '../content/helpers.ts';
import { symbolsOf } from '../suite/store-suite.ts';
import { systemError, watchedFs } from './faulty-fs.ts';
import {
  allIds,
  heldIds,
  putLeaves,
  putSymbols,
  scratch,
  sourceIds,
  wrongClaims,
} from './helpers.ts';

const s = sample(64 * 13 + 5, { symbolBytes: 64, blockBytes: 64 * 5 });
const symbol = symbolsOf(s);
const entries = (ids: number[]): { id: number; bytes: Uint8Array }[] =>
  ids.map((id) => ({ id, bytes: symbol(id) }));

/** A whole download; `durable` collects what commits covered. */
async function download(out: string, fs: StoreFs, durable: Set<number>): Promise<void> {
  const store = await FileStore.open(out, s.descriptor, { fs });
  try {
    await putLeaves(store, s);
    for (const ids of [
      [0, 1, 2],
      [5, 6],
      [10, 11, 12, 20, 21],
      [3, 4, 7],
    ]) {
      await store.writeSymbols(entries(ids));
      const held = heldIds(store);
      await store.commit();
      for (const id of held) durable.add(id);
    }
    await store.deleteRepair(0);
    for (const id of [5, 6, 7]) durable.delete(id);
    await store.writeSymbols(entries(sourceIds(s)));
    await store.finish();
  } finally {
    await store.close();
  }
}

describe('a failing disk', () => {
  it.each(['ENOSPC', 'EIO', 'EMFILE'])(
    'with %s at any call leaves a named error and a good store',
    async (code) => {
      let failed = 0;
      for (let n = 1; ; n++) {
        const out = join(scratch(), 'out');
        let calls = 0;
        const fs = watchedFs({
          before: () => {
            if (++calls === n) throw systemError(code);
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
          expect(readFileSync(out).equals(s.bytes)).toBe(true);
          continue;
        }
        failed++;
        expect(error).toBeInstanceOf(DiskError);
        expect(error).toMatchObject({ code, path: expect.stringContaining('out') as string });
        const again = await FileStore.open(out, s.descriptor);
        expect([n, await wrongClaims(again, s)]).toEqual([n, 0]);
        expect([n, [...durable].filter((id) => !again.held.has(id))]).toEqual([n, []]);
        await again.writeSymbols(entries(sourceIds(s)));
        await again.finish();
        await again.close();
        expect(readFileSync(out).equals(s.bytes)).toBe(true);
      }
      expect(failed).toBeGreaterThan(50);
    },
  );

  it('never retries a sync that failed', async () => {
    const out = join(scratch(), 'out');
    let broken = false;
    let syncs = 0;
    const fs = watchedFs({
      before: (call, file) => {
        if (call !== 'sync' || file !== 'data') return;
        syncs++;
        if (broken) throw systemError('EIO');
      },
    });
    const store = await FileStore.open(out, s.descriptor, { fs });
    await putSymbols(store, s, [0, 1]);
    await store.commit();
    await putSymbols(store, s, [2]);
    broken = true;
    await expect(store.commit()).rejects.toMatchObject({ name: 'DiskError', code: 'EIO' });
    broken = false;
    const before = syncs;
    await expect(store.commit()).rejects.toMatchObject({ code: 'EIO' });
    expect(syncs).toBe(before);
    await store.close();
    const again = await FileStore.open(out, s.descriptor);
    // Without leaves, 2 cannot be verified again; the mark has the others.
    expect(heldIds(again)).toEqual([0, 1]);
    await again.close();
  });

  it('writes the bitmap only after the data', async () => {
    const calls: string[] = [];
    const fs = watchedFs({ after: ({ kind, file }) => calls.push(`${kind} ${file}`) });
    const store = await FileStore.open(join(scratch(), 'out'), s.descriptor, { fs });
    await putSymbols(store, s, [0, 5]);
    calls.length = 0;
    await store.commit();
    const state = calls.indexOf('write state');
    expect(state).toBeGreaterThan(0);
    for (const file of ['data', 'repair', 'index', 'leaves']) {
      expect(calls.slice(0, state)).toContain(`sync ${file}`);
    }
    expect(calls.slice(state)).toEqual(['write state', 'sync state']);
    calls.length = 0;
    await store.commit();
    expect(calls).toEqual([]);
    await store.close();
  });

  it('that gives other bytes back is noticed', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putSymbols(store, s, [5]);
    writeFileSync(join(partPath(out), 'repair'), new Uint8Array(64), { flag: 'r+' });
    await expect(store.readSymbols([5])).rejects.toThrow(CorruptError);
    await store.close();
  });
});

function repairsOf(sbn: number): number[] {
  const K = s.layout.sourceSymbols(sbn);
  return [...Array(K).keys()].map((i) => s.layout.id(sbn, K + i));
}

/** A store whose mark has the repair symbols of block 0, which were deleted since. */
async function deletedPastMark(): Promise<{ out: string; store: FileStore }> {
  const out = join(scratch(), 'out');
  const store = await FileStore.open(out, s.descriptor);
  await store.writeSymbols(entries(repairsOf(0)));
  await store.commit();
  await store.deleteRepair(0);
  return { out, store };
}

/** The part directory as a killed process would leave it now. */
function crashCopy(out: string): string {
  const copy = join(scratch(), 'out');
  cpSync(partPath(out), partPath(copy), { recursive: true });
  for (const name of readdirSync(partPath(copy))) {
    if (name.startsWith('lock')) unlinkSync(join(partPath(copy), name));
  }
  return copy;
}

describe('a damaged state file', () => {
  /** A store with marks in both slots; the newest one has all symbols, the one before it half of them. */
  async function twoMarks(out: string): Promise<void> {
    const store = await FileStore.open(out, s.descriptor);
    await putLeaves(store, s);
    await store.writeSymbols(entries(allIds(s).filter((id) => id % 2 === 0)));
    await store.commit();
    await store.writeSymbols(entries(allIds(s)));
    await store.close();
  }

  it('falls back to the other slot, whatever byte is wrong, and loses nothing', async () => {
    const model = join(scratch(), 'out');
    await twoMarks(model);
    const state = readFileSync(join(partPath(model), 'state'));
    expect(state.length).toBe(2 * 4096);
    const inUse = [...Array(2 * 4096).keys()].filter((at) => at % 4096 < 92);
    for (const at of inUse) {
      const out = join(scratch(), 'out');
      cpSync(partPath(model), partPath(out), { recursive: true });
      const bad = Buffer.from(state);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(join(partPath(out), 'state'), bad);
      const store = await FileStore.open(out, s.descriptor);
      expect([at, store.held.count]).toEqual([at, 28]);
      expect(await wrongClaims(store, s)).toBe(0);
      await store.close();
    }
  });

  it('cut anywhere, or both slots wrong, costs time but no symbol', async () => {
    const model = join(scratch(), 'out');
    await twoMarks(model);
    const state = readFileSync(join(partPath(model), 'state'));
    const cuts = [0, 1, 50, 4095, 4096, 4097, 5000, 8191].map((n) => state.subarray(0, n));
    for (const bad of [...cuts, Buffer.alloc(8192, 0xff), Buffer.alloc(8192)]) {
      const out = join(scratch(), 'out');
      cpSync(partPath(model), partPath(out), { recursive: true });
      writeFileSync(join(partPath(out), 'state'), bad);
      const store = await FileStore.open(out, s.descriptor);
      expect([bad.length, store.held.count]).toEqual([bad.length, 28]);
      await store.close();
    }
  });

  it('does not believe slots of an older mark that were used again since', async () => {
    const { out, store } = await deletedPastMark();
    await store.commit();
    await store.writeSymbols(entries(repairsOf(1)));
    const copy = crashCopy(out);
    await store.close();
    const file = join(partPath(copy), 'state');
    const state = readFileSync(file);
    const newest = state.readDoubleLE(24) > state.readDoubleLE(4096 + 24) ? 0 : 4096;
    state.fill(0xee, newest, newest + 92);
    writeFileSync(file, state);
    // Of the index only the five entries that the older mark covers are left.
    truncateSync(join(partPath(copy), 'index'), 5 * 16);
    const again = await FileStore.open(copy, s.descriptor);
    expect(await wrongClaims(again, s)).toBe(0);
    await again.close();
  });

  it('and deletions past the mark: the mark catches up before a slot is used again', async () => {
    const { out: model, store } = await deletedPastMark();
    const out = crashCopy(model);
    await store.close();
    const calls: string[] = [];
    const fs = watchedFs({ after: ({ kind, file }) => calls.push(`${kind} ${file}`) });
    const again = await FileStore.open(out, s.descriptor, { fs });
    expect(heldIds(again)).toEqual([]);
    await again.writeSymbols(entries(repairsOf(1)));
    expect(calls).toContain('write repair');
    expect(calls.indexOf('sync state')).toBeLessThan(calls.indexOf('write repair'));
    expect(calls).toContain('sync state');
    await again.close();
  });

  it('or an index that ends before the mark: what is appended to it is not covered', async () => {
    const model = join(scratch(), 'out');
    await twoMarks(model);
    truncateSync(join(partPath(model), 'index'), 16 * 4);
    const store = await FileStore.open(model, s.descriptor);
    await store.writeSymbols(entries(allIds(s)));
    const out = crashCopy(model);
    await store.close();
    // The repair symbols written since did not reach the disk.
    writeFileSync(join(partPath(out), 'repair'), new Uint8Array(0));
    const again = await FileStore.open(out, s.descriptor);
    expect(heldIds(again)).toEqual(sourceIds(s));
    await again.close();
  });

  it('with a torn or damaged index loses only what the damage hit', async () => {
    const model = join(scratch(), 'out');
    await twoMarks(model);
    const index = readFileSync(join(partPath(model), 'index'));
    for (const change of [
      (b: Buffer): Buffer => Buffer.concat([b, Buffer.from('torn')]),
      (b: Buffer): Buffer => Buffer.concat([b, Buffer.alloc(160)]),
      (b: Buffer): Buffer => Buffer.concat([b, Buffer.alloc(160, 0xff)]),
    ]) {
      const out = join(scratch(), 'out');
      cpSync(partPath(model), partPath(out), { recursive: true });
      writeFileSync(join(partPath(out), 'index'), change(index));
      const store = await FileStore.open(out, s.descriptor);
      expect(store.held.count).toBe(28);
      await store.deleteRepair(0);
      await store.writeSymbols(entries(allIds(s)));
      await store.close();
      const again = await FileStore.open(out, s.descriptor);
      expect(again.held.count).toBe(28);
      expect(await wrongClaims(again, s)).toBe(0);
      await again.close();
    }
  });
});

describe('a full disk', () => {
  const mount = mkdtempSync(join(tmpdir(), 'headwater-tmpfs-'));
  const mounted = mountTmpfs(mount);
  afterAll(() => {
    if (mounted) execFileSync('umount', [mount]);
    rmdirSync(mount);
  });

  it.skipIf(!mounted)('is an ENOSPC that a retry survives (needs root for a tmpfs)', async () => {
    const T = 4096;
    const big = sample(T * 400, { symbolBytes: T, blockBytes: T * 100 });
    const out = join(mount, 'out');
    const filler = join(mount, 'filler');
    writeFileSync(filler, Buffer.alloc(1024 * 1024));
    const store = await FileStore.open(out, big.descriptor);
    await putLeaves(store, big);
    const bytes = symbolsOf(big);
    let error: unknown;
    for (const id of sourceIds(big)) {
      await store.writeSymbols([{ id, bytes: bytes(id) }]).catch((e: unknown) => (error = e));
      if (error !== undefined) break;
    }
    expect(error).toMatchObject({ name: 'DiskError', code: 'ENOSPC' });
    const before = store.held.count;
    expect(before).toBeGreaterThan(100);
    expect(before).toBeLessThan(400);
    expect(await wrongClaims(store, big)).toBe(0);
    writeFileSync(filler, '');
    await putSymbols(store, big, sourceIds(big));
    await store.finish();
    await store.close();
    expect(readFileSync(out).equals(big.bytes)).toBe(true);
  });
});

function mountTmpfs(path: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
