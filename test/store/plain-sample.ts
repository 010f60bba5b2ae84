// A plain file of three blocks, and the symbols of it and of another version.

import { Rng } from '../../src/base/index.ts';
import type { PlainFile } from '../../src/content/index.ts';
import { PlainStore } from '../../src/node/store/plain-store.ts';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import type { SymbolEntry } from '../../src/store/index.ts';

/** Three blocks; the last one has one symbol, which is short. */
export const BYTES = new Rng(5).fill(new Uint8Array(8 * 1024 * 1024 + 77));
export const file: PlainFile = { name: 'x', length: BYTES.length, identity: 'one' };

export const open = (out: string, fs?: StoreFs): Promise<PlainStore> =>
  PlainStore.open(out, file, { force: false, fs });

/** Symbols of the file, or of one that differs from it in every byte. */
export function entries(store: PlainStore, ids: readonly number[], flip = 0): SymbolEntry[] {
  const { symbolBytes } = store.layout;
  return ids.map((id) => {
    const bytes = new Uint8Array(symbolBytes);
    bytes.set(BYTES.subarray(id * symbolBytes, (id + 1) * symbolBytes));
    return { id, bytes: flip === 0 ? bytes : bytes.map((byte) => byte ^ flip) };
  });
}

export const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

export function heldIds(store: PlainStore): number[] {
  const ids: number[] = [];
  store.held.forEach((id) => ids.push(id));
  return ids;
}

/** Held symbols that have not the bytes of the file, or wholly those of its other version where that is allowed. */
export async function wrongClaims(store: PlainStore, mayBeOther: boolean): Promise<number[]> {
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
