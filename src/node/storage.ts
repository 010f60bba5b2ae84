// Port of the driver: where payload bytes come from and go to. A complete file, a part of one and a
// download under way are three implementations.

import type { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { BlockOutcome, FailureCode } from '../engine/io.ts';

/**
 * One verified symbol on its way into the store, or one that nothing could check. `bytes` is T long; valid until the write is
 * done.
 */
export interface Incoming {
  readonly sbn: number;
  readonly esi: number;
  readonly bytes: Uint8Array;
  readonly unverified?: boolean;
}

/** A recoded symbol of the quarantine: what should be the XOR of the symbols `esis` of its block. */
export interface Recoded {
  readonly row: number;
  readonly esis: readonly number[];
  /** T bytes. */
  readonly bytes: Uint8Array;
}

/** How the end of a block went. */
export interface Finished {
  readonly outcome: BlockOutcome;
  /** When short: at least so many more symbols are needed. */
  readonly missing?: number;
  /** When ok: the rows among those to judge that are not the XOR of their symbols. */
  readonly liars?: readonly number[];
}

/** Why the end of a download failed. */
export interface Problem {
  readonly code: FailureCode;
  readonly message: string;
}

export interface Storage {
  readonly layout: Layout;
  /** Symbol ids held when it was opened. */
  readonly held: Bitset;
  /** Blocks whose leaves it had when it was opened. */
  readonly leavesHeld: Bitset;
  /**
   * Copies the payloads of the symbols into `target`, T bytes each, one after the other; the last source symbol
   * is padded with zeros, whatever `target` held. True when that is done already; else a promise: false when the
   * symbols cannot be had. Rejects only for a failed disk.
   */
  readInto(sbn: number, esis: readonly number[], target: Uint8Array): true | Promise<boolean>;
  /** The leaves of a block, or undefined. */
  leaves(sbn: number): Promise<Uint8Array | undefined>;
  /** Keeps checked leaves. Symbols of the block can be verified at once. */
  putLeaves(sbn: number, leaves: Uint8Array): Promise<void>;
  /** True when the bytes are those of the symbol; false too when its leaf is not known. */
  verify(sbn: number, esi: number, bytes: Uint8Array): boolean;
  /** Stores verified symbols. */
  write(symbols: readonly Incoming[]): Promise<void>;
  /** Makes what was written so far survive a crash. */
  commit(): Promise<void>;
  /**
   * Decodes what is missing of the block from the symbols held, with the symbols `recoded` as further equations, and
   * checks the block. When it is right, those of `judge` are compared with it. The payloads are copied at once.
   */
  finishBlock(
    sbn: number,
    held: readonly number[],
    recoded: readonly Recoded[],
    judge: readonly Recoded[],
  ): Promise<Finished>;
  discardBlock(sbn: number): Promise<void>;
  /** Checks the whole file and gives it its final name; undefined when that succeeded. */
  finishContent(): Promise<Problem | undefined>;
  /** Commits and lets go of all files. */
  close(): Promise<void>;
}

/** Symbols towards ℓ in storage that was just opened. */
export function haveOf({ layout, held }: Storage): number {
  let have = 0;
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const count = held.countRange(layout.windowStart(sbn), layout.windowStart(sbn + 1));
    have += Math.min(count, layout.sourceSymbols(sbn));
  }
  return have;
}
