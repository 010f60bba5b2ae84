// Storage of a plain file: what is there after a stop or a crash, what a wrong hash does, and who may have OUT.part.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../src/node/errors.ts';
import { systemError, watchedFs } from '../store/faulty-fs.ts';
import { codeOf } from './helpers.ts';
import {
  BYTES,
  MiB,
  OTHER,
  SHA256,
  corruptBlocks,
  fill,
  finish,
  hashOf,
  heldIds,
  idsOf,
  open,
  output,
  plain,
  symbolsOf,
  withPieces,
} from './plain-sample.ts';

// Around symbols of 64 B, 1 KiB and 16 KiB, and around a block.
const LENGTHS = [
  [0, 1, 63, 64, 65, 127, 128, 129],
  [131_071, 131_072, 131_073, 262_143],
  [2 * MiB - 1, 2 * MiB, 2 * MiB + 1, 2 * MiB + 16_383, 2 * MiB + 16_385],
  [4 * MiB - 1, 4 * MiB, 4 * MiB + 1, 8 * MiB - 1, 8 * MiB + 16_385],
].flat();

describe('a plain file', () => {
  it.each(LENGTHS)('of %d bytes is what was written', async (length) => {
    const out = output();
    const bytes = BYTES.subarray(0, length);
    const content = await open(out, plain({ sha256: hashOf('sha-256', bytes) }, bytes));
    expect(content.leavesHeld.count).toBe(content.layout.blockCount);
    await fill(content, bytes);
    expect(content.sha256).toBeUndefined();
    await finish(content);
    expect(readFileSync(out).equals(bytes)).toBe(true);
    expect(existsSync(`${out}.part`)).toBe(false);
    expect(content.sha256).toEqual(hashOf('sha-256', bytes));
  });

  it('goes on after a stop at any point', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(549), { maxLength: 300 }), { maxLength: 4 }),
        async (runs) => {
          const out = output();
          const file = withPieces(MiB);
          const twin = new Set<number>();
          for (const run of runs) {
            const content = await open(out, file);
            expect(heldIds(content)).toEqual([...twin].sort((a, b) => a - b));
            await content.write(symbolsOf(content, BYTES, run));
            for (const id of run) twin.add(id);
            await content.close();
            expect(existsSync(`${out}.part`)).toBe(twin.size > 0);
          }
          const last = await open(out, file);
          expect(last.layout.idCount).toBe(550);
          await fill(last, BYTES);
          await finish(last);
          expect(readFileSync(out).equals(BYTES)).toBe(true);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('after a crash only what a mark covers is there', async () => {
    const out = output();
    const first = await open(out, plain());
    await fill(first, BYTES, [0]);
    await first.commit();
    const state = readFileSync(`${out}.part/state`);
    await fill(first, BYTES, [1]);
    await first.close();
    writeFileSync(`${out}.part/state`, state); // the last mark never reached the disk
    const second = await open(out, plain());
    expect(heldIds(second)).toEqual(idsOf(second, [0]));
    await second.close();
  });

  it('leaves nothing when nothing came, or nothing is left', async () => {
    const out = output();
    await (await open(out, plain())).close();
    expect(existsSync(`${out}.part`)).toBe(false);
    const content = await open(out, plain());
    await fill(content, BYTES, [0]);
    await content.discardBlock(0);
    await content.close();
    expect(existsSync(`${out}.part`)).toBe(false);
  });

  it('gives back what is in blocks that are right, and nothing else', async () => {
    const content = await open(output(), plain());
    await fill(content, BYTES, [0, 2]);
    const { layout } = content;
    const target = new Uint8Array(2 * layout.symbolBytes).fill(1);
    expect(await content.readInto(2, [0, 1], target)).toBe(false);
    await content.finishBlock(2);
    const last = layout.sourceSymbols(2) - 1;
    expect(await content.readInto(2, [last, 0], target)).toBe(true);
    const expected = new Uint8Array(target.length);
    expected.set(BYTES.subarray(layout.id(2, last) * layout.symbolBytes));
    const from = layout.blockOffset(2);
    expected.set(BYTES.subarray(from, from + layout.symbolBytes), layout.symbolBytes);
    expect(Buffer.from(target).equals(expected)).toBe(true);
    for (const [sbn, esi] of [
      [2, last + 1],
      [2, -1],
      [1, 0],
      [0, 0],
      [3, 0],
      [-1, 0],
    ] as const) {
      expect([sbn, esi, await content.readInto(sbn, [esi], target)]).toEqual([sbn, esi, false]);
    }
    await content.discardBlock(2);
    expect(await content.readInto(2, [0], target)).toBe(false);
    await content.close();
  });

  it('knows its symbols by their place and length', async () => {
    const content = await open(output(), plain());
    const symbol = new Uint8Array(content.layout.symbolBytes);
    expect(content.verify(0, 0, symbol)).toBe(true);
    expect(content.verify(2, 37, symbol)).toBe(true);
    expect(content.verify(2, 38, symbol)).toBe(false);
    expect(content.verify(3, 0, symbol)).toBe(false);
    expect(content.verify(0, 0, symbol.subarray(1))).toBe(false);
    expect(await content.leaves()).toBeUndefined();
    await expect(content.putLeaves()).rejects.toThrow('no leaves');
    await content.close();
  });

  it('says how much a block lacks', async () => {
    const content = await open(output(), plain());
    await content.write(symbolsOf(content, BYTES, [1, 2, 7]));
    expect(await content.finishBlock(0)).toEqual({ outcome: 'short', missing: 253 });
    expect(await content.finishBlock(2)).toEqual({ outcome: 'short', missing: 38 });
    await content.close();
  });

  it('is hashed as it is, also when a block was fetched again after it was hashed', async () => {
    const out = output();
    const content = await open(out, plain({ sha256: SHA256 }));
    await fill(content, BYTES, [1, 2]);
    await fill(content, OTHER, [0]);
    expect(await corruptBlocks(content)).toEqual([]);
    await content.discardBlock(0);
    await fill(content, BYTES, [0]);
    await finish(content);
    expect(readFileSync(out).equals(BYTES)).toBe(true);
  });
});

