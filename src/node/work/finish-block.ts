// The end of a block: decode what is missing, write it, read everything back and check the source root.
// Reading back is what makes "the final name never has wrong bytes" true even for a disk that lies.

import { equalBytes } from '../../base/index.ts';
import { Layout, SourceRoot } from '../../content/index.ts';
import { RaptorQDecoder } from '../../fountain/index.ts';
import { sha256 } from '../sha256.ts';
import { readBlockToScratch, readFully, withFile, writeFully } from './block-file.ts';
import type { Answers, FinishBlockTask } from './tasks.ts';

/** Runs the task. Throws the system's error when a file cannot be read or written. */
export function finishBlock(task: FinishBlockTask): Answers['finish-block'] {
  const layout = new Layout(task.layout);
  const sourceCount = layout.sourceSymbols(task.sbn);
  if (task.held.length < sourceCount) return { outcome: 'short', decoded: false };
  // `held` ascends, so the K-th id is K−1 exactly when all source symbols are there.
  const decode = task.held[sourceCount - 1] !== sourceCount - 1;
  const finish = (fd: number): Answers['finish-block'] => {
    if (decode && !decodeMissing(task, layout, fd)) return { outcome: 'short', decoded: false };
    const block = readBlockToScratch(fd, layout, task.sbn);
    const isRight = hasRoot(block, layout.symbolBytes, task.sourceRoot);
    return { outcome: isRight ? 'ok' : 'corrupt', decoded: decode };
  };
  return withFile(task.dataPath, finish, decode ? 'r+' : 'r');
}

/** False when the rank of the held symbols does not suffice. */
function decodeMissing(task: FinishBlockTask, layout: Layout, fd: number): boolean {
  const { symbolBytes } = layout;
  const sourceCount = layout.sourceSymbols(task.sbn);
  const decoder = new RaptorQDecoder(sourceCount, symbolBytes);
  const stored = readBlockToScratch(fd, layout, task.sbn);
  let next = 0;
  for (
    let esi = task.held[0] ?? sourceCount;
    esi < sourceCount;
    esi = task.held[++next] ?? sourceCount
  ) {
    decoder.add(esi, stored.subarray(esi * symbolBytes, (esi + 1) * symbolBytes));
  }
  withFile(task.repairPath, (repairs) => {
    const symbol = new Uint8Array(symbolBytes);
    for (let i = 0; next + i < task.held.length; i++) {
      readFully(repairs, symbol, task.repairOffsets[i] ?? 0);
      decoder.add(task.held[next + i] ?? 0, symbol);
    }
  });
  const block = decoder.decode();
  if (block === undefined) return false;
  for (const esi of decoder.repaired) {
    const from = esi * symbolBytes;
    const bytes = block.subarray(from, from + layout.sourceBytes(task.sbn, esi));
    writeFully(fd, bytes, layout.blockOffset(task.sbn) + from);
  }
  return true;
}

function hasRoot(block: Uint8Array, symbolBytes: number, right: Uint8Array): boolean {
  const tree = new SourceRoot(sha256);
  for (let at = 0; at < block.length; at += symbolBytes) {
    tree.add(block.subarray(at, at + symbolBytes));
  }
  return equalBytes(tree.root(), right);
}
