import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CorruptError, UsageError } from '../../src/base/index.ts';
import { FileStore, partDescriptor, partPath } from '../../src/node/file-store.ts';
import { GroupCommit } from '../../src/node/store/group-commit.ts';
import { edgeLengths, sample } from '../content/helpers.ts';
import { storeSuite, symbolsOf } from '../suite/store-suite.ts';
import {
  allIds,
  heldIds,
  putLeaves,
  putSymbols,
  scratch,
  sourceIds,
  wrongClaims,
} from './helpers.ts';

storeSuite('FileStore', async (s) => {
  const store = await FileStore.open(join(scratch(), 'out'), s.descriptor);
  return {
    layout: store.layout,
    held: store.held,
    put: (entries) => store.writeSymbols(entries),
    read: async (id) => (await store.readSymbols([id]))[0],
    deleteRepair: (sbn) => store.deleteRepair(sbn),
    putLeaves: (sbn, leaves) => store.writeLeaves(sbn, leaves),
    leaves: (sbn) => store.readLeaves(sbn),
    close: () => store.close(),
  };
});

const s = sample(64 * 13 + 5, { symbolBytes: 64, blockBytes: 64 * 5 });
const code = (value: string): unknown =>
  expect.objectContaining({ name: 'DiskError', code: value });

