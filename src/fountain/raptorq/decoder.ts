// A source block from encoding symbols (RFC 6330, 5.4).

import type { Kernel, SymbolMemory } from '../../kernel/index.ts';
import { jsKernel, ProgramWriter } from '../../kernel/index.ts';
import { checkLength, checkWhole } from '../check.ts';
import { SYMBOL_BYTES_MAX } from '../partition.ts';
import type { Parameters } from './params.ts';
import { ESI_MAX, parametersOf, SOURCE_SYMBOLS_MAX } from './params.ts';
import { Schedule, workRows } from './schedule.ts';
import type { Solution } from './solver.ts';
import { solve } from './solver.ts';
import type { SparseRows } from './sparse.ts';
import { constraintRows } from './sparse.ts';
import { COLUMNS_MAX, internalId, symbolColumns } from './tuple.ts';

/** Symbols beyond K that the memory has room for at first. */
const SPARE_SYMBOLS = 16;

/**
 * Collects encoding symbols of one block until they determine it.
 *
 * Memory: the symbols received; while decoding also the block, and the lost source symbols once more. Never more
 * than about three times the block. Corrupt symbols are not detected: verify symbols before or the block after.
 */
export class RaptorQDecoder {
  /** K. */
  readonly sourceSymbols: number;
  /** T. */
  readonly symbolBytes: number;
  private readonly kernel: Kernel;
  private readonly parameters: Parameters;
  /** Received symbols in order of arrival, one memory row each: ESI → row. */
  private readonly received: Map<number, number> = new Map();
  private sourceReceived = 0;
  private memory: SymbolMemory | undefined;
  private capacity: number;
  private lowerBound: number;
  private block: Uint8Array | undefined;
  private rebuilt: readonly number[] = [];

  /** Throws RangeError, naming the argument: sourceSymbols is 1..56403, symbolBytes 1..65536. */
  constructor(sourceSymbols: number, symbolBytes: number, kernel: Kernel = jsKernel) {
    checkWhole('sourceSymbols', sourceSymbols, 1, SOURCE_SYMBOLS_MAX);
    checkWhole('symbolBytes', symbolBytes, 1, SYMBOL_BYTES_MAX);
    this.sourceSymbols = sourceSymbols;
    this.symbolBytes = symbolBytes;
    this.kernel = kernel;
    this.parameters = parametersOf(sourceSymbols);
    this.capacity = sourceSymbols + SPARE_SYMBOLS;
    this.lowerBound = sourceSymbols;
  }

  /** At least this many more symbols are needed. At 0, decode() succeeds most of the time. */
  get missing(): number {
    return Math.max(0, this.lowerBound);
  }

  /** After decode(): the ESIs of the source symbols that were not received but rebuilt, ascending. */
  get repaired(): readonly number[] {
    return this.rebuilt;
  }

  /**
   * Takes a copy of encoding symbol esi, 0 ≤ esi < 2^24, of exactly symbolBytes bytes; RangeError otherwise. False
   * when the symbol is a duplicate, or the block is decoded or all source symbols are here.
   */
  add(esi: number, bytes: Uint8Array): boolean {
    checkWhole('esi', esi, 0, ESI_MAX);
    checkLength('bytes', bytes, this.symbolBytes);
    if (this.block !== undefined || this.sourceReceived === this.sourceSymbols) return false;
    if (this.received.has(esi)) return false;
    const row = this.received.size;
    this.reserve(row).write(row, bytes);
    this.received.set(esi, row);
    if (esi < this.sourceSymbols) this.sourceReceived++;
    this.lowerBound = this.sourceReceived === this.sourceSymbols ? 0 : this.lowerBound - 1;
    return true;
  }

