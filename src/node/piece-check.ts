// Compares pieces of a file with their hashes, in a worker.

import { equalBytes } from '../base/index.ts';
import type { Pieces } from '../content/index.ts';
import type { Pool } from './work/pool.ts';

/** Beside the whole-file hash, which has the first worker. */
const PIECES_WORKER = 1;
/** About as many bytes at a time: other tasks of the worker get their turn in between. */
const TASK_BYTES = 64 * 1024 * 1024;

/**
 * For each piece of [from, to) of the file at `dataPath`, whether it is right. `from` is the start of a piece, `to` the end of one.
 * Rejects with TaskError when the file cannot be read.
 */
export async function rightPieces(
  pool: Pick<Pool, 'run'>,
  dataPath: string,
  { type, length: pieceBytes, hashes }: Pieces,
  from: number,
  to: number,
): Promise<boolean[]> {
  const right: boolean[] = [];
  const taskBytes = pieceBytes * Math.max(1, Math.floor(TASK_BYTES / pieceBytes));
  for (let start = from; start < to; start += taskBytes) {
    const end = Math.min(to, start + taskBytes);
    const task = { kind: 'hash-pieces', dataPath, type, from: start, to: end, pieceBytes } as const;
    const answer = await pool.run(task, PIECES_WORKER);
    const count = Math.ceil((end - start) / pieceBytes);
    const hashBytes = answer.hashes.length / count;
    for (let i = 0; i < count; i++) {
      const found = answer.hashes.subarray(i * hashBytes, (i + 1) * hashBytes);
      const expected = hashes[start / pieceBytes + i];
      right.push(expected !== undefined && equalBytes(found, expected));
    }
  }
  return right;
}
