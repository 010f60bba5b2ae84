// Finds out what there is to share: a complete file, a part of one, or a download under way.

import type { Stats } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Bitset, CorruptError } from '../base/index.ts';
import type { Descriptor } from '../content/index.ts';
import { contentId, encodeDescriptor, layoutOf } from '../content/index.ts';
import type { DescribeProgress } from './describe.ts';
import { describe, fileStats } from './describe.ts';
import type { Description } from './description.ts';
import {
  DESCRIPTOR_SUFFIX,
  leavesPathOf,
  loadDescription,
  parseDescriptor,
} from './description.ts';
import { randomSeed } from './entropy.ts';
import { diskFailure, HeadwaterError, systemCode } from './errors.ts';
import { partDescriptor } from './file-store.ts';
import type { Hold } from './hold.ts';
import { heldBy } from './hold.ts';
import { PartContent } from './part-content.ts';
import { ServedContent } from './served-content.ts';
import { sha256 } from './sha256.ts';
import type { Storage } from './storage.ts';
import { LeavesFile } from './store/leaves-file.ts';
import { SharedFile } from './store/shared-file.ts';
import type { Pool } from './work/pool.ts';

/** Something to share, open. */
export interface Shared {
  readonly descriptor: Descriptor;
  readonly descriptorBytes: Uint8Array;
  readonly contentId: Uint8Array;
  readonly storage: Storage;
  /** What the one who shares should know. */
  readonly warnings: readonly string[];
  /** True when a file that was complete is not any more. Looks into the file only when the system says it was written. */
  readonly hasChanged: () => Promise<boolean>;
}

