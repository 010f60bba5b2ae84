// One way in and out for the kinds of which a body says all by itself, as the summary message needs it
// (protocol/wire.md). The others are read next to the reader's own set: see riblt-decoder.ts.

import type { Bitset } from '../base/index.ts';
import type { BloomSummary } from './bloom.ts';
import { decodeBloom, encodeBloom } from './bloom.ts';
import { encodeExact, ExactSummary } from './exact.ts';
import type { StandaloneKind, SummaryKind } from './kind.ts';
import { requireRange } from './kind.ts';
import type { MinWiseSummary } from './min-wise-bytes.ts';
import { decodeMinWise, encodeMinWise } from './min-wise-bytes.ts';
import { MinWiseSketch } from './min-wise.ts';

/** A decoded summary; `kind` tells which. */
export type AnySummary = ExactSummary | BloomSummary | MinWiseSummary;

/**
 * The body of a summary of the members of `bits` in [from, to), with the default parameters of its kind.
 * `seed` (u32) salts the hashing kinds and is not used by `exact`: a fresh one per summary for `bloom`, one
 * that the reader may repeat for `min-wise`. Throws UsageError on a range that no summary may describe.
 */
export function encodeSummary(
  kind: StandaloneKind,
  bits: Bitset,
  from: number,
  to: number,
  seed: number,
): Uint8Array {
  requireRange(kind, bits, from, to);
  switch (kind) {
    case 'exact':
      return encodeExact(bits, from, to);
    case 'bloom':
      return encodeBloom(bits, from, to, { seed });
    case 'min-wise':
      return encodeMinWise(MinWiseSketch.of(bits, from, to, seed));
  }
}

/**
 * The summary in a body, undefined ("no summary") when it is not acceptable for [from, to), and for the kinds
 * that say nothing alone. Never throws.
 */
export function decodeSummary(
  kind: SummaryKind,
  body: Uint8Array,
  from: number,
  to: number,
): AnySummary | undefined {
  switch (kind) {
    case 'exact':
      return ExactSummary.decode(body, from, to);
    case 'bloom':
      return decodeBloom(body, from, to);
    case 'min-wise':
      return decodeMinWise(body, from, to);
    case 'riblt':
    case 'art':
      return undefined;
  }
}
