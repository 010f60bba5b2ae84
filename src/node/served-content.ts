// Storage that only gives: a file that is complete, or of which some blocks and symbols are known good.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { Bitset, toHex } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import {
  checkLeaves,
  checkLeavesHeader,
  LEAF_BYTES,
  LEAVES_HEADER_BYTES,
  layoutOf,
  leavesOffset,
} from '../content/index.ts';
import { diskFailure } from './errors.ts';
import { ReadAhead, readExactly } from './read-ahead.ts';
import { RepairSource } from './repair-source.ts';
import { sha256 } from './sha256.ts';
import type { Finished, Problem, Storage } from './storage.ts';
import type { Pool } from './work/pool.ts';
import { layoutParameters } from './work/tasks.ts';

/** Leaves kept in memory for links that ask for them one after the other. */
const LEAVES_KEPT = 8;

export interface ServedOptions {
  /** The file. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** 32 bytes. */
  readonly contentId: Uint8Array;
  readonly pool: Pool;
  /** A leaves file; leaves of complete blocks are made anew when it is missing or wrong. */
  readonly leavesPath?: string | undefined;
  /** Symbol ids to serve; all when undefined. Repair symbols only of blocks that are complete in the file. */
  readonly held?: Bitset | undefined;
  /** Blocks that are complete in the file; all when undefined. */
  readonly complete?: Bitset | undefined;
}

export class ServedContent implements Storage {
  readonly layout: Layout;
  readonly held: Bitset;
  readonly leavesHeld: Bitset;
  private readonly options: ServedOptions;
  private readonly file: FileHandle;
  private readonly leavesFile: FileHandle | undefined;
  private readonly sources: ReadAhead;
  private readonly repairs: RepairSource;
  /** Blocks whose leaves in the file were found right. */
  private readonly leavesChecked: Bitset;
  /** Oldest first. */
  private readonly leavesKept = new Map<number, Promise<Uint8Array | undefined>>();

  private constructor(
    options: ServedOptions,
    layout: Layout,
    file: FileHandle,
    leavesFile: FileHandle | undefined,
  ) {
    this.options = options;
    this.layout = layout;
    this.file = file;
    this.leavesFile = leavesFile;
    this.held = options.held ?? allOf(layout.idCount);
    // With a leaves file every block may have its leaves; without one only complete blocks.
    this.leavesHeld =
      leavesFile === undefined && options.complete !== undefined
        ? options.complete
        : allOf(layout.blockCount);
    this.leavesChecked = new Bitset(layout.blockCount);
    this.sources = new ReadAhead(file, layout.length);
    this.repairs = new RepairSource({
      pool: options.pool,
      dataPath: options.path,
      layout,
      cacheKey: toHex(options.contentId),
    });
  }

  static async open(options: ServedOptions): Promise<ServedContent> {
    let file: FileHandle;
    try {
      file = await open(options.path, 'r');
    } catch (error) {
      throw diskFailure(error, 'read', options.path);
    }
    const leavesFile = await openLeaves(options.leavesPath, options.contentId);
    return new ServedContent(options, layoutOf(options.descriptor), file, leavesFile);
  }

  readInto(sbn: number, esis: readonly number[], target: Uint8Array): true | Promise<boolean> {
    const { layout } = this;
    const { symbolBytes } = layout;
    const sourceCount = layout.sourceSymbols(sbn);
    const waiting: Promise<boolean>[] = [];
    for (let i = 0; i < esis.length;) {
      const esi = esis[i] ?? 0;
      let end = i + 1;
      const isSource = esi < sourceCount;
      while (end < esis.length && isRun(esis, i, end, sourceCount, isSource)) end++;
      const part = target.subarray(i * symbolBytes, end * symbolBytes);
      const read = isSource
        ? this.readSources(sbn, esi, part)
        : this.repairs.read(sbn, esis.slice(i, end), part);
      if (read !== true) waiting.push(read);
      i = end;
    }
    if (waiting.length === 0) return true;
    return waiting.length === 1 && waiting[0] !== undefined
      ? waiting[0]
      : Promise.all(waiting).then(() => true);
  }

