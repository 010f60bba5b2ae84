// Where every symbol lives: the partition of a content into source blocks (RFC 6330, 4.4.1.2) and the
// numbering of all windows as one dense range of symbol ids (protocol/content.md).

import type { SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';

/** Largest symbol, bytes. One symbol fills a data frame. */
export const SYMBOL_BYTES_MAX = 65_536;
/** RFC 6330, 4.4.1.2: K'_max. */
export const SOURCE_SYMBOLS_MAX = 56_403;
/** Largest source block, bytes: bounds the memory that decoding takes. */
export const BLOCK_BYTES_MAX: number = 64 * 1024 * 1024;
/** Most source blocks: two bytes of sbn on the wire. */
export const BLOCK_COUNT_MAX = 65_536;
/** Largest window ratio ρ. */
export const WINDOW_RATIO_MAX = 4;

export interface LayoutParameters {
  /** File length F in bytes. */
  readonly length: number;
  /** Symbol size T in bytes. */
  readonly symbolBytes: number;
  /** Source blocks Z; 0 exactly when length is 0. */
  readonly blockCount: number;
  /** ρ: a block of K source symbols has the window 0..ρK−1. A whole number ≥ 1. */
  readonly windowRatio: number;
  /**
   * Source symbols of every block but the last, which has the rest: for files whose hashes are of pieces of one length.
   * Undefined: blocks are as equal as can be (RFC 6330).
   */
  readonly blockSymbols?: number | undefined;
}

/** A layout without a code: see `Layout.fixed`. */
export type FixedLayout = Pick<LayoutParameters, 'length' | 'symbolBytes'> & {
  /** Source symbols of every block but the last, which has the rest. */
  readonly blockSymbols: number;
};

/** The numbering of blocks, source symbols and windows of one content. Immutable. */
export class Layout implements LayoutParameters {
  readonly length: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  readonly windowRatio: number;
  readonly blockSymbols: number | undefined;
  /** Kt = ⌈F/T⌉: source symbols of the whole content; the ℓ of the collaboration figures. */
  readonly sourceSymbolCount: number;
  /** Symbol ids are 0..idCount−1. */
  readonly idCount: number;
  private readonly longBlocks: number; // ZL
  private readonly longSymbols: number; // KL
  private readonly shortSymbols: number; // KS

  /** Throws UsageError, naming the field, when a parameter is outside its bounds. */
  constructor(p: LayoutParameters) {
    whole('length', p.length, 0, Number.MAX_SAFE_INTEGER);
    whole('symbolBytes', p.symbolBytes, 1, SYMBOL_BYTES_MAX);
    whole('blockCount', p.blockCount, p.length === 0 ? 0 : 1, p.length === 0 ? 0 : BLOCK_COUNT_MAX);
    whole('windowRatio', p.windowRatio, 1, WINDOW_RATIO_MAX);
    this.length = p.length;
    this.symbolBytes = p.symbolBytes;
    this.blockCount = p.blockCount;
    this.windowRatio = p.windowRatio;
    this.sourceSymbolCount = Math.ceil(p.length / p.symbolBytes);
    if (p.blockCount > this.sourceSymbolCount) {
      throw new UsageError(
        `blockCount ${p.blockCount} exceeds the ${this.sourceSymbolCount} symbols`,
      );
    }
    const z = Math.max(1, p.blockCount);
    this.blockSymbols = p.blockSymbols;
    if (p.blockSymbols === undefined) {
      this.shortSymbols = Math.floor(this.sourceSymbolCount / z);
      this.longSymbols = Math.ceil(this.sourceSymbolCount / z);
      this.longBlocks = this.sourceSymbolCount - this.shortSymbols * z;
    } else {
      whole('blockSymbols', p.blockSymbols, 1, SOURCE_SYMBOLS_MAX);
      if (p.blockCount !== Math.ceil(this.sourceSymbolCount / p.blockSymbols)) {
        throw new UsageError(`blockCount ${p.blockCount} is not that of such blocks`);
      }
      this.longSymbols = p.blockSymbols;
      this.longBlocks = z - 1;
      this.shortSymbols = this.sourceSymbolCount - this.longBlocks * this.longSymbols;
    }
    whole('source symbols per block', this.longSymbols, 0, SOURCE_SYMBOLS_MAX);
    // Equal blocks are rounded up to whole symbols; fixed ones were chosen so.
    const slack = p.blockSymbols === undefined ? SYMBOL_BYTES_MAX : 0;
    whole('block bytes', this.longSymbols * p.symbolBytes, 0, BLOCK_BYTES_MAX + slack);
    this.idCount = this.sourceSymbolCount * this.windowRatio;
    whole('symbol ids', this.idCount, 0, 0x7fffffff);
  }

  /**
   * Blocks of a fixed number of source symbols, and no others than these (ρ = 1). Nothing is decoded: the bound on the bytes of
   * a block is on what is fetched again when one byte of it is wrong. Throws UsageError as the constructor does.
   */
  static fixed({ length, symbolBytes, blockSymbols }: FixedLayout): Layout {
    whole('blockSymbols', blockSymbols, 1, SOURCE_SYMBOLS_MAX);
    const blockCount = Math.ceil(Math.ceil(length / symbolBytes) / blockSymbols);
    return new Layout({ length, symbolBytes, blockCount, windowRatio: 1, blockSymbols });
  }

  /** K of block sbn. */
  sourceSymbols(sbn: number): number {
    return sbn < this.longBlocks ? this.longSymbols : this.shortSymbols;
  }

  /** W = ρK of block sbn: its ESIs are 0..W−1. */
  windowSize(sbn: number): number {
    return this.sourceSymbols(sbn) * this.windowRatio;
  }

  /** Symbol id of (sbn, 0). `windowStart(blockCount)` is idCount. */
  windowStart(sbn: number): SymbolId {
    return this.symbolStart(sbn) * this.windowRatio;
  }

  /** Symbol id of (sbn, esi); the caller has checked that both are in range. */
  id(sbn: number, esi: number): SymbolId {
    return this.windowStart(sbn) + esi;
  }

  /** Block of a symbol id. */
  sbnOf(id: SymbolId): number {
    const symbol = Math.floor(id / this.windowRatio);
    const longRange = this.longBlocks * this.longSymbols;
    if (symbol < longRange) return Math.floor(symbol / this.longSymbols);
    return this.longBlocks + Math.floor((symbol - longRange) / this.shortSymbols);
  }

  /** ESI of a symbol id within its block. */
  esiOf(id: SymbolId): number {
    return id - this.windowStart(this.sbnOf(id));
  }

  /** File offset of the first byte of block sbn. `blockOffset(blockCount)` is at or past the end. */
  blockOffset(sbn: number): number {
    return this.symbolStart(sbn) * this.symbolBytes;
  }

  /** Bytes of the file that block sbn covers; only the last may be short of K·T. */
  blockBytes(sbn: number): number {
    return Math.min(
      this.sourceSymbols(sbn) * this.symbolBytes,
      this.length - this.blockOffset(sbn),
    );
  }

  /** Bytes of the file that source symbol esi of block sbn covers: T, less for the very last. */
  sourceBytes(sbn: number, esi: number): number {
    return Math.min(
      this.symbolBytes,
      this.length - (this.symbolStart(sbn) + esi) * this.symbolBytes,
    );
  }

  private symbolStart(sbn: number): number {
    return sbn <= this.longBlocks
      ? sbn * this.longSymbols
      : this.longBlocks * this.longSymbols + (sbn - this.longBlocks) * this.shortSymbols;
  }
}

function whole(what: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new UsageError(`${what} ${value} is not a whole number in ${min}..${max}`);
  }
}
