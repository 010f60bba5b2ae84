// The end of a block: decode what is missing, write it, read everything back and check the source root.
// Reading back is what makes "the final name never has wrong bytes" true even for a disk that lies.

import { equalBytes } from '../../base/index.ts';
import type { BlockOutcome } from '../../engine/io.ts';
import { Layout, SourceRoot } from '../../content/index.ts';
import { RaptorQDecoder } from '../../fountain/index.ts';
import { sha256 } from '../sha256.ts';
import { readBlock, readFully, withFile, writeFully } from './block-file.ts';
import type { FinishBlockTask } from './tasks.ts';

/** Runs the task. Throws the system's error when a file cannot be read or written. */
export function finishBlock(task: FinishBlockTask): BlockOutcome {
  const layout = new Layout(task.layout);
  const sourceCount = layout.sourceSymbols(task.sbn);
  if (task.held.length < sourceCount) return 'short';
  return withFile(task.dataPath, 'r+', (fd) => {
    if (!holdsAllSources(task.held, sourceCount) && !decodeMissing(task, layout, fd)) return 'short';
    return rootMatches(fd, layout, task.sbn, task.sourceRoot) ? 'ok' : 'corrupt';
  });
}

/** `held` ascends, so the K-th id is K−1 exactly when all source symbols are there. */
function holdsAllSources(held: Uint32Array, sourceCount: number): boolean {
  return held[sourceCount - 1] === sourceCount - 1;
}

/** False when the rank of the held symbols does not suffice. */
function decodeMissing(task: FinishBlockTask, layout: Layout, fd: number): boolean {
  const { symbolBytes } = layout;
  const sourceCount = layout.sourceSymbols(task.sbn);
  const decoder = new RaptorQDecoder(sourceCount, symbolBytes);
  const stored = readBlock(fd, layout, task.sbn);
  const missing: number[] = [];
  let next = 0;
  for (let esi = 0; esi < sourceCount; esi++) {
    if (task.held[next] === esi) {
      decoder.add(esi, stored.subarray(esi * symbolBytes, (esi + 1) * symbolBytes));
      next++;
    } else {
      missing.push(esi);
    }
  }
  withFile(task.repairPath, 'r', (repairs) => {
    for (let i = 0; next + i < task.held.length; i++) {
      const symbol = new Uint8Array(symbolBytes);
      readFully(repairs, symbol, task.repairOffsets[i] ?? 0);
      decoder.add(task.held[next + i] ?? 0, symbol);
    }
  });
  const block = decoder.decode();
  if (block === undefined) return false;
  for (const esi of missing) {
    const from = esi * symbolBytes;
    const bytes = block.subarray(from, from + layout.sourceBytes(task.sbn, esi));
    writeFully(fd, bytes, layout.blockOffset(task.sbn) + from);
  }
  return true;
}

function rootMatches(fd: number, layout: Layout, sbn: number, right: Uint8Array): boolean {
  const tree = new SourceRoot(sha256);
  const block = readBlock(fd, layout, sbn);
  for (let at = 0; at < block.length; at += layout.symbolBytes) {
    tree.add(block.subarray(at, at + layout.symbolBytes));
  }
  return equalBytes(tree.root(), right);
}