  leaves(sbn: number): Promise<Uint8Array | undefined> {
    const known = this.leavesKept.get(sbn);
    if (known !== undefined) return known;
    const leaves = this.loadLeaves(sbn);
    this.leavesKept.set(sbn, leaves);
    leaves.catch(() => this.leavesKept.delete(sbn));
    for (const oldest of this.leavesKept.keys()) {
      if (this.leavesKept.size <= LEAVES_KEPT) break;
      this.leavesKept.delete(oldest);
    }
    return leaves;
  }

  async close(): Promise<void> {
    await this.file.close();
    await this.leavesFile?.close();
  }

  // A transfer that does not fetch asks for none of these.
  putLeaves(): Promise<void> {
    return Promise.resolve();
  }
  verify(): boolean {
    return false;
  }
  write(): Promise<void> {
    return Promise.reject(new Error('this content is only served'));
  }
  commit(): Promise<void> {
    return Promise.resolve();
  }
  finishBlock(): Promise<Finished> {
    return Promise.resolve({ outcome: 'ok' });
  }
  discardBlock(): Promise<void> {
    return Promise.resolve();
  }
  finishContent(): Promise<Problem | undefined> {
    return Promise.resolve(undefined);
  }

  /** A run of source symbols from esi on; zeros behind the end of the content. */
  private readSources(sbn: number, esi: number, target: Uint8Array): true | Promise<true> {
    const offset = this.layout.blockOffset(sbn) + esi * this.layout.symbolBytes;
    const left = this.layout.length - offset;
    if (left >= target.length) return this.sources.read(offset, target);
    target.fill(0, left);
    return this.sources.read(offset, target.subarray(0, left));
  }

  private async loadLeaves(sbn: number): Promise<Uint8Array | undefined> {
    const { descriptor, pool, path, complete } = this.options;
    if (this.leavesFile !== undefined) {
      const leaves = new Uint8Array(this.layout.windowSize(sbn) * LEAF_BYTES);
      const read = readExactly(this.leavesFile, leaves, leavesOffset(this.layout, sbn));
      const isThere = await read.then(
        () => true,
        () => false,
      );
      // A wrong leaves file would cost us every link: peers check against the same root.
      if (
        isThere &&
        (this.leavesChecked.has(sbn) || checkLeaves(descriptor, sbn, leaves, sha256))
      ) {
        this.leavesChecked.add(sbn);
        return leaves;
      }
    }
    if (complete !== undefined && !complete.has(sbn)) return undefined;
    const made = await pool.run({
      kind: 'describe-block',
      dataPath: path,
      layout: layoutParameters(this.layout),
      sbn,
    });
    return checkLeaves(descriptor, sbn, made.leaves, sha256) ? made.leaves : undefined;
  }
}

/** True when esis[end] goes on what begins at esis[from]: the next source symbol, or any repair symbol. */
function isRun(
  esis: readonly number[],
  from: number,
  end: number,
  sourceCount: number,
  isSource: boolean,
): boolean {
  const esi = esis[end] ?? 0;
  if (!isSource) return esi >= sourceCount;
  return esi < sourceCount && esi === (esis[from] ?? 0) + end - from;
}

async function openLeaves(
  path: string | undefined,
  contentId: Uint8Array,
): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined;
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    return undefined; // they are made anew, block by block
  }
  try {
    const header = new Uint8Array(LEAVES_HEADER_BYTES);
    await readExactly(file, header, 0);
    checkLeavesHeader(header, contentId);
    return file;
  } catch {
    await file.close();
    return undefined;
  }
}

/** The set 0..length−1. */
export function allOf(length: number): Bitset {
  const all = new Bitset(length);
  all.addRange(0, length);
  return all;
}
