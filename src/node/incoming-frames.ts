// Symbol frames on their way from a socket into the store: kept as views until the machine has chosen,
// verified, and written together with what else arrived meanwhile.

import type { LinkId } from '../base/index.ts';
import type { TransferInput, TransferOutput, Verdict } from '../engine/io.ts';
import type { SymbolFrame } from '../wire/index.ts';
import type { Incoming, Storage } from './storage.ts';

type Feed = (input: TransferInput) => void;
type Write = Extract<TransferOutput, { kind: 'write' }>;

/**
 * A write begins with this many bytes, or after this time. One write for every frame would cost several times as
 * much: each takes a thread, an index entry and a turn of the event loop.
 */
const BATCH_BYTES = 1024 * 1024;
const BATCH_MS = 2;

interface Frame {
  readonly link: LinkId;
  readonly symbols: SymbolFrame;
}

interface Pending {
  readonly link: LinkId;
  readonly sbn: number;
  /** The kept symbols of the output, and what became of each. */
  readonly esis: number[];
  readonly verdicts: Verdict[];
  readonly symbols: Incoming[];
}

export class IncomingFrames {
  private readonly storage: Storage;
  private readonly feed: Feed;
  private readonly diskFailed: (error: unknown) => void;
  private readonly frames = new Map<number, Frame>();
  private nextFrame = 1;
  private waiting: Pending[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private broken = false;

  constructor(storage: Storage, feed: Feed, diskFailed: (error: unknown) => void) {
    this.storage = storage;
    this.feed = feed;
    this.diskFailed = diskFailed;
  }

  /** Keeps a frame until its `write` output; returns its number. */
  keep(link: LinkId, symbols: SymbolFrame): number {
    const frame = this.nextFrame++;
    this.frames.set(frame, { link, symbols });
    return frame;
  }

  /** Forgets the frames of a link that is gone. */
  forget(link: LinkId): void {
    for (const [number, frame] of this.frames) if (frame.link === link) this.frames.delete(number);
  }

  /** Does a `write` output: verifies at once, stores with the next batch. */
  write(output: Write): void {
    const frame = this.frames.get(output.frame);
    this.frames.delete(output.frame);
    if (output.keep.length === 0) return;
    const { link, sbn } = output;
    const pending: Pending = { link, sbn, esis: [], verdicts: [], symbols: [] };
    for (const position of output.keep) {
      const esi = output.esis[position] ?? -1;
      const bytes = frame?.symbols.payloads[position];
      pending.esis.push(esi);
      if (bytes === undefined || this.broken) {
        pending.verdicts.push('failed');
      } else if (this.storage.verify(sbn, esi, bytes)) {
        pending.verdicts.push('kept');
        pending.symbols.push({ sbn, esi, bytes });
      } else {
        pending.verdicts.push('rejected');
      }
    }
    this.waiting.push(pending);
    this.waitingBytes += pending.symbols.length * this.storage.layout.symbolBytes;
    this.schedule();
  }

  /** Resolves when everything that was taken is written and committed, or the disk has failed. */
  async settle(): Promise<void> {
    while (this.waiting.length > 0 || this.writing !== undefined) {
      if (this.writing === undefined) this.begin();
      await this.writing;
    }
    if (!this.broken) await this.storage.commit();
  }

  /** Writes now when there is enough for one large write, else soon. */
  private schedule(): void {
    if (this.writing !== undefined || this.waiting.length === 0) return;
    if (this.waitingBytes >= BATCH_BYTES) this.begin();
    else this.timer ??= setTimeout(() => this.begin(), BATCH_MS);
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.writing !== undefined) return;
    const batch = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    this.writing = this.writeBatch(batch).finally(() => {
      this.writing = undefined;
      this.schedule();
    });
  }

  private async writeBatch(batch: readonly Pending[]): Promise<void> {
    const symbols = batch.flatMap((pending) => pending.symbols);
    let failure: unknown;
    if (symbols.length > 0) {
      try {
        await this.storage.write(symbols);
      } catch (error) {
        failure = error ?? new Error('the store failed');
      }
    }
    for (const { link, sbn, esis, verdicts } of batch) {
      const settled = failure === undefined ? verdicts : verdicts.map(spoiled);
      this.feed({ kind: 'written', link, sbn, esis, verdicts: settled });
    }
    if (failure === undefined || this.broken) return;
    this.broken = true;
    this.diskFailed(failure);
  }
}

function spoiled(verdict: Verdict): Verdict {
  return verdict === 'kept' ? 'failed' : verdict;
}
