// The worker's side: one task at a time, in the order they come. Nothing here knows of transfers or links.

import { constants, getPriority, platform, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { describeBlock, Layout, verifySymbol } from '../../content/index.ts';
import { kernelFallback } from '../../kernel/index.ts';
import { systemCode } from '../errors.ts';
import { sha256 } from '../sha256.ts';
import { eachSymbol, readBlockToScratch, withFile } from './block-file.ts';
import { Encoders } from './encoders.ts';
import { finishBlock } from './finish-block.ts';
import { hashPieces } from './hash-pieces.ts';
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
    case 'hash-pieces':
      return { hashes: hashPieces(task) };
    case 'forget-hash':
      hashes.forget(task.hashKey);
      return {};
    case 'kernel':
      return { fallback: kernelFallback() };
  }
}

function describe(task: DescribeBlockTask): Answers['describe-block'] {
  const layout = new Layout(task.layout);
  const block = withFile(task.dataPath, (fd) => readBlockToScratch(fd, layout, task.sbn));
  return describeBlock(block, layout.symbolBytes, layout.windowRatio, sha256);
}

function check(task: CheckBlockTask): Uint32Array {
  const layout = new Layout(task.layout);
  const valid: number[] = [];
  withFile(task.dataPath, (fd) => {
    eachSymbol(fd, layout, task.sbn, (esi, symbol) => {
      if (verifySymbol(task.leaves, esi, symbol, sha256)) valid.push(esi);
    });
  });
  return Uint32Array.from(valid);
}

function plainError(error: unknown): { code: string | undefined; message: string } {
  return {
    code: systemCode(error),
    message: error instanceof Error ? error.message : String(error),
  };
}

/** The arrays of an answer, made for it alone: they are handed over, not copied. */
function buffersOf(answer: Answers[keyof Answers]): ArrayBuffer[] {
  return Object.values(answer as Record<string, unknown>)
    .filter((value): value is Uint8Array<ArrayBuffer> => ArrayBuffer.isView(value))
    .filter((array) => array.byteLength === array.buffer.byteLength)
    .map((array) => array.buffer);
}

/**
 * Coding fills a processor for tens of milliseconds at a time: whoever moves frames goes first when there are not enough
 * of them. On Linux a priority is that of this thread alone; elsewhere it would be that of the process.
 */
function stepBack(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // A sandbox may forbid it.
  }
}

stepBack();
const port = parentPort;
port?.on('message', ({ id, task }: Request) => {
  let response: Response;
  try {
    response = { id, answer: run(task) };
  } catch (error) {
    response = { id, error: plainError(error) };
  }
  port.postMessage(response, response.answer === undefined ? [] : buffersOf(response.answer));
});
