// Which row phase 1 takes next (RFC 6330, 5.4.2.2): one of the smallest degree; of degree 2, one in the largest
// component of the graph whose nodes are the columns and whose edges are the rows of degree 2. Amortised O(1).

import type { SparseRows } from './sparse.ts';

const NONE = -1;

/**
 * Rows by degree = how many active columns they have. Degrees only fall. Every fall puts the row on a list of
 * its new degree; entries whose row has moved on since are dropped when they surface. The entry of row r at
 * degree d is number starts[r] + d − 1, so that entries need no allocation.
 */
export class RowQueue {
  private readonly matrix: SparseRows;
  private readonly active: Uint8Array;
  /** Degree by row; 0 once taken. */
  private readonly degrees: Int32Array;
  private readonly singles: Int32Array; // a stack of rows seen at degree 1
  private singleCount = 0;
  private readonly pairs: Int32Array; // a stack of rows seen at degree 2, not yet in the graph
  private pairCount = 0;
  private readonly heads: Int32Array; // by degree ≥ 3: the first entry
  private readonly nexts: Int32Array; // by entry
  private readonly rowOf: Int32Array; // by entry
  private lowest = 3; // no list below this degree, from 3 up, has an entry
  private readonly graph: ColumnGraph;

  constructor(matrix: SparseRows, active: Uint8Array, columns: number) {
    this.matrix = matrix;
    this.active = active;
    this.degrees = new Int32Array(matrix.count);
    this.singles = new Int32Array(matrix.count);
    this.pairs = new Int32Array(matrix.count);
    this.nexts = new Int32Array(matrix.columns.length);
    this.rowOf = new Int32Array(matrix.columns.length);
    this.graph = new ColumnGraph(columns);
    let highest = 3;
    for (let row = 0; row < matrix.count; row++) {
      let degree = 0;
      for (let i = matrix.starts[row]!; i < matrix.starts[row + 1]!; i++) {
        this.rowOf[i] = row;
        degree += active[matrix.columns[i]!]!;
      }
      this.degrees[row] = degree;
      highest = Math.max(highest, degree);
    }
    this.heads = new Int32Array(highest + 1).fill(NONE);
    for (let row = 0; row < matrix.count; row++) this.file(row);
  }

  /** One of the row's active columns is no longer active. */
  shrink(row: number): void {
    if (this.degrees[row] === 0) return; // taken
    this.degrees[row]!--;
    this.file(row);
  }

  /** Removes and returns the next row, or −1 when no row has an active column. */
  take(): number {
    const row = this.choose();
    if (row !== NONE) this.degrees[row] = 0;
    return row;
  }

  private choose(): number {
    while (this.singleCount > 0) {
      const row = this.singles[--this.singleCount]!;
      if (this.degrees[row] === 1) return row;
    }
    while (this.pairCount > 0) {
      const row = this.pairs[--this.pairCount]!;
      if (this.degrees[row] === 2) this.connect(row);
    }
    const edge = this.graph.largest(this.active);
    return edge !== NONE ? edge : this.chooseLong();
  }

  private chooseLong(): number {
    for (; this.lowest < this.heads.length; this.lowest++) {
      for (let entry = this.heads[this.lowest]!; entry !== NONE; entry = this.nexts[entry]!) {
        const row = this.rowOf[entry]!;
        this.heads[this.lowest] = this.nexts[entry]!;
        if (this.degrees[row] === this.lowest) return row;
      }
    }
    return NONE;
  }

  private file(row: number): void {
    const degree = this.degrees[row]!;
    if (degree >= 3) {
      const entry = this.matrix.starts[row]! + degree - 1;
      this.nexts[entry] = this.heads[degree]!;
      this.heads[degree] = entry;
      if (degree < this.lowest) this.lowest = degree;
    } else if (degree === 2) {
      this.pairs[this.pairCount++] = row;
    } else if (degree === 1) {
      this.singles[this.singleCount++] = row;
    }
  }

  private connect(row: number): void {
    let first = NONE;
    for (let i = this.matrix.starts[row]!; i < this.matrix.starts[row + 1]!; i++) {
      const column = this.matrix.columns[i]!;
      if (this.active[column] === 0) continue;
      if (first === NONE) first = column;
      else this.graph.connect(first, column, row);
    }
  }
}

/**
 * Components of columns, by union-find. None is ever taken apart: when one column of a component goes, its edges
 * fall to degree 1 one after the other, and the whole component is peeled before the next component is chosen.
 */
class ColumnGraph {
  private readonly parents: Int32Array;
  private readonly sizes: Int32Array;
  private readonly edges: Int32Array; // by root: some row of the component
  // Lists of roots by component size. Each union makes one entry, named by the root that it ended.
  private readonly heads: Int32Array;
  private readonly nexts: Int32Array;
  private readonly roots: Int32Array;
  private highest = 0;

  constructor(columns: number) {
    this.parents = new Int32Array(columns);
    for (let column = 0; column < columns; column++) this.parents[column] = column;
    this.sizes = new Int32Array(columns).fill(1);
    this.edges = new Int32Array(columns);
    this.heads = new Int32Array(columns + 1).fill(NONE);
    this.nexts = new Int32Array(columns);
    this.roots = new Int32Array(columns);
  }

  connect(a: number, b: number, row: number): void {
    let root = this.find(a);
    let ended = this.find(b);
    if (root === ended) return;
    if (this.sizes[root]! < this.sizes[ended]!) [root, ended] = [ended, root];
    this.parents[ended] = root;
    const size = (this.sizes[root]! += this.sizes[ended]!);
    this.edges[root] = row;
    this.roots[ended] = root;
    this.nexts[ended] = this.heads[size]!;
    this.heads[size] = ended;
    if (size > this.highest) this.highest = size;
  }

  /** A row of the largest component that is still active, or −1. */
  largest(active: Uint8Array): number {
    for (; this.highest > 1; this.highest--) {
      while (this.heads[this.highest] !== NONE) {
        const entry = this.heads[this.highest]!;
        this.heads[this.highest] = this.nexts[entry]!;
        const root = this.roots[entry]!;
        const current = this.parents[root] === root && this.sizes[root] === this.highest;
        if (current && active[root] !== 0) return this.edges[root]!;
      }
    }
    return NONE;
  }

  private find(column: number): number {
    const parents = this.parents;
    let at = column;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }
}
