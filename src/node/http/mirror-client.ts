// One mirror over HTTP: finds the file, and fetches ranges of it on one connection that is kept, the next request on its way
// before the one under way has ended. It does what it is told and tells what came of it; whom to ask for what is decided
// elsewhere. Every byte that it hands on is of the pinned version and of the range that was asked for.

import { humanReason } from '../errors.ts';
import { problemOf, refusalOf } from './check-answer.ts';
import type { MirrorStats, Timeouts } from './connection.ts';
import { Connection, NOBODY } from './connection.ts';
import { findFile, isRedirect } from './find-file.ts';
import type { Place } from './location.ts';
import type { Headers } from './response-parser.ts';
import type { FetchFailure, MirrorInfo, Validator } from './types.ts';
import { failure, MirrorError } from './types.ts';

const CONNECT_MS = 10_000;
const HEADERS_MS = 10_000;
/** One request is on its way while another is answered: the answer to the next begins at once. */
const PIPELINING = 2;
/** A request that is the next to be answered when so many connections end in a row is not sent again. */
const LOSSES_MAX = 2;
const CLOSED = failure('lost', 'closed', false);

export interface MirrorClientOptions {
  /** http or https; may have a user name and password, which are told to nobody else. */
  readonly url: string;
  /** The URL may lead to a private address. */
  readonly mayBePrivate: boolean;
  /** Redirects from public addresses may lead to private ones. */
  readonly allowPrivate: boolean;
  /** The file as it was found before: another one is refused. */
  readonly pin?: (Validator & { readonly length: number }) | undefined;
  /** Requests on the connection at a time; 2 by default. A server that breaks such is asked for one at a time. */
  readonly pipelining?: number;
  /** Time for a connection to be made, and for the head of an answer, ms. 10 s each by default. */
  readonly connectMs?: number;
  readonly headersMs?: number;
}

export interface MirrorEvents {
  /** Bytes of a request, in order. The view stays good. */
  data(request: number, chunk: Uint8Array): void;
  /** Nothing more comes of a request; once for each. */
  ended(request: number, failure: FetchFailure | undefined): void;
}

interface Fetch {
  readonly request: number;
  /** The next byte that is to come, and the end of what is wanted and of what was asked for. */
  next: number;
  to: number;
  asked: number;
  /** It went behind another one that was not answered yet. */
  isBehind: boolean;
  /** Its answer has begun. */
  began: boolean;
  /** Its end has been told: what still comes of it is of no use. */
  isOver: boolean;
  /** Connections that went away when it was the next to be answered. */
  losses: number;
}

export class MirrorClient {
  /** What it took so far. */
  readonly stats: Readonly<MirrorStats>;
  private readonly o: MirrorClientOptions;
  private readonly events: MirrorEvents;
  private readonly counts: MirrorStats = { connections: 0, requests: 0 };
  private readonly timeouts: Timeouts;
  /** Not sent yet, and sent but not answered to the end; in order. */
  private waiting: Fetch[] = [];
  private flying: Fetch[] = [];
  private connection: Connection | undefined;
  private info: MirrorInfo | undefined;
  private place: Place | undefined;
  /** For If-Range: names the version for certain. */
  private strong: string | undefined;
  private isRedirected = false;
  /** The file is looked for again, or was, and nothing has come since. */
  private finding = false;
  private foundAgain = false;
  /** The server gave up a request behind another one: it gets them one at a time. */
  private isAlone = false;
  /** False when it gave one up even so: it gets one on each connection. */
  private keeps = true;
  private paused = false;
  private isClosed = false;

  constructor(options: MirrorClientOptions, events: MirrorEvents) {
    this.o = options;
    this.events = events;
    this.stats = this.counts;
    this.timeouts = {
      connectMs: options.connectMs ?? CONNECT_MS,
      headersMs: options.headersMs ?? HEADERS_MS,
    };
  }

  /** The address it is connected to, undefined while there is none. */
  get connectedTo(): string | undefined {
    return this.connection?.address;
  }

  /** Finds the file: one round trip, one more for each redirect. Rejects with MirrorError. */
  async open(): Promise<MirrorInfo> {
    return (this.info = await this.find(this.o.pin));
  }

