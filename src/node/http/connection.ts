// One connection to a place: requests leave at once and are answered in order. It knows HTTP, and nothing of files and ranges.
//
// It is made of node:net, because the answers of two requests are wanted on one connection (node:http has no pipelining) and because
// a server may close the connection while this end does not read: the client of undici 7.30.2 ends the process then.

import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { humanReason, systemCode } from '../errors.ts';
import { VERSION } from '../version.ts';
import type { Place } from './location.ts';
import { guardedLookup, privateRefusal } from './location.ts';
import { isPrivateAddress } from './private-address.ts';
import { ReadBuffer } from './read-buffer.ts';
import type { Headers } from './response-parser.ts';
import { MalformedResponse, ResponseParser } from './response-parser.ts';
import type { FetchFailure } from './types.ts';
import { failure, MirrorError } from './types.ts';

/** Time until a connection is made, and from a request to the head of its answer, ms. A body that stalls is seen by whoever waits. */
export interface Timeouts {
  readonly connectMs: number;
  readonly headersMs: number;
}

/** What was done, over all connections to one mirror. */
export interface MirrorStats {
  connections: number;
  requests: number;
}

/** What a connection tells. Each of these may call `destroy`, and nothing comes after that. */
export interface ConnectionEvents {
  /** The answer to the oldest request that has none. `rttMs`: since that was sent, or since the answer before it ended. */
  head(status: number, headers: Headers, rttMs: number): void;
  /** A view that stays good. */
  body(chunk: Uint8Array): void;
  end(): void;
  /** Once: no request that has not been answered will be. `again`: another connection may do better. */
  closed(why: FetchFailure, again: boolean): void;
}

/** For a connection whose reader is not known yet. */
export const NOBODY: ConnectionEvents = {
  head: () => undefined,
  body: () => undefined,
  end: () => undefined,
  closed: () => undefined,
};

