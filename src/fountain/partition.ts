// How an object is cut into source blocks, sub-blocks and source symbols (RFC 6330, 4.4.1.2).

import { checkLength, checkWhole } from './check.ts';
import { SOURCE_SYMBOLS_MAX } from './raptorq/params.ts';

/** Largest symbol, bytes. The OTI of RFC 6330 ends one below it. */
export const SYMBOL_BYTES_MAX = 65_536;
/** Most source blocks. Z of the OTI ends at OTI_BLOCKS_MAX. */
export const BLOCK_COUNT_MAX = 65_536;

const BLOCK_BYTES_DEFAULT = 16 * 1024 * 1024;

/** RFC 6330, 4.4.1.2, Partition[I, J]: I things in J nearly equal parts, the larger parts first. */
export interface Split {
  /** IL: size of a large part. */
  readonly large: number;
  /** IS: size of a small part. */
  readonly small: number;
  /** JL: how many large parts. */
  readonly largeCount: number;
  /** JS: how many small parts. */
  readonly smallCount: number;
}

/** Partition[total, parts], for parts ≥ 1. */
export function split(total: number, parts: number): Split {
  const small = Math.floor(total / parts);
  const largeCount = total - small * parts;
  return { large: Math.ceil(total / parts), small, largeCount, smallCount: parts - largeCount };
}

export interface PartitionOptions {
  /** Symbol size T in bytes, 1..65536. */
  readonly symbolBytes: number;
  /** Source blocks Z. Default: as few as keep a block within blockBytes. */
  readonly blockCount?: number;
  /** Largest source block in bytes when blockCount is derived; at least one symbol. Default 16 MiB. */
  readonly blockBytes?: number;
  /** Sub-blocks N. Default 1: a source symbol is then one range of the object. */
  readonly subBlocks?: number;
  /** Symbol alignment Al in bytes; divides symbolBytes. Default 1. */
  readonly alignment?: number;
}

/** Everything that the numbering of an object's symbols depends on. */
export interface Partition {
  /** Object length F in bytes. */
  readonly length: number;
  readonly symbolBytes: number;
  /** Z; 0 exactly when length is 0. */
  readonly blockCount: number;
  readonly subBlocks: number;
  readonly alignment: number;
  /** Kt = ⌈F/T⌉. */
  readonly sourceSymbolCount: number;
  /** Symbols per source block: Partition[Kt, Z]. */
  readonly blocks: Split;
  /** Symbol parts per sub-block, in units of Al: Partition[T/Al, N]. */
  readonly parts: Split;
}

/**
 * Cuts an object of `length` bytes into source blocks (RFC 6330, 4.4.1.2). Throws RangeError, naming the
 * argument, where a limit is crossed: Al divides T, N ≤ T/Al, Z ≤ Kt, ⌈Kt/Z⌉ ≤ 56403.
 */
export function partition(length: number, options: PartitionOptions): Partition {
  const { symbolBytes, subBlocks = 1, alignment = 1 } = options;
  checkWhole('length', length, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
  checkWhole('alignment', alignment, 1, symbolBytes);
  if (symbolBytes % alignment !== 0) {
    throw new RangeError(`alignment ${alignment} does not divide symbolBytes ${symbolBytes}`);
  }
  checkWhole('subBlocks', subBlocks, 1, symbolBytes / alignment);
  const sourceSymbolCount = Math.ceil(length / symbolBytes);
  const blockCount = options.blockCount ?? deriveBlockCount(sourceSymbolCount, options);
  checkWhole(
    'blockCount',
    blockCount,
    Math.ceil(sourceSymbolCount / SOURCE_SYMBOLS_MAX),
    Math.min(sourceSymbolCount, BLOCK_COUNT_MAX),
  );
  return {
    length,
    symbolBytes,
    blockCount,
    subBlocks,
    alignment,
    sourceSymbolCount,
    blocks: split(sourceSymbolCount, Math.max(1, blockCount)),
    parts: split(symbolBytes / alignment, subBlocks),
  };
}

function deriveBlockCount(sourceSymbolCount: number, options: PartitionOptions): number {
  const { symbolBytes, blockBytes = BLOCK_BYTES_DEFAULT } = options;
  checkWhole('blockBytes', blockBytes, 1, Number.MAX_SAFE_INTEGER);
  const symbols = Math.max(1, Math.floor(blockBytes / symbolBytes));
  return Math.ceil(sourceSymbolCount / Math.min(symbols, SOURCE_SYMBOLS_MAX));
}

/** K of source block sbn. */
export function blockSymbols(p: Partition, sbn: number): number {
  checkWhole('sbn', sbn, 0, p.blockCount - 1);
  return sbn < p.blocks.largeCount ? p.blocks.large : p.blocks.small;
}

/** Offset in the object of the first byte of block sbn. */
export function blockOffset(p: Partition, sbn: number): number {
  checkWhole('sbn', sbn, 0, p.blockCount - 1);
  const { large, small, largeCount } = p.blocks;
  return (
    (Math.min(sbn, largeCount) * large + Math.max(0, sbn - largeCount) * small) * p.symbolBytes
  );
}

/** The K·T bytes of source block sbn in symbol order, zero-padded past the end of the object. */
export function sourceBlock(object: Uint8Array, p: Partition, sbn: number): Uint8Array {
  checkLength('object', object, p.length);
  const block = new Uint8Array(blockSymbols(p, sbn) * p.symbolBytes);
  const start = blockOffset(p, sbn);
  eachSubSymbol(p, sbn, (inBlock, inObject, bytes) => {
    block.set(object.subarray(start + inObject, start + inObject + bytes), inBlock);
  });
  return block;
}

/** The inverse of sourceBlock: writes a block of K·T bytes to its place in the object. */
export function placeBlock(object: Uint8Array, p: Partition, sbn: number, block: Uint8Array): void {
  checkLength('object', object, p.length);
  checkLength('block', block, blockSymbols(p, sbn) * p.symbolBytes);
  const start = blockOffset(p, sbn);
  eachSubSymbol(p, sbn, (inBlock, inObject, bytes) => {
    const kept = Math.min(bytes, p.length - start - inObject);
    if (kept > 0) object.set(block.subarray(inBlock, inBlock + kept), start + inObject);
  });
}

/**
 * Calls visit for each sub-symbol of a block. In the object, a block is N sub-blocks one after the other, each
 * of K sub-symbols; as symbols, symbol m is the m-th sub-symbols of all sub-blocks one after the other.
 */
function eachSubSymbol(
  p: Partition,
  sbn: number,
  visit: (inBlock: number, inObject: number, bytes: number) => void,
): void {
  const k = blockSymbols(p, sbn);
  if (p.subBlocks === 1) {
    visit(0, 0, k * p.symbolBytes);
    return;
  }
  let inObject = 0;
  let column = 0;
  for (let n = 0; n < p.subBlocks; n++) {
    const bytes = (n < p.parts.largeCount ? p.parts.large : p.parts.small) * p.alignment;
    for (let m = 0; m < k; m++) {
      visit(m * p.symbolBytes + column, inObject, bytes);
      inObject += bytes;
    }
    column += bytes;
  }
}
