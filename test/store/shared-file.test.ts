import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CorruptError, UsageError } from '../../src/base/index.ts';
import { LeavesFile, writeLeavesFile } from '../../src/node/store/leaves-file.ts';
import { SharedFile } from '../../src/node/store/shared-file.ts';
import { edgeLengths, sample } from '../content/helpers.ts';
import { symbolsOf } from '../suite/store-suite.ts';
import { heldIds, scratch, sourceIds } from './helpers.ts';

const s = sample(64 * 13 + 5, { symbolBytes: 64, blockBytes: 64 * 5 });
const symbol = symbolsOf(s);
const leavesOf = (sbn: number): Uint8Array => s.leaves[sbn] ?? new Uint8Array(0);
const leaves = { readLeaves: (sbn: number) => Promise.resolve(s.leaves[sbn]) };

function fileWith(bytes: Uint8Array): string {
  const path = join(scratch(), 'file');
  writeFileSync(path, bytes);
  return path;
}

describe('sharing a file', () => {
  it.each(edgeLengths(64, 5))(
    'serves all source symbols of a complete one of %i bytes',
    async (length) => {
      const t = sample(length, { symbolBytes: 64, blockBytes: 320 });
      const own = symbolsOf(t);
      const path = fileWith(t.bytes);
      for (const verify of [false, true]) {
        for (const from of [
          undefined,
          { readLeaves: (sbn: number) => Promise.resolve(t.leaves[sbn]) },
        ]) {
          const shared = await SharedFile.open(path, t.descriptor, from, { verify });
          expect(heldIds(shared)).toEqual(sourceIds(t));
          const ids = sourceIds(t).reverse();
          const symbols = await shared.readSymbols(ids);
          ids.forEach((id, i) => expect(symbols[i]).toEqual(own(id)));
          for (let sbn = 0; sbn < t.layout.blockCount; sbn++) {
            expect(shared.hasBlock(sbn)).toBe(true);
            expect((await shared.readBlock(sbn)).length).toBe(64 * t.layout.sourceSymbols(sbn));
          }
          await shared.close();
        }
      }
    },
  );

  it('finds the right symbols of an incomplete one', async () => {
    const bytes = s.bytes.slice();
    bytes[64 * 2] = (bytes[64 * 2] ?? 0) ^ 1;
    bytes.fill(0, 64 * 6, 64 * 8);
    const path = fileWith(bytes);
    truncateSync(path, 64 * 9 + 63);
    const seen: [number, number][] = [];
    const shared = await SharedFile.open(path, s.descriptor, leaves, {
      onProgress: (...progress) => seen.push(progress),
    });
    const right = [0, 1, 3, 4, 5, 8].map((i) => sourceIds(s)[i] ?? -1);
    expect(heldIds(shared)).toEqual(right);
    expect(seen).toEqual([
      [5, 9],
      [9, 9],
    ]);
    for (const id of right) expect((await shared.readSymbols([id]))[0]).toEqual(symbol(id));
    await expect(shared.readSymbols([2])).rejects.toThrow(UsageError);
    await expect(shared.readBlock(0)).rejects.toThrow(UsageError);
    await shared.close();
    // Without leaves only whole blocks can be told.
    const blind = await SharedFile.open(path, s.descriptor);
    expect(heldIds(blind)).toEqual([]);
    await blind.close();
    const whole = fileWith(s.bytes.subarray(0, 64 * 9));
    const blocks = await SharedFile.open(whole, s.descriptor);
    expect(heldIds(blocks)).toEqual(sourceIds(s).slice(0, 5));
    await blocks.close();
  });

  it('takes a longer file for what it holds', async () => {
    const shared = await SharedFile.open(
      fileWith(Uint8Array.from([...s.bytes, 1, 2, 3])),
      s.descriptor,
      leaves,
    );
    expect(heldIds(shared)).toEqual(sourceIds(s));
    await shared.close();
  });

  it('recognises symbols that are all zero, in holes or not', async () => {
    const t = { ...sample(64 * 4, { symbolBytes: 64 }) };
    const bytes = t.bytes.slice();
    bytes.fill(0, 64, 192);
    const z = (await import('../content/helpers.ts')).sampleOf(bytes, { symbolBytes: 64 });
    const path = fileWith(new Uint8Array(0));
    truncateSync(path, 64 * 4);
    const from = { readLeaves: (sbn: number) => Promise.resolve(z.leaves[sbn]) };
    const shared = await SharedFile.open(path, z.descriptor, from, { verify: true });
    expect(heldIds(shared)).toEqual([1, 2]);
    await shared.close();
  });

  it('notices when a file that was believed is wrong', async () => {
    const bytes = s.bytes.slice();
    bytes[64 * 3 + 9] = (bytes[64 * 3 + 9] ?? 0) ^ 1;
    const shared = await SharedFile.open(fileWith(bytes), s.descriptor, leaves);
    expect((await shared.readSymbols([2, 4])).length).toBe(2);
    await expect(shared.readSymbols([3])).rejects.toThrow(CorruptError);
    expect(shared.held.has(3)).toBe(false);
    expect((await shared.readSymbols([2]))[0]).toEqual(symbol(2));
    await shared.close();
  });

  it('needs a regular file', async () => {
    const directory = scratch();
    mkdirSync(join(directory, 'd'));
    const open = (name: string): Promise<unknown> =>
      SharedFile.open(join(directory, name), s.descriptor);
    await expect(open('d')).rejects.toMatchObject({ name: 'DiskError', code: 'UNSAFE' });
    await expect(open('none')).rejects.toMatchObject({ name: 'DiskError', code: 'ENOENT' });
  });
});

describe('a leaves file', () => {
  it('is written whole and read by block', async () => {
    const path = join(scratch(), 'x.headwater-leaves');
    await writeLeavesFile(path, s.descriptor, leavesOf);
    expect(readFileSync(path).length).toBe(64 + 16 * s.layout.idCount);
    const file = await LeavesFile.open(path, s.descriptor);
    for (const sbn of [2, 0, 1]) expect(await file.readLeaves(sbn)).toEqual(leavesOf(sbn));
    await file.close();
  });

  it('is not believed where it is wrong or short', async () => {
    const path = join(scratch(), 'leaves');
    await writeLeavesFile(path, s.descriptor, leavesOf);
    const bytes = readFileSync(path);
    bytes[64 + 16 * 12] = (bytes[64 + 16 * 12] ?? 0) ^ 1;
    writeFileSync(path, bytes.subarray(0, -1));
    const file = await LeavesFile.open(path, s.descriptor);
    expect(await file.readLeaves(0)).toEqual(leavesOf(0));
    expect(await file.readLeaves(1)).toBe(undefined);
    expect(await file.readLeaves(2)).toBe(undefined);
    await file.close();
    const other = sample(1000, { symbolBytes: 64 });
    await expect(LeavesFile.open(path, other.descriptor)).rejects.toThrow(/another content/);
    writeFileSync(path, 'short');
    await expect(LeavesFile.open(path, s.descriptor)).rejects.toThrow(CorruptError);
    await expect(LeavesFile.open(`${path}.none`, s.descriptor)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('is not written with wrong leaves', async () => {
    const directory = scratch();
    const path = join(directory, 'leaves');
    const wrong = (sbn: number): Uint8Array => leavesOf(sbn).map((b) => b ^ 1);
    await expect(writeLeavesFile(path, s.descriptor, wrong)).rejects.toThrow(CorruptError);
    expect((await import('node:fs')).readdirSync(directory)).toEqual([]);
  });
});
