// A descriptor as plain data for people and for JSON: what `inspect` prints.

import type { Sha256 } from '../base/index.ts';
import { toHex } from '../base/index.ts';
import type { Descriptor, Mirror } from './descriptor.ts';
import { contentId, layoutOf } from './descriptor.ts';
import { rootAt } from './leaves.ts';

/** One source block of a DescriptorJson. */
export interface BlockJson {
  readonly sbn: number;
  /** K. */
  readonly sourceSymbols: number;
  /** Bytes of the file in this block. */
  readonly bytes: number;
  readonly sourceRoot: string;
  readonly windowRoot: string;
}

/** A descriptor with hashes in hexadecimal. */
export interface DescriptorJson {
  readonly contentId: string;
  readonly name: string;
  readonly length: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  /** Kt: source symbols of all blocks. */
  readonly sourceSymbols: number;
  readonly windowRatio: number;
  readonly sha256: string;
  readonly mirrors: readonly Mirror[];
  readonly signature: { readonly publicKey: string; readonly signature: string } | null;
  readonly blocks: readonly BlockJson[];
}

/** Everything in a descriptor, ready for JSON.stringify. */
export function describeJson(descriptor: Descriptor, sha256: Sha256): DescriptorJson {
  const layout = layoutOf(descriptor);
  const blocks: BlockJson[] = [];
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    blocks.push({
      sbn,
      sourceSymbols: layout.sourceSymbols(sbn),
      bytes: layout.blockBytes(sbn),
      sourceRoot: toHex(rootAt(descriptor.sourceRoots, sbn)),
      windowRoot: toHex(rootAt(descriptor.windowRoots, sbn)),
    });
  }
  const { signature } = descriptor;
  return {
    contentId: toHex(contentId(descriptor, sha256)),
    name: descriptor.name,
    length: descriptor.length,
    symbolBytes: descriptor.symbolBytes,
    blockCount: descriptor.blockCount,
    sourceSymbols: layout.sourceSymbolCount,
    windowRatio: descriptor.windowRatio,
    sha256: toHex(descriptor.sha256),
    mirrors: descriptor.mirrors,
    signature: signature
      ? { publicKey: toHex(signature.publicKey), signature: toHex(signature.signature) }
      : null,
    blocks,
  };
}
