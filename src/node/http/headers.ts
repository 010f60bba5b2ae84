// The headers of an answer that matter for a range (RFC 9110): what part it is, of which version, and when to come again.

import type { Headers } from './response-parser.ts';
import type { FetchFailure, Validator } from './types.ts';
import { failure } from './types.ts';

/** A mirror that says "come again in a year" is asked again after this time, ms. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** A Last-Modified this much older than the answer cannot have changed within its second (RFC 9110, 8.8.2.2), ms. */
const STRONG_AGE_MS = 1_000;

/** The part of the file in a 206; `total` is undefined for "*". */
export interface ContentRange {
  readonly from: number;
  readonly to: number;
  readonly total: number | undefined;
}

/** "bytes 0-99/1000" → from 0 to 100 of 1000. Undefined when it is nothing of the kind. */
export function contentRange(headers: Headers): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(
    headers['content-range'] ?? '',
  );
  if (match === null) return undefined;
  const total = match[3] === '*' ? undefined : Number(match[3]);
  return { from: Number(match[1]), to: Number(match[2]) + 1, total };
}

/** The total of a 416 ("bytes *" and a total): how long the file is. */
export function unsatisfiedLength(headers: Headers): number | undefined {
  const match = /^bytes \*\/(\d{1,15})$/i.exec(headers['content-range'] ?? '');
  return match === null ? undefined : Number(match[1]);
}

export function contentLength(headers: Headers): number | undefined {
  const text = headers['content-length'] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What names the version: a strong entity tag and the time of the last change. */
export function validatorOf(headers: Headers): Validator {
  const { etag } = headers;
  const lastModified = headers['last-modified'];
  return {
    ...(etag !== undefined && /^"[^"]*"$/.test(etag) ? { etag } : {}),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

/** True when Last-Modified is good for If-Range: the file cannot have changed again within that second. */
export function isStrongDate(headers: Headers): boolean {
  const modified = Date.parse(headers['last-modified'] ?? '');
  const date = Date.parse(headers.date ?? '');
  return date - modified >= STRONG_AGE_MS;
}

/** True when an answer is of another version than the pinned one, as far as both tell. */
export function isChanged(pin: Validator, found: Validator): boolean {
  if (pin.etag !== undefined && found.etag !== undefined) return pin.etag !== found.etag;
  if (pin.lastModified === undefined || found.lastModified === undefined) return false;
  return pin.lastModified !== found.lastModified;
}

/** Headers that may hold a SHA-256 of the file (RFC 9530 and RFC 3230). */
export function digestsOf(headers: Headers): { readonly name: string; readonly value: string }[] {
  return (['repr-digest', 'digest'] as const).flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [{ name, value }];
  });
}

/** The name in Content-Disposition (RFC 6266): `filename*` when it can be read, else `filename`. */
export function fileNameOf(headers: Headers): string | undefined {
  const text = headers['content-disposition'] ?? '';
  const extended = /;[ \t]*filename\*=utf-8'[\w-]*'([^;, \t]*)/i.exec(text)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // The plain one is there for this.
    }
  }
  const quoted = /;[ \t]*filename="((?:[^"\\]|\\.)*)"/i.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1');
  return /;[ \t]*filename=([^;," \t]+)/i.exec(text)?.[1];
}

/** Why an answer is no file; undefined for 200 and 206. */
export function statusFailure(
  status: number,
  headers: Headers,
  nowMs: number,
): FetchFailure | undefined {
  const encoding = headers['content-encoding'];
  if (status === 200 || status === 206) {
    if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined;
    const name = encoding.replace(/[^\x21-\x7e]/g, '?').slice(0, 40);
    return failure('encoded', `sends the file compressed (${name})`, true);
  }
  const reason = `answered with HTTP status ${status}`;
  const retryAfterMs = retryAfter(headers, nowMs);
  if (status === 429 || status === 503) {
    return { kind: 'busy', reason: `${reason} (busy)`, permanent: false, retryAfterMs };
  }
  const isPassing = status >= 500 || status === 408 || status === 425;
  return { kind: 'status', reason, permanent: !isPassing, retryAfterMs };
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms));
}
