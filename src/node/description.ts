// A descriptor on disk, and the leaves beside it.

import { readFile, stat } from 'node:fs/promises';
import { CorruptError } from '../base/index.ts';
import type { Descriptor } from '../content/index.ts';
import { contentId, decodeDescriptor, DESCRIPTOR_BYTES_MAX } from '../content/index.ts';
import { diskFailure, HeadwaterError } from './errors.ts';
import { sha256 } from './sha256.ts';

/** What a descriptor's name ends in. */
export const DESCRIPTOR_SUFFIX = '.headwater';
/** What the name of its leaves ends in. */
export const LEAVES_SUFFIX = '.headwater-leaves';

/** A descriptor with its bytes, its id, and where it lies. */
export interface Description {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly contentId: Uint8Array;
  readonly descriptorPath: string;
  /** Where its leaves are, or would be. */
  readonly leavesPath: string;
}

/** Loads a descriptor: `path` is the descriptor itself. Rejects with NOT_FOUND, DISK or BAD_DESCRIPTOR. */
export async function loadDescription(path: string): Promise<Description> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > DESCRIPTOR_BYTES_MAX) {
      throw new HeadwaterError('BAD_DESCRIPTOR', `${path} is too large for a descriptor`);
    }
    bytes = new Uint8Array(await readFile(path));
  } catch (error) {
    throw diskFailure(error, 'read', path);
  }
  const descriptor = parseDescriptor(bytes, path);
  return {
    descriptor,
    bytes,
    contentId: contentId(descriptor, sha256),
    descriptorPath: path,
    leavesPath: leavesPathOf(path),
  };
}

/** NAME.headwater-leaves for NAME.headwater; for another name the suffix is added. */
export function leavesPathOf(descriptorPath: string): string {
  const stem = descriptorPath.endsWith(DESCRIPTOR_SUFFIX)
    ? descriptorPath.slice(0, -DESCRIPTOR_SUFFIX.length)
    : descriptorPath;
  return stem + LEAVES_SUFFIX;
}

/** Decodes a descriptor; throws HeadwaterError BAD_DESCRIPTOR that names `where` it came from. */
export function parseDescriptor(bytes: Uint8Array, where: string): Descriptor {
  try {
    return decodeDescriptor(bytes);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    throw new HeadwaterError(
      'BAD_DESCRIPTOR',
      `${where} is not a usable descriptor: ${error.message.replace(/^descriptor: /, '')}`,
      undefined,
      error,
    );
  }
}
