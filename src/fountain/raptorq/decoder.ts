// A source block from encoding symbols (RFC 6330, 5.4).

import type { Kernel } from '../../kernel/index.ts';
import { defaultKernel } from '../../kernel/index.ts';
import { checkEachWhole, checkLength, checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import { SymbolSum } from '../symbol-sum.ts';
import { Equations } from './equations.ts';
import { fewMissingMax, rebuildFew } from './few-missing.ts';
import type { Incomplete } from './incomplete.ts';
import type { Parameters } from './params.ts';
import { ESI_MAX, parametersOf, SOURCE_SYMBOLS_MAX } from './params.ts';
import { condense, rebuildBlock } from './rebuild.ts';
import { CONSTITUENTS_MAX, RECODED_MAX } from './recoded.ts';

export interface DecoderOptions {
  /** The fastest of this machine by default. */
  readonly kernel?: Kernel;
  /**
   * What becomes the block: an array of sourceSymbols · symbolBytes bytes with any content, for example that of an
   * earlier block. The decoder writes to it from the first symbol on. A new one by default; in a stream of blocks fresh
   * memory can cost as much as a third of the decoding.
   */
  readonly block?: Uint8Array;
}

/**
 * Collects encoding symbols of one block until they determine it.
 *
 * Memory: source symbols go straight to the block, all others to the memory of the kernel, which while decoding takes
 * the source symbols once more. In all about twice the block, never three times, however many symbols are added.
 * Corrupt symbols are not detected: verify symbols before or the block after.
 */
export class RaptorQDecoder {
  /** K. */
  readonly sourceSymbols: number;
  /** T. */
  readonly symbolBytes: number;
  private readonly kernel: Kernel;
  private readonly parameters: Parameters;
  private readonly equations: Equations;
  private readonly isHeld: Uint8Array;
  private heldCount = 0;
  private lowerBound: number;
  private block: Uint8Array | undefined;
  private isDecoded = false;
  /** True once it is known that the symbols held determine the block. */
  private isDetermined = false;
  private rebuilt: readonly number[] = [];

  /** Throws RangeError, naming the argument: sourceSymbols is 1..56403, symbolBytes 1..65536, or a wrong block. */
  constructor(sourceSymbols: number, symbolBytes: number, options: DecoderOptions = {}) {
    checkWhole('sourceSymbols', sourceSymbols, 1, SOURCE_SYMBOLS_MAX);
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    this.sourceSymbols = sourceSymbols;
    this.symbolBytes = symbolBytes;
    const { kernel = defaultKernel(), block } = options;
    if (block !== undefined) checkLength('block', block, sourceSymbols * symbolBytes);
    this.kernel = kernel;
    this.block = block;
    this.parameters = parametersOf(sourceSymbols);
    this.equations = new Equations(kernel, this.parameters, sourceSymbols, symbolBytes);
    this.isHeld = new Uint8Array(sourceSymbols);
    this.lowerBound = sourceSymbols;
  }

  /** At least this many more symbols are needed. At 0, decode() succeeds most of the time. */
  get missing(): number {
    return this.isComplete ? 0 : Math.max(0, this.lowerBound);
  }

  /** After decode(): the ESIs of the source symbols that were not received but rebuilt, ascending. */
  get repaired(): readonly number[] {
    return this.rebuilt;
  }

  private get isComplete(): boolean {
    return this.isDecoded || this.heldCount === this.sourceSymbols;
  }

  /**
   * Takes a copy of encoding symbol esi, 0 ≤ esi < 2^24, of exactly symbolBytes bytes; RangeError otherwise. False
   * when the symbol adds nothing: it is held, or the block is decoded or all source symbols are here, or symbols
   * that determine the block are held already and there is no room for more.
   */
  add(esi: number, bytes: Uint8Array): boolean {
    checkWhole('esi', esi, 0, ESI_MAX);
    checkLength('bytes', bytes, this.symbolBytes);
    if (this.isComplete || this.has(esi)) return false;
    if (esi < this.sourceSymbols) {
      this.block ??= new Uint8Array(this.sourceSymbols * this.symbolBytes);
      this.symbolIn(this.block, esi).set(bytes);
      this.isHeld[esi] = 1;
      this.heldCount++;
      if (this.isComplete) this.equations.release();
    } else {
      if (!this.makeRoom()) return false;
      this.equations.addPlain(esi, bytes);
    }
    this.lowerBound--;
    return true;
  }

  /**
   * Takes a copy of a recoded symbol: the XOR of the encoding symbols `esis` of this block, 1 to 64 different ones in
   * any order. RangeError, naming the argument, for an ESI out of 0..2^24 − 1 or repeated, for too many or none, and
   * for a wrong number of bytes. False when it adds nothing: as for add(), or all of its symbols are held, or what is
   * unknown of it is the same as of a recoded symbol that is held. False as well when 16384 recoded symbols are held:
   * solving the block for them takes long (see RECODED_MAX), so other symbols are needed then.
   *
   * A recoded symbol of which all but one symbol are held is that symbol. Any other one counts in `missing` like a
   * symbol, although it more often turns out to be implied by others; recoded source symbols of even degree never
   * determine a block.
   */
  addRecoded(esis: readonly number[], bytes: Uint8Array): boolean {
    checkWhole('esis.length', esis.length, 1, CONSTITUENTS_MAX);
    checkEachWhole('esis', esis, 0, ESI_MAX);
    if (new Set(esis).size < esis.length) throw new RangeError('esis names a symbol twice');
    checkLength('bytes', bytes, this.symbolBytes);
    if (this.isComplete) return false;
    const unknown = esis.filter((esi) => !this.has(esi));
    if (unknown.length === 0) return false;
    if (unknown.length === 1) return this.add(unknown[0]!, this.reduce(esis, bytes));
    const remainder = unknown.sort((a, b) => a - b).join();
    if (this.equations.hasRemainder(remainder)) return false;
    if (this.equations.recoded.length === RECODED_MAX || !this.makeRoom()) return false;
    this.equations.addRecoded([...esis], remainder, bytes);
    this.lowerBound--;
    return true;
  }

  /**
   * The block: sourceSymbols · symbolBytes bytes, the same array at every call. Undefined while the symbols do not
   * determine it; `missing` then says how many more to add before trying again.
   */
  decode(): Uint8Array | undefined {
    if (this.missing > 0) return undefined;
    if (!this.isComplete) {
      const incomplete = this.incomplete();
      const short =
        incomplete.lost.length <= fewMissingMax(this.kernel)
          ? rebuildFew(this.kernel, incomplete, this.equations)
          : rebuildBlock(incomplete, this.equations);
      if (short !== undefined) {
        this.lowerBound = short;
        return undefined;
      }
      this.rebuilt = incomplete.lost;
      this.isDecoded = true;
      this.equations.release();
    }
    return this.block;
  }

  private has(esi: number): boolean {
    return esi < this.sourceSymbols ? this.isHeld[esi] === 1 : this.equations.plain.has(esi);
  }

  private symbolIn(block: Uint8Array, esi: number): Uint8Array {
    return block.subarray(esi * this.symbolBytes, (esi + 1) * this.symbolBytes);
  }

  /** A recoded symbol without those of its symbols that are held. */
  private reduce(esis: readonly number[], bytes: Uint8Array): Uint8Array {
    const sum = new SymbolSum(bytes);
    for (const esi of esis) {
      if (!this.has(esi)) continue;
      const row = this.equations.plain.get(esi);
      if (row === undefined) sum.add((target) => target.set(this.symbolIn(this.block!, esi)));
      else sum.add((target) => this.equations.memory.readInto(target, row));
    }
    return sum.bytes;
  }

  private incomplete(): Incomplete {
    const { parameters: p, sourceSymbols, symbolBytes, isHeld } = this;
    const lost: number[] = [];
    for (let esi = 0; esi < sourceSymbols; esi++) if (isHeld[esi] === 0) lost.push(esi);
    this.block ??= new Uint8Array(sourceSymbols * symbolBytes);
    return { p, sourceSymbols, symbolBytes, block: this.block, isHeld, lost };
  }

  /** False when there is no room for another equation, and no need of it. */
  private makeRoom(): boolean {
    if (this.equations.count < this.equations.rowsMax) return true;
    if (this.isDetermined) return false;
    const short = condense(this.incomplete(), this.equations);
    this.isDetermined = short === 0;
    this.lowerBound = short;
    return !this.isDetermined;
  }
}
