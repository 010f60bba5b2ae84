// Storage of a plain file under way: no leaves and no code; what can be checked are pieces, when a block is whole, and the file.

import type { Bitset } from '../base/index.ts';
import { Bitset as Bits, equalBytes, toHex } from '../base/index.ts';
import type { Layout, Pieces, PlainFile } from '../content/index.ts';
import { hasWholePieces } from '../content/index.ts';
import { diskFailure, humanReason } from './errors.ts';
import type { Finished, Incoming, Problem, Storage } from './storage.ts';
import { GroupCommit } from './store/group-commit.ts';
import { PlainStore } from './store/plain-store.ts';
import type { Pool } from './work/pool.ts';

/** The worker that keeps the whole-file hash, and the one that checks pieces. */
const HASH_WORKER = 0;
const PIECES_WORKER = 1;

export interface PlainOptions {
  /** The output. */
  readonly out: string;
  readonly file: PlainFile;
  readonly pool: Pool;
  readonly force: boolean;
  /** Check again the pieces of what an earlier run left. */
  readonly verify: boolean;
  /** A commit failed between writes. */
  readonly onFailure: (error: unknown) => void;
}

export class PlainContent implements Storage {
  readonly layout: Layout;
  readonly held: Bitset;
  readonly leavesHeld: Bitset;
  /** Of the finished file. */
  sha256: Uint8Array | undefined;
  private readonly o: PlainOptions;
  private readonly store: PlainStore;
  private readonly commits: GroupCommit;
  private readonly hashKey: string;
  /** Blocks that are whole, and checked if they can be. */
  private readonly whole: Bitset;
  /** Blocks from the first on that the whole-file hash has been fed, or soon will. */
  private hashedBlocks = 0;
  private finished = false;

  private constructor(options: PlainOptions, store: PlainStore) {
    this.o = options;
    this.store = store;
    this.layout = store.layout;
    this.held = store.held.clone();
    const { blockCount } = store.layout;
    this.leavesHeld = new Bits(blockCount);
    this.leavesHeld.addRange(0, blockCount);
    this.whole = new Bits(blockCount);
    this.commits = new GroupCommit(store, options.onFailure);
    this.hashKey = `plain ${options.out} ${performance.now()}`;
  }

  /** Opens or resumes OUT.part. Rejects with HeadwaterError EXISTS, LOCKED or DISK. */
  static async open(options: PlainOptions): Promise<PlainContent> {
    const { out, file, force } = options;
    try {
      const store = await PlainStore.open(out, file, { force });
      try {
        if (options.verify) await dropWrongBlocks(store, options);
        return new PlainContent(options, store);
      } catch (error) {
        await store.close();
        throw error;
      }
    } catch (error) {
      throw diskFailure(error, 'open', out);
    }
  }

  async readInto(sbn: number, esis: readonly number[], target: Uint8Array): Promise<boolean> {
    const { symbolBytes } = this.layout;
    const ids = esis.map((esi) => this.layout.id(sbn, esi));
    if (!ids.every((id) => this.store.held.has(id))) return false;
    const symbols = await this.store.readSymbols(ids);
    symbols.forEach((symbol, i) => target.set(symbol, i * symbolBytes));
    return true;
  }

  leaves(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putLeaves(): Promise<void> {
    return Promise.reject(new Error('a plain file has no leaves'));
  }

  /** Nothing can be checked symbol by symbol. */
  verify(): boolean {
    return true;
  }

  async write(symbols: readonly Incoming[]): Promise<void> {
    await this.store.writeSymbols(
      symbols.map(({ sbn, esi, bytes }) => ({ id: this.layout.id(sbn, esi), bytes })),
    );
    this.commits.touch();
  }

  async commit(): Promise<void> {
    await this.store.commit();
  }

  async finishBlock(sbn: number): Promise<Finished> {
    if (!(await isRight(this.store, this.o, sbn))) return { outcome: 'corrupt' };
    this.whole.add(sbn);
    this.hashOn();
    return { outcome: 'ok' };
  }

  async discardBlock(sbn: number): Promise<void> {
    await this.store.discardBlock(sbn);
  }

  async finishContent(): Promise<Problem | undefined> {
    const { file } = this.o;
    await this.commits.stop();
    try {
      const digest = await this.hash(this.layout.length, true);
      if (digest === undefined) throw new Error('the file could not be hashed');
      if (file.sha256 !== undefined && !equalBytes(digest, file.sha256)) {
        await this.store.discard();
        const found = toHex(digest);
        const message = `${file.name} has the SHA-256 ${found}, not ${toHex(file.sha256)}; it was dropped`;
        return { code: 'CORRUPT', message };
      }
      await this.store.finish();
      this.sha256 = digest;
      this.finished = true;
      return undefined;
    } catch (error) {
      return { code: 'DISK', message: humanReason(error) };
    }
  }

  async close(): Promise<void> {
    await this.commits.stop();
    const forget = { kind: 'forget-hash', hashKey: this.hashKey } as const;
    if (this.hashedBlocks > 0) await this.o.pool.run(forget, HASH_WORKER).catch(() => undefined);
    // Nothing came: there is nothing to go on with, and no folder to wonder about.
    if (this.store.held.count === 0 && !this.finished) await this.store.discard();
    else await this.store.close();
  }

  /** Feeds the whole-file hash with the blocks that are whole in order, while others still come in. */
  private hashOn(): void {
    const before = this.hashedBlocks;
    while (this.whole.has(this.hashedBlocks)) this.hashedBlocks++;
    if (this.hashedBlocks === before || this.hashedBlocks === this.layout.blockCount) return;
    // A failure shows again when the digest is asked for.
    this.hash(this.layout.blockOffset(this.hashedBlocks), false).catch(() => undefined);
  }

  private async hash(upTo: number, final: boolean): Promise<Uint8Array | undefined> {
    const { dataPath } = this.store;
    const task = { kind: 'hash', dataPath, hashKey: this.hashKey, upTo, final } as const;
    return (await this.o.pool.run(task, HASH_WORKER)).digest;
  }
}

/** True unless a piece of the block has a hash and does not match it. */
async function isRight(store: PlainStore, options: PlainOptions, sbn: number): Promise<boolean> {
  const { layout, dataPath } = store;
  const { pieces } = options.file;
  if (pieces === undefined || !hasWholePieces(layout, pieces)) return true;
  const from = layout.blockOffset(sbn);
  const to = from + layout.blockBytes(sbn);
  const { type, length: pieceBytes } = pieces;
  const task = { kind: 'hash-pieces', dataPath, type, from, to, pieceBytes } as const;
  const { hashes } = await options.pool.run(task, PIECES_WORKER);
  return equalBytes(hashes, expected(pieces, from, to));
}

/** The hashes of the pieces in [from, to), one after the other. */
function expected({ length, hashes }: Pieces, from: number, to: number): Uint8Array {
  return new Uint8Array(Buffer.concat(hashes.slice(from / length, Math.ceil(to / length))));
}

async function dropWrongBlocks(store: PlainStore, options: PlainOptions): Promise<void> {
  for (let sbn = 0; sbn < store.layout.blockCount; sbn++) {
    if (!store.hasBlock(sbn)) continue;
    if (!(await isRight(store, options, sbn))) await store.discardBlock(sbn);
  }
}
