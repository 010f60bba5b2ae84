// The last step of a download: the complete, checked, durable file gets its final name, and never replaces
// anything unless asked to.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { CorruptError, equalBytes, toHex } from '../../base/index.ts';
import type { Descriptor } from '../../content/index.ts';
import { DiskError, onDisk, systemCode } from './disk-error.ts';
import type { OpenFile, StoreFs } from './store-fs.ts';
import { readAll, removeFile, syncDirectory } from './store-fs.ts';

export interface FinishOptions {
  /** Another output than the one the store was opened with, in the same directory. */
  readonly out?: string;
  /** Replace what has the output's name. Default: what `open` was told. */
  readonly force?: boolean;
  /** The SHA-256 of `dataPath`, when the caller has just read it back. Default: computed here, 1 MiB at a time. */
  readonly sha256?: Uint8Array;
}

export interface Finished {
  readonly path: string;
  /** SHA-256 of the whole file, read back from the disk: 32 bytes. */
  readonly sha256: Uint8Array;
}

const CHUNK_BYTES = 1024 * 1024;

/** Rejects with CorruptError when the SHA-256 of the whole file, given or computed here, is not the descriptor's. */
export async function checkWholeFile(
  file: OpenFile,
  descriptor: Descriptor,
  known?: Uint8Array,
): Promise<void> {
  const found = known ?? (await hashFile(file, descriptor.length));
  if (!equalBytes(found, descriptor.sha256)) {
    throw new CorruptError(
      `${file.path} has the SHA-256 ${toHex(found)}, not ${toHex(descriptor.sha256)}`,
    );
  }
}

async function hashFile(file: OpenFile, length: number): Promise<Uint8Array> {
  const running = createHash('sha256');
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, length));
  for (let at = 0; at < length; at += buffer.length) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, length - at));
    await readAll(file, chunk, at);
    running.update(chunk);
  }
  return running.digest();
}

/** True when something has the output's name, except `data` itself: then a finish was interrupted. */
export async function outputExists(fs: StoreFs, out: string, data: string): Promise<boolean> {
  const there = await inode(fs, out);
  return there !== undefined && there !== (await inode(fs, data));
}

/** Moves the synced `data` to `out`; rejects with EEXIST when something is there, unless force. */
export async function publish(
  fs: StoreFs,
  data: string,
  out: string,
  force: boolean,
): Promise<void> {
  if (force) {
    await onDisk(out, fs.rename(data, out));
  } else {
    await publishNew(fs, data, out);
  }
  await syncDirectory(fs, dirname(out));
}

async function publishNew(fs: StoreFs, data: string, out: string): Promise<void> {
  try {
    // A link, unlike a rename, fails when the name is taken.
    await fs.link(data, out);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      if (await outputExists(fs, out, data)) {
        throw new DiskError('EEXIST', out, 'exists already', error);
      }
    } else if (cannotLink(error)) {
      return await publishByPlaceholder(fs, data, out);
    } else {
      return await onDisk(out, Promise.reject(error));
    }
  }
  await removeFile(fs, data);
}

/** Without hard links: take the name with an empty file that only we can have made, then rename over it. */
async function publishByPlaceholder(fs: StoreFs, data: string, out: string): Promise<void> {
  try {
    await (await fs.open(out, 'wx')).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      throw new DiskError('EEXIST', out, 'exists already', error);
    }
    return await onDisk(out, Promise.reject(error));
  }
  await onDisk(out, fs.rename(data, out));
}

/** True for the errors that mean "no hard links here". */
function cannotLink(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code);
}

async function inode(fs: StoreFs, path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await fs.lstat(path);
    return `${dev}:${ino}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    return await onDisk(path, Promise.reject(error));
  }
}
