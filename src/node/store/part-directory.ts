// The directory `OUT.part`: private, created with care, and the files in it. Its format is named in a file of its
// own, written last, so that a half-made directory is made again and a newer one is left alone.

import { readFile } from 'node:fs/promises';
import type { Descriptor, Layout } from '../../content/index.ts';
import { encodeDescriptor, leavesHeader, leavesOffset } from '../../content/index.ts';
import { toHex } from '../../base/index.ts';
import { DiskError, onDisk, systemCode } from './disk-error.ts';
import type { Lock } from './lock.ts';
import { isLockName } from './lock.ts';
import type { OpenFile, StoreFs } from './store-fs.ts';
import { createFile, removeFile, syncDirectory, tryOpen, writeAll } from './store-fs.ts';

const FORMAT_NAME = 'headwater-store';
const FORMAT_VERSION = 1;
const FILES = ['data', 'repair', 'index', 'leaves', 'state', 'descriptor', 'format'] as const;

/** The open files of a part directory. */
export interface PartFiles {
  readonly data: OpenFile;
  readonly repair: OpenFile;
  readonly index: OpenFile;
  readonly leaves: OpenFile;
  readonly state: OpenFile;
  /** A file was gone or had a wrong length: the state does not describe what is here. */
  readonly damaged: boolean;
}

/** Creates the directory, or checks that what is there is a directory of our own. */
export async function ensurePartDirectory(fs: StoreFs, path: string): Promise<void> {
  try {
    await fs.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return await onDisk(path, Promise.reject(error));
  }
  const stats = await onDisk(path, fs.lstat(path));
  if (stats.isSymbolicLink()) throw new DiskError('UNSAFE', path, 'is a symbolic link');
  if (!stats.isDirectory()) throw new DiskError('UNSAFE', path, 'is not a directory');
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) {
    throw new DiskError('UNSAFE', path, `belongs to user ${stats.uid}`);
  }
  if (uid !== undefined && (stats.mode & 0o022) !== 0) {
    throw new DiskError('UNSAFE', path, 'can be written by other users');
  }
}

/** Opens the files of a content, making them when the directory is new. Rejects for another content or format. */
export async function openPartFiles(
  fs: StoreFs,
  path: string,
  descriptor: Descriptor,
  contentId: Uint8Array,
  layout: Layout,
): Promise<PartFiles> {
  if (!(await checkFormat(path, contentId))) {
    await createPartFiles(fs, path, descriptor, contentId, layout);
  }
  const opened: OpenFile[] = [];
  let damaged = false;
  const need = async (name: string, length?: number): Promise<OpenFile> => {
    const file = `${path}/${name}`;
    let open = await tryOpen(fs, file);
    if (open === undefined) {
      damaged = true;
      open = await createFile(fs, file, modeOf(name));
    }
    opened.push(open);
    if (length !== undefined && (await onDisk(file, open.handle.stat())).size !== length) {
      damaged = true;
      await onDisk(file, open.handle.truncate(length));
    }
    return open;
  };
  try {
    return {
      data: await need('data', layout.length),
      repair: await need('repair'),
      index: await need('index'),
      leaves: await need('leaves', leavesOffset(layout, layout.blockCount)),
      state: await need('state'),
      damaged,
    };
  } catch (error) {
    for (const { handle } of opened) await handle.close();
    throw error;
  }
}

/** The open files of a plain file: it has no more than its data. */
export type PlainFiles = Pick<PartFiles, 'data' | 'state'>;

/** Opens the files of a plain file, as `openPartFiles` does those of a described content. */
export async function openPlainFiles(
  fs: StoreFs,
  path: string,
  id: Uint8Array,
  length: number,
): Promise<PlainFiles> {
  if (await checkFormat(path, id)) {
    const files = await tryOpenPlain(fs, path, length);
    if (files !== undefined) return files;
    // What the state would say is not here any more: it begins anew.
    await removeFile(fs, `${path}/format`);
  }
  await clearPartDirectory(fs, path);
  await writeNew(fs, `${path}/data`, [], length);
  await writeNew(fs, `${path}/state`, [], 0);
  await writeFormat(fs, path, id);
  const files = await tryOpenPlain(fs, path, length);
  if (files === undefined) throw new DiskError('EIO', path, 'changed while it was made');
  return files;
}

