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
  readonly hint: string | undefined;
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
  BAD_METALINK: EXIT.DESCRIPTOR,
  CORRUPT: EXIT.CHECKSUM,
  DISK: EXIT.FILE,
  ABORTED: EXIT.INTERRUPTED,
};

/** Where the Node API's advice is about its options, the command has its own words for it. */
const HINT_OF: Readonly<Record<string, string>> = {
  EXISTS: 'Choose another output with -o, or replace it with --force.',
};

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return unexpected(String(error), undefined);
  const { message } = error;
  if (error.name === 'UsageError') {
    return { code: 'USAGE', exit: EXIT.USAGE, message, hint: undefined };
  }
  const code = textOf(error, 'code');
  const exit = code === undefined ? undefined : EXIT_OF[code];
  if (code !== undefined && exit !== undefined) {
    const isFull = code === 'DISK' && isDiskFull(error);
    const hint = HINT_OF[code] ?? textOf(error, 'hint');
    return { code, exit: isFull ? EXIT.DISK_FULL : exit, message, hint };
  }
  // Of the operating system: a file that could not be used.
  if (code !== undefined && textOf(error, 'syscall') !== undefined) {
    return { code, exit: EXIT.FILE, message, hint: undefined };
  }
  return unexpected(message, error.stack);
}

/** The paragraph on stderr. */
export function explain(failure: Failure): string {
  const { message, hint } = failure;
  const isList = message.includes('\n');
  const sentence = isList || /[.!?]$/.test(message) ? message : `${message}.`;
  const text = hint === undefined ? sentence : `${sentence}${isList ? '\n' : ' '}${hint}`;
  return `headwater: ${text.split('\n').map(plain).join('\n')}`;
}

/** The engine passes a full disk on as words; the Node API keeps the system's error as the cause. */
function isDiskFull(error: Error): boolean {
  const cause = error.cause instanceof Error ? textOf(error.cause, 'code') : undefined;
  return cause === 'ENOSPC' || cause === 'EDQUOT' || /no space left|quota/i.test(error.message);
}

function textOf(error: Error, key: string): string | undefined {
  const value = (error as unknown as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : undefined;
}

function unexpected(message: string, stack: string | undefined): Failure {
  const hint = `This is a bug in Headwater; what was fetched is kept.${stack ? `\n${stack}` : ''}`;
  return { code: 'UNEXPECTED', exit: EXIT.UNEXPECTED, message: `unexpected: ${message}`, hint };
}
