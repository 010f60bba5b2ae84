// The part directory of a plain file: its bytes at their places, and a mark that says which are there. A mark is written only
// after the data that it speaks of is on the disk.

import { dirname } from 'node:path';
import type { SymbolId } from '../../base/index.ts';
import { Bitset, UsageError } from '../../base/index.ts';
import type { Layout, PlainFile } from '../../content/index.ts';
import { plainId, plainLayout } from '../../content/index.ts';
import type { SymbolEntry } from '../../store/index.ts';
import { sha256 } from '../sha256.ts';
import { DiskError } from './disk-error.ts';
import { outputExists, publish } from './finish.ts';
import type { Lock } from './lock.ts';
import { takeLock } from './lock.ts';
import type { PartFiles } from './part-directory.ts';
import { ensurePartDirectory, openPlainFiles, removePartDirectory } from './part-directory.ts';
import { readSource, writeSource } from './source-io.ts';
import { StateFile } from './state-file.ts';
import type { StoreFs } from './store-fs.ts';
import { nodeFs, syncData, syncDirectory } from './store-fs.ts';

export interface PlainStoreOptions {
  readonly force: boolean;
  readonly fs?: StoreFs;
}

export class PlainStore {
  readonly layout: Layout;
  /** Source symbols held, which are all symbols there are. */
  readonly held: Bitset;
  /** Where the bytes are now. */
  dataPath: string;
  /** Bytes written since the last commit began. */
  dirtyBytes = 0;
  private readonly out: string;
  private readonly part: string;
  private readonly fs: StoreFs;
  private readonly force: boolean;
  private readonly files: Pick<PartFiles, 'data' | 'state'>;
  private readonly state: StateFile;
  private readonly lock: Lock;
  private sequence: number;
  private committing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private phase: 'open' | 'finished' | 'closed' = 'open';

  private constructor(
    out: string,
    layout: Layout,
    files: Pick<PartFiles, 'data' | 'state'>,
    state: StateFile,
    mark: { readonly sequence: number; readonly sources: Bitset },
    lock: Lock,
    options: PlainStoreOptions,
  ) {
    this.out = out;
    this.part = `${out}.part`;
    this.layout = layout;
    this.files = files;
    this.state = state;
    this.held = mark.sources;
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
      const state = new StateFile(files.state, layout, id);
      const { mark } = await state.read();
      return new PlainStore(out, layout, files, state, mark, lock, options);
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

  /** Writes symbols, T bytes each; they are held when it resolves. */
  async writeSymbols(entries: readonly SymbolEntry[]): Promise<void> {
    this.checkOpen();
    await writeSource(
      this.files.data,
      this.layout,
      [...entries].sort((a, b) => a.id - b.id),
    );
    for (const { id } of entries) this.held.add(id);
    this.dirtyBytes += entries.length * this.layout.symbolBytes;
  }

  /** The T bytes of each symbol; all must be held. */
  async readSymbols(ids: readonly SymbolId[]): Promise<Uint8Array[]> {
    return await readSource(this.files.data, this.layout, ids);
  }

  /** Forgets a block; durable when it resolves. */
  async discardBlock(sbn: number): Promise<void> {
    this.checkOpen();
    const { layout, held } = this;
    for (let id = layout.windowStart(sbn); id < layout.windowStart(sbn + 1); id++) held.delete(id);
    this.dirtyBytes += 1;
    await this.commit();
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
      await this.closeFiles();
      await this.lock.release();
    }
  }

  /** Closes and deletes the part directory. */
  async discard(): Promise<void> {
    if (this.phase === 'closed') return;
    const wasOpen = this.phase === 'open';
    this.phase = 'closed';
    await this.committing;
    await this.closeFiles();
    if (wasOpen) await removePartDirectory(this.fs, this.part, this.lock);
  }

  private async commitNow(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.phase !== 'open' || this.dirtyBytes === 0) return;
    const sequence = this.sequence + 1;
    const leaves = new Bitset(this.layout.blockCount);
    const mark = { sequence, indexMark: 0, sources: this.held.clone(), leaves };
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

  private async closeFiles(): Promise<void> {
    for (const { handle } of [this.files.data, this.files.state]) await handle.close();
  }
}
