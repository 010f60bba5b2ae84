// The SHA-256 of whole files, fed as their blocks are finished in ascending order, so that the last check
// of a download reads no more than its last blocks.

import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { readFully, withFile } from './block-file.ts';
import type { HashTask } from './tasks.ts';

const CHUNK_BYTES = 1024 * 1024;

interface Running {
  readonly hash: Hash;
  /** Bytes hashed so far. */
  offset: number;
}

/** Running hashes by key. */
export class RunningHashes {
  private readonly running = new Map<string, Running>();
  private readonly chunk: Uint8Array = new Uint8Array(CHUNK_BYTES);

  /** Goes on to byte `upTo` (never back); the digest when the task is final. */
  advance(task: HashTask): Uint8Array | undefined {
    const state = this.running.get(task.hashKey) ?? { hash: createHash('sha256'), offset: 0 };
    this.running.set(task.hashKey, state);
    if (state.offset < task.upTo) withFile(task.dataPath, (fd) => this.feed(state, fd, task.upTo));
    if (!task.final) return undefined;
    this.running.delete(task.hashKey);
    return new Uint8Array(state.hash.digest());
  }

  forget(hashKey: string): void {
    this.running.delete(hashKey);
  }

  private feed(state: Running, fd: number, upTo: number): void {
    while (state.offset < upTo) {
      const view = this.chunk.subarray(0, Math.min(CHUNK_BYTES, upTo - state.offset));
      const count = readFully(fd, view, state.offset);
      if (count === 0) return; // a shorter file gives another digest, which is the answer
      state.hash.update(view.subarray(0, count));
      state.offset += count;
    }
  }
}
