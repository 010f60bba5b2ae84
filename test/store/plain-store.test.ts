// The store of a plain file under failing disks, power failures and others who want the same directory.

import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng, UsageError } from '../../src/base/index.ts';
import type { PlainFile } from '../../src/content/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { DiskError } from '../../src/node/store/disk-error.ts';
import { PlainStore } from '../../src/node/store/plain-store.ts';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import type { SymbolEntry } from '../../src/store/index.ts';
import { sample } from '../content/helpers.ts';
import type { Operation } from './faulty-fs.ts';
import { systemError, watchedFs } from './faulty-fs.ts';
import { scratch } from './helpers.ts';

/** HEADWATER_ROUNDS=40 for a long run. */
const ROUNDS = Number(process.env['HEADWATER_ROUNDS'] ?? 6);
const PAGE_BYTES = 4096;
/** Three blocks; the last one has one symbol, which is short. */
const BYTES = new Rng(5).fill(new Uint8Array(8 * 1024 * 1024 + 77));
const file: PlainFile = { name: 'x', length: BYTES.length, identity: 'one' };

const open = (out: string, fs?: StoreFs): Promise<PlainStore> =>
  PlainStore.open(out, file, { force: false, fs });

/** Symbols of the file, or of one that differs from it in every byte. */
function entries(store: PlainStore, ids: readonly number[], flip = 0): SymbolEntry[] {
  const { symbolBytes } = store.layout;
  return ids.map((id) => {
    const bytes = new Uint8Array(symbolBytes);
    bytes.set(BYTES.subarray(id * symbolBytes, (id + 1) * symbolBytes));
    return { id, bytes: flip === 0 ? bytes : bytes.map((byte) => byte ^ flip) };
  });
}

const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

function heldIds(store: PlainStore): number[] {
  const ids: number[] = [];
  store.held.forEach((id) => ids.push(id));
  return ids;
}

/** Held symbols that have not the bytes of the file, or wholly those of its other version where that is allowed. */
async function wrongClaims(store: PlainStore, mayBeOther: boolean): Promise<number[]> {
  const wrong: number[] = [];
  for (const id of heldIds(store)) {
    const [found] = await store.readSymbols([id]);
    const isOne = (flip: number): boolean => {
      const length = Math.min(store.layout.symbolBytes, BYTES.length - id * found!.length);
      const [expected] = entries(store, [id], flip);
      return Buffer.from(found!.subarray(0, length)).equals(expected!.bytes.subarray(0, length));
    };
    if (!isOne(0) && !(mayBeOther && isOne(0xff))) wrong.push(id);
  }
  return wrong;
}

