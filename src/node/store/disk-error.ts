// The one error class of everything that touches the disk, so that a command can turn it into an exit code.

/**
 * What went wrong, beside the system's codes (ENOSPC, EIO, EACCES, …):
 * `EEXIST` the output exists; `LOCKED` another process works on it; `OTHER_CONTENT` the part directory is of another
 * content; `NEWER_FORMAT` it was written by a newer version; `UNSAFE` it is a symlink or not ours.
 */
export type DiskErrorCode = string;

/** A disk operation failed, or must not be done. Nothing is claimed to be stored that was not. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError';
  readonly code: DiskErrorCode;
  /** The file or directory concerned. */
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reports an input/output error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ELOOP: 'is a symbolic link, which is not followed here',
};

/** Wraps an error of node:fs; passes a DiskError and errors without a system code through unchanged. */
export function diskError(error: unknown, path: string): unknown {
  if (error instanceof DiskError || !(error instanceof Error)) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  return new DiskError(code, path, WORDS[code] ?? error.message, error);
}

/** The code of a system error (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Awaits `work`; a failure comes out as a DiskError about `path`. */
export async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw diskError(error, path);
  }
}
