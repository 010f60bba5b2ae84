// A file that is already there, served as it is: nothing is written. A complete file is believed and each symbol is
// verified when it is first read; of an incomplete one the right symbols are found first.

import type { Sha256, SymbolId } from '../../base/index.ts';
import { Bitset, CorruptError, UsageError } from '../../base/index.ts';
import type { Descriptor, Layout } from '../../content/index.ts';
import { contentId, layoutOf, verifySymbol } from '../../content/index.ts';
import { WorkingSet } from '../../store/index.ts';
import { sha256 as nodeSha256 } from '../sha256.ts';
import { DiskError, onDisk } from './disk-error.ts';
import { readRun, readSource, sourceId, sourceIndex } from './source-io.ts';
import type { OpenFile, StoreFs } from './store-fs.ts';
import { nodeFs, openForReading } from './store-fs.ts';
import type { VerifyProgress } from './verify-symbols.ts';
import { verifySourceSymbols } from './verify-symbols.ts';

/** Where the leaves of a block come from: a LeavesFile, a FileStore. */
export interface LeavesSource {
  /** The checked leaves of a block; undefined when there are none. */
  readLeaves(sbn: number): Promise<Uint8Array | undefined>;
}

export interface SharedFileOptions {
  /** Hash every symbol now, even when the file has the right length. */
  readonly verify?: boolean;
  /** Called while symbols are hashed at open. */
  readonly onProgress?: VerifyProgress;
  readonly sha256?: Sha256;
  readonly fs?: StoreFs;
}

/** Serves the source symbols of a file. */
export class SharedFile {
  readonly descriptor: Descriptor;
  readonly contentId: Uint8Array;
  readonly layout: Layout;
  /** The source symbols that can be read. A symbol that proves wrong when it is read leaves the set. */
  readonly held: WorkingSet;
  readonly path: string;
  private readonly file: OpenFile;
  private readonly leaves: LeavesSource | undefined;
  private readonly sha256: Sha256;
  /** Source symbols that were hashed since the file was opened, by position. */
  private readonly verified: Bitset;
  private latest: { readonly sbn: number; readonly leaves: Uint8Array | undefined } | undefined;

  private constructor(
    file: OpenFile,
    descriptor: Descriptor,
    leaves: LeavesSource | undefined,
    sha256: Sha256,
  ) {
    this.file = file;
    this.path = file.path;
    this.descriptor = descriptor;
    this.contentId = contentId(descriptor, sha256);
    this.layout = layoutOf(descriptor);
    this.held = new WorkingSet(this.layout);
    this.leaves = leaves;
    this.sha256 = sha256;
    this.verified = new Bitset(this.layout.sourceSymbolCount);
  }

  /**
   * Opens a file of this content. One of exactly the right length is taken as complete, unless `verify`; otherwise every
   * symbol is hashed, and without leaves only whole blocks can be recognised. Rejects with DiskError.
   */
  static async open(
    path: string,
    descriptor: Descriptor,
    leaves?: LeavesSource,
    options: SharedFileOptions = {},
  ): Promise<SharedFile> {
    const file = await openForReading(options.fs ?? nodeFs, path);
    try {
      const stats = await onDisk(path, file.handle.stat());
      if (!stats.isFile()) throw new DiskError('UNSAFE', path, 'is not a regular file');
      const shared = new SharedFile(file, descriptor, leaves, options.sha256 ?? nodeSha256);
      if (stats.size === shared.layout.length && options.verify !== true) {
        shared.holdEverything();
      } else {
        await shared.findRightSymbols(stats.size, options.onProgress);
      }
      return shared;
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  /**
   * The T bytes of each source symbol, in the order asked for; all must be held. A symbol with leaves is verified the first
   * time; when the file proves wrong it is no longer held and this rejects with CorruptError.
   */
  async readSymbols(ids: readonly SymbolId[]): Promise<Uint8Array[]> {
    for (const id of ids) if (!this.held.has(id)) throw new UsageError(`symbol ${id} is not held`);
    const symbols = await readSource(this.file, this.layout, ids);
    for (const [i, id] of ids.entries()) {
      const symbol = symbols[i];
      if (symbol !== undefined) await this.verifyOnce(id, symbol);
    }
    return symbols;
  }

  /** The K·T bytes of a block whose source symbols are all held; zeros pad the end of the content. Not verified. */
  async readBlock(sbn: number): Promise<Uint8Array> {
    const count = this.layout.sourceSymbols(sbn);
    if (this.held.countIn(sbn) < count) throw new UsageError(`block ${sbn} is not complete`);
    return await readRun(this.file, this.layout, this.firstIndex(sbn), count);
  }

  /** True when every source symbol of the block is held. */
  hasBlock(sbn: number): boolean {
    return this.held.countIn(sbn) === this.layout.sourceSymbols(sbn);
  }

  /** The checked leaves of a block; undefined when there are none. */
  async readLeaves(sbn: number): Promise<Uint8Array | undefined> {
    return await this.leaves?.readLeaves(sbn);
  }

  /** Closes the file; the leaves are whoever opened them to close. */
  async close(): Promise<void> {
    await this.file.handle.close();
  }

  private holdEverything(): void {
    for (let index = 0; index < this.layout.sourceSymbolCount; index++) {
      this.held.add(sourceId(this.layout, index));
    }
  }

  private async findRightSymbols(size: number, progress?: VerifyProgress): Promise<void> {
    const { layout, verified } = this;
    const candidates = new Bitset(layout.sourceSymbolCount);
    // A symbol that the file ends inside of cannot be right, except the last one, which ends with the content.
    const whole = size >= layout.length ? Infinity : Math.floor(size / layout.symbolBytes);
    candidates.addRange(0, Math.min(layout.sourceSymbolCount, whole));
    await verifySourceSymbols(
      {
        file: this.file,
        descriptor: this.descriptor,
        layout,
        sha256: this.sha256,
        leaves: (sbn) => this.readLeaves(sbn),
      },
      candidates,
      (index) => {
        verified.add(index);
        this.held.add(sourceId(layout, index));
      },
      progress,
    );
  }

  private async verifyOnce(id: SymbolId, symbol: Uint8Array): Promise<void> {
    const index = sourceIndex(this.layout, id);
    if (this.verified.has(index)) return;
    const sbn = this.layout.sbnOf(id);
    // Requests come block by block: the leaves of one block are enough to remember.
    if (this.latest?.sbn !== sbn) this.latest = { sbn, leaves: await this.readLeaves(sbn) };
    const { leaves } = this.latest;
    if (leaves === undefined) return;
    if (!verifySymbol(leaves, this.layout.esiOf(id), symbol, this.sha256)) {
      this.held.delete(id);
      throw new CorruptError(`${this.path} does not have the right bytes for symbol ${id}`);
    }
    this.verified.add(index);
  }

  private firstIndex(sbn: number): number {
    return this.layout.windowStart(sbn) / this.layout.windowRatio;
  }
}
