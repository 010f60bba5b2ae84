// The symbol store on disk, while a download runs: `OUT.part/` beside the output, resumed when it exists.
// What is on disk when, and what a crash leaves, is in ARCHITECTURE.md; the order that makes it safe is `commit`.

import { dirname } from 'node:path';
import type { Bitset, Sha256, SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import { contentId, decodeDescriptor, layoutOf, leavesOffset } from '../content/index.ts';
import type { SymbolEntry, WorkingSet } from '../store/index.ts';
import { checkEntry, checkLeavesLength } from '../store/index.ts';
import { sha256 as nodeSha256 } from './sha256.ts';
import { Contents } from './store/contents.ts';
import { DiskError } from './store/disk-error.ts';
import type { Finished, FinishOptions } from './store/finish.ts';
import { checkWholeFile, outputExists, publish } from './store/finish.ts';
import { readLeavesAt } from './store/leaves-file.ts';
import type { Lock } from './store/lock.ts';
import { takeLock } from './store/lock.ts';
import type { PartFiles } from './store/part-directory.ts';
import {
  ensurePartDirectory,
  openPartFiles,
  readPartDescriptor,
  removePartDirectory,
} from './store/part-directory.ts';
import { resume } from './store/resume.ts';
import { readRun } from './store/source-io.ts';
import { StateFile } from './store/state-file.ts';
import type { StoreFs } from './store/store-fs.ts';
import { nodeFs, syncData, syncDirectory, writeAll } from './store/store-fs.ts';
import type { VerifyProgress } from './store/verify-symbols.ts';
import { verifyAllSources } from './store/verify-symbols.ts';

export interface FileStoreOptions {
  /** Hash everything that is on disk again, instead of what lies past the last mark. */
  readonly verify?: boolean;
  /** Start although the output exists, and let `finish` replace it. */
  readonly force?: boolean;
  /** Called while symbols are hashed at open. */
  readonly onProgress?: VerifyProgress;
  readonly sha256?: Sha256;
  /** For tests: the file system calls. */
  readonly fs?: StoreFs;
}

/** The part directory of an output. */
export function partPath(out: string): string {
  return `${out}.part`;
}

/** The descriptor of the download that `out` has a part of; undefined when there is none or it is damaged. */
export async function partDescriptor(out: string): Promise<Descriptor | undefined> {
  const bytes = await readPartDescriptor(partPath(out));
  try {
    return bytes && decodeDescriptor(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Stores the symbols of one content. Callers verify symbols and leaves before they write them. Methods may run side by
 * side; a symbol is in `held` once its write has resolved. Every failure is a DiskError, and claims nothing.
 */
export class FileStore {
  readonly descriptor: Descriptor;
  readonly contentId: Uint8Array;
  readonly layout: Layout;
  /** The output: where the file will be, or is after `finish`. */
  path: string;
  /** Where the source symbols are now, each at its offset in the content. The output itself after `finish`. */
  dataPath: string;
  private readonly fs: StoreFs;
  private readonly sha256: Sha256;
  private readonly force: boolean;
  private readonly part: string;
  private readonly lock: Lock;
  private readonly contents: Contents;
  private readonly state: StateFile;
  private sequence = 0;
  private committing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private phase: 'open' | 'finished' | 'closed' = 'open';

  private constructor(
    out: string,
    descriptor: Descriptor,
    files: PartFiles,
    lock: Lock,
    options: FileStoreOptions,
  ) {
    this.path = out;
    this.part = partPath(out);
    this.dataPath = files.data.path;
    this.descriptor = descriptor;
    this.fs = options.fs ?? nodeFs;
    this.sha256 = options.sha256 ?? nodeSha256;
    this.force = options.force ?? false;
    this.contentId = contentId(descriptor, this.sha256);
    this.layout = layoutOf(descriptor);
    this.lock = lock;
    this.contents = new Contents(files, this.layout);
    this.state = new StateFile(files.state, this.layout, this.contentId);
  }

  /**
   * Opens `OUT.part`, creating it when there is none, and resumes. Rejects with a DiskError: EEXIST, LOCKED,
   * OTHER_CONTENT, NEWER_FORMAT, UNSAFE (disk-error.ts) or what the system says.
   */
  static async open(
    out: string,
    descriptor: Descriptor,
    options: FileStoreOptions = {},
  ): Promise<FileStore> {
    const fs = options.fs ?? nodeFs;
    const part = partPath(out);
    if (options.force !== true && (await outputExists(fs, out, `${part}/data`))) {
      throw new DiskError('EEXIST', out, 'exists already');
    }
    await ensurePartDirectory(fs, part);
    const lock = await takeLock(fs, part);
    try {
      const id = contentId(descriptor, options.sha256 ?? nodeSha256);
      const files = await openPartFiles(fs, part, descriptor, id, layoutOf(descriptor));
      const store = new FileStore(out, descriptor, files, lock, options);
      try {
        await store.resume(options);
      } catch (error) {
        await store.closeFiles();
        throw error;
      }
      return store;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What is stored. Read only for callers. */
  get held(): WorkingSet {
    return this.contents.held;
  }

  /** Blocks whose leaves are stored. Read only for callers. */
  get leavesHeld(): Bitset {
    return this.contents.leavesHeld;
  }

  /** Source symbols held, of layout.sourceSymbolCount. */
  get sourceSymbolsHeld(): number {
    return this.contents.sources.count;
  }

  /** Bytes written since the last commit began. */
  get dirtyBytes(): number {
    return this.contents.dirtyBytes;
  }

  /** Where repair symbols are, at `repairOffset`. Gone after `finish`. */
  get repairPath(): string {
    return this.contents.files.repair.path;
  }

  /** Offset in `repairPath` of a held repair symbol, T bytes; valid until the repair symbols of its block are deleted. */
  repairOffset(id: SymbolId): number {
    return this.contents.repair.offsetOf(id);
  }

  /** True when every source symbol of the block is held. */
  hasBlock(sbn: number): boolean {
    return this.contents.hasBlock(sbn);
  }

  /**
   * Writes verified symbols, T bytes each; those held already are skipped. When it resolves they are in `held` and survive
   * the end of this process; `commit` makes them survive a power failure. After `finish` it does nothing.
   */
  async writeSymbols(entries: readonly SymbolEntry[]): Promise<void> {
    for (const { id, bytes } of entries) checkEntry(this.layout, id, bytes);
    if (this.phase === 'finished') return;
    this.checkOpen();
    await this.contents.write(entries);
  }

  /** Takes over a block whose source symbols somebody else has written to `dataPath` and checked (a decoding worker). */
  async adoptBlock(sbn: number): Promise<void> {
    this.checkOpen();
    const ids: SymbolId[] = [];
    for (let esi = 0; esi < this.layout.sourceSymbols(sbn); esi++) {
      const id = this.layout.id(sbn, esi);
      if (!this.held.has(id)) ids.push(id);
    }
    await this.contents.claimSources(ids);
  }

  /** The T bytes of each symbol, in the order asked for; the last source symbol is zero-padded. All must be held. */
  async readSymbols(ids: readonly SymbolId[]): Promise<Uint8Array[]> {
    for (const id of ids) if (!this.held.has(id)) throw new UsageError(`symbol ${id} is not held`);
    return await this.contents.read(ids);
  }

  /** The K·T bytes of a block whose source symbols are all held; zeros pad the end of the content. */
  async readBlock(sbn: number): Promise<Uint8Array> {
    if (!this.hasBlock(sbn)) throw new UsageError(`block ${sbn} is not complete`);
    const { contents, layout } = this;
    const start = contents.firstIndex(sbn);
    return await readRun(contents.files.data, layout, start, layout.sourceSymbols(sbn));
  }

  /** Writes the verified leaves of a block. */
  async writeLeaves(sbn: number, leaves: Uint8Array): Promise<void> {
    checkLeavesLength(this.layout, sbn, leaves);
    if (this.phase === 'finished') return;
    this.checkOpen();
    if (this.leavesHeld.has(sbn)) return;
    const { files } = this.contents;
    await writeAll(files.leaves, [leaves], leavesOffset(this.layout, sbn));
    await this.contents.noteLeaves(sbn, leaves.length);
  }

  /** The leaves of a block; undefined when they are not stored. Checked again, so never wrong. */
  async readLeaves(sbn: number): Promise<Uint8Array | undefined> {
    if (!this.leavesHeld.has(sbn)) return undefined;
    const { leaves } = this.contents.files;
    return await readLeavesAt(leaves, this.descriptor, this.layout, sbn, this.sha256);
  }

  /** Forgets the repair symbols of a block, once its source symbols are held. Resolves to how many there were. */
  async deleteRepair(sbn: number): Promise<number> {
    this.checkOpen();
    return await this.contents.deleteRepair(sbn);
  }

  /** Forgets every symbol of a block that proved corrupt although each passed its leaf; durable when it resolves. */
  async discardBlock(sbn: number): Promise<void> {
    this.checkOpen();
    this.contents.dropSources(sbn);
    await this.contents.deleteRepair(sbn);
    await this.commit();
  }

  /**
   * Makes what is held now durable: first the data, then the mark that speaks of it. Calls queue up. The first failure of
   * a sync is final: what reached the disk is unknown, so this and every later commit rejects with it.
   */
  commit(): Promise<void> {
    const next = this.committing.then(() => this.commitNow());
    this.committing = next.catch(() => undefined);
    return next;
  }

  /**
   * Checks the whole file against its SHA-256, makes it durable and gives it its name. Rejects with EEXIST when something
   * has that name (unless force), with CorruptError when the bytes are not right; the wrong symbols are then dropped.
   * Afterwards the store serves source symbols from the file, and the leaves.
   */
  async finish(options: FinishOptions = {}): Promise<Finished> {
    this.checkOpen();
    const missing = this.layout.sourceSymbolCount - this.sourceSymbolsHeld;
    if (missing > 0) throw new UsageError(`${missing} source symbols are missing`);
    try {
      await checkWholeFile(this.contents.files.data, this.descriptor, options.sha256);
    } catch (error) {
      await this.dropWrongSymbols();
      throw error;
    }
    for (let sbn = 0; sbn < this.layout.blockCount; sbn++) await this.contents.deleteRepair(sbn);
    await this.commit();
    const out = options.out ?? this.path;
    await publish(this.fs, this.dataPath, out, options.force ?? this.force);
    this.phase = 'finished';
    this.path = out;
    this.dataPath = out;
    // The file is in its place, so what follows cannot fail the download: what it may leave behind claims nothing. The
    // open handles go on serving the file and the leaves after their names in the directory are gone.
    await removePartDirectory(this.fs, this.part, this.lock).catch(() => undefined);
    await syncDirectory(this.fs, dirname(out)).catch(() => undefined);
    return { path: out, sha256: this.descriptor.sha256 };
  }

  /** Commits what is held, unlocks and closes. */
  async close(): Promise<void> {
    if (this.phase === 'closed') return;
    try {
      if (this.phase === 'open' && this.failure === undefined) await this.commit();
    } finally {
      await this.release();
    }
  }

  /** Closes and deletes the part directory; the output of a finished download stays. */
  async discard(): Promise<void> {
    if (this.phase === 'closed') return;
    const wasOpen = this.phase === 'open';
    this.phase = 'closed';
    await this.committing;
    await this.closeFiles();
    // The lock goes with the directory, so that nobody opens a directory that is being deleted.
    if (wasOpen) await removePartDirectory(this.fs, this.part, this.lock);
  }

  private async resume(options: FileStoreOptions): Promise<void> {
    const { descriptor, sha256, state, contents } = this;
    const resumed = await resume(
      { descriptor, sha256, state, contents },
      options.verify ?? false,
      options.onProgress,
    );
    this.sequence = resumed.sequence;
    // Before a slot that was deleted past the mark is used again, the mark must say that it is deleted.
    if (resumed.ahead) {
      contents.dirtyBytes = 1;
      await this.commit();
    }
  }

  private async commitNow(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const { contents } = this;
    if (this.phase !== 'open' || contents.dirtyBytes === 0) return;
    const mark = contents.snapshot(this.sequence + 1);
    const { data, repair, index, leaves } = contents.files;
    contents.dirtyBytes = 0;
    try {
      await Promise.all([data, repair, index, leaves].map((file) => syncData(file)));
      await this.state.write(mark);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
    this.sequence = mark.sequence;
    contents.repair.reclaim(mark.indexMark);
  }

  /** After the whole file proved wrong: hash every symbol and keep the right ones. */
  private async dropWrongSymbols(): Promise<void> {
    const { layout, contents, descriptor, sha256 } = this;
    const leaves = (sbn: number): Promise<Uint8Array | undefined> => this.readLeaves(sbn);
    const file = contents.files.data;
    const good = await verifyAllSources({ file, descriptor, layout, sha256, leaves });
    for (let sbn = 0; sbn < layout.blockCount; sbn++) contents.dropSources(sbn, good);
    await this.commit();
  }

  private checkOpen(): void {
    if (this.phase !== 'open') throw new UsageError(`the store is ${this.phase}`);
  }

  private async release(): Promise<void> {
    this.phase = 'closed';
    try {
      await this.closeFiles();
    } finally {
      await this.lock.release();
    }
  }

  private async closeFiles(): Promise<void> {
    const { data, repair, index, leaves, state } = this.contents.files;
    for (const { handle } of [data, repair, index, leaves, state]) await handle.close();
  }
}
