// Storage of a download: the file store, with the leaves of the blocks under way in memory, decoding in the
// workers, and the ways of a complete file for blocks that are finished.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { CorruptError, toHex } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Descriptor, Layout } from '../content/index.ts';
import { rootAt, verifySymbol } from '../content/index.ts';
import { diskFailure, humanReason } from './errors.ts';
import type { FileStoreOptions } from './file-store.ts';
import { FileStore } from './file-store.ts';
import { ReadAhead } from './read-ahead.ts';
import { RepairSource } from './repair-source.ts';
import { sha256 } from './sha256.ts';
import type { Finished, Incoming, Problem, Recoded, Storage } from './storage.ts';
import { GroupCommit } from './store/group-commit.ts';
import type { Pool } from './work/pool.ts';
import { buffersOf, packRecoded } from './work/recoded.ts';
import type { FinishBlockTask } from './work/tasks.ts';
import { layoutParameters } from './work/tasks.ts';

/** The worker that keeps the whole-file hash. */
const HASH_WORKER = 0;
/** The worker that decodes: one, because decoding takes more than twice the memory of the block. */
const DECODE_WORKER = 1;

export interface PartOptions {
  /** The output. */
  readonly out: string;
  readonly descriptor: Descriptor;
  readonly pool: Pool;
  readonly force: boolean;
  /** Hash again what is on the disk. */
  readonly verify: boolean;
  /** Serve blocks whose source symbols are all stored as complete ones, without the check of a download. */
  readonly trustWhole?: boolean;
  /** A commit failed between writes. */
  readonly onFailure: (error: unknown) => void;
  readonly onProgress?: FileStoreOptions['onProgress'];
}

export class PartContent implements Storage {
  readonly layout: Layout;
  readonly held: Bitset;
  readonly leavesHeld: Bitset;
  private readonly options: PartOptions;
  private readonly store: FileStore;
  private readonly commits: GroupCommit;
  /** Our own handle: it outlives the rename and the store's phases. */
  private readonly data: FileHandle;
  private readonly sources: ReadAhead;
  private readonly repairs: RepairSource;
  /** Blocks that are whole and checked: they are read like a complete file. */
  private readonly whole: Bitset;
  /** Ids of the source symbols verified and written by this run. */
  private readonly verified: Bitset;
  /** Leaves of blocks that symbols come for. Few: the machine opens a handful of blocks at a time. */
  private readonly leavesOf: (Uint8Array | undefined)[];
  /** Blocks from the first on that the whole-file hash has been fed, or soon will. */
  private hashedBlocks = 0;
  private readonly hashKey: string;
  private finished = false;
  /** It held nothing when it was opened. */
  private readonly isNew: boolean;

  private constructor(options: PartOptions, store: FileStore, data: FileHandle) {
    const { layout } = store;
    this.options = options;
    this.store = store;
    this.data = data;
    this.layout = layout;
    this.held = store.held.bits.clone();
    this.isNew = this.held.count === 0 && options.trustWhole !== true;
    this.leavesHeld = store.leavesHeld.clone();
    this.commits = new GroupCommit(store, options.onFailure);
    this.sources = new ReadAhead(data, layout.length);
    this.repairs = new RepairSource({
      pool: options.pool,
      dataPath: store.dataPath,
      layout,
      cacheKey: toHex(store.contentId),
    });
    this.whole = new Bitset(layout.blockCount);
    if (options.trustWhole === true) this.takeWhole();
    this.hashKey = `download ${options.out} ${performance.now()}`;
    this.verified = new Bitset(layout.idCount);
    this.leavesOf = new Array<Uint8Array | undefined>(layout.blockCount).fill(undefined);
  }