/** Undefined when a file is gone, or the data has not the right length. */
async function tryOpenPlain(
  fs: StoreFs,
  path: string,
  length: number,
): Promise<PlainFiles | undefined> {
  const data = await tryOpen(fs, `${path}/data`);
  let state: OpenFile | undefined;
  let good = false;
  try {
    state = await tryOpen(fs, `${path}/state`);
    if (data === undefined || state === undefined) return undefined;
    good = (await onDisk(data.path, data.handle.stat())).size === length;
    return good ? { data, state } : undefined;
  } finally {
    if (!good) {
      await data?.handle.close();
      await state?.handle.close();
    }
  }
}

/** Removes the files that this version makes, then the lock, then the directory; `data` may be gone already. */
export async function removePartDirectory(fs: StoreFs, path: string, lock: Lock): Promise<void> {
  // The format goes first: what a crash leaves behind is then an unfinished directory, which claims nothing.
  for (const name of [...FILES].reverse()) await removeFile(fs, `${path}/${name}`);
  await lock.release();
  try {
    await fs.rmdir(path);
  } catch (error) {
    // Somebody put a file there, or wants in right now: it is not ours to delete.
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'ENOENT') {
      await onDisk(path, Promise.reject(error));
    }
  }
}

/** The encoded descriptor that a part directory was made for; undefined when there is none. Untrusted bytes. */
export async function readPartDescriptor(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(`${path}/descriptor`));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    return await onDisk(path, Promise.reject(error));
  }
}

async function createPartFiles(
  fs: StoreFs,
  path: string,
  descriptor: Descriptor,
  contentId: Uint8Array,
  layout: Layout,
): Promise<void> {
  await clearPartDirectory(fs, path);
  await writeNew(fs, `${path}/data`, [], layout.length);
  await writeNew(fs, `${path}/repair`, [], 0);
  await writeNew(fs, `${path}/index`, [], 0);
  const leavesLength = leavesOffset(layout, layout.blockCount);
  await writeNew(fs, `${path}/leaves`, [leavesHeader(contentId)], leavesLength);
  await writeNew(fs, `${path}/state`, [], 0);
  const encoded = encodeDescriptor(descriptor);
  await writeNew(fs, `${path}/descriptor`, [encoded], encoded.length);
  await writeFormat(fs, path, contentId);
}

/** Removes what a half-made part directory holds; rejects when there is anything else in it. */
async function clearPartDirectory(fs: StoreFs, path: string): Promise<void> {
  const known: readonly string[] = FILES;
  for (const name of await onDisk(path, fs.readdir(path))) {
    if (known.includes(name)) await removeFile(fs, `${path}/${name}`);
    else if (!isLockName(name) && name !== 'format.new') {
      throw new DiskError('UNSAFE', path, `holds "${name}", so it is not a part directory`);
    }
  }
}

/** The last file of a part directory: from here on it is whole, and belongs to this content. */
async function writeFormat(fs: StoreFs, path: string, contentId: Uint8Array): Promise<void> {
  await syncDirectory(fs, path);
  await removeFile(fs, `${path}/format.new`);
  const format = Buffer.from(`${FORMAT_NAME} ${FORMAT_VERSION}\n${toHex(contentId)}\n`);
  await writeNew(fs, `${path}/format.new`, [format], format.length);
  await onDisk(path, fs.rename(`${path}/format.new`, `${path}/format`));
  await syncDirectory(fs, path);
}

async function writeNew(
  fs: StoreFs,
  path: string,
  parts: readonly Uint8Array[],
  length: number,
): Promise<void> {
  const file = await createFile(fs, path, modeOf(path));
  try {
    await writeAll(file, parts, 0);
    await onDisk(path, file.handle.truncate(length));
    await onDisk(path, file.handle.sync());
  } finally {
    await file.handle.close();
  }
}

// `data` becomes the output, so it has the mode of an ordinary new file; the directory keeps others out until then.
function modeOf(name: string): number {
  return name.endsWith('data') ? 0o666 : 0o600;
}

/** False when there is no format file; rejects when it names another content or a newer format. */
async function checkFormat(path: string, contentId: Uint8Array): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(`${path}/format`, 'latin1');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    return await onDisk(path, Promise.reject(error));
  }
  const match = /^headwater-store ([0-9]+)\n(?:([0-9a-f]{64})\n)?/.exec(text);
  if (match === null) throw new DiskError('UNSAFE', path, 'is not a part directory');
  if (match[1] !== String(FORMAT_VERSION)) {
    throw new DiskError(
      'NEWER_FORMAT',
      path,
      `has the format ${match[1]}, which is not known here`,
    );
  }
  if (match[2] !== toHex(contentId)) {
    throw new DiskError(
      'OTHER_CONTENT',
      path,
      `holds a part of another content (${match[2] ?? '?'}); remove it or choose another output`,
    );
  }
  return true;
}
