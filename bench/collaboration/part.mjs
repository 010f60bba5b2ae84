// The start of a download that already holds given symbols: its part directory, as an earlier run would have left it.

import { readFile } from 'node:fs/promises';
import { layoutOf } from '../../dist/content/index.js';
import { RaptorQEncoder } from '../../dist/fountain/index.js';
import { FileStore } from '../../dist/node/file-store.js';
import { LeavesFile } from '../../dist/node/store/leaves-file.js';

/** Symbols written at once. */
const WRITTEN = 256;

/**
 * Writes OUT.part with the symbols `held` (a Bitset of symbol ids) of the described file, and the leaves of its blocks.
 * Every symbol is one of `file`, so that it is right.
 */
export async function writePart({ out, file, description, held }) {
  const { descriptor, leavesPath } = description;
  const layout = layoutOf(descriptor);
  const bytes = await readFile(file);
  const leavesFile = await LeavesFile.open(leavesPath, descriptor);
  const store = await FileStore.open(out, descriptor);
  try {
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      await store.writeLeaves(sbn, await leavesFile.readLeaves(sbn));
      const from = layout.blockOffset(sbn);
      const block = bytes.subarray(from, from + layout.blockBytes(sbn));
      await writeSymbols(store, layout, sbn, held, new RaptorQEncoder(block, layout.symbolBytes));
    }
    await store.commit();
  } finally {
    await store.close();
    await leavesFile.close();
  }
}

async function writeSymbols(store, layout, sbn, held, encoder) {
  const start = layout.windowStart(sbn);
  let entries = [];
  const ids = [];
  held.forEach((id) => ids.push(id), start, layout.windowStart(sbn + 1));
  for (const id of ids) {
    entries.push({ id, bytes: encoder.symbol(id - start) });
    if (entries.length < WRITTEN) continue;
    await store.writeSymbols(entries);
    entries = [];
  }
  await store.writeSymbols(entries);
  encoder.release();
}
