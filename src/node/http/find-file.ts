// The first question to a mirror: where the file is, how long, which version, and whether parts of it can be had.

import type { MirrorStats, Timeouts } from './connection.ts';
import { CHANGED } from './check-answer.ts';
import { Connection, NOBODY } from './connection.ts';
import {
  contentLength,
  contentRange,
  digestsOf,
  fileNameOf,
  isChanged,
  isStrongDate,
  statusFailure,
  unsatisfiedLength,
  validatorOf,
} from './headers.ts';
import { placeOf, redirected } from './location.ts';
import { isPrivateAddress } from './private-address.ts';
import type { Headers } from './response-parser.ts';
import type { MirrorInfo, Validator } from './types.ts';
import { failure, MirrorError } from './types.ts';

/** Redirects in a row: a mirror system needs one or two, a loop needs an end. */
const REDIRECTS_MAX = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** A longer body than this is not read only to use its connection again, bytes. */
const BODY_BYTES_MAX = 16 * 1024;

export interface FindOptions {
  readonly url: string;
  /** The URL may lead to a private address. */
  readonly mayBePrivate: boolean;
  /** Redirects from public addresses may lead to private ones. */
  readonly allowPrivate: boolean;
  readonly pin: (Validator & { readonly length: number }) | undefined;
  readonly timeouts: Timeouts;
  readonly stats: MirrorStats;
  /** Called with each connection while it is made; throws when there should be none any more. */
  readonly connecting: (connection: Connection) => void;
}

export interface Found {
  readonly info: MirrorInfo;
  /** To the file. It may have ended. */
  readonly connection: Connection;
  readonly isRedirected: boolean;
  /** For If-Range: names the version for certain. */
  readonly strong: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly rttMs: number;
}

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** Asks for the first byte of the file: one round trip, one more for each redirect. Rejects with MirrorError. */
export async function findFile(o: FindOptions): Promise<Found> {
  let place = placeOf(o.url, o.mayBePrivate || o.allowPrivate);
  for (let hops = 0; ; hops++) {
    const connection = new Connection(place, o.timeouts, o.stats, NOBODY);
    try {
      o.connecting(connection);
      const answer = await askFirstByte(connection, o.timeouts.headersMs);
      const isPrivate = connection.address !== undefined && isPrivateAddress(connection.address);
      if (!REDIRECTS.has(answer.status)) {
        const info = learn(answer, place.url, isPrivate);
        const { validator, length } = info;
        if (o.pin !== undefined && (o.pin.length !== length || isChanged(o.pin, validator))) {
          throw new MirrorError(CHANGED);
        }
        const { etag, lastModified } = validator;
        const strong = etag ?? (isStrongDate(answer.headers) ? lastModified : undefined);
        return { info, connection, strong, isRedirected: hops > 0 };
      }
      if (hops >= REDIRECTS_MAX) {
        throw new MirrorError(failure('refused', 'redirects too often', true));
      }
      place = redirected(place, answer.headers.location, isPrivate, o.allowPrivate);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    connection.destroy();
  }
}

/** The head of the answer is what matters; its body, of one byte, is read so that the connection can be used again. */
function askFirstByte(connection: Connection, bodyMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    let bytes = 0;
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      connection.events = NOBODY;
      if (answer !== undefined) resolve(answer);
    };
    const drop = (): void => {
      connection.destroy();
      settle();
    };
    connection.events = {
      head: (status, headers, rttMs) => {
        answer = { status, headers, rttMs };
        if (status !== 206 && status !== 416) drop();
        else timer = setTimeout(drop, bodyMs);
      },
      body: (chunk) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES_MAX) drop();
      },
      end: settle,
      closed: (why) => {
        settle();
        if (answer === undefined) reject(new MirrorError(why));
      },
    };
    connection.send('bytes=0-0', undefined);
  });
}

function learn({ status, headers, rttMs }: Answer, url: string, isPrivate: boolean): MirrorInfo {
  // An empty file has no first byte.
  const isEmpty = status === 416 && unsatisfiedLength(headers) === 0;
  const problem = isEmpty ? undefined : statusFailure(status, headers, Date.now());
  if (problem !== undefined) throw new MirrorError(problem);
  const range = contentRange(headers);
  if (status === 206 && (range?.from !== 0 || range.to !== 1)) {
    throw new MirrorError(failure('wrong-range', 'sends another part than was asked for', true));
  }
  const length = isEmpty ? 0 : status === 206 ? range?.total : contentLength(headers);
  if (length === undefined) {
    throw new MirrorError(failure('refused', 'does not say how long the file is', true));
  }
  return {
    url,
    length,
    ranges: status !== 200,
    validator: validatorOf(headers),
    rttMs,
    isPrivate,
    links: headers.link,
    digests: digestsOf(headers),
    contentType: headers['content-type'],
    fileName: fileNameOf(headers),
  };
}
