// Re-verifying source symbols that lie in a file: by their leaves, or a whole block by its source root.

import type { Sha256 } from '../../base/index.ts';
import { Bitset } from '../../base/index.ts';
import type { Descriptor, Layout } from '../../content/index.ts';
import { checkSource, LEAF_BYTES, verifySymbol } from '../../content/index.ts';
import { readRunLoosely } from './source-io.ts';
import type { OpenFile } from './store-fs.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Called now and then with how many source symbols were looked at, of how many. */
export type VerifyProgress = (checked: number, total: number) => void;

/** What verifying needs to know. */
export interface VerifySource {
  readonly file: OpenFile;
  readonly descriptor: Descriptor;
  readonly layout: Layout;
  readonly sha256: Sha256;
  /** The verified leaves of a block, if there are any. */
  readonly leaves: (sbn: number) => Promise<Uint8Array | undefined>;
}

/**
 * Reads the source symbols at the positions in `candidates` (offset / T), in large pieces, and calls `good` with
 * each that is right. Without leaves a block counts only as a whole, when all its positions are candidates.
 */
export async function verifySourceSymbols(
  source: VerifySource,
  candidates: Bitset,
  good: (index: number) => void,
  progress?: VerifyProgress,
): Promise<void> {
  const { layout } = source;
  let checked = 0;
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const from = layout.windowStart(sbn) / layout.windowRatio;
    const to = from + layout.sourceSymbols(sbn);
    const count = candidates.countRange(from, to);
    if (count === 0) continue;
    const leaves = await source.leaves(sbn);
    if (leaves !== undefined) {
      await verifyByLeaves(source, leaves, from, to, candidates, good);
    } else if (count === to - from && (await isWhole(source, sbn, from, to))) {
      for (let index = from; index < to; index++) good(index);
    }
    checked += count;
    progress?.(checked, candidates.count);
  }
}

/** Looks at every source symbol; the positions of those that are right. */
export async function verifyAllSources(
  source: VerifySource,
  progress?: VerifyProgress,
): Promise<Bitset> {
  const all = new Bitset(source.layout.sourceSymbolCount);
  all.addRange(0, all.length);
  const good = new Bitset(all.length);
  await verifySourceSymbols(source, all, (index) => good.add(index), progress);
  return good;
}

async function verifyByLeaves(
  { file, layout, sha256 }: VerifySource,
  leaves: Uint8Array,
  from: number,
  to: number,
  candidates: Bitset,
  good: (index: number) => void,
): Promise<void> {
  const { symbolBytes } = layout;
  const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / symbolBytes));
  const zeros = new Uint8Array(symbolBytes);
  const zeroLeaf = Buffer.from(sha256(zeros)).subarray(0, LEAF_BYTES);
  for (let start = candidates.next(from, to); start >= 0;) {
    const absent = candidates.nextAbsent(start, Math.min(start + perChunk, to));
    const end = absent < 0 ? Math.min(start + perChunk, to) : absent;
    const bytes = await readRunLoosely(file, layout, start, end - start);
    for (let index = start; index < end; index++) {
      const at = (index - start) * symbolBytes;
      const symbol = bytes.subarray(at, at + symbolBytes);
      const esi = index - from;
      // A hole of the file: comparing is several times faster than hashing.
      const right = isZero(symbol, zeros)
        ? zeroLeaf.equals(leaves.subarray(esi * LEAF_BYTES, (esi + 1) * LEAF_BYTES))
        : verifySymbol(leaves, esi, symbol, sha256);
      if (right) good(index);
    }
    start = candidates.next(end, to);
  }
}

async function isWhole(
  { file, layout, descriptor, sha256 }: VerifySource,
  sbn: number,
  from: number,
  to: number,
): Promise<boolean> {
  return checkSource(descriptor, sbn, await readRunLoosely(file, layout, from, to - from), sha256);
}

function isZero(symbol: Uint8Array, zeros: Uint8Array): boolean {
  return symbol[0] === 0 && Buffer.compare(symbol, zeros) === 0;
}
