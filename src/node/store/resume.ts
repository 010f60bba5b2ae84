// Opening a part directory: what the last mark covers is taken over, what was written after it is verified again.

import type { Sha256 } from '../../base/index.ts';
import { Bitset } from '../../base/index.ts';
import type { Descriptor } from '../../content/index.ts';
import { verifySymbol } from '../../content/index.ts';
import type { Contents } from './contents.ts';
import type { IndexEntry } from './index-log.ts';
import { DELETED, IN_PLACE, LEAVES, SLOT_COUNT_MAX } from './index-log.ts';
import { readLeavesAt } from './leaves-file.ts';
import { sourceId, sourceIndex } from './source-io.ts';
import type { Mark, StateFile } from './state-file.ts';
import type { VerifyProgress } from './verify-symbols.ts';
import { verifyAllSources, verifySourceSymbols } from './verify-symbols.ts';

/** What resuming fills in. */
export interface Resumed {
  /** Sequence of the mark that was found; 0 for none. */
  readonly sequence: number;
  /** The disk differs from what the last mark says: a commit is due before anything is written. */
  readonly ahead: boolean;
}

interface Parts {
  readonly descriptor: Descriptor;
  readonly sha256: Sha256;
  readonly state: StateFile;
  /** Empty when resuming begins. */
  readonly contents: Contents;
}

/** Fills `contents` from the disk. With `verifyAll` nothing is taken over unverified. */
export async function resume(
  parts: Parts,
  verifyAll: boolean,
  progress?: VerifyProgress,
): Promise<Resumed> {
  const { descriptor, sha256, contents } = parts;
  const { layout, files, sources, leavesHeld } = contents;
  const found = await parts.state.read();
  const { mark } = found;
  const log = await replayIndex(contents, mark);
  // Marks were written and none is readable, or files changed under them: look at everything.
  const lost =
    files.damaged ||
    (found.damaged && mark.sequence === 0) ||
    contents.index.settled < mark.indexMark;
  const all = verifyAll || lost;

  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const trusted = mark.leaves.has(sbn) && !all;
    const written = all || log.leaves.has(sbn);
    if (trusted || (written && (await storedLeaves(parts, sbn)) !== undefined)) leavesHeld.add(sbn);
  }

  const leaves = async (sbn: number): Promise<Uint8Array | undefined> =>
    leavesHeld.has(sbn) ? await storedLeaves(parts, sbn) : undefined;
  const source = { file: files.data, descriptor, layout, sha256, leaves };
  if (all) {
    const good = await verifyAllSources(source, progress);
    good.forEach((index) => sources.add(index));
  } else {
    mark.sources.forEach((index) => {
      sources.add(index);
      log.sources.delete(index);
    });
    await verifySourceSymbols(source, log.sources, (index) => sources.add(index), progress);
  }
  sources.forEach((index) => contents.held.add(sourceId(layout, index)));

  // A mark that fell back to the older slot may speak of slots that were used again since.
  await resumeRepair(parts, log, all || found.damaged ? 0 : mark.indexMark);
  const ahead = all || found.damaged || contents.index.settled > mark.indexMark;
  return { sequence: mark.sequence, ahead };
}

interface Replayed {
  /** Source symbols written after the mark, by position. */
  readonly sources: Bitset;
  /** Blocks whose leaves were written after the mark. */
  readonly leaves: Bitset;
  /** The last entry of each repair symbol that is not deleted, with its position in the log. */
  readonly repair: Map<number, { entry: IndexEntry; position: number }>;
  /** One more than the largest slot ever used. */
  readonly slotCount: number;
}

async function replayIndex({ layout, index }: Contents, mark: Mark): Promise<Replayed> {
  const sources = new Bitset(layout.sourceSymbolCount);
  const leaves = new Bitset(layout.blockCount);
  // Ids of symbols that passed their leaves, from our own disk: nobody chose them to collide.
  const repair: Replayed['repair'] = new Map();
  let slotCount = 0;
  await index.replay((entry, position) => {
    const { id, slot } = entry;
    if (slot === IN_PLACE) {
      const at = id < layout.idCount ? sourceIndex(layout, id) : -1;
      if (at >= 0 && position >= mark.indexMark) sources.add(at);
    } else if (slot === LEAVES) {
      if (id < layout.blockCount && position >= mark.indexMark) leaves.add(id);
    } else if (slot === DELETED) {
      if (id >= layout.blockCount) return;
      for (let at = layout.windowStart(id); at < layout.windowStart(id + 1); at++)
        repair.delete(at);
    } else if (slot < SLOT_COUNT_MAX && id < layout.idCount && sourceIndex(layout, id) < 0) {
      repair.set(id, { entry, position });
      slotCount = Math.max(slotCount, slot + 1);
    }
  });
  return { sources, leaves, repair, slotCount };
}

async function resumeRepair(parts: Parts, log: Replayed, trusted: number): Promise<void> {
  const { layout, repair, held, leavesHeld } = parts.contents;
  let leavesOf = -1;
  let leaves: Uint8Array | undefined;
  // In id order, so that the leaves of a block are read once.
  const live = [...log.repair.values()].sort((a, b) => a.entry.id - b.entry.id);
  for (const { entry, position } of live) {
    repair.claim(entry);
    if (position >= trusted) {
      const sbn = layout.sbnOf(entry.id);
      if (sbn !== leavesOf) {
        leavesOf = sbn;
        leaves = leavesHeld.has(sbn) ? await storedLeaves(parts, sbn) : undefined;
      }
      if (leaves === undefined || !(await isRight(parts, entry, leaves))) {
        repair.unclaim(entry);
        continue;
      }
    }
    held.add(entry.id);
  }
  repair.freeUnclaimed(log.slotCount);
}

async function isRight(
  { contents, sha256 }: Parts,
  { id }: IndexEntry,
  leaves: Uint8Array,
): Promise<boolean> {
  const { layout, repair } = contents;
  const bytes = await repair.tryRead(id);
  return bytes !== undefined && verifySymbol(leaves, layout.esiOf(id), bytes, sha256);
}

async function storedLeaves(parts: Parts, sbn: number): Promise<Uint8Array | undefined> {
  const { layout, files } = parts.contents;
  return await readLeavesAt(files.leaves, parts.descriptor, layout, sbn, parts.sha256);
}
