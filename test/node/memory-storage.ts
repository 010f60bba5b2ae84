// A store of one block in memory: holds what it is told, knows every right symbol, and notes what is asked of it.

import { Bitset } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import type { Finished, Incoming, Storage } from '../../src/node/storage.ts';
import { seededBytes } from './helpers.ts';

export class MemoryStorage implements Storage {
  readonly layout: Layout;
  readonly held: Bitset;
  readonly leavesHeld: Bitset = new Bitset(1);
  /** The ESIs of each read. */
  readonly reads: number[][] = [];
  /** The ESIs of each write. */
  readonly writes: number[][] = [];
  /** Set to make reads and writes fail. */
  failure: Error | undefined;
  private readonly encoder: RaptorQEncoder;

  constructor(sourceSymbols: number, symbolBytes: number, seed = 1) {
    const length = sourceSymbols * symbolBytes;
    this.layout = new Layout({ length, symbolBytes, blockCount: 1, windowRatio: 2 });
    this.held = new Bitset(this.layout.idCount);
    this.encoder = new RaptorQEncoder(seededBytes(length, seed), symbolBytes);
  }

  /** The right bytes of a symbol. */
  symbol(esi: number): Uint8Array {
    return this.encoder.symbol(esi);
  }

  /** The XOR of symbols, byte by byte. */
  sum(esis: readonly number[]): Uint8Array {
    const sum = new Uint8Array(this.layout.symbolBytes);
    for (const esi of esis) this.symbol(esi).forEach((byte, i) => (sum[i] = (sum[i] ?? 0) ^ byte));
    return sum;
  }

  async readInto(_sbn: number, esis: readonly number[], target: Uint8Array): Promise<boolean> {
    this.reads.push([...esis]);
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    if (!esis.every((esi) => this.held.has(esi))) return false;
    esis.forEach((esi, i) => target.set(this.symbol(esi), i * this.layout.symbolBytes));
    return true;
  }

  verify(_sbn: number, esi: number, bytes: Uint8Array): boolean {
    return Buffer.compare(this.symbol(esi), bytes) === 0;
  }

  async write(symbols: readonly Incoming[]): Promise<void> {
    this.writes.push(symbols.map(({ esi }) => esi));
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    for (const { esi } of symbols) this.held.add(esi);
  }

  leaves(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  putLeaves(): Promise<void> {
    return Promise.resolve();
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
  finishContent(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
