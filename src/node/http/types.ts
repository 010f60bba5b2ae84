// What a mirror says of its file, and how fetching from it can fail.

/** Names one version of a file (RFC 9110, 8.8). */
export interface Validator {
  /** A strong entity tag, with its quotes. */
  readonly etag?: string;
  readonly lastModified?: string;
}

/** The file of a mirror, as the first answer tells it. Texts are the server's own, checked for nothing. */
export interface MirrorInfo {
  /** Where it was found, after redirects; without credentials. */
  readonly url: string;
  /** Bytes. */
  readonly length: number;
  /** False when the server answers a range with all of the file: then only all of it can be fetched, from byte 0. */
  readonly ranges: boolean;
  readonly validator: Validator;
  /** From a request on the open connection to the first byte of its answer, ms. */
  readonly rttMs: number;
  /** It was found at a private address. */
  readonly isPrivate: boolean;
  /** Link headers, joined (RFC 8288). */
  readonly links: string | undefined;
  /** Digest and Repr-Digest headers. */
  readonly digests: readonly { readonly name: string; readonly value: string }[];
  readonly contentType: string | undefined;
  /** The name that the server gives the file (RFC 6266); it may be any path. */
  readonly fileName: string | undefined;
}

/**
 * changed: the file is another one now. no-ranges: all of the file where a part was asked for. wrong-range: another part.
 * truncated: less than was promised. encoded: compressed. busy: asked to be left alone (429, 503). status: another answer that is
 * no file. lost: no connection. refused: this end does not want it.
 */
export type FailureKind =
  | 'changed'
  | 'no-ranges'
  | 'wrong-range'
  | 'truncated'
  | 'encoded'
  | 'busy'
  | 'status'
  | 'lost'
  | 'refused';

export interface FetchFailure {
  readonly kind: FailureKind;
  /** Half a sentence for people: "answered with HTTP status 404". */
  readonly reason: string;
  /** It will do no better next time. */
  readonly permanent: boolean;
  /** It asked to be left alone for so long. */
  readonly retryAfterMs: number | undefined;
}

export class MirrorError extends Error {
  override readonly name: string = 'MirrorError';
  readonly failure: FetchFailure;

  constructor(failure: FetchFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** A failure that may pass, or one that will not. */
export function failure(kind: FailureKind, reason: string, permanent: boolean): FetchFailure {
  return { kind, reason, permanent, retryAfterMs: undefined };
}
