// At most two workers for the whole process, started when there is something to do. Tasks go to the worker
// with the fewest, or to a named one where state lives there (running hashes, cached encoders).

import { Worker } from 'node:worker_threads';
import type { AnswerTo, Request, Response, Task } from './tasks.ts';

/** Two: the tasks are bound by the processor, and the main thread needs one as well. */
const WORKERS_MAX = 2;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** A task that a worker could not do. `code` is the system's. */
export class TaskError extends Error {
  override readonly name: string = 'TaskError';
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** Worker threads. Use `Pool.shared()`, and `release` it once for each time it was taken. */
export class Pool {
  /** Workers there may be. */
  readonly size: number;
  private readonly members: (Member | undefined)[];
  private nextId = 1;
  private users = 0;
  private closed = false;

  private static current: Pool | undefined;

  constructor(size: number = WORKERS_MAX) {
    this.size = size;
    this.members = new Array<Member | undefined>(size).fill(undefined);
  }

  /** The pool of this process. */
  static shared(): Pool {
    Pool.current ??= new Pool();
    Pool.current.users++;
    return Pool.current;
  }

  /** Gives the pool back; the last one ends the workers. */
  async release(): Promise<void> {
    if (--this.users > 0) return;
    if (Pool.current === this) Pool.current = undefined;
    await this.close();
  }

  /** Ends the workers; tasks under way reject. */
  async close(): Promise<void> {
    this.closed = true;
    const ending: Promise<number>[] = [];
    for (const member of this.members)
      if (member !== undefined) ending.push(member.worker.terminate());
    await Promise.all(ending);
  }

  /**
   * Runs a task on the least busy worker, or on worker `pin % size`. The worker takes over the buffers in `handed`, which
   * are empty here from then on; everything else is copied. Rejects with TaskError.
   */
  run<T extends Task>(
    task: T,
    pin?: number,
    handed: readonly ArrayBuffer[] = [],
  ): Promise<AnswerTo<T>> {
    if (this.closed) return Promise.reject(new TaskError('the worker pool is closed', undefined));
    const member = this.member(pin === undefined ? this.leastBusy() : pin % this.size);
    const id = this.nextId++;
    return new Promise<AnswerTo<T>>((resolve, reject) => {
      member.waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      const request: Request = { id, task };
      member.worker.postMessage(request, handed);
    });
  }

  private leastBusy(): number {
    let best = 0;
    let fewest = Infinity;
    for (let i = 0; i < this.size; i++) {
      const count = this.members[i]?.waiting.size ?? 0;
      if (count < fewest) {
        fewest = count;
        best = i;
      }
    }
    return best;
  }

  private member(index: number): Member {
    const known = this.members[index];
    if (known !== undefined) return known;
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    const member: Member = { worker, waiting: new Map() };
    this.members[index] = member;
    worker.on('message', (response: Response) => {
      const waiting = member.waiting.get(response.id);
      member.waiting.delete(response.id);
      if (response.error === undefined) waiting?.resolve(response.answer);
      else waiting?.reject(new TaskError(response.error.message, response.error.code));
    });
    // A worker that dies (out of memory, say) fails its tasks; the next task starts another.
    const lost = (why: string): void => {
      if (this.members[index] === member) this.members[index] = undefined;
      for (const { reject } of member.waiting.values()) reject(new TaskError(why, undefined));
      member.waiting.clear();
    };
    worker.on('error', (error) => lost(`a worker stopped: ${error.message}`));
    worker.on('exit', () => lost('a worker stopped'));
    return member;
  }
}
