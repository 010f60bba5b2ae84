// What a Metalink says of a file (RFC 5854).

import type { Pieces } from '../../content/index.ts';

/** Largest Metalink, bytes: SHA-256 of the 1-MiB pieces of a file of 100 GiB take 9 MiB. */
export const METALINK_BYTES_MAX: number = 16 * 1024 * 1024;

/** Where a file is. */
export interface MetalinkUrl {
  /** http or https. */
  readonly url: string;
  /** 1 is the best, 999999 the last (4.2.16.1). */
  readonly priority: number;
  /** ISO 3166-1 code of the country. */
  readonly location?: string;
}

export interface MetalinkFile {
  /** One plain file name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number | undefined;
  /** Of the whole file, 32 bytes. */
  readonly sha256: Uint8Array | undefined;
  /** The strongest list of hashes of pieces that can be checked here. */
  readonly pieces: Pieces | undefined;
  /** The best first. */
  readonly urls: readonly MetalinkUrl[];
}
