// The worker's side: one task at a time, in the order they come. Nothing here knows of transfers or links.

import { parentPort } from 'node:worker_threads';
import { describeBlock, LEAF_BYTES, Layout, verifySymbol } from '../../content/index.ts';
import { systemCode } from '../errors.ts';
import { sha256 } from '../sha256.ts';
import { readBlockToScratch, withFile } from './block-file.ts';
import { Encoders } from './encoders.ts';
import { finishBlock } from './finish-block.ts';
import { RunningHashes } from './running-hashes.ts';
import type {
  Answers,
  CheckBlockTask,
  DescribeBlockTask,
  Request,
  Response,
  Task,
} from './tasks.ts';

const encoders = new Encoders();
const hashes = new RunningHashes();

function run(task: Task): Answers[keyof Answers] {
  switch (task.kind) {
    case 'finish-block':
      return finishBlock(task);
    case 'encode':
      return { symbols: encoders.encode(task) };
    case 'describe-block':
      return describe(task);
    case 'check-block':
      return { valid: check(task) };
    case 'hash':
      return { digest: hashes.advance(task) };
    case 'forget-hash':
      hashes.forget(task.hashKey);
      return {};
  }
}

function describe(task: DescribeBlockTask): Answers['describe-block'] {
  const layout = new Layout(task.layout);
  const block = withFile(task.dataPath, (fd) => readBlockToScratch(fd, layout, task.sbn));
  return describeBlock(block, layout.symbolBytes, layout.windowRatio, sha256);
}

function check(task: CheckBlockTask): Uint32Array {
  const layout = new Layout(task.layout);
  const { symbolBytes } = layout;
  const block = withFile(task.dataPath, (fd) => readBlockToScratch(fd, layout, task.sbn));
  const valid: number[] = [];
  const count = Math.min(layout.sourceSymbols(task.sbn), task.leaves.length / LEAF_BYTES);
  for (let esi = 0; esi < count; esi++) {
    const symbol = block.subarray(esi * symbolBytes, (esi + 1) * symbolBytes);
    if (verifySymbol(task.leaves, esi, symbol, sha256)) valid.push(esi);
  }
  return Uint32Array.from(valid);
}

function plainError(error: unknown): { code: string | undefined; message: string } {
  return {
    code: systemCode(error),
    message: error instanceof Error ? error.message : String(error),
  };
}

const port = parentPort;
port?.on('message', ({ id, task }: Request) => {
  let response: Response;
  try {
    response = { id, answer: run(task) };
  } catch (error) {
    response = { id, error: plainError(error) };
  }
  // Symbols are handed over, not copied; everything else is small.
  const symbols =
    response.answer !== undefined && 'symbols' in response.answer
      ? response.answer.symbols
      : undefined;
  port.postMessage(response, symbols === undefined ? [] : [symbols.buffer as ArrayBuffer]);
});
