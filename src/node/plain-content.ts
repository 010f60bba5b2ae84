// Storage of a plain file under way: no leaves and no code. What can be checked are pieces, when a block is whole or at the end,
// and the file.

import { Bitset, equalBytes, toHex } from '../base/index.ts';
import type { Layout, Pieces, PlainFile } from '../content/index.ts';
import { blockPieces, countedPieces } from '../content/index.ts';
import { diskFailure, humanReason } from './errors.ts';
import { rightPieces } from './piece-check.ts';
import type { Finished, Incoming, Problem, Storage } from './storage.ts';
import { GroupCommit } from './store/group-commit.ts';
import { PlainStore } from './store/plain-store.ts';
import type { StoreFs } from './store/store-fs.ts';
import type { VerifyProgress } from './store/verify-symbols.ts';
import type { Pool } from './work/pool.ts';

/** The worker that keeps the whole-file hash. */
const HASH_WORKER = 0;

export interface PlainContentOptions {
  /** The output. */
  readonly out: string;
  readonly file: PlainFile;
  readonly pool: Pick<Pool, 'run'>;
  readonly force: boolean;
  /** Check again the pieces of what an earlier run left. Default: no. */
  readonly verify?: boolean;
  /** A commit failed between writes. */
  readonly onFailure: (error: unknown) => void;
  /** Called while pieces are checked at open, with symbols. */
  readonly onProgress?: VerifyProgress;
  /** For tests: the file system calls. */
  readonly fs?: StoreFs;
}

export class PlainContent implements Storage {
  readonly layout: Layout;
  readonly held: Bitset;
  readonly leavesHeld: Bitset;
  private digest: Uint8Array | undefined;
  private readonly options: PlainContentOptions;
  private readonly store: PlainStore;
  private readonly commits: GroupCommit;
  /** Pieces that are checked block by block. */
  private readonly pieces: Pieces | undefined;
  private readonly hashName: string;
  /** How often the whole-file hash began anew. */
  private hashRound = 0;
  /** Blocks from the first on that the whole-file hash has been fed, or soon will. */
  private hashedBlocks = 0;
  private finished = false;

  private constructor(options: PlainContentOptions, store: PlainStore) {
    this.options = options;
    this.store = store;
    this.layout = store.layout;
    this.held = store.held.clone();
    this.leavesHeld = new Bitset(store.layout.blockCount);
    this.leavesHeld.addRange(0, store.layout.blockCount);
    this.pieces = blockPieces(options.file, store.layout);
    this.commits = new GroupCommit(store, options.onFailure);
    this.hashName = `plain ${options.out} ${performance.now()}`;
  }

  /**
   * Opens or resumes OUT.part. What the last mark says is believed: it was written after the data. Rejects with HeadwaterError
   * EXISTS, LOCKED or DISK.
   */
  static async open(options: PlainContentOptions): Promise<PlainContent> {
    const { out, file, force, fs } = options;
    try {
      const store = await PlainStore.open(out, file, { force, fs });
      try {
        if (options.verify === true) await dropWrongBlocks(store, options);
        return new PlainContent(options, store);
      } catch (error) {
        await store.close();
        throw error;
      }
    } catch (error) {
      throw diskFailure(error, 'open', out);
    }
  }

  /** SHA-256 of the finished file, 32 bytes; undefined before. */
  get sha256(): Uint8Array | undefined {
    return this.digest;
  }

  async readInto(sbn: number, esis: readonly number[], target: Uint8Array): Promise<boolean> {
    const { layout, store } = this;
    // All or nothing: a block that is checked is whole.
    if (!esis.every((esi) => this.isSymbol(sbn, esi)) || !store.checked.has(sbn)) return false;
    const symbols = await store.readSymbols(esis.map((esi) => layout.id(sbn, esi)));
    symbols.forEach((symbol, i) => target.set(symbol, i * layout.symbolBytes));
    return true;
  }

