// The rows of one block: sums of symbols, each an equation, and what they leave free.

import type { LinkId } from '../base/index.ts';
import { freeUnknowns } from '../fountain/index.ts';
import type { Account } from './account.ts';

/** Where a recoded symbol came from. */
export interface RowSource {
  readonly link: LinkId;
  readonly account: Account;
}

export interface Row extends RowSource {
  readonly row: number;
  readonly sbn: number;
  readonly esis: readonly number[];
  /** Constituents that are not held, and the XOR of their ESIs: the last one left is that number. */
  unknown: number;
  sum: number;
  /** waiting: in quarantine. peeling: the driver works on it. gone: the row number is free. */
  state: 'waiting' | 'peeling' | 'gone';
  /** The symbol that the driver was told to get out of it; −1: none is left. */
  target: number;
}

/** The rows of one block, and by constituent which rows it is in. */
export class BlockRows {
  readonly rows: Set<Row> = new Set();
  private readonly heads: Int32Array;
  /** Constituents that count as known in the rows: held, or about to be got out of another row. */
  readonly known: Uint8Array;
  private readonly next: number[] = [];
  private readonly owner: Row[] = [];
  /** Waiting rows of each link; the ids of links are this process's own. */
  readonly waitingOf: Map<LinkId, number> = new Map();

  constructor(window: number) {
    this.heads = new Int32Array(window).fill(-1);
    this.known = new Uint8Array(window);
  }

  link(row: Row, esi: number): void {
    this.next.push(this.heads[esi] ?? -1);
    this.heads[esi] = this.owner.push(row) - 1;
  }

  /** Calls visit with every row that the constituent is in and that is still there. */
  with(esi: number, visit: (row: Row) => void): void {
    for (let at = this.heads[esi] ?? -1; at >= 0; at = this.next[at] ?? -1) {
      const row = this.owner[at];
      if (row !== undefined && row.state !== 'gone') visit(row);
    }
  }

  /** ESIs that `isWanted` and of which the waiting rows say nothing, all at once; no more than `count` are looked for. */
  free(
    isWanted: (esi: number) => boolean,
    isKnown: (esi: number) => boolean,
    count: number,
  ): number[] {
    const equations: number[][] = [];
    for (const row of this.rows) {
      if (row.state !== 'waiting') continue;
      const esis = row.esis.filter((esi) => !isKnown(esi));
      if (esis.length > 0) equations.push(esis);
    }
    return freeUnknowns(
      equations,
      this.known.length,
      (esi) => isWanted(esi) && !isKnown(esi),
      count,
    );
  }
}