describe('the SHA-256 of the file', () => {
  it('is compared: a wrong file is dropped, both hashes are told, and the next run starts anew', async () => {
    const out = output();
    const file = plain({ sha256: SHA256 });
    const first = await open(out, file);
    await fill(first, OTHER);
    expect(await corruptBlocks(first)).toEqual([]);
    const problem = await first.finishContent();
    expect(problem?.code).toBe('CORRUPT');
    for (const hash of [SHA256, hashOf('sha-256', OTHER)]) {
      expect(problem?.message).toContain(Buffer.from(hash).toString('hex'));
    }
    expect(await first.readInto(0, [0], new Uint8Array(16_384))).toBe(false);
    await first.close();
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
    const second = await open(out, file);
    expect(second.held.count).toBe(0);
    await fill(second, BYTES);
    await finish(second);
  });

  it('counts what is on the disk, not what came in', async () => {
    const out = output();
    const content = await open(out, plain({ sha256: SHA256 }));
    await fill(content, BYTES);
    const data = readFileSync(`${out}.part/data`);
    data[4_500_000]! ^= 1;
    writeFileSync(`${out}.part/data`, data);
    expect((await content.finishContent())?.code).toBe('CORRUPT');
    await content.close();
  });

  it('is told of a file of which none was known, after a stop as well', async () => {
    const out = output();
    const first = await open(out, plain());
    await fill(first, BYTES, [0, 2]);
    expect((await first.finishBlock(0)).outcome).toBe('ok');
    await first.close();
    const second = await open(out, plain());
    await fill(second, BYTES, [1]);
    await finish(second);
    expect(second.sha256).toEqual(SHA256);
  });
});

describe('OUT.part', () => {
  it('belongs to one process, to one version of one file, and never replaces another', async () => {
    const out = output();
    const content = await open(out, plain());
    await fill(content, BYTES, [0]);
    expect(await codeOf(open(out, plain()))).toBe('LOCKED');
    await content.close();
    for (const other of [
      plain({ identity: '"two"' }),
      plain({ sha256: SHA256 }),
      withPieces(MiB),
      plain({}, BYTES.subarray(1)),
    ]) {
      const refused = open(out, other);
      await expect(refused).rejects.toThrow('another content');
      await expect(refused).rejects.toBeInstanceOf(HeadwaterError);
      expect(await codeOf(refused)).toBe('DISK');
    }
    writeFileSync(out, 'here');
    expect(await codeOf(open(out, plain()))).toBe('EXISTS');
    const forced = await open(out, plain(), { force: true });
    expect(heldIds(forced)).toEqual(idsOf(forced, [0]));
    await fill(forced, BYTES);
    await finish(forced);
    expect(readFileSync(out).equals(BYTES)).toBe(true);
  });

  it('does not replace a file that came while it was made', async () => {
    const out = output();
    const content = await open(out, plain());
    await fill(content, BYTES);
    writeFileSync(out, 'here first');
    const problem = await content.finishContent();
    expect(problem?.code).toBe('DISK');
    expect(problem?.message).toContain('exists already');
    await content.close();
    expect(readFileSync(out, 'utf8')).toBe('here first');
    expect(existsSync(`${out}.part/data`)).toBe(true);
  });
});

describe('a failing disk', () => {
  it('at a write rejects the write, and claims nothing', async () => {
    const out = output();
    let isFull = false;
    const fs = watchedFs({
      before: (call, name) => {
        if (isFull && call === 'write' && name === 'data') throw systemError('ENOSPC');
      },
    });
    const content = await open(out, plain(), { fs });
    await fill(content, BYTES, [0]);
    isFull = true;
    await expect(fill(content, BYTES, [1])).rejects.toMatchObject({ code: 'ENOSPC' });
    await content.close();
    const again = await open(out, plain());
    expect(heldIds(again)).toEqual(idsOf(again, [0]));
    await again.close();
  });

  it('at a commit between writes is told once, and at the end', async () => {
    const out = output();
    let isBroken = false;
    const fs = watchedFs({
      before: (call, name) => {
        if (isBroken && call === 'sync' && name === 'data') throw systemError('EIO');
      },
    });
    const failures: unknown[] = [];
    let tell = (): void => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const onFailure = (error: unknown): void => {
      failures.push(error);
      tell();
    };
    const content = await open(out, plain(), { fs, onFailure });
    isBroken = true;
    await fill(content, BYTES);
    await told;
    expect((await content.finishContent())?.code).toBe('DISK');
    await content.close();
    expect(failures).toMatchObject([{ code: 'EIO' }]);
    const again = await open(out, plain());
    expect(again.held.count).toBe(0);
    await again.close();
  });

  it('under a worker fails the block, not the process', async () => {
    const content = await open(output(), withPieces(MiB), {
      pool: { run: () => Promise.reject(Object.assign(new Error('gone'), { code: 'EIO' })) },
    });
    await fill(content, BYTES);
    await expect(content.finishBlock(0)).rejects.toThrow('gone');
    expect((await content.finishContent())?.code).toBe('DISK');
    await content.close();
  });
});
