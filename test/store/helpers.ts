// A directory for each test, and the stores in it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { FileStore } from '../../src/node/file-store.ts';
import type { Sample } from '../content/helpers.ts';
import { symbolsOf } from '../suite/store-suite.ts';

const made: string[] = [];

/** A fresh directory, removed after the test. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'headwater-store-'));
  made.push(path);
  return path;
}

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** Writes the leaves of all blocks. */
export async function putLeaves(store: FileStore, s: Sample): Promise<void> {
  for (const [sbn, leaves] of s.leaves.entries()) await store.writeLeaves(sbn, leaves);
}

/** Writes the symbols with these ids. */
export async function putSymbols(
  store: FileStore,
  s: Sample,
  ids: readonly number[],
): Promise<void> {
  const symbol = symbolsOf(s);
  await store.writeSymbols(ids.map((id) => ({ id, bytes: symbol(id) })));
}

export function heldIds(store: { held: FileStore['held'] }): number[] {
  const ids: number[] = [];
  store.held.bits.forEach((id) => ids.push(id));
  return ids;
}

/** How many of the held symbols have wrong bytes: must be 0 whatever happened before. */
export async function wrongClaims(store: FileStore, s: Sample): Promise<number> {
  const symbol = symbolsOf(s);
  let wrong = 0;
  for (const id of heldIds(store)) {
    const [bytes] = await store.readSymbols([id]).catch(() => []);
    if (bytes === undefined || Buffer.compare(bytes, symbol(id)) !== 0) wrong++;
  }
  return wrong;
}

/** All source symbol ids. */
export function sourceIds({ layout }: Sample): number[] {
  const ids: number[] = [];
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    for (let esi = 0; esi < layout.sourceSymbols(sbn); esi++) ids.push(layout.id(sbn, esi));
  }
  return ids;
}

export function allIds({ layout }: Sample): number[] {
  return [...Array(layout.idCount).keys()];
}
