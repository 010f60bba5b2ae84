// How many symbols decoding an LT code takes, without any payload.

import { ESI_MAX } from '../raptorq/params.ts';
import type { DegreeDistribution } from '../degree-distribution.ts';
import { LtRows } from './rows.ts';
import { Substitution } from '../substitution.ts';

/**
 * Receives encoding symbols 0, 1, 2, … of a block of `sourceSymbols` until substitution gives all of it: their number
 * ÷ sourceSymbols − 1. Infinity when 4 · sourceSymbols + 1000 do not suffice. RangeError as LtEncoder.
 */
export function ltOverhead(
  sourceSymbols: number,
  degrees: DegreeDistribution,
  seed: number,
): number {
  const rows = new LtRows(sourceSymbols, { degrees, seed });
  const substitution = new Substitution(sourceSymbols);
  const ignore = (): void => {};
  const most = Math.min(ESI_MAX, 4 * sourceSymbols + 1000);
  for (let received = 0; received < most;) {
    substitution.add(rows.constituents(received++), ignore);
    if (substitution.knownCount === sourceSymbols) return received / sourceSymbols - 1;
  }
  return Infinity;
}
