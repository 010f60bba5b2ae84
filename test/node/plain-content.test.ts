// Storage of a plain file: what is there after a stop or a crash, what a wrong piece or hash does, and who may have OUT.part.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { PieceHash, PlainFile } from '../../src/content/index.ts';
import { HeadwaterError } from '../../src/node/errors.ts';
import type { PlainContentOptions } from '../../src/node/plain-content.ts';
import { PlainContent } from '../../src/node/plain-content.ts';
import type { Incoming } from '../../src/node/storage.ts';
import type { Task } from '../../src/node/work/tasks.ts';
import { Pool } from '../../dist/node/work/pool.js';
import { systemError, watchedFs } from '../store/faulty-fs.ts';
import { codeOf, seededBytes, tempDirectory } from './helpers.ts';

const pool = new Pool();
afterAll(() => pool.close());

/** Three blocks. */
const BYTES = seededBytes(9_000_001, 4);
const OTHER = Buffer.from(BYTES.map((byte) => byte ^ 0xff));
const SHA256 = hashOf('sha-256', BYTES);

function hashOf(type: PieceHash, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(type.replace('-', '')).update(bytes).digest());
}

function plain(more: Partial<PlainFile> = {}, bytes: Buffer = BYTES): PlainFile {
  return { name: 'x.bin', length: bytes.length, identity: '"one"', ...more };
}

function withPieces(length: number, type: PieceHash = 'sha-256', bytes = BYTES): PlainFile {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    hashes.push(hashOf(type, bytes.subarray(at, at + length)));
  }
  return plain({ pieces: { type, length, hashes } }, bytes);
}

const open = (
  out: string,
  file: PlainFile,
  more: Partial<PlainContentOptions> = {},
): Promise<PlainContent> =>
  PlainContent.open({
    out,
    file,
    pool,
    force: false,
    onFailure: (error) => {
      throw error;
    },
    ...more,
  });

const output = (): string => join(tempDirectory(), 'x.bin');

/** The symbols with these ids, the last one padded with bytes that must go nowhere. */
function symbolsOf({ layout }: PlainContent, bytes: Buffer, ids: readonly number[]): Incoming[] {
  return ids.map((id) => {
    const symbol = new Uint8Array(layout.symbolBytes).fill(0xee);
    symbol.set(bytes.subarray(id * symbol.length, (id + 1) * symbol.length));
    return { sbn: layout.sbnOf(id), esi: layout.esiOf(id), bytes: symbol };
  });
}

/** Ids of the symbols of some blocks. */
function idsOf({ layout }: PlainContent, blocks: readonly number[]): number[] {
  return blocks.flatMap((sbn) =>
    Array.from({ length: layout.sourceSymbols(sbn) }, (_, esi) => layout.id(sbn, esi)),
  );
}

async function fill(
  content: PlainContent,
  bytes: Buffer,
  blocks: readonly number[] = all(content),
): Promise<void> {
  const ids = idsOf(content, blocks);
  for (let at = 0; at < ids.length; at += 64) {
    await content.write(symbolsOf(content, bytes, ids.slice(at, at + 64)));
  }
}

const all = ({ layout }: PlainContent): number[] => [...Array(layout.blockCount).keys()];

/** Finishes all blocks; those that are corrupt. */
async function corruptBlocks(content: PlainContent): Promise<number[]> {
  const corrupt: number[] = [];
  for (const sbn of all(content)) {
    const { outcome } = await content.finishBlock(sbn);
    if (outcome === 'corrupt') corrupt.push(sbn);
    else expect(outcome).toBe('ok');
  }
  return corrupt;
}

async function finish(content: PlainContent): Promise<void> {
  expect(await corruptBlocks(content)).toEqual([]);
  expect(await content.finishContent()).toBeUndefined();
  await content.close();
}

function heldIds({ held }: PlainContent): number[] {
  const ids: number[] = [];
  held.forEach((id) => ids.push(id));
  return ids;
}

/** A pool that notes what is asked of it. */
function noting(kinds: Task['kind'][]): Pick<Pool, 'run'> {
  return {
    run: (task, pin, handed) => {
      kinds.push(task.kind);
      return pool.run(task, pin, handed);
    },
  };
}

const MiB = 1_048_576;
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

/** Lengths of pieces that fit into blocks, with a common multiple or as a single one, and of those that do not. */
const FITTING = [512, 65_536, MiB, 3 * MiB, 100_000, 9_000_000 + 1, 99_999_999];
const ODD = [999_999, 1_000_001, 5_000_000];

