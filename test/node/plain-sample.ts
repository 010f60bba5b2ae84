// A plain file of three blocks, what is known of it, and how it gets into storage.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { PieceHash, PlainFile } from '../../src/content/index.ts';
import type { PlainContentOptions } from '../../src/node/plain-content.ts';
import { PlainContent } from '../../src/node/plain-content.ts';
import type { Incoming } from '../../src/node/storage.ts';
import { Pool } from '../../dist/node/work/pool.js';
import { seededBytes, tempDirectory } from './helpers.ts';

export const pool: Pool = new Pool();
afterAll(() => pool.close());

export const MiB = 1_048_576;

/** Three blocks. */
export const BYTES = seededBytes(9_000_001, 4);
export const OTHER = Buffer.from(BYTES.map((byte) => byte ^ 0xff));
export const SHA256 = hashOf('sha-256', BYTES);

export function hashOf(type: PieceHash, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(type.replace('-', '')).update(bytes).digest());
}

export function plain(more: Partial<PlainFile> = {}, bytes: Buffer = BYTES): PlainFile {
  return { name: 'x.bin', length: bytes.length, identity: '"one"', ...more };
}

export function withPieces(length: number, type: PieceHash = 'sha-256', bytes = BYTES): PlainFile {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    hashes.push(hashOf(type, bytes.subarray(at, at + length)));
  }
  return plain({ pieces: { type, length, hashes } }, bytes);
}

export const open = (
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

export const output = (): string => join(tempDirectory(), 'x.bin');

/** The symbols with these ids, the last one padded with bytes that must go nowhere. */
export function symbolsOf(
  { layout }: PlainContent,
  bytes: Buffer,
  ids: readonly number[],
): Incoming[] {
  return ids.map((id) => {
    const symbol = new Uint8Array(layout.symbolBytes).fill(0xee);
    symbol.set(bytes.subarray(id * symbol.length, (id + 1) * symbol.length));
    return { sbn: layout.sbnOf(id), esi: layout.esiOf(id), bytes: symbol };
  });
}

/** Ids of the symbols of some blocks. */
export function idsOf({ layout }: PlainContent, blocks: readonly number[]): number[] {
  return blocks.flatMap((sbn) =>
    Array.from({ length: layout.sourceSymbols(sbn) }, (_, esi) => layout.id(sbn, esi)),
  );
}

export async function fill(
  content: PlainContent,
  bytes: Buffer,
  blocks: readonly number[] = all(content),
): Promise<void> {
  const ids = idsOf(content, blocks);
  for (let at = 0; at < ids.length; at += 64) {
    await content.write(symbolsOf(content, bytes, ids.slice(at, at + 64)));
  }
}

export const all = ({ layout }: PlainContent): number[] => [...Array(layout.blockCount).keys()];

/** Finishes all blocks; those that are corrupt. */
export async function corruptBlocks(content: PlainContent): Promise<number[]> {
  const corrupt: number[] = [];
  for (const sbn of all(content)) {
    const { outcome } = await content.finishBlock(sbn);
    if (outcome === 'corrupt') corrupt.push(sbn);
    else expect(outcome).toBe('ok');
  }
  return corrupt;
}

export async function finish(content: PlainContent): Promise<void> {
  expect(await corruptBlocks(content)).toEqual([]);
  expect(await content.finishContent()).toBeUndefined();
  await content.close();
}

export function heldIds({ held }: PlainContent): number[] {
  const ids: number[] = [];
  held.forEach((id) => ids.push(id));
  return ids;
}
