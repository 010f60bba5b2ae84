// Fresh symbols: a full source never sends the same id twice, over all its links, until the window of the
// block is used up. So several receivers of one source get different symbols to trade.

import type { Rng } from '../base/index.ts';
import type { Layout } from '../content/index.ts';

/** One ESI cursor per block, shared by all senders of a content. */
export class FreshCursors {
  private readonly layout: Layout;
  private readonly first: Uint32Array;
  /** ESIs passed since `first`, going round the window. */
  private readonly passed: Uint32Array;

  /**
   * @param from the first ESI of every block that is not out yet. Undefined: `rng` draws a place to start in each
   * block and the cursor goes round, because several full sources that all began at 0 would all send the same.
   */
  constructor(layout: Layout, from: number | undefined, rng: Rng) {
    this.layout = layout;
    this.first = new Uint32Array(layout.blockCount);
    this.passed = new Uint32Array(layout.blockCount);
    if (from !== undefined) {
      this.passed.fill(from);
      return;
    }
    for (let sbn = 0; sbn < layout.blockCount; sbn++) {
      this.first[sbn] = rng.below(layout.windowSize(sbn));
    }
  }

  /** The next fresh ESI of the block for which `skip` is false; undefined when the window is used up. */
  take(sbn: number, skip: (esi: number) => boolean): number | undefined {
    const window = this.layout.windowSize(sbn);
    const first = this.first[sbn] ?? 0;
    for (let passed = this.passed[sbn] ?? window; passed < window; passed++) {
      const esi = (first + passed) % window;
      if (skip(esi)) continue;
      this.passed[sbn] = passed + 1;
      return esi;
    }
    this.passed[sbn] = window;
    return undefined;
  }
}
