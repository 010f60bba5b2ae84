// The file system calls that the store makes, as one value, so that a test can make the n-th of them fail; and
// whole reads and writes, because a single call may be short.

import type { FileHandle } from 'node:fs/promises';
import * as promises from 'node:fs/promises';
import { constants } from 'node:fs';
import { DiskError, onDisk, systemCode } from './disk-error.ts';

/** The part of node:fs/promises that the store uses. */
export type StoreFs = Pick<
  typeof promises,
  'open' | 'mkdir' | 'lstat' | 'readdir' | 'link' | 'unlink' | 'rename' | 'rmdir'
>;

/** The platform's file system. */
export const nodeFs: StoreFs = promises;

/** A handle with its path, for error messages. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
}

// Windows has no O_NOFOLLOW; there the private directory alone has to do.
const NO_FOLLOW: number = constants.O_NOFOLLOW ?? 0;

/** Opens an existing file for reading and writing, never through a symlink; undefined when there is none. */
export async function tryOpen(fs: StoreFs, path: string): Promise<OpenFile | undefined> {
  try {
    return { handle: await fs.open(path, constants.O_RDWR | NO_FOLLOW), path };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'ELOOP')
      throw new DiskError('UNSAFE', path, 'is a symbolic link', error);
    return await onDisk(path, Promise.reject(error));
  }
}

/** Creates a file that must not exist. */
export async function createFile(fs: StoreFs, path: string, mode: number): Promise<OpenFile> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
  return { handle: await onDisk(path, fs.open(path, flags, mode)), path };
}

/** Opens a file for reading; a symlink is followed. */
export async function openForReading(fs: StoreFs, path: string): Promise<OpenFile> {
  return { handle: await onDisk(path, fs.open(path, constants.O_RDONLY)), path };
}

/** Most buffers of one writev; the system's limit is 1,024. */
const BUFFERS_MAX = 512;

/** Writes all buffers, one after the other, from `position` on. */
export async function writeAll(
  file: OpenFile,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position;
  for (let first = 0; first < buffers.length; first += BUFFERS_MAX) {
    let rest = buffers.slice(first, first + BUFFERS_MAX);
    while (rest.length > 0) {
      const { bytesWritten } = await onDisk(file.path, file.handle.writev(rest, at));
      if (bytesWritten === 0) throw new DiskError('EIO', file.path, 'a write made no progress');
      at += bytesWritten;
      rest = dropBytes(rest, bytesWritten);
    }
  }
}

/** Fills `target` from `position` on; returns how many bytes there were before the end of the file. */
export async function readUpTo(
  file: OpenFile,
  target: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const left = target.length - done;
    const { bytesRead } = await onDisk(
      file.path,
      file.handle.read(target, done, left, position + done),
    );
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Fills `target` from `position` on; rejects with EIO when the file ends before. */
export async function readAll(file: OpenFile, target: Uint8Array, position: number): Promise<void> {
  if ((await readUpTo(file, target, position)) < target.length) {
    throw new DiskError('EIO', file.path, 'the file is shorter than it should be');
  }
}

/** fdatasync. The data is on the disk, or this rejects and nothing is known: never call it again then. */
export async function syncData(file: OpenFile): Promise<void> {
  await onDisk(file.path, file.handle.datasync());
}

/** Makes the entries of a directory durable. Quietly does nothing where directories cannot be opened (Windows). */
export async function syncDirectory(fs: StoreFs, path: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await fs.open(path, constants.O_RDONLY);
  } catch (error) {
    if (systemCode(error) === 'EISDIR' || systemCode(error) === 'EPERM') return;
    return await onDisk(path, Promise.reject(error));
  }
  try {
    await onDisk(path, handle.sync());
  } catch (error) {
    // Some file systems cannot sync a directory and say so with these two; they order entries themselves.
    if (error instanceof DiskError && (error.code === 'EINVAL' || error.code === 'EPERM')) return;
    throw error;
  } finally {
    await handle.close();
  }
}

/** Removes a file; false when there was none. */
export async function removeFile(fs: StoreFs, path: string): Promise<boolean> {
  try {
    await fs.unlink(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    return await onDisk(path, Promise.reject(error));
  }
}

function dropBytes(buffers: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let first = 0;
  for (let size = buffers[0]?.length; size !== undefined && size <= left;) {
    left -= size;
    size = buffers[++first]?.length;
  }
  const rest = buffers.slice(first);
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left);
  return rest;
}
