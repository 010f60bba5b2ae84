// Symbol frames on their way from a socket into the store: kept as views until the machine has chosen,
// verified, and written together with what else arrived meanwhile.

import type { LinkId } from '../base/index.ts';
import type { TransferInput, TransferOutput, Verdict } from '../engine/io.ts';
import type { SymbolFrame } from '../wire/index.ts';
import type { Incoming, Storage } from './storage.ts';

type Feed = (input: TransferInput) => void;
type Write = Extract<TransferOutput, { kind: 'write' }>;
type Written = Extract<TransferInput, { kind: 'written' }>;

/** Un-committed bytes after which the store is made durable, and the longest time until then. */
const COMMIT_BYTES = 32 * 1024 * 1024;
const COMMIT_MS = 1_000;

interface Frame {
  readonly link: LinkId;
  readonly symbols: SymbolFrame;
}

interface Pending {
  readonly output: Write;
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
  private writing: Promise<void> | undefined;
  private broken = false;
  private dirtyBytes = 0;
  private commitTimer: NodeJS.Timeout | undefined;

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
    const verdicts: Verdict[] = [];
    const symbols: Incoming[] = [];
    for (const position of output.keep) {
      const esi = frame?.symbols.esis[position];
      const bytes = frame?.symbols.payloads[position];
      if (esi === undefined || bytes === undefined || this.broken) {
        verdicts.push('failed');
      } else if (this.storage.verify(output.sbn, esi, bytes)) {
        verdicts.push('kept');
        symbols.push({ sbn: output.sbn, esi, bytes });
      } else {
        verdicts.push('rejected');
      }
    }
    this.waiting.push({ output, verdicts, symbols });
    // Not at once: what else arrived in this turn of the event loop joins the batch.
    this.writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.drain());
  }

  /** Resolves when everything that was taken is written and committed, or the disk has failed. */
  async settle(): Promise<void> {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    while (this.writing !== undefined) await this.writing;
    if (!this.broken && this.dirtyBytes > 0) await this.commit();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.writeBatch(batch);
    }
    this.writing = undefined;
  }

  private async writeBatch(batch: readonly Pending[]): Promise<void> {
    const symbols = batch.flatMap((pending) => pending.symbols);
    let failure: unknown;
    if (symbols.length > 0) {
      try {
        await this.storage.write(symbols);
        this.wrote(symbols.length * this.storage.layout.symbolBytes);
      } catch (error) {
        failure = error ?? new Error('the store failed');
      }
    }
    for (const { output, verdicts } of batch) {
      const { link, sbn, esis } = output;
      const written: Written = {
        kind: 'written',
        link,
        sbn,
        esis,
        verdicts: failure === undefined ? verdicts : verdicts.map(spoiled),
      };
      this.feed(written);
    }
    if (failure !== undefined) this.fail(failure);
  }

  private wrote(bytes: number): void {
    this.dirtyBytes += bytes;
    if (this.dirtyBytes >= COMMIT_BYTES) void this.commit();
    else this.commitTimer ??= setTimeout(() => void this.commit(), COMMIT_MS);
  }

  private async commit(): Promise<void> {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    this.dirtyBytes = 0;
    try {
      await this.storage.commit();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.broken) return;
    this.broken = true;
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    this.diskFailed(error);
  }
}

function spoiled(verdict: Verdict): Verdict {
  return verdict === 'kept' ? 'failed' : verdict;
}
