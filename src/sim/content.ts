// A content without bytes: a descriptor and leaves that fit each other, for runs in which payloads are only
// counted. Its hash is a toy; nothing in a simulation depends on its strength.

import type { Sha256 } from '../base/index.ts';
import { mix32, Rng } from '../base/index.ts';
import type { Descriptor } from '../content/index.ts';
import {
  contentId,
  encodeDescriptor,
  LEAF_BYTES,
  Layout,
  layoutOf,
  windowRoot,
} from '../content/index.ts';

/** 32 bytes that depend on every byte of the parts. Not SHA-256, not secure, and fast. */
export const toyHash: Sha256 = (...parts) => {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (const part of parts) {
    for (const byte of part) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + a, 0xc2b2ae35) ^ (b >>> 15);
    }
  }
  const hash = new Uint8Array(32);
  for (let i = 0; i < 8; i++) {
    const word = mix32(a ^ Math.imul(i + 1, 0x27d4eb2d) ^ mix32(b + i));
    hash[4 * i] = word;
    hash[4 * i + 1] = word >>> 8;
    hash[4 * i + 2] = word >>> 16;
    hash[4 * i + 3] = word >>> 24;
  }
  return hash;
};

export interface SimContentOptions {
  /** K of each block; blocks are equal. */
  readonly sourceSymbols: number;
  readonly blockCount?: number;
  /** T, bytes. */
  readonly symbolBytes?: number;
  /** ρ. */
  readonly windowRatio?: number;
  readonly seed?: number;
}

/** What the peers of one simulated content share. */
export interface SimContent {
  readonly id: Uint8Array;
  readonly descriptor: Uint8Array;
  readonly layout: Layout;
  /** Leaves of a block. */
  leaves(sbn: number): Uint8Array;
}

/** Makes a content of `blockCount` blocks of K symbols; T is 1400 and ρ is 2 unless told otherwise. */
export function simContent(options: SimContentOptions): SimContent {
  const { sourceSymbols, blockCount = 1, symbolBytes = 1400, windowRatio = 2, seed = 1 } = options;
  const length = sourceSymbols * blockCount * symbolBytes;
  const layout = new Layout({ length, symbolBytes, blockCount, windowRatio });
  const leaves = (sbn: number): Uint8Array =>
    new Rng(seed * 65_537 + sbn).fill(new Uint8Array(layout.windowSize(sbn) * LEAF_BYTES));
  const windowRoots = new Uint8Array(32 * blockCount);
  for (let sbn = 0; sbn < blockCount; sbn++) {
    windowRoots.set(windowRoot(leaves(sbn), toyHash), 32 * sbn);
  }
  const descriptor: Descriptor = {
    name: 'simulated',
    length,
    symbolBytes,
    blockCount,
    windowRatio,
    sourceRoots: new Uint8Array(32 * blockCount),
    windowRoots,
    sha256: new Uint8Array(32),
    mirrors: [],
  };
  const id = contentId(descriptor, toyHash);
  return { id, descriptor: encodeDescriptor(descriptor), layout: layoutOf(descriptor), leaves };
}
