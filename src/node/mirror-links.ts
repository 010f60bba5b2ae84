// The mirrors of one transfer, as its driver has them: dials them, asks them for byte ranges, and cuts what comes into
// symbols. Which ranges is the machine's to say.

import type { LinkId } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { TransferInput, TransferOutput } from '../engine/io.ts';
import type { FetchFailure, MirrorInfo } from './http/index.ts';
import type { IncomingFrames } from './incoming-frames.ts';
import { SymbolCutter } from './symbol-cutter.ts';

/** Bytes that may wait for the disk before mirrors are not read from, and before they are again. */
const BACKLOG_MAX = 16 * 1024 * 1024;
const BACKLOG_MIN = 8 * 1024 * 1024;

type OutputOf<K extends TransferOutput['kind']> = Extract<TransferOutput, { kind: K }>;

/** One mirror of the transfer: how to connect to it, each time anew. */
export interface MirrorDial {
  /** Without credentials, for people. */
  readonly address: string;
  connect(): Promise<Connected>;
}

/** What a driver does with a connection to a mirror: see `MirrorClient`. */
export interface MirrorConnection {
  /** From here on everything that comes goes to these. */
  attach(handlers: {
    data(request: number, chunk: Uint8Array): void;
    ended(request: number, failure: FetchFailure | undefined): void;
  }): void;
  /** Asks for the bytes [from, to) of the file. */
  fetch(request: number, from: number, to: number): void;
  cut(request: number, to: number): void;
  pause(): void;
  resume(): void;
  close(): void;
}

/** A connection, and what the mirror said of the file. It has the right length, and is the same file as before. */
export interface Connected {
  readonly connection: MirrorConnection;
  readonly info: MirrorInfo;
}

export interface MirrorLinksOptions {
  readonly layout: Layout;
  readonly incoming: IncomingFrames;
  readonly feed: (input: TransferInput) => void;
  readonly newLink: () => LinkId;
}

interface Open {
  readonly connection: MirrorConnection;
  readonly cutters: Map<number, SymbolCutter>;
  /** The limit of the receiving rate is used up. */
  held: boolean;
  isReading: boolean;
}

export class MirrorLinks {
  private readonly o: MirrorLinksOptions;
  private readonly dials: (MirrorDial | undefined)[] = [];
  private readonly open = new Map<LinkId, Open>();
  /** The disk is behind. */
  private isBehind = false;
  private closed = false;

  constructor(options: MirrorLinksOptions) {
    this.o = options;
  }

  /** Source `index` is a mirror. */
  add(index: number, dial: MirrorDial): void {
    this.dials[index] = dial;
  }

  /** Connects to source `index` when it is a mirror; false when it is not. */
  dial(index: number): boolean {
    const dial = this.dials[index];
    if (dial === undefined) return false;
    dial.connect().then(
      (connected) => this.connected(index, connected),
      (error: unknown) => {
        const { reason, permanent, retryAfterMs } = failureOf(error);
        this.o.feed({ kind: 'dial-failed', index, reason, permanent, retryAfterMs });
      },
    );
    return true;
  }

  fetch({ link, request, from, to }: OutputOf<'fetch'>): void {
    const { layout } = this.o;
    const entry = this.open.get(link);
    if (entry === undefined) return;
    entry.cutters.set(request, new SymbolCutter(layout, from));
    const end = Math.min(to * layout.symbolBytes, layout.length);
    entry.connection.fetch(request, from * layout.symbolBytes, end);
  }

  cut({ link, request, to }: OutputOf<'cut'>): void {
    const { symbolBytes, length } = this.o.layout;
    this.open.get(link)?.connection.cut(request, Math.min(to * symbolBytes, length));
  }

  hold({ link, on }: OutputOf<'hold'>): void {
    const entry = this.open.get(link);
    if (entry === undefined) return;
    entry.held = on;
    this.steer(entry);
  }

  /** Closes a link when it is one of a mirror; false when it is not. */
  close(link: LinkId): boolean {
    const entry = this.open.get(link);
    if (entry === undefined) return false;
    this.open.delete(link);
    this.o.incoming.forget(link);
    entry.connection.close();
    return true;
  }

  closeAll(): void {
    this.closed = true;
    for (const link of [...this.open.keys()]) this.close(link);
  }

  /** Something was written: mirrors may be read from again. */
  written(): void {
    if (!this.isBehind || this.o.incoming.backlog > BACKLOG_MIN) return;
    this.isBehind = false;
    for (const entry of this.open.values()) this.steer(entry);
  }

  private connected(index: number, { connection, info }: Connected): void {
    if (this.closed) return connection.close();
    const link = this.o.newLink();
    const entry: Open = { connection, cutters: new Map(), held: false, isReading: true };
    this.open.set(link, entry);
    connection.attach({
      data: (request, chunk) => this.arrived(link, entry, request, chunk),
      ended: (request, failure) => this.ended(link, entry, request, failure),
    });
    const { rttMs, ranges } = info;
    this.o.feed({ kind: 'mirror-open', link, index, rttMs, ranges });
  }

  private arrived(link: LinkId, entry: Open, request: number, chunk: Uint8Array): void {
    const cutter = entry.cutters.get(request);
    if (cutter === undefined || this.open.get(link) !== entry) return;
    const { incoming, feed } = this.o;
    for (const { sbn, esis, payloads } of cutter.take(chunk)) {
      feed({ kind: 'symbols', link, frame: incoming.keep(link, { payloads }), sbn, esis });
    }
    if (incoming.backlog <= BACKLOG_MAX || this.isBehind) return;
    this.isBehind = true;
    for (const other of this.open.values()) this.steer(other);
  }

  private ended(
    link: LinkId,
    entry: Open,
    request: number,
    failure: FetchFailure | undefined,
  ): void {
    entry.cutters.delete(request);
    if (this.open.get(link) !== entry) return;
    this.o.feed(
      failure === undefined
        ? { kind: 'fetched', link, request }
        : { kind: 'fetched', link, request, failure },
    );
  }

  private steer(entry: Open): void {
    const mayRead = !entry.held && !this.isBehind;
    if (mayRead === entry.isReading) return;
    entry.isReading = mayRead;
    if (mayRead) entry.connection.resume();
    else entry.connection.pause();
  }
}

function failureOf(error: unknown): Pick<FetchFailure, 'reason' | 'permanent' | 'retryAfterMs'> {
  if (error instanceof Error && 'failure' in error) return error.failure as FetchFailure;
  return { reason: String(error), permanent: false, retryAfterMs: undefined };
}