  /**
   * Asks for the bytes [from, to), after what was asked for before. Without ranges only from 0. Nothing is told before it has
   * returned. Throws RangeError for what is no range, and before the file is found.
   */
  fetch(request: number, from: number, to: number): void {
    const { info } = this;
    if (info === undefined) throw new RangeError('fetch before the file is found');
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to)) {
      throw new RangeError(`no bytes from ${from} to ${to}`);
    }
    const fetch: Fetch = {
      request,
      next: from,
      to,
      asked: to,
      isBehind: false,
      began: false,
      isOver: false,
      losses: 0,
    };
    this.waiting.push(fetch);
    this.pumpSoon();
  }

  /**
   * Only bytes before `to` are wanted: the request ends as soon as they are here, perhaps before this returns. When the server is
   * in the middle of it, the connection ends with it, and what was asked for after it is asked again on another one.
   */
  cut(request: number, to: number): void {
    const fetch = [...this.flying, ...this.waiting].find(
      (other) => other.request === request && !other.isOver,
    );
    if (fetch === undefined) return;
    fetch.to = Math.max(fetch.next, Math.min(fetch.to, to));
    if (fetch.next < fetch.to) return;
    this.waiting = this.waiting.filter((other) => other !== fetch);
    this.satisfied(fetch);
  }

  /** The socket is not read until `resume`: the server has to wait. The read at hand still comes, a MiB at most. */
  pause(): void {
    this.paused = true;
    this.connection?.pause();
  }

  resume(): void {
    this.paused = false;
    this.connection?.resume();
  }

  /** Lets everything go; no event comes after it, and `open` rejects when it has not found the file. */
  close(): void {
    this.isClosed = true;
    this.waiting = [];
    this.flying = [];
    this.connection?.abandon(CLOSED);
  }

  private async find(pin: MirrorClientOptions['pin']): Promise<MirrorInfo> {
    const { url, mayBePrivate, allowPrivate } = this.o;
    const connecting = (connection: Connection): void => {
      if (this.isClosed) throw new MirrorError(CLOSED);
      this.connection = connection;
    };
    const { timeouts, counts: stats } = this;
    const options = { url, mayBePrivate, allowPrivate, pin, timeouts, stats, connecting };
    const { info, connection, strong, isRedirected } = await findFile(options);
    if (this.isClosed) {
      connection.destroy();
      throw new MirrorError(CLOSED);
    }
    this.place = connection.place;
    this.strong = strong;
    this.isRedirected = isRedirected;
    this.connection = connection.isOver ? undefined : this.adopted(connection);
    return info;
  }

  private adopted(connection: Connection): Connection {
    connection.events = {
      head: (status, headers) => this.began(status, headers),
      body: (chunk) => this.came(chunk),
      end: () => this.answered(),
      closed: (why, again) => this.broke(why, again),
    };
    if (this.paused) connection.pause();
    return connection;
  }

  /** Sends what may be sent. Never within an event of a connection, which may be about to end. */
  private pump(): void {
    const { info, place } = this;
    if (info === undefined || place === undefined) return;
    const most = this.isAlone ? 1 : (this.o.pipelining ?? PIPELINING);
    while (!this.isClosed && !this.finding && this.flying.length < most) {
      const fetch = this.waiting.shift();
      if (fetch === undefined) return;
      const problem = refusalOf(fetch, info);
      if (fetch.next >= fetch.to || problem !== undefined) {
        this.events.ended(fetch.request, problem);
        continue;
      }
      fetch.asked = fetch.to;
      fetch.isBehind = this.flying.length > 0;
      fetch.began = false;
      this.flying.push(fetch);
      const { timeouts, counts } = this;
      this.connection ??= this.adopted(new Connection(place, timeouts, counts, NOBODY));
      if (info.ranges) this.connection.send(`bytes=${fetch.next}-${fetch.asked - 1}`, this.strong);
      else this.connection.send(undefined, undefined);
    }
  }

  private pumpSoon(): void {
    queueMicrotask(() => this.pump());
  }

  private began(status: number, headers: Headers): void {
    const [fetch] = this.flying;
    const { info } = this;
    if (fetch === undefined || info === undefined) return;
    if (fetch.isOver) return this.reconnect();
    const problem = problemOf(fetch, info, this.strong !== undefined, status, headers);
    if (problem === undefined) {
      fetch.began = true;
      return;
    }
    const isMoved = this.isRedirected || isRedirect(status);
    if (problem.kind === 'status' && isMoved && !this.foundAgain) return this.findAgain(fetch);
    fetch.isOver = true;
    this.reconnect();
    this.tell(fetch, problem);
  }

  private came(chunk: Uint8Array): void {
    const [fetch] = this.flying;
    // More than was asked for.
    if (fetch === undefined || fetch.isOver) return this.reconnect();
    const wanted = fetch.to - fetch.next;
    const part = chunk.length <= wanted ? chunk : chunk.subarray(0, wanted);
    fetch.next += part.length;
    this.foundAgain = false;
    this.events.data(fetch.request, part);
    if (this.flying[0] !== fetch) return;
    if (!fetch.isOver && fetch.next >= fetch.to) this.satisfied(fetch);
    if (part.length < chunk.length && this.flying[0] === fetch) this.reconnect();
  }

  /** All that is wanted of it is here. An answer that goes on ends with its connection: others wait behind it. */
  private satisfied(fetch: Fetch): void {
    fetch.isOver = true;
    if (fetch.began && this.flying[0] === fetch && fetch.next < fetch.asked) this.reconnect();
    this.tell(fetch, undefined);
  }

  private answered(): void {
    const fetch = this.flying.shift();
    if (fetch !== undefined && !fetch.isOver) {
      fetch.isOver = true;
      this.tell(fetch, failure('truncated', 'sent less than it had promised', false));
    }
    if (this.keeps) this.pumpSoon();
    else this.reconnect();
  }

  private broke(why: FetchFailure, again: boolean): void {
    this.connection = undefined;
    const [fetch] = this.flying;
    if (fetch !== undefined && !fetch.isOver) this.hasLost(fetch, why, again);
    if (!this.finding) this.reconnect();
  }

  /** The connection ended when `fetch` was the next to be answered, or was being answered. */
  private hasLost(fetch: Fetch, why: FetchFailure, again: boolean): void {
    if (fetch.began) {
      fetch.isOver = true;
      return this.tell(fetch, failure('truncated', why.reason, false));
    }
    // A server may close a kept connection just when it is used again, or not expect a request before it has answered another.
    if (again && ++fetch.losses < LOSSES_MAX) {
      if (this.isAlone) this.keeps = false;
      else if (fetch.isBehind) this.isAlone = true;
      return;
    }
    if (this.isRedirected && !this.foundAgain) return this.findAgain(fetch);
    fetch.isOver = true;
    this.tell(fetch, why);
  }

  /** What was sent and is still wanted is sent again on another connection, in the same order. */
  private reconnect(): void {
    this.connection?.destroy();
    this.connection = undefined;
    this.waiting.unshift(...this.flying.filter(({ isOver }) => !isOver));
    this.flying = [];
    this.pumpSoon();
  }

  /** The file is not where it was found: what led there may lead elsewhere now. Once, until something came of it. */
  private findAgain(fetch: Fetch): void {
    const { info } = this;
    if (info === undefined) return;
    this.reconnect();
    this.finding = true;
    this.foundAgain = true;
    fetch.losses = 0;
    this.find({ ...info.validator, length: info.length }).then(
      (found) => {
        this.info = found;
        this.finding = false;
        this.pump();
      },
      (error: unknown) => {
        this.finding = false;
        this.connection = undefined;
        // It may have been cut meanwhile.
        if (this.waiting.includes(fetch)) {
          this.waiting = this.waiting.filter((other) => other !== fetch);
          this.tell(
            fetch,
            error instanceof MirrorError
              ? error.failure
              : failure('lost', humanReason(error), false),
          );
        }
        this.pump();
      },
    );
  }

  private tell(fetch: Fetch, problem: FetchFailure | undefined): void {
    if (!this.isClosed) this.events.ended(fetch.request, problem);
  }
}
