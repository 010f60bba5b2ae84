// What a person is told when something fails: which file or source, what happened, what to do next.
// Codes are stable; the README maps them to exit codes.

import type { FailureCode } from '../engine/io.ts';

/** Why an operation of `headwater/node` failed. Those of a transfer, and those that come before one. */
export type HeadwaterErrorCode =
  | FailureCode
  | 'EXISTS' // the output is there already
  | 'BAD_METALINK' // not a Metalink, or one that cannot be used
  | 'BAD_LINK' // not a link, descriptor or content id
  | 'LOCKED' // another process works on the same output
  | 'CHANGED' // the file changed while it was read
  | 'NOT_FOUND' // no such file
  | 'LISTEN' // the address to listen on cannot be used
  | 'USAGE'; // options that contradict each other

/** The one error class of `headwater/node`: `code` for programs, `message` and `hint` for people. */
export class HeadwaterError extends Error {
  override readonly name: string = 'HeadwaterError';
  readonly code: HeadwaterErrorCode;
  /** What to do about it; undefined when the message says all. */
  readonly hint: string | undefined;

  constructor(code: HeadwaterErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** The system's error code (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed by the other end',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name cannot be resolved now',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'no such address on this machine',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'is a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'disk quota exceeded',
  EIO: 'input/output error of the disk',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'message too large',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'message in too many pieces',
};

/** A short human reason for any thrown value: "connection refused", not a stack trace. */
export function humanReason(error: unknown): string {
  const code = systemCode(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return known;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return humanReason(error.errors[0]);
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

/** Why the store failed, with the file concerned where the error names one. */
export function storeReason(error: unknown): string {
  const reason = humanReason(error);
  if (typeof error !== 'object' || error === null || !('path' in error)) return reason;
  const { path } = error;
  return typeof path === 'string' && !reason.includes(path) ? `${path}: ${reason}` : reason;
}

const DISK_FULL = 'Free some space, then run the same command again: it goes on where it stopped.';

/** Wraps a failed disk operation on `path`; HeadwaterErrors pass through unchanged. */
export function diskFailure(error: unknown, doing: string, path: string): HeadwaterError {
  if (error instanceof HeadwaterError) return error;
  const code = systemCode(error);
  // The store's errors name their path themselves.
  const text = `cannot ${doing} ${path}: ${humanReason(error)}`;
  switch (code) {
    case 'ENOENT':
      return new HeadwaterError('NOT_FOUND', text, undefined, error);
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeadwaterError('DISK', text, DISK_FULL, error);
    case 'EEXIST':
      return new HeadwaterError(
        'EXISTS',
        `${path} exists already`,
        'Choose another output, or allow it to be replaced (force).',
        error,
      );
    case 'LOCKED':
      return new HeadwaterError('LOCKED', humanReason(error), 'Wait for it, or stop it.', error);
    case 'OTHER_CONTENT':
      return new HeadwaterError(
        'DISK',
        humanReason(error),
        'It is the beginning of another download: remove it, or choose another output.',
        error,
      );
    case 'UNSAFE':
    case 'NEWER_FORMAT':
      return new HeadwaterError(
        'DISK',
        humanReason(error),
        'Remove it, or choose another output.',
        error,
      );
    default:
      return new HeadwaterError('DISK', text, undefined, error);
  }
}
