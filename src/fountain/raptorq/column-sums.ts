// Sums of intermediate symbols, from what a schedule leaves behind. A column that is not free is in memory as if the
// free columns were zero. What the free columns add to a sum is one XOR of some of them, taken from tables.

import type { SubsetTables } from './subset-sums.ts';

/** Most rows that a sum takes besides those of its columns: one from each table of free columns, at most H. */
export const FREE_SUMS_MAX = 16;

/** Where sums of columns are found once a schedule has run. */
export class ColumnSums {
  /** By column: its memory row, or −1 for a free column. */
  private readonly columnRows: Int32Array;
  /** By column: the set of free columns that occur in it. */
  private readonly masks: Int32Array;
  private readonly tables: SubsetTables | undefined;

  constructor(columnRows: Int32Array, masks: Int32Array, tables: SubsetTables | undefined) {
    this.columnRows = columnRows;
    this.masks = masks;
    this.tables = tables;
  }

  /**
   * Replaces the distinct columns target[at..at + count − 1] by the rows whose XOR is the sum of these intermediate
   * symbols, none of them twice, and returns how many: at most count + FREE_SUMS_MAX.
   */
  rowsOf(target: Int32Array, at: number, count: number): number {
    const { columnRows, masks } = this;
    let mask = 0;
    let end = at;
    for (let i = at; i < at + count; i++) {
      const column = target[i]!;
      mask ^= masks[column]!;
      const row = columnRows[column]!;
      if (row >= 0) target[end++] = row;
    }
    if (mask !== 0) end += this.tables!.selectSmall(mask, target, end);
    return end - at;
  }
}
