// Which source symbols an encoding symbol of an LT code is the XOR of: a function of its ESI, the same at both ends.

import { mix32, Rng } from '../../base/index.ts';
import { checkWhole } from '../check.ts';
import type { DegreeDistribution } from '../degree-distribution.ts';
import { ESI_MAX } from '../raptorq/params.ts';

/** Most source symbols of a block. That of RaptorQ is 56,403; the paper's content has 23,968. */
export const LT_SYMBOLS_MAX = 65_536;

/** What both ends of an LT code agree on. */
export interface LtCode {
  /** No degree may be above the number of source symbols. */
  readonly degrees: DegreeDistribution;
  /** A whole number in 0..2^32 − 1. Its upper 29 bits after mixing count. */
  readonly seed: number;
}

/**
 * The constituents of encoding symbols. The generator is not linear over GF(2): one that is has rows of a rank of 32 at
 * most, and no transfer would end.
 */
export class LtRows {
  /** K. */
  readonly sourceSymbols: number;
  private readonly degrees: DegreeDistribution;
  private readonly stream: number;

  /** Throws RangeError with the name of the argument unless 1 ≤ sourceSymbols ≤ 65536 and the code is as it says. */
  constructor(sourceSymbols: number, { degrees, seed }: LtCode) {
    checkWhole('sourceSymbols', sourceSymbols, 1, LT_SYMBOLS_MAX);
    checkWhole('seed', seed, 0, 0xffffffff);
    checkWhole('degrees.degrees', degrees.degrees.at(-1)!, 1, sourceSymbols);
    this.sourceSymbols = sourceSymbols;
    this.degrees = degrees;
    this.stream = (mix32(seed) >>> 3) * (ESI_MAX + 1);
  }

  /** The constituents of encoding symbol esi, 0 ≤ esi < 2^24: different source symbols, in no order. */
  constituents(esi: number): number[] {
    const rng = new Rng(this.stream + esi);
    const degree = this.degrees.sample(rng.unit());
    const { sourceSymbols } = this;
    // Floyd's sample: as many draws as constituents, at any degree.
    const chosen = new Set<number>();
    for (let last = sourceSymbols - degree; last < sourceSymbols; last++) {
      const symbol = rng.below(last + 1);
      chosen.add(chosen.has(symbol) ? last : symbol);
    }
    return [...chosen];
  }
}
