// Fetches a content from all its sources at once, resuming what an earlier run left.

import { toHex } from '../base/index.ts';
import type { PlainFile } from '../content/index.ts';
import { decodeDescriptor, plainLayout } from '../content/index.ts';
import type { FailureCode, TransferEvent, TransferStatus } from '../engine/index.ts';
import { Transfer } from '../engine/index.ts';
import { reachableAt } from './addresses.ts';
import { Driver } from './driver.ts';
import { randomSeed } from './entropy.ts';
import { HeadwaterError, humanReason } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import type { GetEvent, GetResult, RatePoint } from './get-events.ts';
import { progressOf, resultOf } from './get-events.ts';
import type { GetOptions, What } from './get-options.ts';
import {
  checkOutput,
  checkStrategy,
  listenEndpoint,
  outputPath,
  STRATEGY,
  UPDATE_FREQUENCY,
  requirePublisher,
} from './get-options.ts';
import { Listener } from './listener.ts';
import { adoptLeaves } from './local-leaves.ts';
import { PartContent } from './part-content.ts';
import { PlainContent } from './plain-content.ts';
import type { PlannedMirror } from './plain-target.ts';
import { sha256 } from './sha256.ts';
import { withEvent } from './share.ts';
import type { Storage } from './storage.ts';
import { haveOf } from './storage.ts';
import type { Target } from './target.ts';
import { resolveTarget } from './target.ts';
import { kernelWarning } from './warnings.ts';
import { Pool } from './work/pool.ts';

const PROGRESS_MS = 250;

/** A download that runs. Iterate it for its events; the last is `done` or `failed`. */
export interface Getting extends AsyncIterable<GetEvent> {
  /** The report, once the file is complete and has its name; rejects with HeadwaterError. */
  readonly done: Promise<GetResult>;
  /** Resolves when all is let go. With `seed` that is after `close` only. */
  readonly closed: Promise<void>;
  /** Figures now; undefined before the first source is dialled. */
  status(): TransferStatus | undefined;
  /** Stops; what was fetched stays in OUT.part for the next run. `done` rejects with ABORTED. */
  abort(): Promise<void>;
  /** Ends serving after `done`; the same as `abort` before it. */
  close(): Promise<void>;
}

/** Starts to fetch `what`. Never throws: everything that goes wrong rejects `done`. */
export function get(what: What, options: GetOptions = {}): Getting {
  return new GetRun(what, options);
}

interface Open {
  /** Name, length and symbol size of the content. */
  readonly about: { readonly name: string; readonly length: number; readonly symbolBytes: number };
  readonly file: string;
  /** Of the finished file. */
  readonly sha256: () => Uint8Array;
}

class GetRun implements Getting {
  readonly done: Promise<GetResult>;
  readonly closed: Promise<void>;
  private readonly options: GetOptions;
  private readonly events = new EventQueue<GetEvent>();
  private readonly startedAt = performance.now();
  private readonly pool: Pool = Pool.shared();
  private contentId: Uint8Array = new Uint8Array(0);
  private driver: Driver | undefined;
  private listener: Listener | undefined;
  private opened: Open | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  private ratePoints: RatePoint[] = [];
  private mirrors: readonly PlannedMirror[] = [];
  /** How it ended: once. */
  private outcome: GetResult | HeadwaterError | undefined;
  /** The event to end with. */
  private last: GetEvent | undefined;
  private releasing: Promise<void> | undefined;
  private settleDone: {
    resolve: (result: GetResult) => void;
    reject: (error: HeadwaterError) => void;
  } = { resolve: () => undefined, reject: () => undefined };
  private settleClosed: () => void = () => undefined;

  constructor(what: What, options: GetOptions) {
    this.options = options;
    this.done = new Promise((resolve, reject) => {
      this.settleDone = { resolve, reject };
    });
    this.done.catch(() => undefined); // a caller may look at the events alone
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
    const { signal } = options;
    if (signal?.aborted === true) void this.abort();
    else signal?.addEventListener('abort', () => void this.abort(), { once: true });
    this.begin(what).catch((error: unknown) => this.fail(asError(error)));
  }

  status(): TransferStatus | undefined {
    return this.driver?.status();
  }

  async abort(): Promise<void> {
    if (this.outcome === undefined) {
      this.fail(new HeadwaterError('ABORTED', 'the download was stopped', KEPT));
    }
    await this.release();
  }

