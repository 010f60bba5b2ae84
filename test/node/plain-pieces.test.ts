// Pieces of a plain file: a wrong one is found, wherever it lies and however odd its length.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/node/work/tasks.ts';
import type { Pool } from '../../dist/node/work/pool.js';
import {
  BYTES,
  MiB,
  SHA256,
  all,
  corruptBlocks,
  fill,
  finish,
  heldIds,
  idsOf,
  open,
  output,
  pool,
  withPieces,
} from './plain-sample.ts';

/** A pool that notes what is asked of it. */
function noting(kinds: Task['kind'][]): Pick<Pool, 'run'> {
  return {
    run: (task, pin, handed) => {
      kinds.push(task.kind);
      return pool.run(task, pin, handed);
    },
  };
}

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
