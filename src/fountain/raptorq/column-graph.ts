// The graph of phase 1 (RFC 6330, 5.4.2.2): its nodes are the columns, its edges the rows of degree 2.

import { borrowInt32 } from './scratch.ts';

/** No row. */
export const NONE = -1;

/**
 * Components of columns, by union-find. None is ever taken apart: when one column of a component goes, its edges
 * fall to degree 1 one after the other, and the whole component is peeled before the next component is chosen.
 */
export class ColumnGraph {
  private readonly parents: Int32Array;
  private readonly sizes: Int32Array;
  private readonly edges: Int32Array; // by root: some row of the component
  // Lists of roots by component size. Each union makes one entry, named by the root that it ended.
  private readonly heads: Int32Array;
  private readonly nexts: Int32Array;
  private readonly roots: Int32Array;
  private highest = 0;

  constructor(columns: number) {
    this.parents = borrowInt32(columns);
    for (let column = 0; column < columns; column++) this.parents[column] = column;
    this.sizes = borrowInt32(columns).fill(1);
    this.edges = borrowInt32(columns);
    this.heads = borrowInt32(columns + 1).fill(NONE);
    this.nexts = borrowInt32(columns);
    this.roots = borrowInt32(columns);
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
