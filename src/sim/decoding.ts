// Whether symbols suffice to decode a block, told by the decoder that ships, on symbols of one byte.

import { RaptorQDecoder } from '../fountain/index.ts';
import type { RecodedRow } from '../engine/index.ts';

const NOTHING = new Uint8Array(1);

/** Symbols that a block of K source symbols lacks at least, with `held` ESIs and recoded ones. 0: it can be decoded. */
export function missingSymbols(
  sourceSymbols: number,
  held: readonly number[],
  recoded: readonly RecodedRow[],
): number {
  const decoder = new RaptorQDecoder(sourceSymbols, 1);
  for (const esi of held) decoder.add(esi, NOTHING);
  for (const { esis } of recoded) decoder.addRecoded(esis, NOTHING);
  return decoder.decode() === undefined ? Math.max(1, decoder.missing) : 0;
}
