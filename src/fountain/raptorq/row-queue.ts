// Which row phase 1 takes next (RFC 6330, 5.4.2.2): one of the smallest degree; of degree 2, one in the largest
// component of the graph whose nodes are the columns and whose edges are the rows of degree 2. Amortised O(1).

import { ColumnGraph, NONE } from './column-graph.ts';
import { borrowInt32, borrowUint8 } from './scratch.ts';
import type { SparseRows } from './structure.ts';

/** The degree of a row is in the upper half of its state, the XOR of its active columns in the lower half. */
const DEGREE_SHIFT = 16;
const ONE_DEGREE = 1 << DEGREE_SHIFT;
const COLUMN_MASK = ONE_DEGREE - 1;

/** The rows by degree = how many active columns they have. */
export class RowQueue {
  private readonly matrix: SparseRows;
  /** By column below the width: where its rows begin in columnRows. */
  private readonly columnStarts: Int32Array;
  private readonly columnRows: Int32Array;
  private readonly active: Uint8Array;
  /** Degree and columns by row. A row that was taken falls below degree 0, which is a large number here. */
  private readonly states: Int32Array;
  // Stacks of rows, each put there when it falls to that degree. It may have moved on since.
  private readonly singles: Int32Array;
  private singleCount = 0;
  private readonly pairs: Int32Array;
  private pairCount = 0;
  /** Rows that had the smallest degree of all when there was none of degree 1 or 2. */
  private readonly long: Int32Array;
  private longCount = 0;
  private longDegree = 0;
  private readonly graph: ColumnGraph;

  /** The columns below `width` are active, of `columns` in all. Uses borrowed memory. */
  constructor(matrix: SparseRows, width: number, columns: number) {
    const { count, starts } = matrix;
    this.matrix = matrix;
    this.active = borrowUint8(columns).fill(1, 0, width).fill(0, width);
    this.states = borrowInt32(count);
    this.singles = borrowInt32(count);
    this.pairs = borrowInt32(count);
    this.long = borrowInt32(count);
    this.graph = new ColumnGraph(width);
    this.columnStarts = borrowInt32(columns + 2).fill(0);
    this.columnRows = borrowInt32(starts[count]!);
    this.fill();
  }

  /** Makes a column inactive. */
  deactivate(column: number): void {
    const { columnRows, states } = this;
    this.active[column] = 0;
    const end = this.columnStarts[column + 1]!;
    for (let i = this.columnStarts[column]!; i < end; i++) {
      const row = columnRows[i]!;
      const state = (states[row]! - ONE_DEGREE) ^ column;
      states[row] = state;
      if (state >>> DEGREE_SHIFT <= 2) this.file(row, state >>> DEGREE_SHIFT);
    }
  }

  isActive(column: number): boolean {
    return this.active[column] !== 0;
  }

  /** A row with the smallest degree, or −1 when no row has an active column. It is dropped when these become inactive. */
  take(): number {
    while (this.singleCount > 0) {
      const row = this.singles[--this.singleCount]!;
      if (this.degree(row) === 1) return row;
    }
    while (this.pairCount > 0) {
      const row = this.pairs[--this.pairCount]!;
      if (this.degree(row) === 2) this.connect(row);
    }
    const edge = this.graph.largest(this.active);
    return edge !== NONE ? edge : this.chooseLong();
  }

  /** The only active column of a row just taken, or −1 when it has several. */
  single(row: number): number {
    return this.degree(row) === 1 ? this.states[row]! & COLUMN_MASK : NONE;
  }

  /** Makes a row that was taken leave the queue, before its columns become inactive. */
  drop(row: number): void {
    this.states[row] = 0;
  }

  /** The active column of a row that is in the fewest rows: the others, made inactive, shorten more rows. */
  rarestColumn(row: number): number {
    const { active, columnStarts, matrix } = this;
    let rarest = NONE;
    let fewest = Infinity;
    for (let i = matrix.starts[row]!; i < matrix.starts[row + 1]!; i++) {
      const column = matrix.columns[i]!;
      if (active[column] === 0) continue;
      const rows = columnStarts[column + 1]! - columnStarts[column]!;
      if (rows < fewest) {
        rarest = column;
        fewest = rows;
      }
    }
    return rarest;
  }

  /** Transposes the matrix and files all rows. The transpose of inactive columns is not used. */
  private fill(): void {
    const { columnStarts, columnRows, states, active } = this;
    const { count, starts, columns } = this.matrix;
    // Two places further on: filling in the rows of a column moves the end of the one before to its own end.
    const entries = starts[count]!;
    for (let i = 0; i < entries; i++) columnStarts[columns[i]! + 2]!++;
    for (let i = 2; i < columnStarts.length; i++) columnStarts[i]! += columnStarts[i - 1]!;
    let at = 0;
    for (let row = 0; row < count; row++) {
      const end = starts[row + 1]!;
      let state = 0;
      for (; at < end; at++) {
        const column = columns[at]!;
        if (active[column] === 0) continue;
        columnRows[columnStarts[column + 1]!++] = row;
        state = (state + ONE_DEGREE) ^ column;
      }
      states[row] = state;
      this.file(row, state >>> DEGREE_SHIFT);
    }
  }

  private degree(row: number): number {
    return this.states[row]! >>> DEGREE_SHIFT;
  }

  private file(row: number, degree: number): void {
    if (degree === 1) this.singles[this.singleCount++] = row;
    else if (degree === 2) this.pairs[this.pairCount++] = row;
  }

  /**
   * Some row of the smallest degree, found by looking at all of them when the last finds are used up. Every such row
   * makes two columns inactive, whose elimination costs more than the look.
   */
  private chooseLong(): number {
    for (;;) {
      while (this.longCount > 0) {
        const row = this.long[--this.longCount]!;
        if (this.degree(row) === this.longDegree) return row;
      }
      if (!this.findLong()) return NONE;
    }
  }

  private findLong(): boolean {
    // Larger degrees are those of rows that were taken. A row that is really so long stays left over.
    this.longDegree = COLUMN_MASK >>> 1;
    for (let row = 0; row < this.states.length; row++) {
      const degree = this.degree(row);
      if (degree === 0 || degree > this.longDegree) continue;
      if (degree < this.longDegree) this.longCount = 0;
      this.longDegree = degree;
      this.long[this.longCount++] = row;
    }
    return this.longCount > 0;
  }

  private connect(row: number): void {
    const { starts, columns } = this.matrix;
    let at = starts[row]!;
    // Active columns are those below the width of the queue.
    while (this.active[columns[at]!] === 0) at++;
    const first = columns[at]!;
    this.graph.connect(first, (this.states[row]! & COLUMN_MASK) ^ first, row);
  }
}
