// Repair symbols of complete blocks, from the encoding workers. Senders take them in ascending order, so
// a batch is made ahead of its use and the link never waits for a thread per frame.

import type { Layout } from '../content/index.ts';
import type { Pool } from './work/pool.ts';
import { layoutParameters } from './work/tasks.ts';

const BATCH_BYTES = 1024 * 1024;
const CACHE_BYTES_MAX = 24 * 1024 * 1024;

interface Batch {
  readonly sbn: number;
  readonly esis: readonly number[];
  symbols: Uint8Array | undefined;
  readonly done: Promise<void>;
}

export interface RepairOptions {
  readonly pool: Pool;
  readonly dataPath: string;
  readonly layout: Layout;
  /** Equal only for equal contents. */
  readonly cacheKey: string;
}

/** Gives repair symbols of blocks whose source symbols are all in the file. */
export class RepairSource {
  private options: RepairOptions;
  private readonly layout: Layout;
  private readonly batchSymbols: number;
  private readonly batchesMax: number;
  /** Oldest first. */
  private readonly batches: Batch[] = [];

  constructor(options: RepairOptions) {
    this.options = options;
    this.layout = options.layout;
    const { symbolBytes } = this.layout;
    this.batchSymbols = Math.max(4, Math.floor(BATCH_BYTES / symbolBytes));
    this.batchesMax = Math.max(4, Math.floor(CACHE_BYTES_MAX / (this.batchSymbols * symbolBytes)));
  }

  /** The file has another name now. */
  moved(dataPath: string): void {
    this.options = { ...this.options, dataPath };
  }

  /** Copies the symbols into `target`. True: done already. Rejects when the worker could not make them. */
  read(sbn: number, esis: readonly number[], target: Uint8Array): true | Promise<true> {
    const waiting: Promise<void>[] = [];
    const used: Batch[] = [];
    for (let i = 0; i < esis.length; i++) {
      const esi = esis[i] ?? 0;
      let batch = this.find(sbn, esi);
      if (batch === undefined) batch = this.begin(sbn, esis, i);
      if (batch.symbols === undefined) waiting.push(batch.done);
      used.push(batch);
    }
    this.readAhead(sbn, esis[esis.length - 1] ?? 0);
    if (waiting.length === 0) {
      this.copy(used, esis, target);
      return true;
    }
    return Promise.all(waiting).then(() => {
      this.copy(used, esis, target);
      return true as const;
    });
  }

  private copy(used: readonly Batch[], esis: readonly number[], target: Uint8Array): void {
    const { symbolBytes } = this.layout;
    for (let i = 0; i < esis.length; i++) {
      const batch = used[i];
      const at = (batch?.esis.indexOf(esis[i] ?? -1) ?? -1) * symbolBytes;
      const symbol = batch?.symbols?.subarray(at, at + symbolBytes);
      if (symbol !== undefined) target.set(symbol, i * symbolBytes);
    }
  }

  private find(sbn: number, esi: number): Batch | undefined {
    // Newest first: that is where the reader is.
    for (let i = this.batches.length - 1; i >= 0; i--) {
      const batch = this.batches[i];
      if (batch !== undefined && batch.sbn === sbn && batch.esis.includes(esi)) return batch;
    }
    return undefined;
  }

  /** A batch for esis[from] and what follows: a run goes on past the request, scattered ids do not. */
  private begin(sbn: number, esis: readonly number[], from: number): Batch {
    const first = esis[from] ?? 0;
    const last = esis[esis.length - 1] ?? 0;
    const isRun = last - first === esis.length - 1 - from;
    const goesOn =
      first === this.layout.sourceSymbols(sbn) || this.find(sbn, first - 1) !== undefined;
    if (isRun && goesOn) return this.requestRun(sbn, first);
    const scattered = esis.slice(from).filter((esi) => this.find(sbn, esi) === undefined);
    return this.request(sbn, scattered);
  }

  private readAhead(sbn: number, last: number): void {
    const batch = this.find(sbn, last);
    if (batch === undefined || batch.esis.length < this.batchSymbols) return;
    const end = (batch.esis[batch.esis.length - 1] ?? 0) + 1;
    const pastMiddle = batch.esis.indexOf(last) >= batch.esis.length / 2;
    if (pastMiddle && end < this.layout.windowSize(sbn) && this.find(sbn, end) === undefined) {
      this.requestRun(sbn, end);
    }
  }

  private requestRun(sbn: number, first: number): Batch {
    const end = Math.min(first + this.batchSymbols, this.layout.windowSize(sbn));
    return this.request(
      sbn,
      Array.from({ length: end - first }, (_, i) => first + i),
    );
  }

  private request(sbn: number, esis: readonly number[]): Batch {
    const { pool, dataPath, cacheKey } = this.options;
    const layout = layoutParameters(this.layout);
    const asked = Uint32Array.from(esis);
    const task = { kind: 'encode', dataPath, layout, sbn, esis: asked, cacheKey } as const;
    const batch: Batch = {
      sbn,
      esis,
      symbols: undefined,
      // A block always goes to the same worker: its encoder is there.
      done: pool.run(task, sbn, [asked.buffer]).then(
        ({ symbols }) => {
          batch.symbols = symbols;
        },
        (error: unknown) => {
          const at = this.batches.indexOf(batch);
          if (at >= 0) this.batches.splice(at, 1);
          throw error;
        },
      ),
    };
    batch.done.catch(() => undefined); // a batch made ahead may never be waited for
    this.batches.push(batch);
    if (this.batches.length > this.batchesMax) this.batches.shift();
    return batch;
  }
}
