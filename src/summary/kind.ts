// What every summary has in common (protocol/summaries.md, first table).

import type { SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import type { Bitset } from '../base/index.ts';

/** Kinds of which one body says all that it says by itself: those of `encodeSummary`. */
export type StandaloneKind = 'exact' | 'bloom' | 'min-wise';

/** How a working set is described. `riblt` and `art` mean something only next to the reader's own set. */
export type SummaryKind = StandaloneKind | 'riblt' | 'art';

export const STANDALONE_KINDS: readonly StandaloneKind[] = ['exact', 'bloom', 'min-wise'];

/** The kinds by their code on the wire. */
export const SUMMARY_KINDS: readonly SummaryKind[] = [...STANDALONE_KINDS, 'riblt', 'art'];

/** Largest body, bytes: leaves room for the rest of the message in a 64 KiB control message. */
export const SUMMARY_BODY_BYTES_MAX = 61_440;

/** Most ids in one summarised range: its bitmap and form byte fill a body exactly. */
export const SUMMARY_IDS_MAX: number = 8 * (SUMMARY_BODY_BYTES_MAX - 1);

/** What one peer knows of another's working set in one range of ids. */
export interface Summary {
  readonly kind: SummaryKind;
  /** Ids described: exact for `exact`, the sender's claim for the others. */
  readonly count: number;
  /** True when the summary says that the id is held. Always false outside its range and for `min-wise`. */
  has(id: SymbolId): boolean;
}

/** Code of a kind on the wire. */
export function summaryKindCode(kind: SummaryKind): number {
  return SUMMARY_KINDS.indexOf(kind);
}

/** Kind of a code, undefined for one this version does not know. */
export function summaryKindOf(code: number): SummaryKind | undefined {
  return SUMMARY_KINDS[code];
}

/**
 * Ids that a sender should put into one summary at most: it takes whole windows up to this many, and one
 * window even if it is larger. A Bloom filter or ART of that range has its 8 bits an id however full it is. A
 * min-wise sketch has the same size for any range, and the size of a rateless IBLT depends on the difference
 * alone, so one describes the whole content.
 */
export function summaryRangeIds(kind: SummaryKind): number {
  switch (kind) {
    case 'exact':
      return SUMMARY_IDS_MAX;
    case 'bloom':
    case 'art':
      return 61_000;
    case 'min-wise':
    case 'riblt':
      return 0xffffffff;
  }
}

/** True when [from, to) is a range that one summary of the kind may describe. Decoders refuse all others. */
export function isSummaryRange(kind: SummaryKind, from: number, to: number): boolean {
  return (
    Number.isSafeInteger(from) &&
    Number.isSafeInteger(to) &&
    from >= 0 &&
    from < to &&
    to <= 0xffffffff &&
    (to - from <= SUMMARY_IDS_MAX || kind === 'min-wise' || kind === 'riblt')
  );
}

/** Throws UsageError unless [from, to) is a range for a summary of the kind and `bits` covers it. */
export function requireRange(kind: SummaryKind, bits: Bitset, from: number, to: number): void {
  if (!isSummaryRange(kind, from, to) || to > bits.length) {
    throw new UsageError(`[${from}, ${to}) is not a range of the set that ${kind} can describe`);
  }
}