describe('resuming', () => {
  it('finds after close what was there before', async () => {
    const out = join(scratch(), 'out');
    const first = await FileStore.open(out, s.descriptor);
    await putLeaves(first, s);
    await putSymbols(first, s, [0, 1, 2, 7, 8, 12, 22, 24]);
    await first.close();
    const second = await FileStore.open(out, s.descriptor);
    expect(heldIds(second)).toEqual([0, 1, 2, 7, 8, 12, 22, 24]);
    expect(await wrongClaims(second, s)).toBe(0);
    expect(await second.readLeaves(2)).toEqual(s.leaves[2]);
    await second.close();
    const third = await FileStore.open(out, s.descriptor, { verify: true });
    expect(heldIds(third)).toEqual([0, 1, 2, 7, 8, 12, 22, 24]);
    await third.discard();
    expect(existsSync(partPath(out))).toBe(false);
  });

  it('knows its descriptor', async () => {
    const out = join(scratch(), 'out');
    expect(await partDescriptor(out)).toBe(undefined);
    const store = await FileStore.open(out, s.descriptor);
    expect(await partDescriptor(out)).toEqual(s.descriptor);
    await store.close();
    writeFileSync(join(partPath(out), 'descriptor'), 'nonsense');
    expect(await partDescriptor(out)).toBe(undefined);
  });

  it('verifies everything when asked to, and drops what is wrong', async () => {
    const out = join(scratch(), 'out');
    const first = await FileStore.open(out, s.descriptor);
    await putLeaves(first, s);
    await putSymbols(first, s, allIds(s));
    await first.close();
    const data = readFileSync(join(partPath(out), 'data'));
    data[64 * 3 + 1] = (data[64 * 3 + 1] ?? 0) ^ 1;
    writeFileSync(join(partPath(out), 'data'), data);
    const seen: number[] = [];
    const second = await FileStore.open(out, s.descriptor, {
      verify: true,
      onProgress: (checked, total) => seen.push(checked, total),
    });
    expect(second.held.has(3)).toBe(false);
    expect(second.held.count).toBe(s.layout.idCount - 1);
    expect(seen.slice(-2)).toEqual([14, 14]);
    expect(await wrongClaims(second, s)).toBe(0);
    await second.close();
  });

  it('without leaves keeps what the mark covers, and whole blocks', async () => {
    const out = join(scratch(), 'out');
    const first = await FileStore.open(out, s.descriptor);
    await putSymbols(first, s, sourceIds(s).slice(0, 7));
    await first.close();
    const second = await FileStore.open(out, s.descriptor);
    expect(second.held.count).toBe(7);
    await second.close();
    const third = await FileStore.open(out, s.descriptor, { verify: true });
    expect(third.held.count).toBe(s.layout.sourceSymbols(0));
    await third.close();
  });

  it('looks at everything when a file is gone, short or long', async () => {
    for (const [file, change, left] of [
      ['data', (path: string) => truncateSync(path, 64 * 2 + 10), 2 + 14],
      ['data', (path: string) => truncateSync(path, 10_000), 28],
      ['data', (path: string) => unlinkSync(path), 14],
      ['state', (path: string) => unlinkSync(path), 28],
      ['state', (path: string) => truncateSync(path, 100), 28],
      ['index', (path: string) => unlinkSync(path), 14],
      ['index', (path: string) => truncateSync(path, 40), 14],
      ['repair', (path: string) => truncateSync(path, 64 * 3 + 1), 14 + 3],
      ['leaves', (path: string) => unlinkSync(path), 14],
    ] as const) {
      const out = join(scratch(), 'out');
      const first = await FileStore.open(out, s.descriptor);
      await putLeaves(first, s);
      await putSymbols(first, s, sourceIds(s));
      await putSymbols(first, s, allIds(s));
      await first.close();
      change(join(partPath(out), file));
      const verify = file === 'repair';
      const second = await FileStore.open(out, s.descriptor, { verify });
      expect([file, second.held.count]).toEqual([file, left]);
      expect(await wrongClaims(second, s)).toBe(0);
      await putSymbols(second, s, allIds(s));
      await second.close();
      const third = await FileStore.open(out, s.descriptor);
      expect(third.held.count).toBe(28);
      expect(await wrongClaims(third, s)).toBe(0);
      await third.close();
    }
  });

  it('does not use the slots of deleted repair symbols before the deletion is durable', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    const repairs = (sbn: number): number[] => {
      const K = s.layout.sourceSymbols(sbn);
      return [...Array(K).keys()].map((i) => s.layout.id(sbn, K + i));
    };
    await putSymbols(store, s, repairs(0));
    await store.commit();
    const size = (): number => statSync(join(partPath(out), 'repair')).size / 64;
    await store.deleteRepair(0);
    await putSymbols(store, s, repairs(1));
    expect(size()).toBe(10);
    expect(store.repairOffset(s.layout.id(1, 5))).toBe(5 * 64);
    await store.commit();
    await putSymbols(store, s, repairs(2));
    expect(size()).toBe(10);
    expect(await wrongClaims(store, s)).toBe(0);
    await store.close();
    const again = await FileStore.open(out, s.descriptor);
    expect(heldIds(again)).toEqual([...repairs(1), ...repairs(2)]);
    expect(await wrongClaims(again, s)).toBe(0);
    await again.close();
  });

  it('takes over blocks that a worker wrote, and forgets blocks that proved corrupt', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putLeaves(store, s);
    writeFileSync(store.dataPath, s.bytes, { flag: 'r+' });
    await store.adoptBlock(1);
    expect(store.hasBlock(1)).toBe(true);
    expect(store.sourceSymbolsHeld).toBe(5);
    await putSymbols(store, s, [0, 1, 5, 6]);
    await store.discardBlock(0);
    await store.close();
    const again = await FileStore.open(out, s.descriptor);
    expect(heldIds(again)).toEqual([10, 11, 12, 13, 14]);
    expect(Buffer.from(await again.readBlock(1)).equals(s.bytes.subarray(320, 640))).toBe(true);
    await expect(again.readBlock(0)).rejects.toThrow(UsageError);
    await expect(again.readSymbols([0])).rejects.toThrow(UsageError);
    await again.close();
  });

  it('lets many calls run side by side', async () => {
    const big = sample(64 * 400, { symbolBytes: 64, blockBytes: 64 * 50 });
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, big.descriptor);
    await putLeaves(store, big);
    const symbol = symbolsOf(big);
    const errors: unknown[] = [];
    const group = new GroupCommit(store, (error) => errors.push(error));
    const work: Promise<void>[] = [];
    for (const id of allIds(big)) {
      // Twice each, to race for the same id.
      const entries = [{ id, bytes: symbol(id) }];
      work.push(store.writeSymbols(entries), store.writeSymbols(entries));
      if (id % 50 === 0) work.push(store.commit());
      group.touch();
    }
    await Promise.all(work);
    await group.stop();
    expect(errors).toEqual([]);
    expect(store.held.count).toBe(800);
    expect(await wrongClaims(store, big)).toBe(0);
    await store.close();
    const again = await FileStore.open(out, big.descriptor);
    expect(again.held.count).toBe(800);
    expect(await wrongClaims(again, big)).toBe(0);
    await again.close();
  });
});

