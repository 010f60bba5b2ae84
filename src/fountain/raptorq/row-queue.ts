// Which row phase 1 takes next (RFC 6330, 5.4.2.2): one of the smallest degree; of degree 2, one in the largest
// component of the graph whose nodes are the columns and whose edges are the rows of degree 2. Amortised O(1).

import { ColumnGraph, NONE } from './column-graph.ts';
import type { SparseRows } from './structure.ts';

/** The degree of a row is in the upper half of its state, the XOR of its active columns in the lower half. */
const DEGREE_SHIFT = 16;
const ONE_DEGREE = 1 << DEGREE_SHIFT;
const COLUMN_MASK = ONE_DEGREE - 1;

/** The rows by degree = how many active columns they have. */
export class RowQueue {
  private readonly matrix: SparseRows;
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

  /** The columns below `width` are active. */
  constructor(matrix: SparseRows, active: Uint8Array, width: number) {
    const { count, starts, columns } = matrix;
    this.matrix = matrix;
    this.active = active;
    this.states = new Int32Array(count);
    this.singles = new Int32Array(count);
    this.pairs = new Int32Array(count);
    this.long = new Int32Array(count);
    this.graph = new ColumnGraph(width);
    for (let row = 0; row < count; row++) {
      let state = 0;
      for (let i = starts[row]!; i < starts[row + 1]!; i++) {
        const column = columns[i]!;
        if (column < width) state = (state + ONE_DEGREE) ^ column;
      }
      this.states[row] = state;
      this.file(row, state >>> DEGREE_SHIFT);
    }
  }

  /** The row's active column `column` is no longer active. */
  shrink(row: number, column: number): void {
    const state = (this.states[row]! - ONE_DEGREE) ^ column;
    this.states[row] = state;
    this.file(row, state >>> DEGREE_SHIFT);
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
