// How encoding symbols depend on the source symbols: symbol e is the sum of c_ej times source symbol j over GF(256).
// The encoding plan computes all symbols from one block; its transpose computes, for one symbol, all c_ej.

import { runTransposed, TRANSPOSED_COLUMNS as COLUMNS } from '../../kernel/index.ts';
import type { Parameters } from './params.ts';
import type { EncodingPlan } from './plan.ts';
import { encodingPlan, SYMBOL_ROWS_MAX } from './plan.ts';
import { internalId } from './tuple.ts';

/** The coefficients of some sums of encoding symbols. */
export class Dependence {
  private readonly p: Parameters;
  private readonly sourceSymbols: number;
  private readonly sums: readonly (readonly number[])[];
  private readonly plan: EncodingPlan;
  private readonly symbolRows: Int32Array = new Int32Array(SYMBOL_ROWS_MAX);
  /** By group of four sums: a word for each source symbol, one byte for each sum. */
  private readonly groups: Int32Array[] = [];

  /** `sums` lists, for each sum, the different ESIs of its symbols. */
  constructor(p: Parameters, sourceSymbols: number, sums: readonly (readonly number[])[]) {
    this.p = p;
    this.sourceSymbols = sourceSymbols;
    this.sums = sums;
    this.plan = encodingPlan(p);
  }

  /** Computes the coefficients of the first `count` sums. */
  reach(count: number): void {
    const { plan, symbolRows, sums, groups } = this;
    for (let first = groups.length * COLUMNS; first < count; first += COLUMNS) {
      const words = new Int32Array(plan.rows + plan.workRows);
      for (let n = first; n < Math.min(sums.length, first + COLUMNS); n++) {
        const one = 1 << (8 * (n - first));
        for (const esi of sums[n]!) {
          const X = internalId(this.p, this.sourceSymbols, esi);
          const rows = plan.symbolRows(X, symbolRows);
          for (let i = 0; i < rows; i++) words[symbolRows[i]!]! ^= one;
        }
      }
      runTransposed(plan.program, words);
      groups.push(words.slice(0, this.sourceSymbols));
    }
  }

  /** The coefficient of source symbol esi in sum n, for n within reach. */
  coefficient(n: number, esi: number): number {
    const word = this.groups[Math.floor(n / COLUMNS)]![esi]!;
    return (word >>> (8 * (n % COLUMNS))) & 255;
  }
}
