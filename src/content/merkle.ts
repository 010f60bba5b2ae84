// The Merkle Tree Hash of RFC 6962, 2.1 over SHA-256, as a stream. Leaf and node hashes have different first
// bytes and no node is duplicated or padded, so two lists with the same root are the same list.

import type { Sha256 } from '../base/index.ts';

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;

/** Takes the entries of a list in order and gives the root of all so far. Keeps log2(entries) hashes. */
export class MerkleTree {
  private readonly sha256: Sha256;
  /** Roots of complete subtrees, largest first: one for each bit that is set in `entries`. */
  private readonly peaks: Uint8Array[] = [];
  private readonly node: Uint8Array = new Uint8Array(1 + 2 * HASH_BYTES);
  private leaf: Uint8Array = new Uint8Array(0);
  private entries = 0;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
    this.node[0] = 1;
  }

  /** Entries so far. */
  get count(): number {
    return this.entries;
  }

  /** Appends an entry; its bytes are not kept. */
  add(entry: Uint8Array): void {
    if (this.leaf.length !== 1 + entry.length) this.leaf = new Uint8Array(1 + entry.length);
    this.leaf.set(entry, 1);
    let hash = this.sha256(this.leaf);
    for (let rest = this.entries; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.peaks.pop();
      if (left !== undefined) hash = this.join(left, hash);
    }
    this.peaks.push(hash);
    this.entries++;
  }

  /** The 32-byte root of the entries so far; more may be added afterwards. SHA-256 of nothing for an empty list. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let i = this.peaks.length - 1; i >= 0; i--) {
      const peak = this.peaks[i];
      if (peak !== undefined) root = root === undefined ? peak : this.join(peak, root);
    }
    return root ?? this.sha256();
  }

  private join(left: Uint8Array, right: Uint8Array): Uint8Array {
    this.node.set(left, 1);
    this.node.set(right, 1 + HASH_BYTES);
    return this.sha256(this.node);
  }
}

/** The source root of a block (protocol/content.md): a tree over the SHA-256 of each source symbol. */
export class SourceRoot {
  private readonly sha256: Sha256;
  private readonly tree: MerkleTree;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
    this.tree = new MerkleTree(sha256);
  }

  /** Appends the next source symbol, T bytes with the padding; returns its SHA-256, whose head is its leaf. */
  add(symbol: Uint8Array): Uint8Array {
    const hash = this.sha256(symbol);
    this.tree.add(hash);
    return hash;
  }

  /** The 32-byte root of the symbols so far. */
  root(): Uint8Array {
    return this.tree.root();
  }
}
