// Where a command writes. Results go to stdout, so that they can be piped; progress and messages go to
// stderr. A reader that closes its end of a pipe (`| head`) is not an error.

import type { Writable } from 'node:stream';
import type { ExitCode } from './exit-codes.ts';

export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** The terminal can show block characters. */
  readonly unicode: boolean;
}

/** What a command is given besides its arguments. It leaves its exit code here. */
export interface Shell {
  readonly terminal: Terminal;
  exit: ExitCode;
}

export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const locale = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    unicode: /utf-?8/i.test(locale) || process.platform === 'darwin',
  };
}

export function print(stream: Writable, line: string): void {
  stream.write(`${line}\n`);
}

/** One event of `--json`: one line, one object. */
export function printJson(stream: Writable, value: object): void {
  stream.write(`${JSON.stringify(value)}\n`);
}