  close(): Promise<void> {
    return this.abort();
  }

  [Symbol.asyncIterator](): AsyncIterator<GetEvent> {
    return this.events[Symbol.asyncIterator]();
  }

  private async begin(what: What): Promise<void> {
    checkStrategy(this.options);
    const target = await resolveTarget(what, this.options, (address, reason) =>
      this.events.push({ event: 'dial-failed', address, reason }),
    );
    const { plain } = target;
    this.mirrors = target.mirrors;
    if (this.outcome !== undefined) {
      for (const { source } of this.mirrors) source.close(); // stopped while they were asked
      return;
    }
    if ((target.descriptor ?? plain) !== undefined || this.options.output !== undefined) {
      const name = target.descriptor?.name ?? target.name;
      if (name !== undefined) {
        await checkOutput(await outputPath(this.options.output, name), this.options);
      }
    }
    this.contentId = target.contentId;
    const endpoint = listenEndpoint(this.options);
    const driver = this.makeDriver(target, endpoint !== undefined);
    if (endpoint !== undefined) {
      this.listener = await Listener.open({
        ...endpoint,
        onSocket: (socket, address) => driver.accept(socket, address),
      });
      const { host, port } = this.listener;
      this.events.push({ event: 'listening', addresses: reachableAt(host, port) });
    }
    // Stopped while we waited: nothing was started that must be let go, but the listener.
    if (this.outcome !== undefined) return void (await this.listener?.close());
    this.driver = driver;
    driver.start(target.descriptorBytes, plain === undefined ? undefined : plainLayout(plain));
    for (const source of target.sources) driver.addSource(source);
    target.beside?.then(
      (bytes) => driver.describe(bytes),
      () => undefined, // peers may have it
    );
    for (const { source, terms } of target.mirrors) driver.addMirror(source, terms);
    const every = this.options.progressMs ?? PROGRESS_MS;
    this.progressTimer = setInterval(() => this.progress(), every);
  }

  private makeDriver(target: Target, serve: boolean): Driver {
    const { options } = this;
    const machine = new Transfer({
      contentId: target.contentId,
      sha256,
      seed: randomSeed(),
      fetch: true,
      serve,
      strategy: options.strategy ?? STRATEGY,
      summary: options.summary ?? 'auto',
      finish: options.finish,
      updateFrequency: options.updateFrequency ?? UPDATE_FREQUENCY,
      receiveBytesPerSecond: options.maxRate,
      sendBytesPerSecond: options.maxSendRate,
      patienceMs: options.patienceMs,
      linger: options.seed,
      mirrorsAtOnce: options.mirrorsMax,
      schedule: options.schedule,
    });
    return new Driver({
      machine,
      openStorage: (bytes, onDiskFailure) =>
        target.plain === undefined
          ? this.openStorage(bytes ?? new Uint8Array(0), target.leavesPath, onDiskFailure)
          : this.openPlain(target.plain, onDiskFailure),
      onEvent: (event) => this.onEvent(event),
      onFailure: (error) => this.fail(error),
    });
  }

  private async openStorage(
    bytes: Uint8Array,
    leavesPath: string | undefined,
    onFailure: (error: unknown) => void,
  ): Promise<Storage> {
    const descriptor = decodeDescriptor(bytes);
    const { output, force, verify, publisher } = this.options;
    requirePublisher(descriptor, publisher);
    const file = await outputPath(output, descriptor.name);
    await checkOutput(file, this.options);
    const opening = PartContent.open({
      out: file,
      descriptor,
      pool: this.pool,
      force: force ?? false,
      verify: verify ?? false,
      onFailure,
    });
    const [storage, warning] = await Promise.all([opening, kernelWarning(this.pool)]);
    if (warning !== undefined) this.events.push(warning);
    const expected = { length: descriptor.length, validator: undefined };
    for (const { source } of this.mirrors) source.expected = expected;
    if (leavesPath !== undefined) await adoptLeaves(storage, descriptor, leavesPath);
    this.began({ about: descriptor, file, sha256: () => descriptor.sha256 }, storage);
    return storage;
  }

