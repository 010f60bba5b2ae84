// Small contents with their descriptor and leaves, for every test that needs one.

import { createHash } from 'node:crypto';
import { Rng } from '../../src/base/index.ts';
import type { Descriptor, ParameterChoices } from '../../src/content/index.ts';
import { chooseParameters, describeBlock, Layout } from '../../src/content/index.ts';
import { sha256 } from '../../src/node/sha256.ts';

export interface Sample {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  readonly layout: Layout;
  /** By block. */
  readonly leaves: readonly Uint8Array[];
}

/** A content of random bytes (deterministic), described. */
export function sample(
  length: number,
  choices: ParameterChoices = {},
  name = 'sample.bin',
): Sample {
  return sampleOf(new Rng(length + 1).fill(new Uint8Array(length)), choices, name);
}

export function sampleOf(
  bytes: Uint8Array,
  choices: ParameterChoices,
  name = 'sample.bin',
): Sample {
  const parameters = chooseParameters(bytes.length, choices);
  const layout = new Layout(parameters);
  const sourceRoots = new Uint8Array(32 * layout.blockCount);
  const windowRoots = new Uint8Array(32 * layout.blockCount);
  const leaves: Uint8Array[] = [];
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const block = describeBlock(
      blockOf(bytes, layout, sbn),
      layout.symbolBytes,
      layout.windowRatio,
      sha256,
    );
    sourceRoots.set(block.sourceRoot, 32 * sbn);
    windowRoots.set(block.windowRoot, 32 * sbn);
    leaves.push(block.leaves);
  }
  const whole = new Uint8Array(createHash('sha256').update(bytes).digest());
  const descriptor: Descriptor = {
    ...parameters,
    name,
    sourceRoots,
    windowRoots,
    sha256: whole,
    mirrors: [],
  };
  return { bytes, descriptor, layout, leaves };
}

/** The bytes of one source block, unpadded. */
export function blockOf(bytes: Uint8Array, layout: Layout, sbn: number): Uint8Array {
  const offset = layout.blockOffset(sbn);
  return bytes.subarray(offset, offset + layout.blockBytes(sbn));
}

/** Around every edge: nothing, one byte, one symbol, one block, two blocks, each ± 1. */
export function edgeLengths(symbolBytes: number, symbolsPerBlock: number): number[] {
  const block = symbolBytes * symbolsPerBlock;
  const lengths = new Set([0, 1]);
  for (const edge of [symbolBytes, 2 * symbolBytes, block, 2 * block, 2 * block + symbolBytes]) {
    for (const length of [edge - 1, edge, edge + 1]) lengths.add(length);
  }
  return [...lengths];
}