describe('the part directory', () => {
  it('is private and refuses another content, a newer format and strangers', async () => {
    const out = join(scratch(), 'out');
    const part = partPath(out);
    await (await FileStore.open(out, s.descriptor)).close();
    expect(statSync(part).mode & 0o777).toBe(0o700);
    const other = sample(999, { symbolBytes: 64 });
    await expect(FileStore.open(out, other.descriptor)).rejects.toEqual(code('OTHER_CONTENT'));
    const format = readFileSync(join(part, 'format'), 'latin1');
    writeFileSync(join(part, 'format'), format.replace('store 1', 'store 2'));
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('NEWER_FORMAT'));
    writeFileSync(join(part, 'format'), 'x');
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    writeFileSync(join(part, 'format'), format);
    await (await FileStore.open(out, s.descriptor)).close();
  });

  it('is never somebody else’s', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    symlinkSync(elsewhere, partPath(out));
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    expect(readdirSync(elsewhere)).toEqual([]);
    unlinkSync(partPath(out));
    writeFileSync(partPath(out), '');
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    unlinkSync(partPath(out));
    mkdirSync(partPath(out));
    chmodSync(partPath(out), 0o777);
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    chmodSync(partPath(out), 0o700);
    writeFileSync(join(partPath(out), 'diary.txt'), '');
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    expect(readdirSync(partPath(out))).toEqual(['diary.txt']);
  });

  it('does not write through a symlink that was put inside', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    await (await FileStore.open(out, s.descriptor)).close();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    unlinkSync(join(partPath(out), 'data'));
    symlinkSync(victim, join(partPath(out), 'data'));
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('UNSAFE'));
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('is made again when making it was interrupted', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putLeaves(store, s);
    await putSymbols(store, s, allIds(s));
    await store.close();
    renameSync(join(partPath(out), 'format'), join(partPath(out), 'format.new'));
    const again = await FileStore.open(out, s.descriptor);
    expect(again.held.count).toBe(0);
    await again.close();
  });

  it('is locked by a live process and not by a dead one', async () => {
    const out = join(scratch(), 'out');
    const part = partPath(out);
    const locks = (): string[] => readdirSync(part).filter((name) => name.startsWith('lock'));
    const store = await FileStore.open(out, s.descriptor);
    const locked = FileStore.open(out, s.descriptor);
    await expect(locked).rejects.toEqual(code('LOCKED'));
    await expect(locked).rejects.toThrow(`process ${process.pid} is working`);
    const [own = ''] = locks();
    expect(locks()).toEqual([own]);
    await store.close();
    expect(locks()).toEqual([]);
    const [, pid, start = ''] = own.split('-');
    // A dead pid; this pid, but started at another time; nonsense.
    const stale = [
      'lock-99999999-1-00',
      `lock-${pid}-${Number(start) + 1}-00`,
      'lock-',
      'lock-x-y-z',
    ];
    for (const name of stale) if (start !== 'x') writeFileSync(join(part, name), '');
    await (await FileStore.open(out, s.descriptor)).close();
    expect(locks()).toEqual([]);
    writeFileSync(join(part, own), '');
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('LOCKED'));
    expect(locks()).toEqual([own]);
  });

  it('lets at most one of many openers in', async () => {
    let entered = 0;
    for (let round = 0; round < 10; round++) {
      const out = join(scratch(), 'out');
      await (await FileStore.open(out, s.descriptor)).close();
      writeFileSync(join(partPath(out), 'lock-99999999-1-00'), '');
      const opened = await Promise.allSettled(
        [...Array(4).keys()].map(() => FileStore.open(out, s.descriptor)),
      );
      const won = opened.filter((o) => o.status === 'fulfilled');
      expect(won.length).toBeLessThanOrEqual(1);
      entered += won.length;
      for (const o of opened) if (o.status === 'rejected') expect(o.reason).toEqual(code('LOCKED'));
      for (const o of won) await o.value.close();
      expect(readdirSync(partPath(out)).filter((n) => n.startsWith('lock'))).toEqual([]);
    }
    expect(entered).toBeGreaterThan(0);
  });
});