  /** Opens or resumes OUT.part. Rejects with HeadwaterError EXISTS, LOCKED or DISK. */
  static async open(options: PartOptions): Promise<PartContent> {
    const { out, descriptor, force, verify, onProgress } = options;
    try {
      const store = await FileStore.open(out, descriptor, {
        force,
        verify,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
      try {
        const content = new PartContent(options, store, await open(store.dataPath, 'r'));
        await content.loadLeaves();
        return content;
      } catch (error) {
        await store.close();
        throw error;
      }
    } catch (error) {
      throw diskFailure(error, 'open', out);
    }
  }

  readInto(sbn: number, esis: readonly number[], target: Uint8Array): true | Promise<boolean> {
    if (!this.whole.has(sbn)) return this.readStored(sbn, esis, target);
    const sourceCount = this.layout.sourceSymbols(sbn);
    const { symbolBytes } = this.layout;
    const split = esis.findIndex((esi) => esi >= sourceCount);
    if (split === 0) return this.repairs.read(sbn, esis, target);
    if (split < 0 && isRun(esis)) return this.readRun(sbn, esis[0] ?? 0, target);
    const waiting: Promise<boolean>[] = [];
    for (let i = 0; i < esis.length; i++) {
      const esi = esis[i] ?? 0;
      const part = target.subarray(i * symbolBytes, (i + 1) * symbolBytes);
      const read =
        esi < sourceCount ? this.readRun(sbn, esi, part) : this.repairs.read(sbn, [esi], part);
      if (read !== true) waiting.push(read);
    }
    return waiting.length === 0 ? true : Promise.all(waiting).then(() => true);
  }

  async leaves(sbn: number): Promise<Uint8Array | undefined> {
    return this.leavesOf[sbn] ?? (await this.store.readLeaves(sbn));
  }

  async putLeaves(sbn: number, leaves: Uint8Array): Promise<void> {
    this.leavesOf[sbn] = leaves;
    await this.store.writeLeaves(sbn, leaves);
    this.commits.touch();
  }

  verify(sbn: number, esi: number, bytes: Uint8Array): boolean {
    const leaves = this.leavesOf[sbn];
    return leaves !== undefined && verifySymbol(leaves, esi, bytes, sha256);
  }

  async write(symbols: readonly Incoming[]): Promise<void> {
    const { layout } = this;
    await this.store.writeSymbols(
      symbols.map(({ sbn, esi, bytes }) => ({ id: layout.id(sbn, esi), bytes })),
    );
    for (const { sbn, esi, unverified = false } of symbols) {
      if (!unverified && esi < layout.sourceSymbols(sbn)) this.verified.add(layout.id(sbn, esi));
    }
    this.commits.touch();
  }

  async commit(): Promise<void> {
    await this.store.commit();
  }

  async finishBlock(
    sbn: number,
    held: readonly number[],
    recoded: readonly Recoded[],
    judge: readonly Recoded[],
  ): Promise<Finished> {
    // Every symbol passed its leaf in this run. Hashing the block once more for its root would cost a fifth of a
    // download's processor time and show nothing new: what the disk made of it, the whole-file hash reads back.
    const finished: Finished =
      judge.length === 0 && this.isVerified(sbn)
        ? { outcome: 'ok' }
        : await this.decodeAndCheck(sbn, held, recoded, judge);
    if (finished.outcome !== 'ok') return finished;
    this.whole.add(sbn);
    this.leavesOf[sbn] = undefined;
    this.commits.touch();
    this.hashOn();
    return finished;
  }

  async discardBlock(sbn: number): Promise<void> {
    this.whole.delete(sbn);
    for (let esi = 0; esi < this.layout.sourceSymbols(sbn); esi++) {
      this.verified.delete(this.layout.id(sbn, esi));
    }
    this.leavesOf[sbn] = await this.store.readLeaves(sbn);
    await this.store.discardBlock(sbn);
  }

  async finishContent(): Promise<Problem | undefined> {
    await this.commits.stop();
    try {
      const digest = await this.hash(this.layout.length, true);
      const { path } = await this.store.finish(digest === undefined ? {} : { sha256: digest });
      this.finished = true;
      this.repairs.moved(path);
      return undefined;
    } catch (error) {
      if (error instanceof CorruptError) {
        const message = `${error.message}; the wrong parts were dropped`;
        return { code: 'CORRUPT', message };
      }
      return { code: 'DISK', message: humanReason(error) };
    }
  }

  async close(): Promise<void> {
    await this.commits.stop();
    const forget = { kind: 'forget-hash', hashKey: this.hashKey } as const;
    if (this.hashedBlocks > 0)
      await this.options.pool.run(forget, HASH_WORKER).catch(() => undefined);
    await this.data.close();
    // Nothing came: there is nothing to go on with, and no folder to wonder about.
    if (this.isNew && this.store.held.count === 0 && !this.finished) await this.store.discard();
    else await this.store.close();
  }

  private isVerified(sbn: number): boolean {
    const { layout, verified } = this;
    const from = layout.windowStart(sbn);
    const sourceCount = layout.sourceSymbols(sbn);
    return verified.countRange(from, from + sourceCount) === sourceCount;
  }

  private async decodeAndCheck(
    sbn: number,
    held: readonly number[],
    recoded: readonly Recoded[],
    judge: readonly Recoded[],
  ): Promise<Finished> {
    const { layout, store, options } = this;
    const sourceCount = layout.sourceSymbols(sbn);
    const repairs = held.filter((esi) => esi >= sourceCount);
    const esis = Uint32Array.from(held);
    const repairOffsets = Float64Array.from(repairs, (esi) =>
      store.repairOffset(layout.id(sbn, esi)),
    );
    const task: FinishBlockTask = {
      kind: 'finish-block',
      dataPath: store.dataPath,
      layout: layoutParameters(layout),
      sbn,
      held: esis,
      repairPath: store.repairPath,
      repairOffsets,
      recoded: packRecoded(recoded, layout.symbolBytes),
      judge: packRecoded(judge, layout.symbolBytes),
      // A copy: a view takes the roots of all blocks along.
      sourceRoot: rootAt(options.descriptor.sourceRoots, sbn).slice(),
    };
    const handed = [
      esis.buffer,
      repairOffsets.buffer,
      ...buffersOf(task.recoded),
      ...buffersOf(task.judge),
    ];
    const answer = await options.pool.run(task, DECODE_WORKER, handed);
    const { outcome, decoded, missing } = answer;
    if (outcome === 'short') return { outcome, missing };
    if (outcome !== 'ok') return { outcome };
    if (decoded) await store.adoptBlock(sbn);
    if (repairs.length > 0) await store.deleteRepair(sbn);
    return { outcome, liars: Array.from(answer.liars, (at) => judge[at]?.row ?? -1) };
  }

  private takeWhole(): void {
    const { layout, store } = this;
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      if (!store.hasBlock(sbn)) continue;
      this.whole.add(sbn);
      this.held.addRange(layout.windowStart(sbn), layout.windowStart(sbn + 1));
    }
  }

  /** Feeds the whole-file hash with the blocks that are finished in order, while others still come in. */
  private hashOn(): void {
    const before = this.hashedBlocks;
    while (this.whole.has(this.hashedBlocks)) this.hashedBlocks++;
    if (this.hashedBlocks === before || this.hashedBlocks === this.layout.blockCount) return;
    const upTo = this.layout.blockOffset(this.hashedBlocks);
    // A failure shows again when the digest is asked for.
    this.hash(upTo, false).catch(() => undefined);
  }

  private async hash(upTo: number, final: boolean): Promise<Uint8Array | undefined> {
    const { hashKey, store, options } = this;
    const task = { kind: 'hash', dataPath: store.dataPath, hashKey, upTo, final } as const;
    return (await options.pool.run(task, HASH_WORKER)).digest;
  }

  private readRun(sbn: number, esi: number, target: Uint8Array): true | Promise<true> {
    const offset = this.layout.blockOffset(sbn) + esi * this.layout.symbolBytes;
    const left = this.layout.length - offset;
    if (left >= target.length) return this.sources.read(offset, target);
    target.fill(0, left);
    return this.sources.read(offset, target.subarray(0, left));
  }

  private async readStored(
    sbn: number,
    esis: readonly number[],
    target: Uint8Array,
  ): Promise<boolean> {
    const ids = esis.map((esi) => this.layout.id(sbn, esi));
    if (!ids.every((id) => this.store.held.has(id))) return false;
    const symbols = await this.store.readSymbols(ids);
    symbols.forEach((symbol, i) => target.set(symbol, i * this.layout.symbolBytes));
    return true;
  }

  /** The leaves of blocks that were begun: their symbols are verified without waiting. */
  private async loadLeaves(): Promise<void> {
    const { layout, store } = this;
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      if (store.hasBlock(sbn) || !store.leavesHeld.has(sbn)) continue;
      const leaves = await store.readLeaves(sbn);
      if (leaves === undefined) this.leavesHeld.delete(sbn);
      else this.leavesOf[sbn] = leaves;
    }
  }
}

function isRun(esis: readonly number[]): boolean {
  const first = esis[0] ?? 0;
  return esis.every((esi, i) => esi === first + i);
}
