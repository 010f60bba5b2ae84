// A block from encoding symbols of an LT code, by substitution alone.

import { checkLength, checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import { ESI_MAX } from '../raptorq/params.ts';
import { SymbolSum } from '../symbol-sum.ts';
import type { LtCode } from './rows.ts';
import { LT_SYMBOLS_MAX, LtRows } from './rows.ts';
import { Substitution } from '../substitution.ts';

/** An encoding symbol with unknown constituents. */
interface Waiting {
  readonly esi: number;
  readonly bytes: Uint8Array;
}

/** Most waiting symbols ÷ K, and a few more for small blocks. A block takes about 1, and 2 when luck is very bad. */
const WAITING_RATIO = 2;
const WAITING_MORE = 1000;
/** Most constituents of waiting symbols ÷ K: by chance they are 12 each, but a sender might pick long ones only. */
const EDGES_RATIO = 64;

/**
 * Collects encoding symbols until substitution gives the block.
 *
 * Memory: the block, and the symbols that wait for others: about 0.85 of the block before most of it is decoded at once,
 * never more than twice the block and 1000 symbols. Corrupt symbols are not detected: verify symbols before or the block after.
 */
export class LtDecoder {
  /** K. */
  readonly sourceSymbols: number;
  /** T. */
  readonly symbolBytes: number;
  private readonly rows: LtRows;
  private readonly substitution: Substitution;
  private readonly block: Uint8Array;
  /** By number of the sum, which has the first free number. */
  private readonly waiting: (Waiting | undefined)[] = [];
  private readonly waitingEsis: Set<number> = new Set();
  private edges = 0;

  /**
   * Throws RangeError, naming the argument: sourceSymbols is 1..65536, symbolBytes 1..65536, no degree above sourceSymbols.
   */
  constructor(sourceSymbols: number, symbolBytes: number, code: LtCode) {
    checkWhole('sourceSymbols', sourceSymbols, 1, LT_SYMBOLS_MAX);
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    this.rows = new LtRows(sourceSymbols, code);
    this.sourceSymbols = sourceSymbols;
    this.symbolBytes = symbolBytes;
    this.substitution = new Substitution(sourceSymbols);
    this.block = new Uint8Array(sourceSymbols * symbolBytes);
  }

  /** Source symbols that are not known yet. One encoding symbol may give any number of them. */
  get missing(): number {
    return this.sourceSymbols - this.substitution.knownCount;
  }

  /**
   * Takes a copy of encoding symbol esi, 0 ≤ esi < 2^24, of exactly symbolBytes bytes; RangeError otherwise. False when
   * the symbol adds nothing: it waits already, or all of its constituents are known; or when more than one is unknown and
   * as many symbols wait as there is room for.
   */
  add(esi: number, bytes: Uint8Array): boolean {
    checkWhole('esi', esi, 0, ESI_MAX);
    checkLength('bytes', bytes, this.symbolBytes);
    if (this.missing === 0 || this.waitingEsis.has(esi)) return false;
    const constituents = this.rows.constituents(esi);
    const unknown = constituents.filter((symbol) => !this.substitution.isKnown(symbol)).length;
    if (unknown === 0 || (unknown > 1 && !this.hasRoom(unknown))) return false;
    this.waiting.push({ esi, bytes: bytes.slice() });
    this.waitingEsis.add(esi);
    if (unknown > 1) this.edges += unknown;
    this.substitution.add(constituents, (symbol, sum) => this.solve(symbol, sum));
    return true;
  }

  /** The block: sourceSymbols · symbolBytes bytes, the same array at every call. Undefined while symbols are missing. */
  decode(): Uint8Array | undefined {
    return this.missing === 0 ? this.block : undefined;
  }

  private hasRoom(edges: number): boolean {
    const { sourceSymbols: K } = this;
    return (
      this.waitingEsis.size < WAITING_RATIO * K + WAITING_MORE &&
      this.edges + edges <= EDGES_RATIO * (K + WAITING_MORE)
    );
  }

  /** Writes a source symbol: all other constituents of the sum are in the block. */
  private solve(symbol: number, sumNumber: number): void {
    const { block, symbolBytes: T } = this;
    const { esi, bytes } = this.waiting[sumNumber]!;
    const sum = new SymbolSum(bytes);
    for (const other of this.rows.constituents(esi)) {
      if (other === symbol) continue;
      sum.add((target) => target.set(block.subarray(other * T, (other + 1) * T)));
    }
    block.set(sum.bytes, symbol * T);
    this.waiting[sumNumber] = undefined;
    this.waitingEsis.delete(esi);
    if (this.missing === 0) this.waiting.length = 0;
  }
}
