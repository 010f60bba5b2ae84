// Shares a file: describes it when needed, listens, and serves it until it is closed.

import { stat } from 'node:fs/promises';
import { toHex } from '../base/index.ts';
import { formatLink, layoutOf } from '../content/index.ts';
import type { TransferEvent, TransferStatus } from '../engine/index.ts';
import { Transfer } from '../engine/index.ts';
import { reachableAt } from './addresses.ts';
import type { DescribeProgress } from './describe.ts';
import { sourceUrl } from './dial.ts';
import { Driver } from './driver.ts';
import { randomSeed } from './entropy.ts';
import { diskFailure, HeadwaterError } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import type { Hold } from './hold.ts';
import { Listener } from './listener.ts';
import { sha256 } from './sha256.ts';
import { haveOf } from './storage.ts';
import type { Shared } from './shared.ts';
import { openPart, openShared } from './shared.ts';
import type { WarningEvent } from './warnings.ts';
import { kernelWarning } from './warnings.ts';
import { Pool } from './work/pool.ts';

/** How often a shared file is looked after. */
const WATCH_MS = 2000;

export interface ShareOptions {
  /** Address to listen on. Default 127.0.0.1: only this machine can fetch; 0.0.0.0 for everyone. */
  readonly host?: string | undefined;
  /** Default: any free port. */
  readonly port?: number | undefined;
  /** Descriptor of the file, as a path or bytes. The file may then be incomplete: its right parts are served. */
  readonly descriptor?: string | Uint8Array | undefined;
  /** Addresses for the link, instead of those of this machine. */
  readonly advertise?: readonly string[] | undefined;
  /** Peers to dial as well. */
  readonly sources?: readonly string[] | undefined;
  /**
   * Plays a peer that holds only a part of a complete file: a random share of every window, 0..1, or exactly these
   * symbol ids (a `Bitset` of `headwater` with `layout.idCount` as its length).
   */
  readonly hold?: Hold | undefined;
  /** Which symbols a `hold` between 0 and 1 draws. */
  readonly seed?: number | undefined;
  /**
   * A complete file counts its fresh symbols from this ESI of every block on, because those before are out already.
   * Default: from a random one.
   */
  readonly freshFrom?: number | undefined;
  /** Payload bytes per second over all links. */
  readonly maxRate?: number | undefined;
  /** Open links at a time; default 256. */
  readonly linksMax?: number | undefined;
  /** Called while the file is described or checked. */
  readonly onProgress?: ((progress: DescribeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type WithEvent<E> = E extends { readonly type: infer T }
  ? { readonly event: T } & Omit<E, 'type' | 'link'>
  : never;

/** What happens on the links of a share. A warning comes before everything else. */
export type ShareEvent = WithEvent<TransferEvent> | WarningEvent;

/** A share that runs. Iterate it for its events. */
export interface Sharing extends AsyncIterable<ShareEvent> {
  /** The link to give away. */
  readonly link: string;
  /** Hexadecimal. */
  readonly contentId: string;
  readonly name: string;
  /** Bytes of the content. */
  readonly bytes: number;
  readonly symbolBytes: number;
  /** Symbols towards the content that it gives, at most K of a block, and how many suffice for the content. */
  readonly held: number;
  readonly total: number;
  /** What the one who shares should know, as sentences: that leaves are missing, say. */
  readonly warnings: readonly string[];
  /** WebSocket URLs. */
  readonly addresses: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Rejects with HeadwaterError when sharing fails; resolves when it is closed. */
  readonly closed: Promise<void>;
  status(): TransferStatus;
  /** Says goodbye to all links and lets go of the port and the file. */
  close(): Promise<void>;
}

/**
 * Shares `file`: a complete file, with its descriptor beside it or made now; a part of one, with `descriptor`;
 * or the OUT.part directory of a download. Resolves when it listens. Rejects with HeadwaterError.
 */
export async function share(file: string, options: ShareOptions = {}): Promise<Sharing> {
  const sources = (options.sources ?? []).map(sourceUrl);
  const { freshFrom = 0 } = options;
  if (!Number.isInteger(freshFrom) || freshFrom < 0 || freshFrom > 0xffffffff) {
    throw new HeadwaterError('USAGE', `freshFrom ${freshFrom} is not an ESI`);
  }
  const pool = Pool.shared();
  let shared: Shared | undefined;
  let listener: Listener | undefined;
  try {
    shared = (await isDirectory(file))
      ? await openPart(file, pool, options)
      : await openShared(file, pool, options);
    const warning = await kernelWarning(pool);
    const run = new ShareRun(file, shared, pool, options);
    if (warning !== undefined) run.warn(warning);
    listener = await Listener.open({
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      ...(options.linksMax === undefined ? {} : { linksMax: options.linksMax }),
      onSocket: (socket, address) => run.driver.accept(socket, address),
    });
    run.begin(listener, sources);
    return run;
  } catch (error) {
    await listener?.close();
    await shared?.storage.close();
    await pool.release();
    throw error;
  }
}

class ShareRun implements Sharing {
  readonly driver: Driver;
  readonly contentId: string;
  readonly name: string;
  readonly bytes: number;
  readonly symbolBytes: number;
  readonly held: number;
  readonly total: number;
  readonly warnings: readonly string[];
  readonly closed: Promise<void>;
  link = '';
  addresses: readonly string[] = [];
  host = '';
  port = 0;
  private readonly path: string;
  private readonly shared: Shared;
  private readonly pool: Pool;
  private readonly options: ShareOptions;
  private readonly events = new EventQueue<ShareEvent>();
  private listener: Listener | undefined;
  private watch: NodeJS.Timeout | undefined;
  private ending: Promise<void> | undefined;
  private settle: { resolve: () => void; reject: (error: HeadwaterError) => void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };

  constructor(path: string, shared: Shared, pool: Pool, options: ShareOptions) {
    this.path = path;
    this.shared = shared;
    this.pool = pool;
    this.options = options;
    const layout = layoutOf(shared.descriptor);
    this.contentId = toHex(shared.contentId);
    this.name = shared.descriptor.name;
    this.bytes = layout.length;
    this.symbolBytes = layout.symbolBytes;
    this.held = haveOf(shared.storage);
    this.total = layout.sourceSymbolCount;
    this.warnings = shared.warnings;
    this.closed = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.closed.catch(() => undefined); // whoever wants to know waits for it
    const machine = new Transfer({
      contentId: shared.contentId,
      sha256,
      seed: randomSeed(),
      fetch: false,
      serve: true,
      strategy: 'coordinated',
      summary: 'auto',
      updateFrequency: 1,
      sendBytesPerSecond: options.maxRate,
      freshFrom: options.freshFrom,
    });
    this.driver = new Driver({
      machine,
      openStorage: () => Promise.resolve(shared.storage),
      onEvent: (event) => this.onEvent(event),
      onFailure: (error) => void this.end(error),
    });
  }

  begin(listener: Listener, sources: readonly string[]): void {
    this.listener = listener;
    this.host = listener.host;
    this.port = listener.port;
    this.addresses =
      this.options.advertise?.map(sourceUrl) ?? reachableAt(listener.host, listener.port);
    this.link = formatLink({
      contentId: this.shared.contentId,
      name: this.name,
      length: this.bytes,
      sources: [...this.addresses, ...sources],
      mirrors: this.shared.descriptor.mirrors.map(({ url }) => url),
      topologyServers: [],
    });
    this.driver.start(this.shared.descriptorBytes);
    for (const source of sources) this.driver.addSource(source);
    this.watch = setTimeout(() => void this.look(), WATCH_MS);
    this.options.signal?.addEventListener('abort', () => void this.close(), { once: true });
  }

  warn(warning: WarningEvent): void {
    this.events.push(warning);
  }

  status(): TransferStatus {
    return this.driver.status();
  }

  close(): Promise<void> {
    return this.end(undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<ShareEvent> {
    return this.events[Symbol.asyncIterator]();
  }

  private onEvent(event: TransferEvent): void {
    // `close` aborts the machine; whoever closed it knows.
    if (event.type === 'failed' && event.code === 'ABORTED') return;
    // A share stops only when it is closed: that no peer could be dialled does not concern the others.
    this.events.push(withEvent(event));
  }

  /** Peers would take every symbol of a file that changed for a lie. */
  private async look(): Promise<void> {
    const hasChanged = await this.shared.hasChanged().catch(() => false);
    if (this.ending !== undefined) return;
    if (hasChanged) {
      const hint = 'Share it again when nothing writes to it: it is another content now.';
      const message = `${this.path} changed while it was shared`;
      return await this.end(new HeadwaterError('CHANGED', message, hint));
    }
    this.watch = setTimeout(() => void this.look(), WATCH_MS);
  }

  private end(error: HeadwaterError | undefined): Promise<void> {
    this.ending ??= this.release(error);
    return this.ending;
  }

  private async release(error: HeadwaterError | undefined): Promise<void> {
    clearTimeout(this.watch);
    this.driver.abort();
    await this.driver.close();
    await this.listener?.close();
    await this.pool.release();
    this.events.end();
    if (error === undefined) this.settle.resolve();
    else this.settle.reject(error);
  }
}

/** A machine's event as those of handles: `event` instead of `type`, and no internal link number. */
export function withEvent(event: TransferEvent): ShareEvent {
  const { type, ...rest } = event;
  const plain: Record<string, unknown> = { event: type, ...rest };
  delete plain['link'];
  return plain as unknown as ShareEvent;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw diskFailure(error, 'share', path);
  }
}