  leaves(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putLeaves(): Promise<void> {
    return Promise.reject(new Error('a plain file has no leaves'));
  }

  /** Nothing can be checked symbol by symbol. */
  verify(sbn: number, esi: number, bytes: Uint8Array): boolean {
    return this.isSymbol(sbn, esi) && bytes.length === this.layout.symbolBytes;
  }

  async write(symbols: readonly Incoming[]): Promise<void> {
    const { layout } = this;
    await this.store.writeSymbols(
      symbols.map(({ sbn, esi, bytes }) => ({ id: layout.id(sbn, esi), bytes })),
    );
    this.commits.touch();
  }

  async commit(): Promise<void> {
    await this.store.commit();
  }

  /** Checks the pieces of the block. A block that an earlier run found right is not read again. */
  async finishBlock(sbn: number): Promise<Finished> {
    const { store, layout, pieces } = this;
    if (!store.hasBlock(sbn)) {
      const from = layout.windowStart(sbn);
      const there = store.held.countRange(from, layout.windowStart(sbn + 1));
      return { outcome: 'short', missing: layout.sourceSymbols(sbn) - there };
    }
    if (!store.checked.has(sbn)) {
      if (!(await isRight(store, this.options.pool, pieces, sbn))) return { outcome: 'corrupt' };
      store.noteChecked(sbn);
      this.commits.touch();
    }
    this.hashOn();
    return { outcome: 'ok' };
  }

  async discardBlock(sbn: number): Promise<void> {
    // The running hash cannot take bytes back.
    if (sbn < this.hashedBlocks) await this.forgetHash();
    await this.store.discardBlock(sbn);
  }

  /**
   * A file with the wrong SHA-256 is dropped as a whole, unless hashes of pieces that are only looked at now tell where it is
   * wrong: then the next run fetches these parts again.
   */
  async finishContent(): Promise<Problem | undefined> {
    const { file } = this.options;
    const { store } = this;
    await this.commits.stop();
    try {
      const digest = await this.hash(this.layout.length, true);
      this.hashedBlocks = 0; // the worker has let go of it
      if (digest === undefined) throw new Error('the file could not be hashed');
      const isKnown = file.sha256 !== undefined && equalBytes(digest, file.sha256);
      const wrong = isKnown ? 0 : await this.dropWrongPieces();
      if (wrong > 0) {
        const text = `${wrong} of the pieces of ${file.name} do not match their hashes`;
        return { code: 'CORRUPT', message: `${text}; the wrong parts were dropped` };
      }
      if (file.sha256 !== undefined && !isKnown) {
        await store.discard();
        const text = `${file.name} has the SHA-256 ${toHex(digest)}, not ${toHex(file.sha256)}`;
        return { code: 'CORRUPT', message: `${text}; it was dropped` };
      }
      await store.finish();
      this.digest = digest;
      this.finished = true;
      return undefined;
    } catch (error) {
      return { code: 'DISK', message: humanReason(error) };
    }
  }

  async close(): Promise<void> {
    await this.commits.stop();
    if (this.hashedBlocks > 0) await this.forgetHash();
    // Nothing came: there is nothing to go on with, and no folder to wonder about.
    if (this.store.held.count === 0 && !this.finished) await this.store.discard();
    else await this.store.close();
  }

  private isSymbol(sbn: number, esi: number): boolean {
    const { layout } = this;
    return sbn >= 0 && sbn < layout.blockCount && esi >= 0 && esi < layout.sourceSymbols(sbn);
  }

  /** Feeds the whole-file hash with the blocks that are right in order, while others still come in. */
  private hashOn(): void {
    const before = this.hashedBlocks;
    const { blockCount } = this.layout;
    // The last block is left to the end, which asks for the digest at once.
    while (this.hashedBlocks < blockCount - 1 && this.store.checked.has(this.hashedBlocks)) {
      this.hashedBlocks++;
    }
    if (this.hashedBlocks === before) return;
    // A failure shows again when the digest is asked for.
    this.hash(this.layout.blockOffset(this.hashedBlocks), false).catch(() => undefined);
  }

  private async hash(upTo: number, final: boolean): Promise<Uint8Array | undefined> {
    const { dataPath } = this.store;
    const hashKey = `${this.hashName} ${this.hashRound}`;
    const task = { kind: 'hash', dataPath, hashKey, upTo, final } as const;
    return (await this.options.pool.run(task, HASH_WORKER)).digest;
  }

  private async forgetHash(): Promise<void> {
    const hashKey = `${this.hashName} ${this.hashRound++}`;
    this.hashedBlocks = 0;
    const task = { kind: 'forget-hash', hashKey } as const;
    await this.options.pool.run(task, HASH_WORKER).catch(() => undefined);
  }

  /** Checks the pieces that do not fit into blocks, forgets the blocks of the wrong ones, and says how many there are. */
  private async dropWrongPieces(): Promise<number> {
    const { layout, store, options } = this;
    const pieces = this.pieces === undefined ? countedPieces(options.file) : undefined;
    if (pieces === undefined) return 0;
    const right = await rightPieces(options.pool, store.dataPath, pieces, 0, layout.length);
    const wrongBlocks = new Set<number>();
    let wrong = 0;
    for (const [i, isRightPiece] of right.entries()) {
      if (isRightPiece) continue;
      wrong++;
      const end = Math.min(layout.length, (i + 1) * pieces.length) - 1;
      const last = blockAt(layout, end);
      for (let sbn = blockAt(layout, i * pieces.length); sbn <= last; sbn++) wrongBlocks.add(sbn);
    }
    for (const sbn of wrongBlocks) store.forgetBlock(sbn);
    await store.commit();
    return wrong;
  }
}

function blockAt(layout: Layout, offset: number): number {
  return layout.sbnOf(Math.floor(offset / layout.symbolBytes));
}

/** True unless a piece of the block has a hash and does not match it. */
async function isRight(
  store: PlainStore,
  pool: Pick<Pool, 'run'>,
  pieces: Pieces | undefined,
  sbn: number,
): Promise<boolean> {
  if (pieces === undefined) return true;
  const from = store.layout.blockOffset(sbn);
  const to = from + store.layout.blockBytes(sbn);
  return (await rightPieces(pool, store.dataPath, pieces, from, to)).every((right) => right);
}

async function dropWrongBlocks(store: PlainStore, options: PlainContentOptions): Promise<void> {
  const { layout } = store;
  const pieces = blockPieces(options.file, layout);
  if (pieces === undefined) return;
  let looked = 0;
  const total = store.held.count;
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    if (!store.hasBlock(sbn)) continue;
    if (await isRight(store, options.pool, pieces, sbn)) store.noteChecked(sbn);
    else store.forgetBlock(sbn);
    looked += layout.sourceSymbols(sbn);
    options.onProgress?.(looked, total);
  }
  await store.commit();
}
