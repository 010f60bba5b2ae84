// Sums of intermediate symbols, from what a schedule leaves behind. A column that is not free is in memory as if the
// free columns were zero. What the free columns add to a sum is one XOR of some of them, taken from tables.

import type { SubsetTables } from './subset-sums.ts';

/** Most rows that a sum takes besides those of its columns: one from each table of free columns, at most H. */
export const FREE_SUMS_MAX = 16;

/** Where sums of columns are found once a schedule has run. */
export class ColumnSums {
  /** By column two words, as they are read together: its memory row or −1, and its mask. */
  private readonly entries: Int32Array;
  private readonly tables: SubsetTables | undefined;

  /**
   * By column: columnRows has its memory row, or −1 for a free column, and masks the set of free columns that occur in
   * it. Keeps neither.
   */
  constructor(columnRows: Int32Array, masks: Int32Array, tables: SubsetTables | undefined) {
    this.entries = new Int32Array(2 * columnRows.length);
    for (let column = 0; column < columnRows.length; column++) {
      this.entries[2 * column] = columnRows[column]!;
      this.entries[2 * column + 1] = masks[column]!;
    }
    this.tables = tables;
  }

  /**
   * Writes the rows whose XOR is the sum of the intermediate symbols of columns[from..to − 1], which are distinct, to
   * target[at…], none of them twice, and returns how many: at most to − from + FREE_SUMS_MAX.
   */
  rowsOf(columns: Uint16Array, from: number, to: number, target: Int32Array, at: number): number {
    const { entries } = this;
    let mask = 0;
    let end = at;
    for (let i = from; i < to; i++) {
      const entry = 2 * columns[i]!;
      mask ^= entries[entry + 1]!;
      const row = entries[entry]!;
      if (row >= 0) target[end++] = row;
    }
    if (mask !== 0) end += this.tables!.selectSmall(mask, target, end);
    return end - at;
  }
}
