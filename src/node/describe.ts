// Describes a file: NAME.headwater and NAME.headwater-leaves beside it. The blocks are hashed and encoded by
// the workers, side by side; the whole-file hash runs along.

import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Descriptor, LayoutParameters, Mirror, Signature } from '../content/index.ts';
import {
  checkName,
  chooseParameters,
  contentId,
  encodeDescriptor,
  HASH_BYTES,
  Layout,
  leavesHeader,
  leavesOffset,
} from '../content/index.ts';
import { UsageError } from '../base/index.ts';
import type { Description } from './description.ts';
import { DESCRIPTOR_SUFFIX, leavesPathOf } from './description.ts';
import { diskFailure, HeadwaterError } from './errors.ts';
import { sha256 } from './sha256.ts';
import type { WarningEvent } from './warnings.ts';
import { kernelWarning } from './warnings.ts';
import { Pool } from './work/pool.ts';

export interface DescribeProgress {
  /** Bytes of the file that are described. */
  readonly bytes: number;
  readonly total: number;
}

export interface DescribeOptions {
  /** T, bytes; default 16 KiB, less for a file under 2 MiB. */
  readonly symbolBytes?: number | undefined;
  /** Wanted size of a block, bytes; default 16 MiB. */
  readonly blockBytes?: number | undefined;
  /** ρ; default 2. */
  readonly windowRatio?: number | undefined;
  /** Name of the content; default: that of the file. */
  readonly name?: string | undefined;
  /** Where to write the descriptor; the leaves go beside it. Default: FILE.headwater. */
  readonly output?: string | undefined;
  readonly mirrors?: readonly Mirror[] | undefined;
  /** Signs the content id. */
  readonly sign?: ((contentId: Uint8Array) => Signature) | undefined;
  readonly onProgress?: ((progress: DescribeProgress) => void) | undefined;
  /** Called at most once, before the first onProgress. */
  readonly onWarning?: ((warning: WarningEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Describes `file` and writes descriptor and leaves, both under their final names only when they are whole.
 * Rejects with HeadwaterError: NOT_FOUND, CHANGED when the file changes meanwhile, USAGE for a name or
 * parameter that is not allowed, DISK, ABORTED.
 */
export async function describe(file: string, options: DescribeOptions = {}): Promise<Description> {
  const before = await fileStats(file);
  const { parameters, name } = checkOptions(file, before.size, options);
  const layout = new Layout(parameters);
  const descriptorPath = options.output ?? file + DESCRIPTOR_SUFFIX;
  const leavesPath = leavesPathOf(descriptorPath);
  const pool = Pool.shared();
  const draft = `${leavesPath}.part-${process.pid}`;
  let leavesFile: FileHandle | undefined;
  try {
    await mkdir(dirname(descriptorPath), { recursive: true });
    leavesFile = await open(draft, 'w');
    const warning = options.onWarning === undefined ? undefined : await kernelWarning(pool);
    if (warning !== undefined) options.onWarning?.(warning);
    const roots = await describeBlocks({ file, layout, parameters, pool, leavesFile, options });
    const after = await fileStats(file);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new HeadwaterError(
        'CHANGED',
        `${file} changed while it was described`,
        'Describe it again when nothing writes to it any more.',
      );
    }
    const unsigned: Descriptor = {
      ...parameters,
      name,
      ...roots,
      mirrors: options.mirrors ?? [],
    };
    const id = contentId(unsigned, sha256);
    const signature = options.sign?.(id);
    const descriptor = signature === undefined ? unsigned : { ...unsigned, signature };
    await writeFully(leavesFile, leavesHeader(id), 0);
    await leavesFile.close();
    leavesFile = undefined;
    const bytes = encodeDescriptor(descriptor);
    await rename(draft, leavesPath);
    await writeWhole(descriptorPath, bytes);
    return { descriptor, bytes, contentId: id, descriptorPath, leavesPath };
  } catch (error) {
    await leavesFile?.close().catch(() => undefined);
    await rm(draft, { force: true }).catch(() => undefined);
    throw error instanceof UsageError
      ? new HeadwaterError('USAGE', error.message, undefined, error)
      : diskFailure(error, 'describe', file);
  } finally {
    await pool.release();
  }
}

interface Work {
  readonly file: string;
  readonly layout: Layout;
  readonly parameters: LayoutParameters;
  readonly pool: Pool;
  readonly leavesFile: FileHandle;
  readonly options: DescribeOptions;
}

type Roots = Pick<Descriptor, 'sourceRoots' | 'windowRoots' | 'sha256'>;

async function describeBlocks(work: Work): Promise<Roots> {
  const { file, layout, parameters, pool, leavesFile, options } = work;
  const sourceRoots = new Uint8Array(HASH_BYTES * layout.blockCount);
  const windowRoots = new Uint8Array(HASH_BYTES * layout.blockCount);
  let next = 0;
  let bytes = 0;
  let failed = false;
  const check = (): void => {
    if (options.signal?.aborted === true) {
      throw new HeadwaterError('ABORTED', `describing ${file} was stopped`);
    }
  };
  const lane = async (): Promise<void> => {
    while (next < layout.blockCount && !failed) {
      check();
      const sbn = next++;
      const task = { kind: 'describe-block', dataPath: file, layout: parameters, sbn } as const;
      const block = await pool.run(task);
      sourceRoots.set(block.sourceRoot, sbn * HASH_BYTES);
      windowRoots.set(block.windowRoot, sbn * HASH_BYTES);
      await writeFully(leavesFile, block.leaves, leavesOffset(layout, sbn));
      bytes += layout.blockBytes(sbn);
      options.onProgress?.({ bytes, total: layout.length });
    }
  };
  const hashKey = `describe ${file} ${performance.now()}`;
  const hashLane = async (): Promise<Uint8Array> => {
    for (let sbn = 0; sbn < layout.blockCount && !failed; sbn++) {
      check();
      const upTo = layout.blockOffset(sbn) + layout.blockBytes(sbn);
      await pool.run({ kind: 'hash', dataPath: file, hashKey, upTo, final: false }, 0);
    }
    const last = {
      kind: 'hash',
      dataPath: file,
      hashKey,
      upTo: layout.length,
      final: true,
    } as const;
    return (await pool.run(last, 0)).digest ?? new Uint8Array(0);
  };
  const lanes = Array.from({ length: pool.size }, lane);
  const all = [hashLane(), ...lanes.map((l) => l.then(() => undefined))] as const;
  try {
    const [digest] = await Promise.all(all);
    return { sourceRoots, windowRoots, sha256: digest ?? new Uint8Array(0) };
  } finally {
    failed = true;
    // Wait for the lanes that still run: they use the leaves file.
    await Promise.allSettled(all);
  }
}

function checkOptions(
  file: string,
  size: number,
  options: DescribeOptions,
): { parameters: LayoutParameters; name: string } {
  try {
    const name = (options.name ?? basename(file)).normalize('NFC');
    checkName(name);
    const { symbolBytes, blockBytes, windowRatio } = options;
    const parameters = chooseParameters(size, {
      ...(symbolBytes === undefined ? {} : { symbolBytes }),
      ...(blockBytes === undefined ? {} : { blockBytes }),
      ...(windowRatio === undefined ? {} : { windowRatio }),
    });
    return { parameters, name };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new HeadwaterError(
      'USAGE',
      `cannot describe ${file}: ${error.message}`,
      undefined,
      error,
    );
  }
}

/** What `stat` says of a regular file. */
export async function fileStats(file: string): Promise<Stats> {
  let found: Stats;
  try {
    found = await stat(file);
  } catch (error) {
    throw diskFailure(error, 'read', file);
  }
  if (!found.isFile()) throw new HeadwaterError('NOT_FOUND', `${file} is not a regular file`);
  return found;
}

async function writeFully(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/** Writes a small file so that its name never shows half of it. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.part-${process.pid}`);
  const file = await open(draft, 'w');
  try {
    await writeFully(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
