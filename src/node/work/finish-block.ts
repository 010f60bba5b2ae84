// The end of a block: decode what is missing, write it, read everything back and check the source root.
// Reading back is what makes "the final name never has wrong bytes" true even for a disk that lies.

import { equalBytes } from '../../base/index.ts';
import { Layout, SourceRoot } from '../../content/index.ts';
import { RaptorQDecoder } from '../../fountain/index.ts';
import { sha256 } from '../sha256.ts';
import { eachSymbol, readFully, scratchBlock, withFile, writeFully } from './block-file.ts';
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
    const tree = new SourceRoot(sha256);
    eachSymbol(fd, layout, task.sbn, (_, symbol) => tree.add(symbol));
    const isRight = equalBytes(tree.root(), task.sourceRoot);
    return { outcome: isRight ? 'ok' : 'corrupt', decoded: decode };
  };
  return withFile(task.dataPath, finish, decode ? 'r+' : 'r');
}

/** False when the rank of the held symbols does not suffice. */
function decodeMissing(task: FinishBlockTask, layout: Layout, fd: number): boolean {
  const { held, sbn } = task;
  const { symbolBytes } = layout;
  const decoder = new RaptorQDecoder(layout.sourceSymbols(sbn), symbolBytes, {
    block: scratchBlock(layout, sbn),
  });
  let next = 0;
  eachSymbol(fd, layout, sbn, (esi, symbol) => {
    if (held[next] !== esi) return;
    decoder.add(esi, symbol);
    next++;
  });
  withFile(task.repairPath, (repairs) => {
    const symbol = new Uint8Array(symbolBytes);
    for (let i = 0; next + i < held.length; i++) {
      readFully(repairs, symbol, task.repairOffsets[i] ?? 0);
      decoder.add(held[next + i] ?? 0, symbol);
    }
  });
  const block = decoder.decode();
  if (block === undefined) return false;
  writeRepaired(fd, layout, sbn, block, decoder.repaired);
  return true;
}

/** Writes the symbols that were decoded to their places; those that follow each other at once. */
function writeRepaired(
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
