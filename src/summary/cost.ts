// What each kind of summary costs, in bytes, before it is built; and the choice between them.
// Formulas from the protocol and from Byers et al., "Informed Content Delivery Across Adaptive Overlay
// Networks" (SIGCOMM 2002), with the exact set as the baseline that every sketch has to beat.

import { BLOOM_BITS_PER_ID, BLOOM_HEADER_BYTES, bloomProbes, bloomRate } from './bloom.ts';
import { RIBLT_BODY_CELLS_MAX, RIBLT_CELL_BYTES, RIBLT_HEADER_BYTES } from './riblt-body.ts';
import { ribltCellsFor } from './riblt-estimate.ts';
import { varintBytes } from './rice.ts';

/** Bytes of id runs: two varints a run, for runs spread evenly over a range of `window` ids. */
export function runsBytes(runs: number, window: number): number {
  if (runs === 0) return 0;
  const mean = window / (2 * runs);
  return runs * (varintBytes(2 * mean) + varintBytes(mean));
}

/** Bytes of a bitmap of a range of `window` ids. */
export function bitmapBytes(window: number): number {
  return Math.ceil(window / 8);
}

/**
 * Bytes of the Rice code of n ids spread at random over `window`, or of its complement when that is the
 * smaller set: n(log2(W/n) + 1.5)/8, and a few bytes of parameters.
 */
export function riceBytes(held: number, window: number): number {
  const n = Math.min(held, window - held);
  if (n <= 0) return 1;
  return varintBytes(n) + 1 + Math.ceil((n * (Math.log2(window / n) + 1.5)) / 8);
}

/** Bytes of the cheapest exact form for `held` ids in a range of `window`, in `runs` runs if known. */
export function exactBytes(held: number, window: number, runs?: number): number {
  const unstructured = Math.min(bitmapBytes(window), riceBytes(held, window));
  return 1 + (runs === undefined ? unstructured : Math.min(unstructured, runsBytes(runs, window)));
}

/** Bytes of a Bloom summary of `held` ids. */
export function bloomBytes(held: number, bitsPerId: number = BLOOM_BITS_PER_ID): number {
  return BLOOM_HEADER_BYTES + Math.max(1, Math.ceil((held * bitsPerId) / 8));
}

/** Bytes of the cells that will probably do for a difference of d ids: 8·(1.45·d + 16), and headers. */
export function ribltBytes(differences: number): number {
  const cells = ribltCellsFor(differences);
  const bodies = Math.ceil(cells / RIBLT_BODY_CELLS_MAX);
  return bodies * RIBLT_HEADER_BYTES + cells * RIBLT_CELL_BYTES;
}

/** What a choice of summary depends on. */
export interface SummaryCase {
  /** n: ids described. */
  readonly held: number;
  /** W: ids in the range. */
  readonly window: number;
  /** T: bytes of a symbol, which is what one hidden symbol may cost. */
  readonly symbolBytes: number;
  /** Runs that the ids form, if known; without it they are taken to be scattered. */
  readonly runs?: number;
  /** x: symbols of the reader that would be useful here. Default: as many as are held. */
  readonly useful?: number;
  /**
   * p: chance that a symbol hidden by a false positive is wanted before the next update uncovers it.
   * Default .01: with several senders and f ≥ 10 another symbol nearly always does as well.
   */
  readonly wantedChance?: number;
  /** Bits per id of the Bloom filter. Default 8. */
  readonly bitsPerId?: number;
  /** d: ids in one of the two sets but not in both, if there is an estimate. Without it no rateless IBLT. */
  readonly differences?: number;
}

/**
 * The kind that costs least at first contact. Bloom costs its bytes and, for each of the ε·x hidden symbols,
 * T bytes with probability p; so exact wins also where its bytes are more, if T > Δbits·n/(8·ε·x·p). A rateless
 * IBLT hides nothing and costs its bytes, which depend on d alone. Exact wins ties; after first contact it only
 * gets cheaper, as deltas do not depend on f.
 */
export function chooseSummaryKind(
  c: SummaryCase & { readonly differences?: never },
): 'exact' | 'bloom';
export function chooseSummaryKind(c: SummaryCase): 'exact' | 'bloom' | 'riblt';
export function chooseSummaryKind(c: SummaryCase): 'exact' | 'bloom' | 'riblt' {
  const bitsPerId = c.bitsPerId ?? BLOOM_BITS_PER_ID;
  const hidden = bloomRate(1, bitsPerId, bloomProbes(bitsPerId)) * (c.useful ?? c.held);
  const bloom = bloomBytes(c.held, bitsPerId) + hidden * (c.wantedChance ?? 0.01) * c.symbolBytes;
  const exact = exactBytes(c.held, c.window, c.runs);
  const riblt = c.differences === undefined ? Infinity : ribltBytes(c.differences);
  if (riblt < exact && riblt < bloom) return 'riblt';
  return exact <= bloom ? 'exact' : 'bloom';
}