  private async openPlain(plain: PlainFile, onFailure: (error: unknown) => void): Promise<Storage> {
    const { output, force = false, verify = false } = this.options;
    const file = await outputPath(output, plain.name);
    const storage = await PlainContent.open({
      out: file,
      file: plain,
      pool: this.pool,
      force,
      verify,
      onFailure,
    });
    const { symbolBytes } = storage.layout;
    const about = { name: plain.name, length: plain.length, symbolBytes };
    this.began({ about, file, sha256: () => storage.sha256 ?? new Uint8Array(0) }, storage);
    return storage;
  }

  private began(opened: Open, storage: Storage): void {
    this.opened = opened;
    const { about, file } = opened;
    this.events.push({
      event: 'start',
      file,
      name: about.name,
      contentId: toHex(this.contentId),
      bytes: about.length,
      symbolBytes: about.symbolBytes,
      total: storage.layout.sourceSymbolCount,
      have: haveOf(storage),
    });
  }

  private onEvent(event: TransferEvent): void {
    if (event.type === 'done') {
      this.finish();
    } else if (event.type === 'failed') {
      const { code, message } = event;
      this.fail(new HeadwaterError(code, message, hintFor(code, message)));
    } else {
      const plain = withEvent(event);
      if (plain.event !== 'done' && plain.event !== 'failed') this.events.push(plain);
    }
  }

  private progress(): void {
    const { driver, opened } = this;
    if (driver === undefined || opened === undefined || this.outcome !== undefined) return;
    const { length, symbolBytes } = opened.about;
    const now = performance.now();
    const event = progressOf(driver.status(), length, symbolBytes, this.ratePoints[0], now);
    this.ratePoints.push({ atMs: now, bytes: event.bytes });
    // The rate of the last three seconds or so: steady to look at, quick to follow.
    while (this.ratePoints.length > 12) this.ratePoints.shift();
    this.events.push(event);
  }

  private finish(): void {
    const { driver, opened } = this;
    if (this.outcome !== undefined || driver === undefined || opened === undefined) return;
    this.progress();
    const { about, file, sha256: digest } = opened;
    const result = resultOf(driver.status(), {
      file,
      bytes: about.length,
      sha256: toHex(digest()),
      seconds: (performance.now() - this.startedAt) / 1000,
      symbolBytes: about.symbolBytes,
    });
    this.outcome = result;
    clearInterval(this.progressTimer);
    if (this.options.seed === true) {
      this.events.push({ event: 'done', ...result });
      this.settleDone.resolve(result);
      return;
    }
    this.endWith({ event: 'done', ...result }, () => this.settleDone.resolve(result));
  }

  private fail(error: HeadwaterError): void {
    if (this.outcome !== undefined) return;
    this.outcome = error;
    clearInterval(this.progressTimer);
    const { code, message, hint } = error;
    this.endWith({ event: 'failed', code, message, hint }, () => this.settleDone.reject(error));
  }

  /** Lets everything go first: what follows from the last event may open the same files. */
  private endWith(last: GetEvent, settle: () => void): void {
    this.last = last;
    void this.release().then(settle);
  }

  private release(): Promise<void> {
    this.releasing ??= this.letGo();
    return this.releasing;
  }

  private async letGo(): Promise<void> {
    try {
      this.driver?.abort();
      for (const { source } of this.mirrors) source.close();
      await this.driver?.close();
      await this.listener?.close();
    } catch (error) {
      // The outcome is settled; a file that cannot be closed does not change it.
      if (this.outcome === undefined) this.fail(asError(error));
    } finally {
      await this.pool.release();
      if (this.last !== undefined) this.events.push(this.last);
      this.events.end();
      this.settleClosed();
    }
  }
}

const KEPT = 'What was fetched is kept: run the same command again to go on.';

function hintFor(code: FailureCode, message: string): string | undefined {
  switch (code) {
    case 'UNREACHABLE':
      return 'Check the addresses, and that this very file is served there.';
    case 'UNFINISHED':
      return `${KEPT} More sources may help.`;
    case 'DISK':
      return message.includes('space') || message.includes('quota')
        ? 'Free some space, then run the same command again: it goes on where it stopped.'
        : KEPT;
    case 'BAD_DESCRIPTOR':
      return 'The link and its sources do not belong together.';
    case 'CORRUPT':
      return 'The descriptor or the disk is at fault: get the link anew, or check the disk.';
    case 'ABORTED':
      return KEPT;
  }
}

function asError(error: unknown): HeadwaterError {
  if (error instanceof HeadwaterError) return error;
  return new HeadwaterError('DISK', humanReason(error), undefined, error);
}
