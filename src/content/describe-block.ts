// The expensive half of describing a file: encoding the window of one block and hashing it. Pure, so that any
// worker can run it.

import type { Sha256 } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import { RaptorQEncoder } from '../fountain/index.ts';
import { LEAF_BYTES, paddedSymbol, windowRoot } from './leaves.ts';
import { SourceRoot } from './merkle.ts';

/** What describing needs of an encoder. */
export interface BlockEncoder {
  /** Writes the encoding symbols `esis` into `target` one after the other, T bytes each. */
  symbolsInto(esis: ArrayLike<number>, target: Uint8Array): void;
  /** Called when no more symbols are needed. */
  release(): void;
}

/** Makes the encoder of a block of K·T bytes. */
export type EncoderFactory = (source: Uint8Array, symbolBytes: number) => BlockEncoder;

/** Repair symbols are made in batches of about this size: an encoder makes many at once faster than each alone. */
const BATCH_BYTES = 256 * 1024;

/** What the descriptor and the leaves file hold of one block. */
export interface BlockDescription {
  /** LEAF_BYTES for each of the ρK symbols of the window. */
  readonly leaves: Uint8Array;
  /** 32 bytes. */
  readonly sourceRoot: Uint8Array;
  /** 32 bytes. */
  readonly windowRoot: Uint8Array;
}

/**
 * Describes one source block. `source` is its part of the file: K = ⌈length/T⌉ symbols, the last one zero-padded.
 * Memory: the block, its padded copy when it ends inside a symbol, a batch of 256 KiB, and what the encoder takes.
 */
export function describeBlock(
  source: Uint8Array,
  symbolBytes: number,
  windowRatio: number,
  sha256: Sha256,
  encoderOf: EncoderFactory = (padded, size) => new RaptorQEncoder(padded, size),
): BlockDescription {
  const symbols = Math.ceil(source.length / symbolBytes);
  if (symbols === 0) throw new UsageError('a source block is never empty');
  let padded = source;
  if (source.length !== symbols * symbolBytes) {
    padded = new Uint8Array(symbols * symbolBytes);
    padded.set(source);
  }
  const leaves = new Uint8Array(symbols * windowRatio * LEAF_BYTES);
  const tree = new SourceRoot(sha256);
  for (let esi = 0; esi < symbols; esi++) {
    const hash = tree.add(paddedSymbol(padded, esi, symbolBytes));
    leaves.set(hash.subarray(0, LEAF_BYTES), esi * LEAF_BYTES);
  }
  if (windowRatio > 1) {
    const encoder = encoderOf(padded, symbolBytes);
    hashRepair(encoder, symbols, symbolBytes, leaves, sha256);
    encoder.release();
  }
  return { leaves, sourceRoot: tree.root(), windowRoot: windowRoot(leaves, sha256) };
}

/** Fills in the leaves of the repair symbols: those from ESI K = `first` on that `leaves` has room for. */
function hashRepair(
  encoder: BlockEncoder,
  first: number,
  symbolBytes: number,
  leaves: Uint8Array,
  sha256: Sha256,
): void {
  const end = leaves.length / LEAF_BYTES;
  const atOnce = Math.min(end - first, Math.max(1, Math.floor(BATCH_BYTES / symbolBytes)));
  const batch = new Uint8Array(atOnce * symbolBytes);
  for (let from = first; from < end; from += atOnce) {
    const esis = Uint32Array.from({ length: Math.min(atOnce, end - from) }, (_, i) => from + i);
    const symbols = batch.subarray(0, esis.length * symbolBytes);
    encoder.symbolsInto(esis, symbols);
    for (let i = 0; i < esis.length; i++) {
      const hash = sha256(symbols.subarray(i * symbolBytes, (i + 1) * symbolBytes));
      leaves.set(hash.subarray(0, LEAF_BYTES), (from + i) * LEAF_BYTES);
    }
  }
}
