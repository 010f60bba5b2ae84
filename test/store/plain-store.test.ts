// The store of a plain file, and who may have its directory.

import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng, UsageError } from '../../src/base/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import { nodeFs } from '../../src/node/store/store-fs.ts';
import { sample } from '../content/helpers.ts';
import { watchedFs } from './faulty-fs.ts';
import { scratch } from './helpers.ts';
import { BYTES, entries, heldIds, open, span, wrongClaims } from './plain-sample.ts';

function lockOf(part: string): string {
  const name = readdirSync(part).find((entry) => entry.startsWith('lock-'));
  return join(part, name ?? '');
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

  it('does not claim what was written while the data was synced', async () => {
    const out = join(scratch(), 'out');
    let afterSync: (() => Promise<void>) | undefined;
    const fs: StoreFs = {
      ...nodeFs,
      open: async (...args) => {
        const handle = await nodeFs.open(...args);
        const datasync = handle.datasync.bind(handle);
        handle.datasync = async () => {
          await datasync();
          const then = afterSync;
          afterSync = undefined;
          await then?.();
        };
        return handle;
      },
    };
    const store = await open(out, fs);
    await store.writeSymbols(entries(store, [0]));
    afterSync = () => store.writeSymbols(entries(store, [7]));
    await store.commit();
    expect(heldIds(store)).toEqual([0, 7]);
    const crashed = join(scratch(), 'out');
    cpSync(`${out}.part`, `${crashed}.part`, { recursive: true });
    unlinkSync(lockOf(`${crashed}.part`)); // its process is gone
    const again = await open(crashed);
    expect(heldIds(again)).toEqual([0]);
    await again.close();
    await store.close(); // the mark that covers both
    const whole = await open(out);
    expect(heldIds(whole)).toEqual([0, 7]);
    await whole.close();
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
