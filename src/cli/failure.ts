// From whatever was thrown to what the user reads: one paragraph and an exit code.

import { EXIT, type ExitCode } from './exit-codes.ts';
import { plain } from './format.ts';

export interface Failure {
  /** Stable name, for programs. */
  readonly code: string;
  readonly exit: ExitCode;
  /** What happened, and to which file or source. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Codes of the Node API. A code that is missing here ends with UNEXPECTED. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.USAGE,
  BAD_LINK: EXIT.LINK,
  NOT_FOUND: EXIT.NOT_FOUND,
  EXISTS: EXIT.EXISTS,
  LOCKED: EXIT.LOCKED,
  CHANGED: EXIT.FILE,
  LISTEN: EXIT.NETWORK,
  UNREACHABLE: EXIT.NETWORK,
  UNFINISHED: EXIT.UNFINISHED,
  BAD_DESCRIPTOR: EXIT.DESCRIPTOR,
  CORRUPT: EXIT.CHECKSUM,
  DISK: EXIT.FILE,
  ABORTED: EXIT.INTERRUPTED,
};

/** Codes of the operating system that have a meaning of their own here. */
const EXIT_OF_SYSTEM: Readonly<Record<string, ExitCode>> = {
  ENOENT: EXIT.NOT_FOUND,
  ENOSPC: EXIT.DISK_FULL,
  EDQUOT: EXIT.DISK_FULL,
  EEXIST: EXIT.EXISTS,
  EADDRINUSE: EXIT.NETWORK,
  EADDRNOTAVAIL: EXIT.NETWORK,
  ENOTFOUND: EXIT.NETWORK,
};

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) {
    return { code: 'UNEXPECTED', exit: EXIT.UNEXPECTED, message: String(error) };
  }
  const { code, syscall, hint } = error as Error & Partial<Record<'code' | 'syscall' | 'hint', unknown>>;
  const message = error.message;
  if (error.name === 'UsageError') return { code: 'USAGE', exit: EXIT.USAGE, message };
  if (typeof code !== 'string') return unexpected(error);
  const exit = EXIT_OF[code] ?? EXIT_OF_SYSTEM[code];
  if (exit !== undefined) {
    return { code, exit, message, ...(typeof hint === 'string' ? { hint } : {}) };
  }
  if (typeof syscall === 'string') return { code, exit: EXIT.FILE, message };
  return unexpected(error);
}

/** The paragraph on stderr. */
export function explain(failure: Failure): string {
  const sentence = /[.!?]$/.test(failure.message) ? failure.message : `${failure.message}.`;
  const text = failure.hint === undefined ? sentence : `${sentence} ${failure.hint}`;
  return `headwater: ${text.split('\n').map(plain).join('\n')}`;
}

function unexpected(error: Error): Failure {
  return {
    code: 'UNEXPECTED',
    exit: EXIT.UNEXPECTED,
    message: `unexpected: ${error.message}`,
    hint: `This is a bug in Headwater. What was fetched is kept.\n${error.stack ?? ''}`,
  };
}
