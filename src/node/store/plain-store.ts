// The part directory of a plain file: its bytes at their places, and a mark that says which are there. A mark is written only
// after the data that it speaks of is on the disk.

import { dirname } from 'node:path';
import type { Bitset, SymbolId } from '../../base/index.ts';
import { UsageError } from '../../base/index.ts';
import type { Layout, PlainFile } from '../../content/index.ts';
import { plainId, plainLayout } from '../../content/index.ts';
import type { SymbolEntry } from '../../store/index.ts';
import { checkEntry } from '../../store/index.ts';
import { sha256 } from '../sha256.ts';
import { DiskError } from './disk-error.ts';
import { outputExists, publish } from './finish.ts';
import type { Lock } from './lock.ts';
import { takeLock } from './lock.ts';
import type { PlainFiles } from './part-directory.ts';
import { ensurePartDirectory, openPlainFiles, removePartDirectory } from './part-directory.ts';
import { readSource, writeSource } from './source-io.ts';
import type { Mark } from './state-file.ts';
import { StateFile } from './state-file.ts';
import type { StoreFs } from './store-fs.ts';
import { nodeFs, syncData, syncDirectory } from './store-fs.ts';

export interface PlainStoreOptions {
  /** Start although the output exists, and let `finish` replace it. */
  readonly force: boolean;
  /** For tests: the file system calls. */
  readonly fs?: StoreFs | undefined;
}

/**
 * Stores the symbols of a plain file. Methods may run side by side; a symbol is in `held` once its write has resolved. Every
 * failure is a DiskError, and claims nothing.
 */
export class PlainStore {
  readonly layout: Layout;
  /** Source symbols held, which are all symbols there are. Read only for callers. */
  readonly held: Bitset;
  /** Whole blocks that were found right, in this run or before: where the state of a described content has its leaves. */
  readonly checked: Bitset;
  /** Where the bytes are now. */
  dataPath: string;
  /** Bytes written since the last commit began. */
  dirtyBytes = 0;
  private readonly out: string;
  private readonly part: string;
  private readonly fs: StoreFs;
  private readonly force: boolean;
  private readonly files: PlainFiles;
  private readonly state: StateFile;
  private readonly lock: Lock;
  private sequence: number;
  private committing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private phase: 'open' | 'finished' | 'closed' = 'open';

  private constructor(
    out: string,
    layout: Layout,
    files: PlainFiles,
    state: StateFile,
    mark: Mark,
    lock: Lock,
    options: PlainStoreOptions,
  ) {
    this.out = out;
    this.part = `${out}.part`;
    this.layout = layout;
    this.files = files;
    this.state = state;
    this.held = mark.sources;
    this.checked = mark.leaves;
    this.sequence = mark.sequence;
    this.lock = lock;
    this.fs = options.fs ?? nodeFs;
    this.force = options.force;
    this.dataPath = files.data.path;
  }