describe('a plain store', () => {
  it('takes symbols in any order and once, and nothing that is not one', async () => {
    const out = join(scratch(), 'out');
    const store = await open(out);
    expect(store.layout.blockCount).toBe(3);
    const ids = new Rng(2).shuffle(span(0, store.layout.idCount));
    await store.writeSymbols(entries(store, [...ids, ...ids.slice(0, 9)]));
    await store.writeSymbols(entries(store, ids.slice(0, 50), 0xff)); // held already
    expect(await wrongClaims(store, false)).toEqual([]);
    expect(store.held.count).toBe(store.layout.idCount);
    const [last] = await store.readSymbols([store.layout.idCount - 1]);
    expect(last!.subarray(77).every((byte) => byte === 0)).toBe(true);
    for (const wrong of [
      { id: store.layout.idCount, bytes: new Uint8Array(16_384) },
      { id: -1, bytes: new Uint8Array(16_384) },
      { id: 0, bytes: new Uint8Array(16_383) },
    ]) {
      await expect(store.writeSymbols([wrong])).rejects.toThrow(UsageError);
    }
    await store.finish();
    await store.writeSymbols(entries(store, [0], 0xff)); // too late: nothing
    await store.close();
    expect(readFileSync(out).equals(BYTES)).toBe(true);
    expect(existsSync(`${out}.part`)).toBe(false);
  });

  it('does not finish while something is missing, nor call a block right that is not whole', async () => {
    const store = await open(join(scratch(), 'out'));
    await store.writeSymbols(entries(store, span(1, store.layout.idCount)));
    await expect(store.finish()).rejects.toThrow('1 symbols are missing');
    expect(() => store.noteChecked(0)).toThrow(UsageError);
    await expect(store.readSymbols([0])).rejects.toThrow(UsageError);
    await store.close();
  });

  it('remembers which blocks were right, until they are dropped', async () => {
    const out = join(scratch(), 'out');
    const first = await open(out);
    await first.writeSymbols(entries(first, span(0, 512)));
    first.noteChecked(0);
    first.noteChecked(1);
    await first.close();
    const second = await open(out);
    expect([0, 1, 2].map((sbn) => second.checked.has(sbn))).toEqual([true, true, false]);
    await second.discardBlock(1);
    expect(second.held.count).toBe(256);
    await second.close();
    const third = await open(out);
    expect([0, 1, 2].map((sbn) => third.checked.has(sbn))).toEqual([true, false, false]);
    expect(heldIds(third)).toEqual(span(0, 256));
    await third.close();
  });

  it('writes the mark only after the data, and nothing when nothing is new', async () => {
    const calls: string[] = [];
    const fs = watchedFs({ after: ({ kind, file: name }) => calls.push(`${kind} ${name}`) });
    const store = await open(join(scratch(), 'out'), fs);
    await store.writeSymbols(entries(store, [0, 5]));
    calls.length = 0;
    await store.commit();
    expect(calls).toEqual(['sync data', 'write state', 'sync state']);
    await store.commit();
    expect(calls).toHaveLength(3);
    await store.close();
  });

  it('writes neighbours at once', async () => {
    const writes: number[] = [];
    const fs = watchedFs({
      after: (o) => {
        if (o.kind === 'write' && o.file === 'data') writes.push(o.bytes.length);
      },
    });
    const store = await open(join(scratch(), 'out'), fs);
    const last = store.layout.idCount - 1;
    await store.writeSymbols(entries(store, [...span(10, 74), 3, last]));
    expect(writes).toEqual([16_384, 64 * 16_384, 77]);
    await store.close();
  });
});

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

describe('OUT.part', () => {
  const s = sample(64 * 13 + 5, { symbolBytes: 64, blockBytes: 64 * 5 });

  it('of a described content is not that of a plain file, nor the other way round', async () => {
    const one = join(scratch(), 'out');
    const plain = await open(one);
    await plain.writeSymbols(entries(plain, [0]));
    await plain.close();
    await expect(FileStore.open(one, s.descriptor)).rejects.toMatchObject({
      code: 'OTHER_CONTENT',
    });
    const two = join(scratch(), 'out');
    await (await FileStore.open(two, s.descriptor)).close();
    await expect(open(two)).rejects.toMatchObject({ code: 'OTHER_CONTENT' });
    // Neither has been harmed, and no lock was left.
    const again = await open(one);
    expect(heldIds(again)).toEqual([0]);
    await again.close();
    await (await FileStore.open(two, s.descriptor)).close();
  });

  it.each(['data', 'state', 'short', 'long', 'both slots'])(
    'whose %s is gone or wrong begins anew',
    async (what) => {
      const out = join(scratch(), 'out');
      const part = `${out}.part`;
      const first = await open(out);
      await first.writeSymbols(entries(first, [0, 1]));
      await first.commit();
      await first.writeSymbols(entries(first, [2]));
      await first.close();
      if (what === 'data' || what === 'state') unlinkSync(join(part, what));
      else if (what === 'short') writeFileSync(join(part, 'data'), BYTES.subarray(1));
      else if (what === 'long') writeFileSync(join(part, 'data'), Buffer.concat([BYTES, BYTES]));
      else writeFileSync(join(part, 'state'), new Uint8Array(8192).fill(7));
      const second = await open(out);
      expect(second.held.count).toBe(0);
      await second.writeSymbols(entries(second, span(0, second.layout.idCount)));
      await second.finish();
      await second.close();
      expect(readFileSync(out).equals(BYTES)).toBe(true);
    },
  );

  it('goes on from the older mark when the newest is damaged', async () => {
    const out = join(scratch(), 'out');
    const first = await open(out);
    await first.writeSymbols(entries(first, [0, 1]));
    await first.commit(); // mark 1, in the second slot
    await first.writeSymbols(entries(first, [2]));
    await first.close(); // mark 2, in the first
    const fd = openSync(`${out}.part/state`, 'r+');
    writeSync(fd, new Uint8Array([0xff]), 0, 1, 90);
    closeSync(fd);
    const second = await open(out);
    expect(heldIds(second)).toEqual([0, 1]);
    await second.close();
  });
});
