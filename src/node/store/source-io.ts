// Source symbols at their final place in a file: runs of neighbours become single reads and writes.

import type { SymbolId } from '../../base/index.ts';
import type { Layout } from '../../content/index.ts';
import type { SymbolEntry } from '../../store/index.ts';
import type { OpenFile } from './store-fs.ts';
import { readAll, readUpTo, writeAll } from './store-fs.ts';

/** Longest single read or write, bytes: bounds memory and how long one call keeps a thread. */
const RUN_BYTES_MAX = 4 * 1024 * 1024;

/** Position of a source symbol among all of the content (its offset / T); −1 for a repair symbol. */
export function sourceIndex(layout: Layout, id: SymbolId): number {
  const sbn = layout.sbnOf(id);
  const esi = id - layout.windowStart(sbn);
  if (esi >= layout.sourceSymbols(sbn)) return -1;
  return layout.windowStart(sbn) / layout.windowRatio + esi;
}

/** The symbol id of the source symbol at a position: the inverse of sourceIndex. */
export function sourceId(layout: Layout, index: number): SymbolId {
  const sbn = layout.sbnOf(index * layout.windowRatio);
  return layout.windowStart(sbn) + index - layout.windowStart(sbn) / layout.windowRatio;
}

/** Writes source symbols, sorted by id, each T bytes; the padding of the last one is left out. */
export async function writeSource(
  file: OpenFile,
  layout: Layout,
  entries: readonly SymbolEntry[],
): Promise<void> {
  const { symbolBytes } = layout;
  let run: Uint8Array[] = [];
  let start = 0;
  let next = -1;
  for (const { id, bytes } of entries) {
    const index = sourceIndex(layout, id);
    if (index !== next || (index - start) * symbolBytes >= RUN_BYTES_MAX) {
      if (run.length > 0) await writeAll(file, run, start * symbolBytes);
      run = [];
      start = index;
    }
    const left = layout.length - index * symbolBytes;
    append(run, left < symbolBytes ? bytes.subarray(0, left) : bytes);
    next = index + 1;
  }
  if (run.length > 0) await writeAll(file, run, start * symbolBytes);
}

/** Puts bytes behind others: what lies one behind the other in memory becomes one buffer. */
function append(run: Uint8Array[], bytes: Uint8Array): void {
  const last = run.at(-1);
  if (last?.buffer !== bytes.buffer || last.byteOffset + last.length !== bytes.byteOffset) {
    run.push(bytes);
    return;
  }
  run[run.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
}

/** Reads under way at a time: symbols that are far from each other are no longer waited for one by one. */
const READS_MAX = 8;

/** Like Promise.all(items.map(read)), a few at a time. */
export async function readSome<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += READS_MAX) {
    results.push(...(await Promise.all(items.slice(first, first + READS_MAX).map(read))));
  }
  return results;
}

/** Reads source symbols in any order: T bytes each, the last one zero-padded. Neighbours share one buffer. */
export async function readSource(
  file: OpenFile,
  layout: Layout,
  ids: readonly SymbolId[],
): Promise<Uint8Array[]> {
  const { symbolBytes } = layout;
  const indexes = ids.map((id) => sourceIndex(layout, id));
  const runs: { readonly start: number; readonly count: number }[] = [];
  for (let first = 0; first < ids.length;) {
    const start = indexes[first] ?? 0;
    let count = 1;
    while (indexes[first + count] === start + count && (count + 1) * symbolBytes <= RUN_BYTES_MAX) {
      count++;
    }
    runs.push({ start, count });
    first += count;
  }
  const buffers = await readSome(runs, ({ start, count }) => readRun(file, layout, start, count));
  return buffers.flatMap((buffer, n) =>
    Array.from({ length: runs[n]?.count ?? 0 }, (_, i) =>
      buffer.subarray(i * symbolBytes, (i + 1) * symbolBytes),
    ),
  );
}

/** `count` source symbols from position `start` on, as one array of count·T bytes with the padding. */
export function readRun(
  file: OpenFile,
  layout: Layout,
  start: number,
  count: number,
): Promise<Uint8Array> {
  return readPadded(file, layout, start, count, readAll);
}

/** Like readRun, but zeros stand where the file is too short. */
export function readRunLoosely(
  file: OpenFile,
  layout: Layout,
  start: number,
  count: number,
): Promise<Uint8Array> {
  return readPadded(file, layout, start, count, readUpTo);
}

async function readPadded(
  file: OpenFile,
  layout: Layout,
  start: number,
  count: number,
  read: (file: OpenFile, target: Uint8Array, offset: number) => Promise<unknown>,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(count * layout.symbolBytes);
  const offset = start * layout.symbolBytes;
  await read(file, buffer.subarray(0, Math.min(buffer.length, layout.length - offset)), offset);
  return buffer;
}
