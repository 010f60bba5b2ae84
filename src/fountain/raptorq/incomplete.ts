import type { Parameters } from './params.ts';

/** A block of which some source symbols are missing. */
export interface Incomplete {
  readonly p: Parameters;
  readonly sourceSymbols: number;
  readonly symbolBytes: number;
  readonly block: Uint8Array;
  /** By ESI below K: 1 when the source symbol is in the block. */
  readonly isHeld: Uint8Array;
  /** The other ESIs, ascending. */
  readonly lost: readonly number[];
}
