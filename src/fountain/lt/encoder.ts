// Encoding symbols of an LT code: XORs of source symbols (Luby, LT Codes, 2002). Not systematic, and not for transfers:
// a baseline that the paper's figures are compared with.

import { checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import { ESI_MAX } from '../raptorq/params.ts';
import { SymbolSum } from '../symbol-sum.ts';
import type { LtCode } from './rows.ts';
import { LT_SYMBOLS_MAX, LtRows } from './rows.ts';

/**
 * Makes encoding symbols of a block of K = ⌈source.length / symbolBytes⌉ source symbols; the last is padded with zeros.
 * Keeps a reference to `source`, which must not change.
 */
export class LtEncoder {
  /** K. */
  readonly sourceSymbols: number;
  /** T. */
  readonly symbolBytes: number;
  private readonly source: Uint8Array;
  private readonly rows: LtRows;

  /**
   * `source` has 1..65536 · symbolBytes bytes, `symbolBytes` is 1..65536, no degree is above K. Throws RangeError with
   * the name of the argument outside of these.
   */
  constructor(source: Uint8Array, symbolBytes: number, code: LtCode) {
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    checkWhole('source.length', source.length, 1, LT_SYMBOLS_MAX * symbolBytes);
    this.sourceSymbols = Math.ceil(source.length / symbolBytes);
    this.symbolBytes = symbolBytes;
    this.source = source;
    this.rows = new LtRows(this.sourceSymbols, code);
  }

  /** A new array with encoding symbol esi, 0 ≤ esi < 2^24; RangeError otherwise. */
  symbol(esi: number): Uint8Array {
    checkWhole('esi', esi, 0, ESI_MAX);
    const { source, symbolBytes: T } = this;
    const sum = new SymbolSum(new Uint8Array(T));
    for (const symbol of this.rows.constituents(esi)) {
      const bytes = source.subarray(symbol * T, (symbol + 1) * T);
      sum.add((target) => {
        target.set(bytes);
        // Only the last source symbol may be short.
        target.fill(0, bytes.length);
      });
    }
    return sum.bytes;
  }
}
