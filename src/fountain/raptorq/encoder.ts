// Encoding symbols of one source block (RFC 6330, 5.3).

import type { Kernel, SymbolMemory } from '../../kernel/index.ts';
import { jsKernel, ProgramWriter } from '../../kernel/index.ts';
import { checkLength, checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import type { Parameters } from './params.ts';
import { ESI_MAX, parametersOf, SOURCE_SYMBOLS_MAX } from './params.ts';
import type { EncodingPlan } from './plan.ts';
import { encodingPlan } from './plan.ts';
import { COLUMNS_MAX, internalId, symbolColumns } from './tuple.ts';

interface Intermediate {
  readonly memory: SymbolMemory;
  readonly plan: EncodingPlan;
}

/**
 * Makes the encoding symbols of one source block.
 *
 * The block is K = ⌈source.length / symbolBytes⌉ source symbols; the last is padded with zeros. The encoder keeps a
 * reference to `source`, which must not change. The first repair symbol costs the solution of the whole block
 * and takes its size in memory once more; source symbols cost nothing.
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
  private readonly program: ProgramWriter = new ProgramWriter(COLUMNS_MAX + 2);
  private readonly columns: Int32Array = new Int32Array(COLUMNS_MAX);

  /**
   * `source` has 1..56403 · symbolBytes bytes, `symbolBytes` is 1..65536. Throws RangeError with the name of the
   * argument outside of these.
   */
  constructor(source: Uint8Array, symbolBytes: number, kernel: Kernel = jsKernel) {
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    checkWhole('source.length', source.length, 1, SOURCE_SYMBOLS_MAX * symbolBytes);
    this.sourceSymbols = Math.ceil(source.length / symbolBytes);
    this.symbolBytes = symbolBytes;
    this.source = source;
    this.kernel = kernel;
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
    if (esi < this.sourceSymbols) {
      const symbol = this.sourceSymbol(esi);
      target.set(symbol);
      target.fill(0, symbol.length);
    } else {
      this.repairSymbol(esi, target);
    }
  }

  /** What the source has of source symbol esi: less than T bytes only for the last. */
  private sourceSymbol(esi: number): Uint8Array {
    return this.source.subarray(esi * this.symbolBytes, (esi + 1) * this.symbolBytes);
  }

  private repairSymbol(esi: number, target: Uint8Array): void {
    const { memory, plan } = (this.intermediate ??= this.solve());
    const X = internalId(this.parameters, this.sourceSymbols, esi);
    const count = symbolColumns(this.parameters, X, this.columns);
    for (let i = 0; i < count; i++) this.columns[i] = plan.columnRows[this.columns[i]!]!;
    this.program.clear();
    this.program.set(plan.spare, this.columns, count);
    memory.run(this.program.view());
    memory.readInto(target, plan.spare);
  }

  /** The intermediate symbols (RFC 6330, 5.3.3.4). */
  private solve(): Intermediate {
    const plan = encodingPlan(this.parameters);
    const memory = this.kernel.allocate(plan.rows, this.symbolBytes, plan.workRows);
    // The padding symbols are zero, and so is the end of a short last symbol.
    const last = this.sourceSymbols - 1;
    this.program.clear();
    for (let row = last; row < this.parameters.kPrime; row++) this.program.set(row, []);
    memory.run(this.program.view());
    for (let esi = 0; esi <= last; esi++) memory.write(esi, this.sourceSymbol(esi));
    memory.run(plan.program, plan.workRows);
    return { memory, plan };
  }
}