  /**
   * The block: sourceSymbols · symbolBytes bytes, the same array at every call. Undefined while the symbols do not
   * determine it; `missing` then says how many more to add before trying again.
   */
  decode(): Uint8Array | undefined {
    if (this.block !== undefined) return this.block;
    if (this.missing > 0) return undefined;
    const lost = this.lostSymbols();
    const matrix = lost.length > 0 ? this.matrix() : undefined;
    const solution = matrix === undefined ? undefined : solve(this.parameters, matrix);
    if (typeof solution === 'number') {
      this.lowerBound = solution;
      return undefined;
    }
    const block = new Uint8Array(this.sourceSymbols * this.symbolBytes);
    // Received source symbols first: solving overwrites symbols in memory.
    for (const [esi, row] of this.received) {
      if (esi < this.sourceSymbols) this.memory?.readInto(this.symbolIn(block, esi), row);
    }
    if (matrix !== undefined && solution !== undefined) {
      this.rebuild(block, lost, matrix, solution);
    }
    this.block = block;
    this.rebuilt = lost;
    this.memory?.release();
    this.memory = undefined;
    this.received.clear();
    return block;
  }

  private symbolIn(block: Uint8Array, esi: number): Uint8Array {
    return block.subarray(esi * this.symbolBytes, (esi + 1) * this.symbolBytes);
  }

  private lostSymbols(): number[] {
    const lost: number[] = [];
    for (let esi = 0; esi < this.sourceSymbols; esi++) if (!this.received.has(esi)) lost.push(esi);
    return lost;
  }

  /** The rows of the padding symbols K..K'−1, then those of the received symbols in order of arrival. */
  private matrix(): SparseRows {
    const { parameters: p, sourceSymbols: K } = this;
    const padding = p.kPrime - K;
    const ids = new Int32Array(padding + this.received.size);
    for (let i = 0; i < padding; i++) ids[i] = K + i;
    for (const [esi, row] of this.received) ids[padding + row] = internalId(p, K, esi);
    return constraintRows(p, ids);
  }

  /** Writes the lost source symbols to the block (RFC 6330, 5.4.2). */
  private rebuild(
    block: Uint8Array,
    lost: readonly number[],
    matrix: SparseRows,
    solution: Solution,
  ): void {
    const p = this.parameters;
    const memory = this.memory!;
    // Memory rows: received symbols, LDPC and padding rows, free columns, lost symbols.
    const zeroRows = p.S + p.kPrime - this.sourceSymbols;
    const values = Int32Array.from({ length: matrix.count }, (_, row) =>
      row < zeroRows ? this.capacity + row : row - zeroRows,
    );
    const free = this.capacity + zeroRows;
    const rebuilt = free + p.H;
    const program = new ProgramWriter(32 * p.L);
    const map = { values, zeroRows, free, work: memory.rows };
    const schedule = new Schedule(program, p, matrix, solution, map);
    const columns = new Int32Array(COLUMNS_MAX);
    lost.forEach((esi, i) => {
      schedule.recordSum(rebuilt + i, columns, symbolColumns(p, esi, columns));
    });
    memory.run(program.view(), workRows(p));
    lost.forEach((esi, i) => memory.readInto(this.symbolIn(block, esi), rebuilt + i));
  }

  /** The memory, with room for a received symbol in `row`. */
  private reserve(row: number): SymbolMemory {
    if (this.memory !== undefined && row < this.capacity) return this.memory;
    const old = this.memory;
    // Only when many symbols were redundant: decode() is worth a try long before.
    if (old !== undefined) this.capacity += Math.ceil(this.capacity / 4);
    const p = this.parameters;
    // Rows for lost symbols are allocated for the worst case; the system provides memory as they are written.
    const K = this.sourceSymbols;
    const rows = this.capacity + p.S + (p.kPrime - K) + p.H + K;
    const memory = this.kernel.allocate(rows, this.symbolBytes, workRows(p));
    const symbol = new Uint8Array(this.symbolBytes);
    for (let i = 0; i < row; i++) {
      old?.readInto(symbol, i);
      memory.write(i, symbol);
    }
    old?.release();
    this.memory = memory;
    return memory;
  }
}
