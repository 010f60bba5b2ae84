// The end of a block: decode what is missing, write it, read everything back and check the source root.
// Reading back is what makes "the final name never has wrong bytes" true even for a disk that lies.

import { equalBytes } from '../../base/index.ts';
import { Layout, SourceRoot } from '../../content/index.ts';
import { RaptorQDecoder } from '../../fountain/index.ts';
import { sha256 } from '../sha256.ts';
import {
  eachSymbol,
  readBlockToScratch,
  readFully,
  scratchBlock,
  withFile,
  writeFully,
} from './block-file.ts';
import { eachRecoded, liarsAmong } from './recoded.ts';
import type { Answers, FinishBlockTask } from './tasks.ts';

type Answer = Answers['finish-block'];

const NONE = new Uint32Array(0);
const CORRUPT = { outcome: 'corrupt', decoded: false, missing: 0, liars: NONE } as const;

/** Runs the task. Throws the system's error when a file cannot be read or written. */
export function finishBlock(task: FinishBlockTask): Answer {
  const layout = new Layout(task.layout);
  const { held, recoded, sbn } = task;
  const sourceCount = layout.sourceSymbols(sbn);
  const lacking = sourceCount - held.length - recoded.degrees.length;
  if (lacking > 0) return short(lacking);
  // `held` ascends, so the K-th id is K−1 exactly when all source symbols are there.
  const isWhole = held[sourceCount - 1] === sourceCount - 1;
  return withFile(
    task.dataPath,
    (fd) => (isWhole ? checkWhole(task, layout, fd) : decodeAndCheck(task, layout, fd)),
    isWhole ? 'r' : 'r+',
  );
}

function short(missing: number): Answer {
  return { outcome: 'short', decoded: false, missing, liars: NONE };
}

function checkWhole(task: FinishBlockTask, layout: Layout, fd: number): Answer {
  if (!isRightOnDisk(task, layout, fd)) return CORRUPT;
  const { judge, sbn } = task;
  const liars =
    judge.degrees.length === 0
      ? NONE
      : liarsAmong(judge, readBlockToScratch(fd, layout, sbn), layout.symbolBytes);
  return { outcome: 'ok', decoded: false, missing: 0, liars };
}

function decodeAndCheck(task: FinishBlockTask, layout: Layout, fd: number): Answer {
  const { judge, recoded, sbn } = task;
  const { symbolBytes } = layout;
  const decoder = new RaptorQDecoder(layout.sourceSymbols(sbn), symbolBytes, {
    block: scratchBlock(layout, sbn),
  });
  addSymbols(decoder, task, layout, fd);
  const block = decoder.decode();
  if (block === undefined) return short(Math.max(1, decoder.missing));
  // Recoded symbols were not verified. What they make is looked at before it is written: meanwhile a symbol that was
  // may have been stored in such a place.
  if (recoded.degrees.length > 0 && !isRight(task, block, symbolBytes)) return CORRUPT;
  // Not `decoder.repaired`: a recoded symbol may just as well have been the missing symbol itself.
  writeSources(fd, layout, sbn, block, missingSources(task.held, layout.sourceSymbols(sbn)));
  if (!isRightOnDisk(task, layout, fd)) return { ...CORRUPT, decoded: true };
  const liars = judge.degrees.length === 0 ? NONE : liarsAmong(judge, block, symbolBytes);
  return { outcome: 'ok', decoded: true, missing: 0, liars };
}

function isRight(task: FinishBlockTask, block: Uint8Array, symbolBytes: number): boolean {
  const tree = new SourceRoot(sha256);
  for (let at = 0; at < block.length; at += symbolBytes) {
    tree.add(block.subarray(at, at + symbolBytes));
  }
  return equalBytes(tree.root(), task.sourceRoot);
}

function isRightOnDisk(task: FinishBlockTask, layout: Layout, fd: number): boolean {
  const tree = new SourceRoot(sha256);
  eachSymbol(fd, layout, task.sbn, (_, symbol) => tree.add(symbol));
  return equalBytes(tree.root(), task.sourceRoot);
}

/** The symbols held, then the recoded ones: so these are reduced as far as can be at once. */
function addSymbols(
  decoder: RaptorQDecoder,
  task: FinishBlockTask,
  layout: Layout,
  fd: number,
): void {
  const { held, recoded, repairOffsets, repairPath, sbn } = task;
  const { symbolBytes } = layout;
  let next = 0;
  eachSymbol(fd, layout, sbn, (esi, symbol) => {
    if (held[next] !== esi) return;
    decoder.add(esi, symbol);
    next++;
  });
  if (next < held.length) {
    withFile(repairPath, (repairs) => {
      const symbol = new Uint8Array(symbolBytes);
      for (let i = 0; next + i < held.length; i++) {
        readFully(repairs, symbol, repairOffsets[i] ?? 0);
        decoder.add(held[next + i] ?? 0, symbol);
      }
    });
  }
  eachRecoded(recoded, symbolBytes, (esis, payload) => decoder.addRecoded([...esis], payload));
}

/** The ESIs of source symbols that are not among `held`, ascending. */
function missingSources(held: Uint32Array, sourceCount: number): number[] {
  const missing: number[] = [];
  let next = 0;
  for (let esi = 0; esi < sourceCount; esi++) {
    if (held[next] === esi) next++;
    else missing.push(esi);
  }
  return missing;
}

/** Writes source symbols of the block to their places; those that follow each other at once. */
function writeSources(
  fd: number,
  layout: Layout,
  sbn: number,
  block: Uint8Array,
  esis: readonly number[],
): void {
  for (let i = 0; i < esis.length;) {
    const first = esis[i] ?? 0;
    let count = 1;
    while (esis[i + count] === first + count) count++;
    const from = first * layout.symbolBytes;
    const to = Math.min(from + count * layout.symbolBytes, layout.blockBytes(sbn));
    writeFully(fd, block.subarray(from, to), layout.blockOffset(sbn) + from);
    i += count;
  }
}