/** Bytes at the edges of pieces. */
const edges = (length: number): number[] =>
  [0, length - 1, length, 2 * length - 1, BYTES.length - 1].filter((at) => at < BYTES.length);

describe('pieces', () => {
  it.each(['sha-1', 'sha-256', 'sha-512'] as const)(
    'with %s: a wrong byte makes its block corrupt, and no other',
    async (type) => {
      const content = await open(output(), withPieces(MiB, type));
      const wrong = Buffer.from(BYTES);
      wrong[5_000_000]! ^= 1;
      await fill(content, wrong);
      expect(await corruptBlocks(content)).toEqual([1]);
      await content.discardBlock(1);
      await fill(content, BYTES, [1]);
      await finish(content);
      expect(content.sha256).toEqual(SHA256);
    },
  );

  it.each(FITTING)('of %d bytes are checked block by block, to their edges', async (length) => {
    const out = output();
    const content = await open(out, withPieces(length));
    const { layout } = content;
    await fill(content, BYTES);
    for (const at of edges(length)) {
      const id = Math.floor(at / layout.symbolBytes);
      const bad = layout.sbnOf(id);
      const wrong = Buffer.from(BYTES);
      wrong[at]! ^= 1;
      await content.discardBlock(bad);
      await fill(content, wrong, [bad]);
      expect([at, await corruptBlocks(content)]).toEqual([at, [bad]]);
      await content.discardBlock(bad);
      await fill(content, BYTES, [bad]);
    }
    await finish(content);
    expect(readFileSync(out).equals(BYTES)).toBe(true);
  });

  it.each(ODD)('of %d bytes are checked at the end, when nothing else is known', async (length) => {
    for (const at of edges(length)) {
      const out = output();
      const file = withPieces(length);
      const first = await open(out, file);
      const wrong = Buffer.from(BYTES);
      wrong[at]! ^= 1;
      await fill(first, wrong);
      expect(await corruptBlocks(first)).toEqual([]);
      const problem = await first.finishContent();
      expect(problem?.code).toBe('CORRUPT');
      expect(problem?.message).toContain('1 of the pieces of x.bin');
      await first.close();
      expect(existsSync(out)).toBe(false);
      // The blocks that the piece lies in are fetched again, and no others.
      const second = await open(out, file);
      const { layout } = second;
      const piece = Math.floor(at / length);
      const touched = all(second).filter(
        (sbn) =>
          layout.blockOffset(sbn) < (piece + 1) * length &&
          layout.blockOffset(sbn + 1) > piece * length,
      );
      const kept = all(second).filter((sbn) => !touched.includes(sbn));
      expect(heldIds(second)).toEqual(idsOf(second, kept));
      await fill(second, BYTES, touched);
      await finish(second);
      expect(readFileSync(out).equals(BYTES)).toBe(true);
    }
  });

  it('that are odd and right do not save a file with the wrong SHA-256', async () => {
    const out = output();
    const file = { ...withPieces(999_999), sha256: new Uint8Array(32) };
    const content = await open(out, file);
    await fill(content, BYTES);
    expect((await content.finishContent())?.message).toContain('it was dropped');
    await content.close();
    expect(existsSync(`${out}.part`)).toBe(false);
  });

  it('are not looked at twice, unless asked for', async () => {
    const out = output();
    const file = withPieces(MiB);
    const kinds: Task['kind'][] = [];
    const first = await open(out, file, { pool: noting(kinds) });
    await fill(first, BYTES, [0, 1]);
    await first.finishBlock(0);
    await first.close();
    expect(kinds.filter((kind) => kind === 'hash-pieces')).toHaveLength(1);
    kinds.length = 0;
    const second = await open(out, file, { pool: noting(kinds) });
    expect(await second.finishBlock(0)).toEqual({ outcome: 'ok' }); // believed
    expect(kinds).not.toContain('hash-pieces');
    expect(await second.finishBlock(1)).toEqual({ outcome: 'ok' }); // it was whole, and never checked
    expect(kinds).toContain('hash-pieces');
    await second.close();
    const data = readFileSync(`${out}.part/data`);
    data[0]! ^= 1;
    writeFileSync(`${out}.part/data`, data);
    const progress: number[][] = [];
    const third = await open(out, file, {
      verify: true,
      onProgress: (checked, total) => progress.push([checked, total]),
    });
    expect(heldIds(third)).toEqual(idsOf(third, [1]));
    expect(progress).toEqual([
      [256, 512],
      [512, 512],
    ]);
    await third.close();
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
