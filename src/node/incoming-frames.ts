// Frames on their way from a socket: kept as views until the machine has chosen. Their symbols, and those that recoded
// ones turned out to be, are verified and written together with what else arrived meanwhile.

import type { LinkId } from '../base/index.ts';
import type { TransferInput, TransferOutput, Verdict } from '../engine/io.ts';
import type { Incoming, Storage } from './storage.ts';

type Feed = (input: TransferInput) => void;
type Write = Extract<TransferOutput, { kind: 'write' }>;

/**
 * A write begins with this many bytes, or after a moment, or this long after the one before it. One write for every frame
 * would cost several times as much: each takes a thread, an index entry and a turn of the event loop.
 */
const BATCH_BYTES = 1024 * 1024;
const MOMENT_MS = 2;
const BATCH_MS = 20;
/** A write that began later than it could is split, so that its symbols count while the rest is written. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Writes at a time: one alone would wait for this thread, which is busy with what comes in. */
const WRITES_MAX = 3;

interface Frame {
  readonly link: LinkId;
  readonly payloads: readonly Uint8Array[];
}

interface Pending {
  /** Verified symbols. */
  readonly symbols: readonly Incoming[];
  /** Called when they are stored, or when they cannot be. */
  readonly done: (stored: boolean) => void;
  readonly bytes: number;
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
  private beganAt = -Infinity;
  private readonly writing = new Set<Promise<void>>();
  private broken = false;
  private writingBytes = 0;
  private readonly written: () => void;

  /** @param written called when a batch is stored: less waits for the disk */
  constructor(
    storage: Storage,
    feed: Feed,
    diskFailed: (error: unknown) => void,
    written: () => void = () => undefined,
  ) {
    this.storage = storage;
    this.feed = feed;
    this.diskFailed = diskFailed;
    this.written = written;
  }

  /** Bytes of symbols that wait for the disk. */
  get backlog(): number {
    return this.waitingBytes + this.writingBytes;
  }

  /** Keeps a frame, of symbols or recoded ones, until the output that it is for; returns its number. */
  keep(link: LinkId, { payloads }: { readonly payloads: readonly Uint8Array[] }): number {
    const frame = this.nextFrame++;
    this.frames.set(frame, { link, payloads });
    return frame;
  }

  /** Forgets a frame; returns its payloads, which are views, unless its link is gone. */
  take(frame: number): readonly Uint8Array[] {
    const payloads = this.frames.get(frame)?.payloads ?? [];
    this.frames.delete(frame);
    return payloads;
  }

  /** Forgets the frames of a link that is gone. */
  forget(link: LinkId): void {
    for (const [number, frame] of this.frames) if (frame.link === link) this.frames.delete(number);
  }

  /** Does a `write` output: verifies at once, stores with the next batch. */
  write(output: Write): void {
    const payloads = this.take(output.frame);
    if (output.keep.length === 0) return;
    const { link, sbn, unverified = false } = output;
    const esis: number[] = [];
    const verdicts: Verdict[] = [];
    const symbols: Incoming[] = [];
    for (const position of output.keep) {
      const esi = output.esis[position] ?? -1;
      const bytes = payloads[position];
      esis.push(esi);
      if (bytes === undefined || this.broken) {
        verdicts.push('failed');
      } else if (unverified || this.storage.verify(sbn, esi, bytes)) {
        verdicts.push('kept');
        symbols.push({ sbn, esi, bytes, unverified });
      } else {
        verdicts.push('rejected');
      }
    }
    this.store(symbols, (stored) => {
      const settled = stored ? verdicts : verdicts.map(spoiled);
      this.feed({ kind: 'written', link, sbn, esis, verdicts: settled });
    });
  }

  /** Stores verified symbols with the next batch; they must not change until `done` is called. */
  store(symbols: readonly Incoming[], done: (stored: boolean) => void): void {
    if (this.broken && symbols.length > 0) return done(false);
    const bytes = symbols.length * this.storage.layout.symbolBytes;
    this.waiting.push({ symbols, done, bytes });
    this.waitingBytes += bytes;
    this.schedule();
  }

  /** Resolves when everything that was taken is written and committed, or the disk has failed. */
  async settle(): Promise<void> {
    while (this.waiting.length > 0 || this.writing.size > 0) {
      if (this.writing.size === 0) this.begin();
      await Promise.race(this.writing);
    }
    if (!this.broken) await this.storage.commit();
  }

  /** Writes now when there is enough for one large write, else soon. */
  private schedule(): void {
    while (this.waitingBytes >= BATCH_BYTES && this.writing.size < WRITES_MAX) this.begin();
    if (this.waiting.length > 0 && this.writing.size === 0) {
      const due = this.beganAt + BATCH_MS - performance.now();
      this.timer ??= setTimeout(() => this.begin(), Math.max(MOMENT_MS, due));
    }
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch: Pending[] = [];
    let bytes = 0;
    for (const pending of this.waiting) {
      if (bytes > 0 && bytes + pending.bytes > BATCH_BYTES_MAX) break;
      batch.push(pending);
      bytes += pending.bytes;
    }
    if (batch.length === 0) return;
    this.beganAt = performance.now();
    this.waiting.splice(0, batch.length);
    this.waitingBytes -= bytes;
    this.writingBytes += bytes;
    const writing = this.writeBatch(batch).finally(() => {
      this.writing.delete(writing);
      this.writingBytes -= bytes;
      this.schedule();
      this.written();
    });
    this.writing.add(writing);
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
    for (const { done } of batch) done(failure === undefined);
    if (failure === undefined || this.broken) return;
    this.broken = true;
    this.diskFailed(failure);
  }
}

function spoiled(verdict: Verdict): Verdict {
  return verdict === 'kept' ? 'failed' : verdict;
}
