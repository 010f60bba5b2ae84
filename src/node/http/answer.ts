// Connections to one place, and single small requests on them.

import type { Socket } from 'node:net';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import type { Client as ClientType } from 'undici';
import type { Place } from './location.ts';
import { guardedLookup } from './location.ts';
import type { Headers } from './headers.ts';
import { humanReason, systemCode } from '../errors.ts';
import type { FetchFailure } from './types.ts';
import { failure, MirrorError } from './types.ts';

/** Time-outs of a connection and of the headers of an answer, ms. A body that stalls is seen by whoever waits for it. */
const CONNECT_MS = 10_000;
const HEADERS_MS = 10_000;
/** Headers of an answer, bytes: what web servers themselves accept. */
const HEADER_BYTES_MAX = 16 * 1024;
/** How long an idle connection is kept, ms: longer than a mirror rests between two runs. */
const KEEP_ALIVE_MS = 60_000;
/** One request is on its way while another is answered: the answer to the next begins at once. */
const PIPELINING = 2;

/** A place with a connection, which is made when it is needed. */
export interface Station {
  readonly place: Place;
  readonly client: ClientType;
  /** The address that it is connected to, once it is. */
  address: string | undefined;
  /** Also while it is being connected, which the client would wait for. */
  socket: Socket | undefined;
}

export function stationAt(place: Place): Station {
  const connect = buildConnector({
    timeout: CONNECT_MS,
    lookup: guardedLookup(place.mayBePrivate, (address) => {
      station.address = address;
    }),
  });
  const station: Station = {
    place,
    address: undefined,
    socket: undefined,
    client: new Client(place.origin, {
      pipelining: PIPELINING,
      connect: (options, callback) => {
        station.socket = connect(options, callback) as unknown as Socket;
      },
      headersTimeout: HEADERS_MS,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
    }),
  };
  return station;
}

/** Lets go of the place at once. Not while its client tells of an error: it would lose count of its requests. */
export function leave(station: Station): void {
  setImmediate(() => {
    station.client.destroy().catch(() => undefined);
    station.socket?.destroy();
  });
}

/** Headers of every request to a place. */
export function requestHeaders(place: Place, range: string | undefined): Record<string, string> {
  return {
    'user-agent': 'headwater',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(range === undefined ? {} : { range }),
    ...(place.authorization === undefined ? {} : { authorization: place.authorization }),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** From the request on the open connection to the answer, ms. */
  readonly rttMs: number;
}

/** Asks for the first byte. A short answer is read to its end, so that the connection can be used again. Rejects with MirrorError. */
export function askFirstByte({ client, place }: Station): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let answer: Answer | undefined;
    let bytes = 0;
    client.dispatch(
      { path: place.path, method: 'GET', headers: requestHeaders(place, 'bytes=0-0') },
      {
        onRequestStart: () => {
          sentAt = performance.now();
        },
        onResponseStart: (controller, status, headers) => {
          answer = { status, headers, rttMs: performance.now() - sentAt };
          if (status !== 206 && status !== 416) controller.abort(new Error('only the headers'));
        },
        onResponseData: (controller, chunk) => {
          bytes += chunk.length;
          if (bytes > HEADER_BYTES_MAX) controller.abort(new Error('enough'));
        },
        onResponseEnd: () => {
          if (answer !== undefined) resolve(answer);
        },
        onResponseError: (_, error) => {
          if (answer === undefined) reject(new MirrorError(lost(error, false)));
          else resolve(answer);
        },
      },
    );
  });
}

const REASONS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'connection closed by the other end',
  UND_ERR_HEADERS_OVERFLOW: 'answers with headers that are too long',
};

/** Why there is no answer, or no more of one. `began`: a part of it came. */
export function lost(error: unknown, began: boolean): FetchFailure {
  if (error instanceof MirrorError) return error.failure;
  const code = systemCode(error) ?? '';
  const isTls = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
  const isOdd = code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('HPE_');
  const known = code.startsWith('HPE_') ? 'does not answer in HTTP' : REASONS[code];
  return failure(began ? 'truncated' : 'lost', known ?? humanReason(error), isTls || isOdd);
}
