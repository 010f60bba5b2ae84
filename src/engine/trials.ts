// Blocks of which an equation lied: when what is held and the equations of all links but one suffice, they are decoded
// without that link's. It finds one liar among the senders, long before the block is there without equations.

import type { LinkId } from '../base/index.ts';
import type { Blocks } from './blocks.ts';
import type { BlockOutcome } from './io.ts';
import type { RecodedDesk } from './recoded-desk.ts';

/** In a trial that leaves nobody out: the liars may be gone. */
const NOBODY: LinkId = -1;
/** Equations beyond what is lacking: some depend on others. Many more would only make the decoding longer. */
const SPARE_ROWS = 16;
/** Decodings of one block in vain, beside the first: each costs as much as the block. */
const TRIALS_MAX = 8;

interface Suspects {
  /** Links whose equations were left out, and it was still wrong. */
  readonly tried: Set<LinkId>;
  /** Symbols beyond K that a decoding of too little rank has asked for. */
  extra: number;
  /** A liar has been banned meanwhile: what is left may be right as it is. */
  isPurged: boolean;
  count: number;
  /** The trial under way. */
  without: LinkId | undefined;
}

/** One decoding to try. */
export interface Trial {
  readonly sbn: number;
  readonly without: LinkId;
  /** So many equations will do. */
  readonly rows: number;
}

export class Trials {
  private readonly blocks: Blocks;
  private readonly recoded: RecodedDesk;
  private readonly suspects = new Map<number, Suspects>();

  constructor(blocks: Blocks, recoded: RecodedDesk) {
    this.blocks = blocks;
    this.recoded = recoded;
  }

  /** An equation of the block lied. */
  open(sbn: number): void {
    if (this.suspects.has(sbn)) return;
    const tried = new Set<LinkId>();
    this.suspects.set(sbn, { tried, extra: 0, isPurged: false, count: 0, without: undefined });
  }

  /** The equations of a liar are gone. */
  purged(): void {
    for (const suspects of this.suspects.values()) {
      suspects.isPurged = true;
      suspects.tried.clear();
    }
  }

  /** The block is finished. */
  close(sbn: number): void {
    this.suspects.delete(sbn);
  }

  /** The next decoding that is worth trying; undefined when there is none. */
  next(): Trial | undefined {
    for (const [sbn, suspects] of this.suspects) {
      if (!this.blocks.isWaiting(sbn) || suspects.count >= TRIALS_MAX) continue;
      const without = this.suspectOf(sbn, suspects);
      if (without === undefined) continue;
      suspects.count++;
      suspects.without = without;
      const { held, layout } = this.blocks;
      const lacking = layout.sourceSymbols(sbn) - held.countIn(sbn);
      return { sbn, without, rows: Math.max(0, lacking) + suspects.extra + SPARE_ROWS };
    }
    return undefined;
  }

  /** A decoding has ended. True when it was a trial. */
  ended(sbn: number, outcome: BlockOutcome, missing: number): boolean {
    const suspects = this.suspects.get(sbn);
    if (suspects?.without === undefined) return false;
    if (outcome === 'short') suspects.extra += Math.max(1, missing);
    else suspects.tried.add(suspects.without);
    suspects.without = undefined;
    return true;
  }

  private suspectOf(sbn: number, { tried, extra, isPurged }: Suspects): LinkId | undefined {
    const links = [...this.recoded.links(sbn)].filter(([, count]) => count > 0);
    links.sort((a, b) => b[1] - a[1]);
    let lacking = this.blocks.layout.sourceSymbols(sbn) + extra - this.blocks.held.countIn(sbn);
    for (const [, count] of links) lacking -= count;
    if (isPurged && lacking <= 0 && !tried.has(NOBODY)) return NOBODY;
    // Not before any of them can be left out: what comes while a block is decoded is of no use.
    lacking += links[0]?.[1] ?? 0;
    return lacking <= 0 ? links.find(([link]) => !tried.has(link))?.[0] : undefined;
  }
}
