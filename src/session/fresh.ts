// Fresh symbols: a full source never sends the same id twice, over all its links, until the window of the
// block is used up. So several receivers of one source get different symbols to trade.

import type { Layout } from '../content/index.ts';

/** One ESI cursor per block, shared by all senders of a content. */
export class FreshCursors {
  private readonly layout: Layout;
  private readonly next: Uint32Array;

  /** @param from the first ESI of every block that is not out yet */
  constructor(layout: Layout, from = 0) {
    this.layout = layout;
    this.next = new Uint32Array(layout.blockCount).fill(from);
  }

  /** The next fresh ESI of the block for which `skip` is false; undefined when the window is used up. */
  take(sbn: number, skip: (esi: number) => boolean): number | undefined {
    const window = this.layout.windowSize(sbn);
    for (let esi = this.next[sbn] ?? window; esi < window; esi++) {
      if (skip(esi)) continue;
      this.next[sbn] = esi + 1;
      return esi;
    }
    this.next[sbn] = window;
    return undefined;
  }
}
