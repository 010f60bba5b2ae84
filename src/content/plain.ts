// A plain file: what is known of a file that has no descriptor. Its symbols are all of its bytes in order, there is no code,
// and what can be checked are pieces with a hash, or the whole.

import type { Sha256 } from '../base/index.ts';
import { BLOCK_COUNT_MAX, BLOCK_BYTES_MAX, Layout, SYMBOL_BYTES_MAX } from './layout.ts';
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

/**
 * The layout of a plain file: symbols of 16 KiB (less for a small file, more for one above 256 GiB), blocks of about 4 MiB. With
 * pieces a block is a whole number of them, when that can be.
 */
export function plainLayout({ length, pieces }: PlainFile): Layout {
  const wanted = chooseParameters(Math.min(length, BLOCK_BYTES), { windowRatio: 1 }).symbolBytes;
  const fitting = pieces === undefined ? undefined : symbolFor(pieces.length, wanted);
  let symbolBytes = fitting ?? wanted;
  const unit = fitting === undefined || pieces === undefined ? symbolBytes : pieces.length;
  let blockBytes = unit * Math.max(1, Math.floor(BLOCK_BYTES / unit));
  while (Math.ceil(length / blockBytes) > BLOCK_COUNT_MAX) blockBytes *= 2;
  const mayGrow = (): boolean =>
    symbolBytes < SYMBOL_BYTES_MAX && blockBytes % (2 * symbolBytes) === 0;
  while (blockBytes / symbolBytes > SYMBOLS_MAX && mayGrow()) symbolBytes *= 2;
  const blockSymbols = blockBytes / symbolBytes;
  const blockCount = Math.ceil(Math.ceil(length / symbolBytes) / blockSymbols);
  return new Layout({ length, symbolBytes, blockCount, windowRatio: 1, blockSymbols });
}

/** Symbols of a block: more make no block smaller. */
const SYMBOLS_MAX = 4096;

/** True when blocks of the layout are whole pieces, so that each can be checked as soon as it is here. */
export function hasWholePieces(layout: Layout, pieces: Pieces): boolean {
  const { blockSymbols = 0, symbolBytes, length } = layout;
  return (blockSymbols * symbolBytes) % pieces.length === 0 || length <= pieces.length;
}

/** The largest power of two that divides the length of a piece, up to `most`; undefined when blocks cannot be made of such pieces. */
function symbolFor(pieceBytes: number, most: number): number | undefined {
  if (pieceBytes > BLOCK_BYTES_MAX) return undefined;
  let symbolBytes = most;
  while (symbolBytes >= PIECE_SYMBOL_MIN && pieceBytes % symbolBytes !== 0) symbolBytes /= 2;
  return symbolBytes >= PIECE_SYMBOL_MIN ? symbolBytes : undefined;
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
    file.pieces?.type ?? '',
    file.pieces?.length ?? 0,
  ]);
  const text = encodeUtf8(about) ?? EMPTY; // JSON escapes lone surrogates
  return sha256(text, file.sha256 ?? EMPTY, ...(file.pieces?.hashes ?? []));
}

const EMPTY = new Uint8Array(0);