export interface SharedOptions {
  readonly descriptor?: string | Uint8Array | undefined;
  readonly hold?: Hold | undefined;
  readonly seed?: number | undefined;
  readonly onProgress?: ((progress: DescribeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PART_SUFFIX = '.part';
const NOT_WHOLE = 'Symbols to hold are taken from a complete file.';

/** Opens the part directory of a download that is not running. */
export async function openPart(
  directory: string,
  pool: Pool,
  options: SharedOptions,
): Promise<Shared> {
  if (options.descriptor !== undefined || options.hold !== undefined) {
    const message = `${directory} is a directory: it takes neither a descriptor nor a hold`;
    throw new HeadwaterError('USAGE', message);
  }
  const path = directory.replace(/\/+$/, '');
  const out = path.slice(0, -PART_SUFFIX.length);
  const descriptor = path.endsWith(PART_SUFFIX) ? await partDescriptor(out) : undefined;
  if (descriptor === undefined) {
    throw new HeadwaterError('NOT_FOUND', `${directory} is a directory, and no part of a download`);
  }
  const storage = await PartContent.open({
    out,
    descriptor,
    pool,
    force: true,
    verify: false,
    trustWhole: true,
    onFailure: () => undefined, // nothing is written
  });
  return sharedOf(descriptor, encodeDescriptor(descriptor), storage);
}

/** Opens a file, complete or not. */
export async function openShared(
  file: string,
  pool: Pool,
  options: SharedOptions,
): Promise<Shared> {
  const before = await fileStats(file);
  const description =
    options.descriptor === undefined
      ? await describedAs(file, pool, options)
      : await givenDescription(options.descriptor, file);
  const { descriptor, leavesPath } = description;
  const isWhole =
    options.descriptor === undefined ||
    (before.size === descriptor.length && (await hasRightHash(file, descriptor, pool)));
  const { held, complete, warnings } =
    options.hold !== undefined
      ? { held: holdOf(file, descriptor, isWhole, options.hold, options.seed) }
      : isWhole
        ? {}
        : await findParts(file, descriptor, leavesPath, options);
  const storage = await ServedContent.open({
    path: file,
    descriptor,
    contentId: description.contentId,
    pool,
    leavesPath,
    held,
    complete,
  });
  if (description.isTemporary === true) {
    // Open files stay readable after their names are gone.
    await rm(description.descriptorPath, { force: true });
    await rm(description.leavesPath, { force: true });
  }
  const shared = sharedOf(descriptor, description.bytes, storage, warnings);
  return isWhole
    ? { ...shared, hasChanged: changeDetector(file, before, descriptor, pool) }
    : shared;
}

function sharedOf(
  descriptor: Descriptor,
  bytes: Uint8Array,
  storage: Storage,
  warnings: readonly string[] = [],
): Shared {
  const id = contentId(descriptor, sha256);
  const hasChanged = (): Promise<boolean> => Promise.resolve(false);
  return { descriptor, descriptorBytes: bytes, contentId: id, storage, warnings, hasChanged };
}

/** `before` is what the system said of the complete file. A file that was only touched has not changed. */
function changeDetector(
  file: string,
  before: Stats,
  descriptor: Descriptor,
  pool: Pool,
): () => Promise<boolean> {
  let known = before;
  return async () => {
    const now = await stat(file).catch(() => undefined);
    // Moved away or deleted: the open file goes on to be read.
    if (now === undefined) return false;
    const isSame = (['dev', 'ino', 'size', 'mtimeMs'] as const).every(
      (key) => now[key] === known[key],
    );
    if (isSame) return false;
    known = now;
    return now.size !== descriptor.length || !(await hasRightHash(file, descriptor, pool));
  };
}

type Found = Description & { readonly isTemporary?: boolean };

/** The descriptor beside the file when it is of this very file; else a new one. */
async function describedAs(file: string, pool: Pool, options: SharedOptions): Promise<Found> {
  const beside = file + DESCRIPTOR_SUFFIX;
  const known = await loadDescription(beside).catch(() => undefined);
  const fileStat = await fileStats(file);
  if (known !== undefined && known.descriptor.length === fileStat.size) {
    const made = await stat(beside);
    if (made.mtimeMs >= fileStat.mtimeMs) return known;
    // Older, but perhaps only because it was fetched first. It may be signed: it is not replaced lightly.
    if (await hasRightHash(file, known.descriptor, pool)) return known;
  }
  const { onProgress, signal } = options;
  try {
    return await describe(file, { onProgress, signal });
  } catch (error) {
    const code = error instanceof HeadwaterError ? systemCode(error.cause) : undefined;
    if (!['EACCES', 'EROFS', 'EPERM', 'ENAMETOOLONG'].includes(code ?? '')) throw error;
  }
  // Nothing can be written beside the file: the description lives as long as this share.
  const name = `headwater-${randomBytes(8).toString('hex')}${DESCRIPTOR_SUFFIX}`;
  const made = await describe(file, { onProgress, signal, output: join(tmpdir(), name) });
  return { ...made, isTemporary: true };
}

async function givenDescription(given: string | Uint8Array, file: string): Promise<Found> {
  if (typeof given === 'string') return await loadDescription(given);
  const descriptor = parseDescriptor(given, 'the given descriptor');
  const descriptorPath = file + DESCRIPTOR_SUFFIX;
  return {
    descriptor,
    bytes: given,
    contentId: contentId(descriptor, sha256),
    descriptorPath,
    leavesPath: leavesPathOf(descriptorPath),
  };
}

function holdOf(
  file: string,
  descriptor: Descriptor,
  isWhole: boolean,
  hold: Hold,
  seed: number = randomSeed(),
): Bitset {
  if (!isWhole) {
    throw new HeadwaterError(
      'CORRUPT',
      `${file} is not the whole of ${descriptor.name}`,
      NOT_WHOLE,
    );
  }
  return heldBy(layoutOf(descriptor), hold, seed);
}

async function hasRightHash(file: string, descriptor: Descriptor, pool: Pool): Promise<boolean> {
  const hashKey = `share ${file} ${performance.now()}`;
  const upTo = descriptor.length;
  const task = { kind: 'hash', dataPath: file, hashKey, upTo, final: true } as const;
  const { digest } = await pool.run(task, 0);
  return digest !== undefined && Buffer.compare(digest, descriptor.sha256) === 0;
}

/** The right symbols of a file that is not the content, whole or cut or with holes. */
async function findParts(
  file: string,
  descriptor: Descriptor,
  leavesPath: string,
  options: SharedOptions,
): Promise<{ held: Bitset; complete: Bitset; warnings: readonly string[] }> {
  const layout = layoutOf(descriptor);
  let leaves: LeavesFile | undefined;
  try {
    leaves = await LeavesFile.open(leavesPath, descriptor);
  } catch (error) {
    // Without leaves only whole blocks can be told to be right.
    if (!(error instanceof CorruptError) && systemCode(error) !== 'ENOENT') {
      throw diskFailure(error, 'read', leavesPath);
    }
  }
  try {
    const found = await SharedFile.open(file, descriptor, leaves, {
      verify: true,
      onProgress: (checked, total) =>
        options.onProgress?.({
          bytes: Math.min(layout.length, checked * layout.symbolBytes),
          total: Math.min(layout.length, total * layout.symbolBytes),
        }),
    });
    const held = found.held.bits.clone();
    const complete = new Bitset(layout.blockCount);
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      if (!found.hasBlock(sbn)) continue;
      complete.add(sbn);
      held.addRange(layout.windowStart(sbn), layout.windowStart(sbn + 1));
    }
    await found.close();
    const warnings =
      leaves === undefined
        ? [`no leaves of this content in ${leavesPath}: only whole blocks can be recognised`]
        : [];
    if (held.count === 0 && layout.length > 0) {
      const message = `nothing in ${file} was recognised as a part of ${descriptor.name}`;
      const hint = leaves === undefined ? `There are ${warnings.join('')}.` : undefined;
      throw new HeadwaterError('CORRUPT', message, hint);
    }
    return { held, complete, warnings };
  } catch (error) {
    throw diskFailure(error, 'check', file);
  } finally {
    await leaves?.close();
  }
}