describe('finishing', () => {
  it.each(edgeLengths(64, 5))('gives a file of %i bytes its name', async (length) => {
    const t = sample(length, { symbolBytes: 64, blockBytes: 320 });
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, t.descriptor);
    await putLeaves(store, t);
    await putSymbols(store, t, allIds(t));
    const done = await store.finish();
    expect(done.path).toBe(out);
    expect(done.sha256).toEqual(t.descriptor.sha256);
    expect(readFileSync(out).equals(t.bytes)).toBe(true);
    expect(existsSync(partPath(out))).toBe(false);
    expect(statSync(out).nlink).toBe(1);
    // It goes on serving.
    expect(heldIds(store)).toEqual(sourceIds(t));
    expect(await wrongClaims(store, t)).toBe(0);
    for (const [sbn, leaves] of t.leaves.entries()) {
      expect(await store.readLeaves(sbn)).toEqual(leaves);
    }
    await store.writeSymbols([]);
    await store.commit();
    await store.close();
    await store.close();
  });

  it('needs all source symbols', async () => {
    const store = await FileStore.open(join(scratch(), 'out'), s.descriptor);
    await putSymbols(store, s, sourceIds(s).slice(1));
    await expect(store.finish()).rejects.toThrow('1 source symbols are missing');
    await store.close();
  });

  it('gives the mode of an ordinary new file', async () => {
    const directory = scratch();
    const store = await FileStore.open(join(directory, 'out'), s.descriptor);
    await putSymbols(store, s, sourceIds(s));
    await store.finish();
    await store.close();
    writeFileSync(join(directory, 'plain'), '');
    const mode = (name: string): number => statSync(join(directory, name)).mode;
    expect(mode('out')).toBe(mode('plain'));
  });

  it('never replaces a file unless forced', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putSymbols(store, s, sourceIds(s));
    writeFileSync(out, 'mine');
    await expect(store.finish()).rejects.toEqual(code('EEXIST'));
    expect(readFileSync(out, 'utf8')).toBe('mine');
    await store.close();
    await expect(FileStore.open(out, s.descriptor)).rejects.toEqual(code('EEXIST'));
    const again = await FileStore.open(out, s.descriptor, { force: true });
    expect(again.sourceSymbolsHeld).toBe(14);
    await again.finish();
    expect(readFileSync(out).equals(s.bytes)).toBe(true);
    await again.close();
    expect(existsSync(partPath(out))).toBe(false);
  });

  it('does not follow a symlink in the place of the output', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    for (const force of [false, true]) {
      const store = await FileStore.open(out, s.descriptor, { force });
      await putSymbols(store, s, sourceIds(s));
      if (!existsSync(out)) symlinkSync(victim, out);
      if (force) await store.finish();
      else await expect(store.finish()).rejects.toEqual(code('EEXIST'));
      await store.close();
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(out).equals(s.bytes)).toBe(true);
  });

  it('goes on where it was interrupted after the link', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putLeaves(store, s);
    await putSymbols(store, s, sourceIds(s));
    await store.close();
    linkSync(join(partPath(out), 'data'), out);
    const again = await FileStore.open(out, s.descriptor);
    await again.finish();
    await again.close();
    expect(existsSync(partPath(out))).toBe(false);
    expect(readFileSync(out).equals(s.bytes)).toBe(true);
  });

  it('refuses a file that does not have its hash, and drops the wrong symbols', async () => {
    const out = join(scratch(), 'out');
    const store = await FileStore.open(out, s.descriptor);
    await putLeaves(store, s);
    await putSymbols(store, s, sourceIds(s));
    const data = readFileSync(store.dataPath);
    data[100] = (data[100] ?? 0) ^ 1;
    writeFileSync(store.dataPath, data, { flag: 'r+' });
    await expect(store.finish()).rejects.toThrow(CorruptError);
    expect(existsSync(out)).toBe(false);
    expect(store.held.has(1)).toBe(false);
    expect(store.sourceSymbolsHeld).toBe(13);
    await putSymbols(store, s, [1]);
    await store.finish();
    expect(readFileSync(out).equals(s.bytes)).toBe(true);
    await store.close();
  });
});
