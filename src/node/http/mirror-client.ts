// One mirror over HTTP: finds the file, and fetches ranges of it on one connection that is kept, the next request on its way
// before the one under way has ended. It does what it is told and tells what came of it; whom to ask for what is decided
// elsewhere. Every byte that it hands on is of the pinned version and of the range that was asked for.

import type { Dispatcher } from 'undici';
import type { Answer, Station } from './answer.ts';
import { askFirstByte, leave, lost, requestHeaders, stationAt } from './answer.ts';
import type { Headers } from './headers.ts';
import {
  contentLength,
  contentRange,
  header,
  isChanged,
  isStrongDate,
  statusFailure,
  unsatisfiedLength,
  validatorOf,
} from './headers.ts';
import { placeOf, redirected } from './location.ts';
import { isPrivateAddress } from './private-address.ts';
import type { FetchFailure, MirrorInfo, Validator } from './types.ts';
import { failure, MirrorError } from './types.ts';

/** Redirects in a row: a mirror system needs one or two, a loop needs an end. */
const REDIRECTS_MAX = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface MirrorClientOptions {
  /** http or https; may have a user name and password, which are told to nobody else. */
  readonly url: string;
  /** The URL may lead to a private address. */
  readonly mayBePrivate: boolean;
  /** Redirects from public addresses may lead to private ones. */
  readonly allowPrivate: boolean;
  /** The file as it was found before: another one is refused. */
  readonly pin?: (Validator & { readonly length: number }) | undefined;
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
  readonly asked: number;
  /** The answer has begun. */
  controller: Dispatcher.DispatchController | undefined;
  failure: FetchFailure | undefined;
  tries: number;
}

export class MirrorClient {
  private readonly o: MirrorClientOptions;
  private readonly events: MirrorEvents;
  private readonly fetches = new Map<number, Fetch>();
  private station: Station | undefined;
  private info: MirrorInfo | undefined;
  /** For If-Range: names the version for certain. */
  private strong: string | undefined;
  private paused = false;
  private closed = false;

  constructor(options: MirrorClientOptions, events: MirrorEvents) {
    this.o = options;
    this.events = events;
  }

  /** Finds the file: one round trip, one more for each redirect. Rejects with MirrorError. */
  async open(): Promise<MirrorInfo> {
    let place = placeOf(this.o.url, this.o.mayBePrivate || this.o.allowPrivate);
    for (let hops = 0; ; hops++) {
      const station = stationAt(place);
      this.station = station;
      const answer = await askFirstByte(station);
      if (this.closed) throw new MirrorError(failure('lost', 'closed', false));
      const wasPrivate = isPrivateAddress(station.address ?? new URL(place.url).hostname);
      if (!REDIRECTS.has(answer.status)) return (this.info = this.learn(answer, wasPrivate));
      if (hops >= REDIRECTS_MAX) {
        throw new MirrorError(failure('refused', 'redirects too often', true));
      }
      leave(station);
      const location = header(answer.headers, 'location');
      place = redirected(place, location, wasPrivate, this.o.allowPrivate);
    }
  }

  /** Asks for the bytes [from, to), after what was asked for before. Without ranges only from 0. */
  fetch(request: number, from: number, to: number): void {
    const fetch: Fetch = {
      request,
      next: from,
      to,
      asked: to,
      controller: undefined,
      failure: undefined,
      tries: 0,
    };
    this.fetches.set(request, fetch);
    this.send(fetch);
  }

  /**
   * Only bytes before `to` are wanted: the request ends as soon as they are here. When the server is in the middle of it, the
   * connection ends with it, and a new one is made for what comes after.
   */
  cut(request: number, to: number): void {
    const fetch = this.fetches.get(request);
    if (fetch === undefined) return;
    fetch.to = Math.max(fetch.next, Math.min(fetch.to, to));
    if (fetch.next >= fetch.to) this.stop(fetch);
  }

  /** Stops reading. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const { controller } of this.fetches.values()) {
      if (controller?.paused === true) controller.resume();
    }
  }

  /** Lets everything go; no event comes after it. */
  close(): void {
    this.closed = true;
    this.fetches.clear();
    if (this.station !== undefined) leave(this.station);
  }

  private learn({ status, headers, rttMs }: Answer, isPrivate: boolean): MirrorInfo {
    const isEmpty = status === 416 && unsatisfiedLength(headers) === 0;
    const problem = isEmpty ? undefined : statusFailure(status, headers, Date.now());
    if (problem !== undefined) throw new MirrorError(problem);
    const range = contentRange(headers);
    if (status === 206 && (range?.from !== 0 || range.to !== 1)) {
      throw new MirrorError(failure('wrong-range', 'sends another part than was asked for', true));
    }
    const length = isEmpty ? 0 : status === 206 ? range?.total : contentLength(headers);
    if (length === undefined) {
      const reason = 'does not say how long the file is';
      throw new MirrorError(failure('refused', reason, true));
    }
    const validator = validatorOf(headers);
    const { pin } = this.o;
    if (pin !== undefined && (pin.length !== length || isChanged(pin, validator))) {
      throw new MirrorError(CHANGED);
    }
    const { etag, lastModified } = validator;
    this.strong = etag ?? (isStrongDate(headers) ? lastModified : undefined);
    return {
      url: this.station?.place.url ?? '',
      length,
      ranges: status !== 200,
      validator,
      rttMs,
      isPrivate,
      links: header(headers, 'link'),
      digests: ['repr-digest', 'digest'].flatMap((name) => {
        const value = header(headers, name);
        return value === undefined ? [] : [{ name, value }];
      }),
      contentType: header(headers, 'content-type'),
    };
  }