  /** Opens `OUT.part`, or makes it, and resumes. Rejects with a DiskError, as FileStore.open does. */
  static async open(out: string, file: PlainFile, options: PlainStoreOptions): Promise<PlainStore> {
    const fs = options.fs ?? nodeFs;
    const part = `${out}.part`;
    if (!options.force && (await outputExists(fs, out, `${part}/data`))) {
      throw new DiskError('EEXIST', out, 'exists already');
    }
    await ensurePartDirectory(fs, part);
    const lock = await takeLock(fs, part);
    try {
      const layout = plainLayout(file);
      const id = plainId(file, sha256);
      const files = await openPlainFiles(fs, part, id, layout.length);
      try {
        const state = new StateFile(files.state, layout, id);
        const { mark } = await state.read();
        return new PlainStore(out, layout, files, state, mark, lock, options);
      } catch (error) {
        await closeFiles(files);
        throw error;
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** True when every symbol of the block is held. */
  hasBlock(sbn: number): boolean {
    const { layout, held } = this;
    const start = layout.windowStart(sbn);
    return held.countRange(start, layout.windowStart(sbn + 1)) === layout.sourceSymbols(sbn);
  }

  /**
   * Writes symbols, T bytes each; those held already are skipped. When it resolves they are in `held`; `commit` makes them
   * survive a power failure. After `finish` it does nothing.
   */
  async writeSymbols(entries: readonly SymbolEntry[]): Promise<void> {
    for (const { id, bytes } of entries) checkEntry(this.layout, id, bytes);
    if (this.phase === 'finished') return;
    this.checkOpen();
    const fresh = entries.filter(({ id }) => !this.held.has(id)).sort((a, b) => a.id - b.id);
    const once = fresh.filter(({ id }, i) => id !== fresh[i - 1]?.id);
    await writeSource(this.files.data, this.layout, once);
    for (const { id } of once) this.held.add(id);
    this.dirtyBytes += once.length * this.layout.symbolBytes;
  }

  /** Notes that a whole block is right. */
  noteChecked(sbn: number): void {
    if (!this.hasBlock(sbn)) throw new UsageError(`block ${sbn} is not complete`);
    this.checked.add(sbn);
    this.dirtyBytes += 1;
  }

  /** The T bytes of each symbol, in the order asked for, with zeros behind the end of the file; all must be held. */
  async readSymbols(ids: readonly SymbolId[]): Promise<Uint8Array[]> {
    for (const id of ids) if (!this.held.has(id)) throw new UsageError(`symbol ${id} is not held`);
    return await readSource(this.files.data, this.layout, ids);
  }

  /** Forgets a block; durable when it resolves. */
  async discardBlock(sbn: number): Promise<void> {
    this.forgetBlock(sbn);
    await this.commit();
  }

  /** Forgets a block; durable with the next commit. */
  forgetBlock(sbn: number): void {
    this.checkOpen();
    const { layout, held } = this;
    this.checked.delete(sbn);
    for (let id = layout.windowStart(sbn); id < layout.windowStart(sbn + 1); id++) held.delete(id);
    this.dirtyBytes += 1;
  }

  /** Makes what is held now durable: first the data, then the mark. The first failure is final. */
  commit(): Promise<void> {
    const next = this.committing.then(() => this.commitNow());
    this.committing = next.catch(() => undefined);
    return next;
  }

  /** Makes the file durable and gives it its name. Rejects with EEXIST when something has it, unless force. */
  async finish(): Promise<string> {
    this.checkOpen();
    const missing = this.layout.sourceSymbolCount - this.held.count;
    if (missing > 0) throw new UsageError(`${missing} symbols are missing`);
    await this.commit();
    await publish(this.fs, this.dataPath, this.out, this.force);
    this.phase = 'finished';
    this.dataPath = this.out;
    // The file is in its place: what follows cannot fail the download, and what it may leave claims nothing.
    await removePartDirectory(this.fs, this.part, this.lock).catch(() => undefined);
    await syncDirectory(this.fs, dirname(this.out)).catch(() => undefined);
    return this.out;
  }

  /** Commits what is held, unlocks and closes. */
  async close(): Promise<void> {
    if (this.phase === 'closed') return;
    try {
      if (this.phase === 'open' && this.failure === undefined) await this.commit();
    } finally {
      this.phase = 'closed';
      try {
        await closeFiles(this.files);
      } finally {
        await this.lock.release();
      }
    }
  }

  /** Forgets everything, closes and deletes the part directory; the output of a finished download stays. */
  async discard(): Promise<void> {
    if (this.phase === 'closed') return;
    const wasOpen = this.phase === 'open';
    this.phase = 'closed';
    await this.committing;
    await closeFiles(this.files);
    if (!wasOpen) return;
    this.held.clear();
    this.checked.clear();
    // The lock goes with the directory, so that nobody opens a directory that is being deleted.
    await removePartDirectory(this.fs, this.part, this.lock);
  }

  private async commitNow(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.phase !== 'open' || this.dirtyBytes === 0) return;
    const sequence = this.sequence + 1;
    const sources = this.held.clone();
    const mark: Mark = { sequence, indexMark: 0, sources, leaves: this.checked.clone() };
    this.dirtyBytes = 0;
    try {
      await syncData(this.files.data);
      await this.state.write(mark);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
    this.sequence = sequence;
  }

  private checkOpen(): void {
    if (this.phase !== 'open') throw new UsageError(`the store is ${this.phase}`);
  }
}

async function closeFiles({ data, state }: PlainFiles): Promise<void> {
  for (const { handle } of [data, state]) await handle.close();
}
