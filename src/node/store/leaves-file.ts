// A leaves file on disk: the one beside a shared file, and the one inside a part directory.

import type { Sha256 } from '../../base/index.ts';
import { CorruptError } from '../../base/index.ts';
import type { Descriptor, Layout } from '../../content/index.ts';
import {
  checkLeaves,
  checkLeavesHeader,
  contentId,
  LEAF_BYTES,
  LEAVES_HEADER_BYTES,
  layoutOf,
  leavesHeader,
  leavesOffset,
} from '../../content/index.ts';
import { checkLeavesLength } from '../../store/index.ts';
import { sha256 as nodeSha256 } from '../sha256.ts';
import { onDisk } from './disk-error.ts';
import type { OpenFile } from './store-fs.ts';
import { nodeFs, openForReading, readUpTo, writeAll } from './store-fs.ts';

/** Reads the leaves of one block from a leaves file; undefined where they are missing or not the right ones. */
export async function readLeavesAt(
  file: OpenFile,
  descriptor: Descriptor,
  layout: Layout,
  sbn: number,
  sha256: Sha256,
): Promise<Uint8Array | undefined> {
  const leaves = new Uint8Array(layout.windowSize(sbn) * LEAF_BYTES);
  const size = await readUpTo(file, leaves, leavesOffset(layout, sbn));
  return size === leaves.length && checkLeaves(descriptor, sbn, leaves, sha256)
    ? leaves
    : undefined;
}

/** A leaves file from anywhere: every block is checked when it is read. */
export class LeavesFile {
  readonly descriptor: Descriptor;
  private readonly file: OpenFile;
  private readonly layout: Layout;
  private readonly sha256: Sha256;

  private constructor(file: OpenFile, descriptor: Descriptor, sha256: Sha256) {
    this.file = file;
    this.descriptor = descriptor;
    this.layout = layoutOf(descriptor);
    this.sha256 = sha256;
  }

  /** Opens `path`. Rejects with DiskError, or CorruptError when it is not the leaves file of this content. */
  static async open(
    path: string,
    descriptor: Descriptor,
    sha256: Sha256 = nodeSha256,
  ): Promise<LeavesFile> {
    const file = await openForReading(nodeFs, path);
    try {
      const header = new Uint8Array(LEAVES_HEADER_BYTES);
      const size = await readUpTo(file, header, 0);
      checkLeavesHeader(header.subarray(0, size), contentId(descriptor, sha256));
    } catch (error) {
      await file.handle.close();
      throw error;
    }
    return new LeavesFile(file, descriptor, sha256);
  }

  /** The leaves of a block, checked against its window root; undefined when the file has none or wrong ones. */
  async readLeaves(sbn: number): Promise<Uint8Array | undefined> {
    return await readLeavesAt(this.file, this.descriptor, this.layout, sbn, this.sha256);
  }

  async close(): Promise<void> {
    await this.file.handle.close();
  }
}

/**
 * Writes a new leaves file with the leaves of all blocks, in order, and syncs it. Replaces an older file only when it is
 * complete. Rejects with CorruptError when leaves are not those of the descriptor.
 */
export async function writeLeavesFile(
  path: string,
  descriptor: Descriptor,
  leavesOf: (sbn: number) => Uint8Array | Promise<Uint8Array>,
  sha256: Sha256 = nodeSha256,
): Promise<void> {
  const layout = layoutOf(descriptor);
  const draft = `${path}.${process.pid}.new`;
  const file: OpenFile = { handle: await onDisk(draft, nodeFs.open(draft, 'wx')), path: draft };
  try {
    await writeAll(file, [leavesHeader(contentId(descriptor, sha256))], 0);
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      const leaves = await leavesOf(sbn);
      checkLeavesLength(layout, sbn, leaves);
      if (!checkLeaves(descriptor, sbn, leaves, sha256)) {
        throw new CorruptError(
          `the leaves of block ${sbn} do not have the descriptor's window root`,
        );
      }
      await writeAll(file, [leaves], leavesOffset(layout, sbn));
    }
    await onDisk(draft, file.handle.sync());
    await onDisk(path, nodeFs.rename(draft, path));
  } catch (error) {
    await nodeFs.unlink(draft);
    throw error;
  } finally {
    await file.handle.close();
  }
}