/** Errors of a connection that another one does not have: it was made, and went away. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const CLOSED = failure('lost', 'connection closed by the other end', false);

export class Connection {
  readonly place: Place;
  events: ConnectionEvents;
  /** The address at the other end, as soon as it is connected. */
  address: string | undefined;
  private readonly socket: Socket;
  private readonly buffer: ReadBuffer = new ReadBuffer();
  private readonly parser: ResponseParser;
  private readonly timeouts: Timeouts;
  private readonly stats: MirrorStats;
  private isOpen = false;
  private over = false;
  private paused = false;
  /** What is to be sent as soon as it is open. */
  private unsent = '';
  /** Requests that are not answered to the end. */
  private outstanding = 0;
  /** The head of the oldest of them has come. */
  private inBody = false;
  private waitingSince = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(place: Place, timeouts: Timeouts, stats: MirrorStats, events: ConnectionEvents) {
    this.place = place;
    this.events = events;
    this.timeouts = timeouts;
    this.stats = stats;
    this.parser = new ResponseParser({
      head: (status, headers) => this.headCame(status, headers),
      body: (chunk) => this.events.body(chunk),
      end: (keepAlive) => this.answerEnded(keepAlive),
    });
    stats.connections++;
    this.socket = open(place, this.buffer, (chunk) => this.came(chunk));
    this.socket
      .on(place.protocol === 'https:' ? 'secureConnect' : 'connect', () => this.opened())
      .on('end', () => this.finished())
      .on('error', (error) => this.broke(error))
      .on('close', () => this.end(CLOSED, this.isOpen));
    this.arm(timeouts.connectMs, 'no connection in time');
  }

  /** Sends a request for the file of the place, or for a range of it. */
  send(range: string | undefined, ifRange: string | undefined): void {
    const { place } = this;
    const lines = [
      `GET ${place.path} HTTP/1.1`,
      `Host: ${place.host}`,
      `User-Agent: headwater/${VERSION}`,
      'Accept: */*',
      'Accept-Encoding: identity',
      ...(range === undefined ? [] : [`Range: ${range}`]),
      ...(ifRange === undefined ? [] : [`If-Range: ${ifRange}`]),
      ...(place.authorization === undefined ? [] : [`Authorization: ${place.authorization}`]),
    ];
    const text = `${lines.join('\r\n')}\r\n\r\n`;
    this.stats.requests++;
    this.outstanding++;
    if (!this.isOpen) this.unsent += text;
    else this.write(text);
  }

  /** The socket is not read until `resume`; the chunk at hand is handed on to its end. */
  pause(): void {
    this.paused = true;
    this.buffer.calm();
    this.socket.pause();
    if (this.isOpen) this.disarm();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.over) return;
    this.socket.resume();
    if (this.isOpen) this.awaitHead();
  }

  /** It has ended: no request can be sent. */
  get isOver(): boolean {
    return this.over;
  }

  /** Ends it and says so, for whoever waits for an answer. */
  abandon(why: FetchFailure): void {
    this.end(why, false);
  }

  /** Ends it; no event comes after. */
  destroy(): void {
    this.over = true;
    this.disarm();
    this.parser.stop();
    this.socket.destroy();
  }

  private opened(): void {
    if (this.over) return;
    const { place } = this;
    const address = this.socket.remoteAddress;
    // The look-up has seen to that already; this holds for whatever way the address came.
    if (!place.mayBePrivate && (address === undefined || isPrivateAddress(address))) {
      return this.end(privateRefusal(address ?? 'unknown'), false);
    }
    this.address = address;
    this.isOpen = true;
    this.disarm();
    if (this.unsent !== '') this.write(this.unsent);
    this.unsent = '';
  }

  private write(text: string): void {
    this.socket.write(text, 'latin1');
    if (this.timer === undefined) this.awaitHead();
  }

  /** The clock runs for the oldest request without a head, unless this end does not read. */
  private awaitHead(): void {
    this.waitingSince = performance.now();
    if (this.outstanding > 0 && !this.inBody && !this.paused) {
      this.arm(this.timeouts.headersMs, 'no answer in time');
    }
  }

  private arm(ms: number, reason: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(failure('lost', reason, false), false), ms);
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private came(chunk: Uint8Array): void {
    if (this.over) return;
    try {
      // Bytes that nobody asked for could pass for the next answer.
      if (this.outstanding === 0) throw new MalformedResponse('sends what nobody asked for');
      this.parser.take(chunk);
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      this.end(failure('lost', error.message, true), false);
    }
  }

  private headCame(status: number, headers: Headers): void {
    if (this.outstanding === 0) throw new MalformedResponse('sends what nobody asked for');
    this.inBody = true;
    this.disarm();
    this.events.head(status, headers, performance.now() - this.waitingSince);
  }

  private answerEnded(keepAlive: boolean): void {
    this.outstanding--;
    this.inBody = false;
    this.awaitHead();
    this.events.end();
    if (!keepAlive) this.end(CLOSED, true);
  }

  private finished(): void {
    if (this.over) return;
    this.parser.finish();
    this.end(CLOSED, this.isOpen);
  }

  private broke(error: unknown): void {
    if (error instanceof MirrorError) return this.end(error.failure, false);
    const code = systemCode(error) ?? '';
    const isTls = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
    this.end(failure('lost', humanReason(error), isTls), this.isOpen && GONE.has(code));
  }

  private end(why: FetchFailure, again: boolean): void {
    if (this.over) return;
    this.destroy();
    this.events.closed(why, again);
  }
}

function open(place: Place, buffer: ReadBuffer, came: (chunk: Uint8Array) => void): Socket {
  const options = {
    host: place.hostname,
    port: place.port,
    lookup: guardedLookup(place.mayBePrivate),
    noDelay: true,
    keepAlive: true,
  };
  if (place.protocol === 'http:') {
    const callback = (count: number): boolean => {
      came(buffer.took(count));
      return true;
    };
    return connectTcp({ ...options, onread: { buffer: () => buffer.next(), callback } });
  }
  const name = isIP(place.hostname) === 0 ? { servername: place.hostname } : {};
  return connectTls({ ...options, ...name, ALPNProtocols: ['http/1.1'] }).on('data', came);
}
