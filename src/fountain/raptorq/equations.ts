// What a decoder holds besides source symbols: repair symbols and recoded symbols, each an equation for the missing
// source symbols. They live in the memory of the kernel that will solve them, from row 0 on without a gap.

import type { Kernel, SymbolMemory } from '../../kernel/index.ts';
import { ProgramWriter } from '../../kernel/index.ts';
import type { Parameters } from './params.ts';
import { RepairRows } from './repair-rows.ts';
import { workRows } from './schedule.ts';

/** An XOR of encoding symbols, as it was received. */
export interface RecodedSymbol {
  readonly esis: readonly number[];
  /** What was unknown of it on arrival, as a key. */
  readonly remainder: string;
  row: number;
}

/** Equations beyond the missing symbols and H for which there is room in any case. */
const SPARE_EQUATIONS = 16;

/** How many equations there is room for: enough that dependent ones are only dropped once in a while. */
export function equationsMax(p: Parameters, missing: number): number {
  return missing + p.H + SPARE_EQUATIONS + (p.kPrime >> 5);
}

/** Equations in memory rows 0..count − 1. Behind them the memory has what solving a block takes: see the fields. */
export class Equations {
  /** The repair symbols, in ascending order of rows. */
  readonly plain: RepairRows = new RepairRows();
  recoded: RecodedSymbol[] = [];
  readonly kernel: Kernel;
  /** Rows for equations, and for source symbols while solving. */
  readonly rowsMax: number;
  /** First row for what has the value zero: LDPC rows and padding. */
  readonly zeros: number;
  /** First of H rows for free columns. */
  readonly free: number;
  private readonly remainders: Set<string> = new Set();
  private readonly rows: number;
  private readonly rowBytes: number;
  private readonly workRows: number;
  private allocated: SymbolMemory | undefined;

  constructor(kernel: Kernel, p: Parameters, sourceSymbols: number, symbolBytes: number) {
    this.kernel = kernel;
    this.rowsMax = equationsMax(p, sourceSymbols);
    this.zeros = this.rowsMax;
    this.free = this.zeros + p.S + p.kPrime - sourceSymbols;
    this.rows = this.free + p.H;
    this.rowBytes = symbolBytes;
    this.workRows = workRows(p, sourceSymbols);
  }

  get count(): number {
    return this.plain.size + this.recoded.length;
  }

  /** Allocated on first use; pages that are never written cost nothing. */
  get memory(): SymbolMemory {
    return (this.allocated ??= this.kernel.allocate(this.rows, this.rowBytes, this.workRows));
  }

  addPlain(esi: number, bytes: Uint8Array): void {
    const row = this.count;
    this.memory.write(row, bytes);
    this.plain.add(esi, row);
  }

  addRecoded(esis: readonly number[], remainder: string, bytes: Uint8Array): void {
    const row = this.count;
    this.memory.write(row, bytes);
    this.recoded.push({ esis, remainder, row });
    this.remainders.add(remainder);
  }

  /** True when a recoded symbol of which the same was unknown is held. */
  hasRemainder(remainder: string): boolean {
    return this.remainders.has(remainder);
  }

  /** Drops the equations whose rows are not in `kept`, and closes the gaps. */
  retain(kept: Uint8Array): void {
    const rows = new Int32Array(this.count).fill(-1);
    const program = new ProgramWriter();
    let count = 0;
    for (let row = 0; row < rows.length; row++) {
      if (kept[row] === 0) continue;
      if (row !== count) program.copy(count, row);
      rows[row] = count++;
    }
    this.memory.run(program.view());
    const esis = this.plain.keys().slice();
    const plainRows = this.plain.values().slice();
    this.plain.clear();
    esis.forEach((esi, i) => {
      const row = rows[plainRows[i]!]!;
      if (row >= 0) this.plain.add(esi, row);
    });
    this.recoded = this.recoded.filter(({ row }) => rows[row]! >= 0);
    this.remainders.clear();
    for (const symbol of this.recoded) {
      symbol.row = rows[symbol.row]!;
      this.remainders.add(symbol.remainder);
    }
  }

  /** Forgets all equations and gives the memory back. */
  release(): void {
    this.allocated?.release();
    this.allocated = undefined;
    this.plain.clear();
    this.recoded = [];
    this.remainders.clear();
  }
}
