// Encoding symbols of one source block (RFC 6330, 5.3).

import type { Kernel, SymbolMemory } from '../../kernel/index.ts';
import { defaultKernel, ProgramWriter } from '../../kernel/index.ts';
import { checkEachWhole, checkLength, checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import type { Parameters } from './params.ts';
import { ESI_MAX, parametersOf, SOURCE_SYMBOLS_MAX } from './params.ts';
import type { EncodingPlan } from './plan.ts';
import { encodingPlan, SYMBOL_ROWS_MAX } from './plan.ts';
import { internalId } from './tuple.ts';

interface Intermediate {
  readonly memory: SymbolMemory;
  readonly plan: EncodingPlan;
}

export interface EncoderOptions {
  /** The fastest of this machine by default. */
  readonly kernel?: Kernel;
}

/**
 * Makes the encoding symbols of one source block.
 *
 * The block is K = ⌈source.length / symbolBytes⌉ source symbols; the last is padded with zeros. The encoder keeps a
 * reference to `source`, which must not change. The first repair symbol costs the solution of the whole block
 * and takes its size in memory once more, until release(); source symbols cost nothing.
 */
export class RaptorQEncoder {
  /** K. */
  readonly sourceSymbols: number;
  /** T. */
  readonly symbolBytes: number;
  private readonly source: Uint8Array;
  private readonly kernel: Kernel;
  private readonly parameters: Parameters;
  private intermediate: Intermediate | undefined;
  private readonly program: ProgramWriter = new ProgramWriter(SYMBOL_ROWS_MAX + 2);
  private readonly symbolRows: Int32Array = new Int32Array(SYMBOL_ROWS_MAX);

  /**
   * `source` has 1..56403 · symbolBytes bytes, `symbolBytes` is 1..65536. Throws RangeError with the name of the
   * argument outside of these.
   */
  constructor(source: Uint8Array, symbolBytes: number, options: EncoderOptions = {}) {
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    checkWhole('source.length', source.length, 1, SOURCE_SYMBOLS_MAX * symbolBytes);
    this.sourceSymbols = Math.ceil(source.length / symbolBytes);
    this.symbolBytes = symbolBytes;
    this.source = source;
    this.kernel = options.kernel ?? defaultKernel();
    this.parameters = parametersOf(this.sourceSymbols);
  }

  /** A new array with encoding symbol esi, 0 ≤ esi < 2^24: a source symbol below K, a repair symbol from K on. */
  symbol(esi: number): Uint8Array {
    const bytes = new Uint8Array(this.symbolBytes);
    this.symbolInto(esi, bytes);
    return bytes;
  }

  /** Writes encoding symbol esi to `target`, which has symbolBytes bytes. */
  symbolInto(esi: number, target: Uint8Array): void {
    checkWhole('esi', esi, 0, ESI_MAX);
    checkLength('target', target, this.symbolBytes);
    this.write([esi], target);
  }

  /**
   * Writes the encoding symbols `esis` to `target` one after the other; it has esis.length · symbolBytes bytes. Faster
   * than one by one where repair symbols follow each other.
   */
  symbolsInto(esis: ArrayLike<number>, target: Uint8Array): void {
    checkEachWhole('esis', esis, 0, ESI_MAX);
    checkLength('target', target, esis.length * this.symbolBytes);
    this.write(esis, target);
  }

  /** Gives the memory of the solution back. The next repair symbol solves the block again. */
  release(): void {
    this.intermediate?.memory.release();
    this.intermediate = undefined;
  }

  private write(esis: ArrayLike<number>, target: Uint8Array): void {
    const { sourceSymbols: K, symbolBytes: T } = this;
    let end: number;
    for (let start = 0; start < esis.length; start = end) {
      end = start + 1;
      if (esis[start]! >= K) {
        while (end < esis.length && esis[end]! >= K) end++;
        this.writeRepair(esis, start, end, target);
      } else {
        const symbol = this.source.subarray(esis[start]! * T, (esis[start]! + 1) * T);
        target.set(symbol, start * T);
        // Only the last source symbol may be short.
        target.fill(0, start * T + symbol.length, end * T);
      }
    }
  }

  /** Writes the repair symbols esis[start..end − 1] to their places in target, by one program for many of them. */
  private writeRepair(
    esis: ArrayLike<number>,
    start: number,
    end: number,
    target: Uint8Array,
  ): void {
    const { program, symbolRows, symbolBytes: T } = this;
    const { memory, plan } = (this.intermediate ??= this.solve());
    const batch = plan.rows - plan.spare;
    for (let from = start; from < end; from += batch) {
      const to = Math.min(end, from + batch);
      program.clear();
      for (let i = from; i < to; i++) {
        const X = internalId(this.parameters, this.sourceSymbols, esis[i]!);
        program.set(plan.spare + i - from, symbolRows, plan.symbolRows(X, symbolRows));
      }
      memory.run(program.view());
      memory.readInto(target.subarray(from * T, to * T), plan.spare);
    }
  }

  /** The intermediate symbols (RFC 6330, 5.3.3.4). */
  private solve(): Intermediate {
    const plan = encodingPlan(this.parameters);
    const memory = this.kernel.allocate(plan.rows, this.symbolBytes, plan.workRows);
    // The padding symbols are zero, and so is the end of a short last symbol.
    this.program.clear();
    for (let row = this.sourceSymbols - 1; row < this.parameters.kPrime; row++) {
      this.program.set(row, []);
    }
    memory.run(this.program.view());
    memory.write(0, this.source);
    memory.run(plan.program, plan.workRows);
    return { memory, plan };
  }
}
