// A plain file: what is known of a file that has no descriptor. Its symbols are all of its bytes in order, there is no code,
// and what can be checked are pieces with a hash, or the whole.

import type { Sha256 } from '../base/index.ts';
import { concatBytes } from '../base/index.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_COUNT_MAX,
  Layout,
  SOURCE_SYMBOLS_MAX,
  SYMBOL_BYTES_MAX,
} from './layout.ts';
import { chooseParameters } from './parameters.ts';
import { encodeUtf8 } from './utf8.ts';

/** Hashes of pieces that are checked. */
export type PieceHash = 'sha-1' | 'sha-256' | 'sha-512';

/** Hashes of all pieces of a file, of `length` bytes each but the last (RFC 5854, 4.2.14). */
export interface Pieces {
  readonly type: PieceHash;
  readonly length: number;
  readonly hashes: readonly Uint8Array[];
}

export interface PlainFile {
  /** One plain file name. */
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** Of the whole, 32 bytes. */
  readonly sha256?: Uint8Array | undefined;
  readonly pieces?: Pieces | undefined;
  /** Names the version where no hash does: a validator, or the address. */
  readonly identity: string;
}

/** What one bad mirror can spoil before it shows, and what is fetched again then. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Smaller symbols would cost more to book than to fetch. */
const PIECE_SYMBOL_MIN = 1024;
/** A larger file gets larger symbols: one bit for each is written with every mark, so this is 2 MiB. */
const SYMBOLS_WANTED_MAX = 2 ** 24;
/** More symbols than this only for the sake of pieces, and then the pieces go unused: marks of 8 MiB. */
const SYMBOLS_MAX = 2 ** 26;

/**
 * The layout of a plain file: symbols of 16 KiB (less for a small file, up to 64 KiB above 256 GiB), blocks of about 4 MiB. A
 * block is a whole number of pieces when that can be: see `blockPieces`. Throws UsageError above 4 TiB.
 */
export function plainLayout(file: PlainFile): Layout {
  const { length } = file;
  const symbolBytes = symbolBytesFor(length);
  const pieces = countedPieces(file);
  const fitting = pieces === undefined ? undefined : layoutOfPieces(length, pieces, symbolBytes);
  if (fitting !== undefined) return fitting;
  const blockSymbols = blockBytesFor(length, symbolBytes) / symbolBytes;
  return fixed(length, symbolBytes, blockSymbols);
}

/**
 * The pieces of a file when each lies in one block of its layout, so that a block is checked as soon as it is here.
 * Undefined for pieces above 64 MiB, for lengths that have no multiple of about 4 MiB that is also one of the symbol
 * (1,000,000, say), and when their number is not that of the file.
 */
export function blockPieces(file: PlainFile, layout: Layout): Pieces | undefined {
  const pieces = countedPieces(file);
  const blockBytes = (layout.blockSymbols ?? 0) * layout.symbolBytes;
  if (pieces === undefined) return undefined;
  return layout.blockCount <= 1 || blockBytes % pieces.length === 0 ? pieces : undefined;
}

/** The pieces of a file, if they are as many as its length asks for: others say nothing. */
export function countedPieces({ length, pieces }: PlainFile): Pieces | undefined {
  if (pieces === undefined || !Number.isSafeInteger(pieces.length) || pieces.length < 1) {
    return undefined;
  }
  return pieces.hashes.length === Math.ceil(length / pieces.length) ? pieces : undefined;
}

/** 32 bytes that name the file, for a download that goes on later. */
export function plainId(file: PlainFile, sha256: Sha256): Uint8Array {
  const { symbolBytes, blockSymbols } = plainLayout(file);
  const about = JSON.stringify([
    'headwater plain file 1',
    file.length,
    symbolBytes,
    blockSymbols,
    file.identity,
    file.sha256 !== undefined,
    file.pieces?.type ?? '',
    file.pieces?.length ?? 0,
  ]);
  const text = encodeUtf8(about) ?? EMPTY; // JSON escapes lone surrogates
  // One array: a file has more pieces than a call may have arguments.
  const hashes = concatBytes(file.pieces?.hashes ?? []);
  return sha256(text, file.sha256 ?? EMPTY, hashes);
}

const EMPTY = new Uint8Array(0);

function symbolBytesFor(length: number): number {
  let { symbolBytes } = chooseParameters(Math.min(length, BLOCK_BYTES), { windowRatio: 1 });
  while (length > symbolBytes * SYMBOLS_WANTED_MAX && symbolBytes < SYMBOL_BYTES_MAX) {
    symbolBytes *= 2;
  }
  return symbolBytes;
}

/** The layout with the largest symbols, at most `symbolBytes`, in which blocks are whole pieces. */
function layoutOfPieces(length: number, pieces: Pieces, symbolBytes: number): Layout | undefined {
  // One piece: then the whole file is one block, however odd its length.
  if (length <= pieces.length) {
    if (length > BLOCK_BYTES_MAX) return undefined;
    return fixed(length, symbolBytes, Math.max(1, Math.ceil(length / symbolBytes)));
  }
  const least = Math.min(symbolBytes, PIECE_SYMBOL_MIN);
  for (let size = symbolBytes; size >= least; size /= 2) {
    const unit = leastCommonMultiple(pieces.length, size);
    if (unit > Math.max(BLOCK_BYTES, pieces.length)) continue;
    const blockBytes = blockBytesFor(length, unit);
    if (blockBytes > BLOCK_BYTES_MAX || blockBytes / size > SOURCE_SYMBOLS_MAX) return undefined;
    return length / size > SYMBOLS_MAX ? undefined : fixed(length, size, blockBytes / size);
  }
  return undefined;
}

/** About 4 MiB in whole units, and as much more as keeps the number of blocks within its bound. */
function blockBytesFor(length: number, unit: number): number {
  const wanted = Math.floor(BLOCK_BYTES / unit);
  const needed = Math.ceil(length / (unit * BLOCK_COUNT_MAX));
  return unit * Math.max(1, wanted, needed);
}

function fixed(length: number, symbolBytes: number, blockSymbols: number): Layout {
  // A small file of small symbols is one block of all of them.
  const most = Math.max(1, Math.ceil(length / symbolBytes));
  return Layout.fixed({ length, symbolBytes, blockSymbols: Math.min(blockSymbols, most) });
}

/** `size` is a power of two. */
function leastCommonMultiple(length: number, size: number): number {
  let common = 1;
  while (common < size && length % (2 * common) === 0) common *= 2;
  return length * (size / common);
}
