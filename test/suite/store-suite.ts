// What every symbol store does, whatever it keeps symbols in. A store that must wait gives promises; `await` takes both.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rng, toHex, UsageError } from '../../src/base/index.ts';
import type { Layout } from '../../src/content/index.ts';
import { paddedSymbol } from '../../src/content/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import type { SymbolEntry, WorkingSet } from '../../src/store/index.ts';
import type { Sample } from '../content/helpers.ts';
import { blockOf, edgeLengths, sample } from '../content/helpers.ts';

type Maybe<T> = T | Promise<T>;

/** The methods of SymbolStore, waiting allowed. */
export interface StoreUnderTest {
  readonly layout: Layout;
  readonly held: WorkingSet;
  put(entries: readonly SymbolEntry[]): Maybe<void>;
  read(id: number): Maybe<Uint8Array | undefined>;
  deleteRepair(sbn: number): Maybe<number>;
  putLeaves(sbn: number, leaves: Uint8Array): Maybe<void>;
  leaves(sbn: number): Maybe<Uint8Array | undefined>;
  close(): Maybe<void>;
}

/** The T bytes of any symbol of the sample's windows. */
export function symbolsOf(s: Sample): (id: number) => Uint8Array {
  const { layout } = s;
  const encoders: RaptorQEncoder[] = [];
  return (id) => {
    const sbn = layout.sbnOf(id);
    const block = blockOf(s.bytes, layout, sbn);
    const esi = layout.esiOf(id);
    if (esi < layout.sourceSymbols(sbn)) return paddedSymbol(block, esi, layout.symbolBytes);
    const padded = new Uint8Array(layout.sourceSymbols(sbn) * layout.symbolBytes);
    padded.set(block);
    const encoder = (encoders[sbn] ??= new RaptorQEncoder(padded, layout.symbolBytes));
    return encoder.symbol(esi);
  };
}

export function storeSuite(name: string, open: (s: Sample) => Maybe<StoreUnderTest>): void {
  describe(`${name} as a symbol store`, () => {
    const s = sample(64 * 13 + 5, { symbolBytes: 64, blockBytes: 64 * 5 });
    const symbol = symbolsOf(s);
    const entry = (id: number): SymbolEntry => ({ id, bytes: symbol(id) });
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await open(s);
    });
    afterEach(async () => {
      await store.close();
    });

    it('begins empty', async () => {
      expect(store.held.count).toBe(0);
      expect(await store.leaves(0)).toBe(undefined);
    });

    it('gives back every symbol it was given, in any order', async () => {
      const ids = new Rng(1).shuffle([...Array(s.layout.idCount).keys()]);
      for (let at = 0; at < ids.length; at += 7) {
        await store.put(ids.slice(at, at + 7).map(entry));
        expect(store.held.count).toBe(Math.min(at + 7, ids.length));
      }
      for (const id of ids) {
        expect(store.held.has(id)).toBe(true);
        expect(toHex((await store.read(id)) ?? new Uint8Array(0))).toBe(toHex(symbol(id)));
      }
    });

    it('keeps the first of equal ids, also within one call', async () => {
      await store.put([entry(3), entry(4), entry(3)]);
      await store.put([entry(4), entry(5)]);
      expect(store.held.count).toBe(3);
      for (const id of [3, 4, 5]) expect(await store.read(id)).toEqual(symbol(id));
    });

    it('keeps a copy', async () => {
      const bytes = symbol(2).slice();
      await store.put([{ id: 2, bytes }]);
      bytes.fill(0);
      expect(await store.read(2)).toEqual(symbol(2));
    });

    it('deletes the repair symbols of one block only', async () => {
      const { layout } = s;
      await store.put([...Array(layout.idCount).keys()].map(entry));
      const K = layout.sourceSymbols(1);
      expect(await store.deleteRepair(1)).toBe(K);
      expect(await store.deleteRepair(1)).toBe(0);
      expect(store.held.countIn(0)).toBe(layout.windowSize(0));
      expect(store.held.countIn(1)).toBe(K);
      expect(store.held.has(layout.id(1, K - 1))).toBe(true);
      expect(store.held.has(layout.id(1, K))).toBe(false);
      // And takes them again.
      await store.put([entry(layout.id(1, K + 1))]);
      expect(await store.read(layout.id(1, K + 1))).toEqual(symbol(layout.id(1, K + 1)));
      expect(await store.read(layout.id(0, 6))).toEqual(symbol(layout.id(0, 6)));
    });

    it('keeps leaves by block', async () => {
      await store.putLeaves(1, s.leaves[1] ?? new Uint8Array(0));
      expect(await store.leaves(0)).toBe(undefined);
      expect(await store.leaves(1)).toEqual(s.leaves[1]);
    });

    it('refuses wrong ids and lengths', async () => {
      const put = async (id: number, length = 64): Promise<void> =>
        await store.put([{ id, bytes: new Uint8Array(length) }]);
      for (const id of [-1, s.layout.idCount, 1.5, NaN]) {
        await expect(put(id)).rejects.toThrow(UsageError);
      }
      await expect(put(0, 63)).rejects.toThrow(UsageError);
      const putLeaves = async (sbn: number, length: number): Promise<void> =>
        await store.putLeaves(sbn, new Uint8Array(length));
      await expect(putLeaves(0, 15)).rejects.toThrow(UsageError);
      await expect(putLeaves(3, 160)).rejects.toThrow(UsageError);
      expect(store.held.count).toBe(0);
    });
  });

  describe(`${name} at the edges`, () => {
    it.each(edgeLengths(64, 5))('holds all of a content of %i bytes', async (length) => {
      const s = sample(length, { symbolBytes: 64, blockBytes: 64 * 5 });
      const symbol = symbolsOf(s);
      const store = await open(s);
      const ids = [...Array(s.layout.idCount).keys()];
      await store.put(ids.map((id) => ({ id, bytes: symbol(id) })));
      expect(store.held.count).toBe(ids.length);
      for (const id of ids) expect(await store.read(id)).toEqual(symbol(id));
      await store.close();
    });
  });
}
