// The expensive half of describing a file: encoding the window of one block and hashing it. Pure, so that any
// worker can run it.

import type { Sha256 } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import { RaptorQEncoder } from '../fountain/index.ts';
import { LEAF_BYTES, paddedSymbol, windowRoot } from './leaves.ts';
import { SourceRoot } from './merkle.ts';

/** What describing needs of an encoder. */
export interface BlockEncoder {
  /** Writes encoding symbol esi into `target`, T bytes. */
  symbolInto(esi: number, target: Uint8Array): void;
}

/** Makes the encoder of a block of K·T bytes. */
export type EncoderFactory = (source: Uint8Array, symbolBytes: number) => BlockEncoder;

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
 * Memory: the block, its padded copy when it ends inside a symbol, and what the encoder takes.
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
    const symbol = new Uint8Array(symbolBytes);
    for (let esi = symbols; esi < symbols * windowRatio; esi++) {
      encoder.symbolInto(esi, symbol);
      leaves.set(sha256(symbol).subarray(0, LEAF_BYTES), esi * LEAF_BYTES);
    }
  }
  return { leaves, sourceRoot: tree.root(), windowRoot: windowRoot(leaves, sha256) };
}
