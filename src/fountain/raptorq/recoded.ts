// Recoded symbols: XORs of encoding symbols of one block. Each is an equation like a repair symbol, but a long one:
// it fills the matrix, so what is held of its constituents is taken out again before the block is solved.

import type { RecodedSymbol } from './equations.ts';

/**
 * Most constituents of a recoded symbol. Sums of 8 fresh symbols are already as good as plain ones; more of them only
 * make the matrix denser.
 */
export const CONSTITUENTS_MAX = 64;

/**
 * Most recoded symbols that are held. Nearly each one can make a column inactive, and the dense part of the solution
 * costs the square of these in symbol operations and the cube in bits. With symbols of 1400 bytes, half of them recoded:
 * a block of 4000 takes 0.22 to 0.27 s at degree 4 to 8. One of 23,968 with 11,984 recoded, the paper's content, takes
 * 2.0 s at degree 4, 3.3 s at 8 and 4.9 s at 16, in 300 to 425 MB. The limit lets that one through, and little more.
 */
export const RECODED_MAX = 16_384;

/** A recoded symbol, and which of its constituents are held at rows of the memory. */
export interface Reduced {
  readonly symbol: RecodedSymbol;
  readonly held: readonly number[];
  readonly unknown: readonly number[];
}

/** What recoded symbols amount to, given the symbols that are held. */
export interface Reduction {
  /**
   * With one unknown: the symbol is that of ESI unknown[0], once its held ones are added. These may be the unknown
   * ones of entries before it.
   */
  readonly solved: readonly Reduced[];
  /** With more unknowns. */
  readonly open: readonly Reduced[];
}

/**
 * Takes the symbols that are held out of recoded ones, over and over as these become single symbols (peeling). Symbols
 * without an unknown are in neither list.
 */
export function reduceRecoded(
  recoded: readonly RecodedSymbol[],
  isHeld: (esi: number) => boolean,
): Reduction {
  const unknownCounts = new Int32Array(recoded.length);
  const waiting = new Map<number, number[]>(); // unknown ESI → the symbols it is in
  const ready: number[] = [];
  recoded.forEach(({ esis }, n) => {
    for (const esi of esis) {
      if (isHeld(esi)) continue;
      unknownCounts[n]!++;
      const others = waiting.get(esi);
      if (others === undefined) waiting.set(esi, [n]);
      else others.push(n);
    }
    if (unknownCounts[n] === 1) ready.push(n);
  });
  const found = new Set<number>();
  const isUnknown = (esi: number): boolean => !isHeld(esi) && !found.has(esi);
  const split = (n: number): Reduced => {
    const symbol = recoded[n]!;
    const unknown = symbol.esis.filter(isUnknown);
    return { symbol, unknown, held: symbol.esis.filter((esi) => !isUnknown(esi)) };
  };
  const solved: Reduced[] = [];
  for (let n = ready.pop(); n !== undefined; n = ready.pop()) {
    if (unknownCounts[n] !== 1) continue; // solved by another meanwhile
    const reduced = split(n);
    const esi = reduced.unknown[0]!;
    solved.push(reduced);
    found.add(esi);
    for (const other of waiting.get(esi)!) {
      if (--unknownCounts[other]! === 1) ready.push(other);
    }
  }
  const open: Reduced[] = [];
  for (let n = 0; n < recoded.length; n++) if (unknownCounts[n]! > 1) open.push(split(n));
  return { solved, open };
}