  private send(fetch: Fetch): void {
    const { station, info, strong } = this;
    if (station === undefined || info === undefined) return;
    const range = info.ranges ? `bytes=${fetch.next}-${fetch.asked - 1}` : undefined;
    const headers = requestHeaders(station.place, range);
    if (range !== undefined && strong !== undefined) headers['if-range'] = strong;
    fetch.tries++;
    station.client.dispatch(
      { path: station.place.path, method: 'GET', headers },
      {
        onRequestStart: (controller) => {
          if (!this.isLive(fetch)) controller.abort(NOT_WANTED);
        },
        onResponseStart: (controller, status, answer) =>
          this.began(fetch, controller, status, answer),
        onResponseData: (controller, chunk) => this.came(fetch, controller, chunk),
        onResponseEnd: () => this.answered(fetch),
        onResponseError: (_, error) => this.broke(fetch, error),
      },
    );
  }

  private isLive(fetch: Fetch): boolean {
    return this.fetches.get(fetch.request) === fetch;
  }

  private began(
    fetch: Fetch,
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
  ): void {
    if (!this.isLive(fetch)) return void controller.abort(NOT_WANTED);
    fetch.controller = controller;
    fetch.failure = this.problemOf(fetch, status, headers);
    if (fetch.failure !== undefined) controller.abort(NOT_WANTED);
  }

  /** Why an answer is not the range that was asked for. */
  private problemOf(fetch: Fetch, status: number, headers: Headers): FetchFailure | undefined {
    const { info } = this;
    if (info === undefined) return CHANGED;
    if (status === 416) return CHANGED;
    const problem = statusFailure(status, headers, Date.now());
    if (problem !== undefined) return problem;
    if (isChanged(info.validator, validatorOf(headers))) return CHANGED;
    if (status === 200) {
      if (!info.ranges) return contentLength(headers) === info.length ? undefined : CHANGED;
      // To If-Range this is how a server says that the file is another one now.
      if (this.strong !== undefined) return CHANGED;
      return failure('no-ranges', 'sends all of the file where a part was asked for', true);
    }
    const range = contentRange(headers);
    if (range === undefined || range.from !== fetch.next || range.to > fetch.asked) {
      return failure('wrong-range', 'sends another part than was asked for', true);
    }
    if (range.total !== undefined && range.total !== info.length) return CHANGED;
    return undefined;
  }

  private came(fetch: Fetch, controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.isLive(fetch)) return;
    const part = chunk.subarray(0, fetch.to - fetch.next);
    fetch.next += part.length;
    fetch.tries = 0;
    this.events.data(fetch.request, part);
    if (!this.isLive(fetch)) return;
    // All that is wanted is here. A request that was not cut ends by itself, and leaves the connection for the next.
    if (fetch.next >= fetch.to && (fetch.to < fetch.asked || part.length < chunk.length)) {
      this.stop(fetch);
    } else if (this.paused) controller.pause();
  }

  private answered(fetch: Fetch): void {
    if (!this.isLive(fetch)) return;
    const short = failure('truncated', 'sent less than it had promised', false);
    this.end(fetch, fetch.next < fetch.to ? short : undefined);
  }

  private broke(fetch: Fetch, error: unknown): void {
    if (!this.isLive(fetch)) return;
    if (fetch.failure !== undefined) return this.end(fetch, fetch.failure);
    if (fetch.next >= fetch.to) return this.end(fetch, undefined);
    const began = fetch.controller !== undefined;
    fetch.controller = undefined;
    // A server may close a connection that was kept just when it is used again.
    if (!began && fetch.tries < 2 && !(error instanceof MirrorError)) return this.send(fetch);
    this.end(fetch, lost(error, began));
  }

  /** Nothing more of it is wanted. What has not begun is let go when it begins: others wait behind it on the connection. */
  private stop(fetch: Fetch): void {
    const { controller } = fetch;
    this.end(fetch, undefined);
    controller?.abort(NOT_WANTED);
  }

  private end(fetch: Fetch, problem: FetchFailure | undefined): void {
    this.fetches.delete(fetch.request);
    this.events.ended(fetch.request, problem);
  }
}

const NOT_WANTED = new Error('not wanted any more');
const CHANGED: FetchFailure = failure('changed', 'has another version of the file now', true);
