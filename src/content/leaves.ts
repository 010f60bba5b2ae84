// Leaves: the hashes of the symbols of a window, how they are checked, and the file that carries them
// (protocol/content.md, "Leaves").

import type { Sha256 } from '../base/index.ts';
import { CorruptError, equalBytes, toHex } from '../base/index.ts';
import type { Descriptor } from './descriptor.ts';
import { layoutOf } from './descriptor.ts';
import type { Layout } from './layout.ts';
import { HASH_BYTES, SourceRoot } from './merkle.ts';

/** Bytes of a leaf: SHA-256 cut to 128 bits. */
export const LEAF_BYTES = 16;

/** The window root of a whole window: `leaves` is LEAF_BYTES for each symbol, in ESI order. */
export function windowRoot(leaves: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(leaves);
}

/**
 * True when `leaves` are those of block sbn: right length and the descriptor's window root. False, never an error, for a block that does not exist.
 */
export function checkLeaves(
  descriptor: Descriptor,
  sbn: number,
  leaves: Uint8Array,
  sha256: Sha256,
): boolean {
  if (!isBlock(descriptor, sbn)) return false;
  if (leaves.length !== layoutOf(descriptor).windowSize(sbn) * LEAF_BYTES) return false;
  return equalBytes(windowRoot(leaves, sha256), rootAt(descriptor.windowRoots, sbn));
}

/**
 * True when `bytes` hash to the leaf of `esi` in `leaves` (a whole window that passed checkLeaves). The caller has
 * checked that bytes has T bytes; the last source symbol comes zero-padded.
 */
export function verifySymbol(
  leaves: Uint8Array,
  esi: number,
  bytes: Uint8Array,
  sha256: Sha256,
): boolean {
  const start = esi * LEAF_BYTES;
  if (!(start >= 0 && start + LEAF_BYTES <= leaves.length)) return false;
  const hash = sha256(bytes);
  for (let i = 0; i < LEAF_BYTES; i++) if (hash[i] !== leaves[start + i]) return false;
  return true;
}

/**
 * True when `block` holds the source symbols of block sbn: `blockBytes(sbn)` bytes, or more up to K·T when the
 * rest is the zero padding.
 */
export function checkSource(
  descriptor: Descriptor,
  sbn: number,
  block: Uint8Array,
  sha256: Sha256,
): boolean {
  if (!isBlock(descriptor, sbn)) return false;
  const layout = layoutOf(descriptor);
  const { symbolBytes } = layout;
  const count = layout.sourceSymbols(sbn);
  if (block.length < layout.blockBytes(sbn) || block.length > count * symbolBytes) return false;
  const tree = new SourceRoot(sha256);
  for (let esi = 0; esi < count; esi++) tree.add(paddedSymbol(block, esi, symbolBytes));
  return equalBytes(tree.root(), rootAt(descriptor.sourceRoots, sbn));
}

/** Source symbol esi of a block: a view, or a zero-padded copy where the block ends inside it. */
export function paddedSymbol(block: Uint8Array, esi: number, symbolBytes: number): Uint8Array {
  const view = block.subarray(esi * symbolBytes, (esi + 1) * symbolBytes);
  if (view.length === symbolBytes) return view;
  const padded = new Uint8Array(symbolBytes);
  padded.set(view);
  return padded;
}

/** Bytes of the header of a leaves file. */
export const LEAVES_HEADER_BYTES = 64;
const MAGIC = 'headwater-leaves';
const LEAVES_VERSION = 1;

/** The header of the leaves file of a content: magic, version, zeros, content id. */
export function leavesHeader(contentId: Uint8Array): Uint8Array {
  const header = new Uint8Array(LEAVES_HEADER_BYTES);
  for (let i = 0; i < MAGIC.length; i++) header[i] = MAGIC.charCodeAt(i);
  header[19] = LEAVES_VERSION;
  header.set(contentId, LEAVES_HEADER_BYTES - HASH_BYTES);
  return header;
}

/** Throws CorruptError, with the reason, unless `header` is that of the leaves file of this content. */
export function checkLeavesHeader(header: Uint8Array, contentId: Uint8Array): void {
  const right = leavesHeader(contentId);
  if (header.length < LEAVES_HEADER_BYTES) throw new CorruptError('the leaves file is too short');
  if (!equalBytes(header.subarray(0, MAGIC.length), right.subarray(0, MAGIC.length))) {
    throw new CorruptError('this is not a leaves file');
  }
  const idAt = LEAVES_HEADER_BYTES - HASH_BYTES;
  if (!equalBytes(header.subarray(MAGIC.length, idAt), right.subarray(MAGIC.length, idAt))) {
    throw new CorruptError('the leaves file has a version that is not known here');
  }
  const found = header.subarray(idAt, LEAVES_HEADER_BYTES);
  if (!equalBytes(found, contentId)) {
    throw new CorruptError(`the leaves file is of another content: ${toHex(found)}`);
  }
}

/** Where the leaves of block sbn begin in a leaves file. `leavesOffset(layout, blockCount)` is its length. */
export function leavesOffset(layout: Layout, sbn: number): number {
  return LEAVES_HEADER_BYTES + layout.windowStart(sbn) * LEAF_BYTES;
}

function isBlock(descriptor: Descriptor, sbn: number): boolean {
  return Number.isInteger(sbn) && sbn >= 0 && sbn < descriptor.blockCount;
}

/** The 32-byte root of block sbn in a list of roots: a view. */
export function rootAt(roots: Uint8Array, sbn: number): Uint8Array {
  return roots.subarray(sbn * HASH_BYTES, (sbn + 1) * HASH_BYTES);
}
