// Which degrees a recoding sender uses, from what the receiver has said of its set and how it will decode
// (protocol/session.md, "Recoding").

import type { Layout } from '../content/index.ts';
import type { DegreeDistribution, SubstitutionDesign } from '../fountain/index.ts';
import { fixedDegree, fullRankDegree, substitutionDesign } from '../fountain/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { Estimate } from '../summary/index.ts';
import { estimateShared, MinWiseSketch } from '../summary/index.ts';
import type { FinishCode, StrategyCode } from '../wire/index.ts';
import { FINISH, STRATEGY } from '../wire/index.ts';
import type { RemoteView } from './remote-view.ts';

/**
 * Degree over symbols that the receiver lacks by its filter, with a full-rank finish: 1 to 3 symbols more than needed at
 * any slack and containment. Of 1000 needed, degree 3 takes up to 12 more and degree 2 up to 243.
 */
const FILTERED_DEGREE = 4;

/** The part of what several senders hold together that a receiver needs: 0.5 ÷ (1.1 − 0.5), at slack 1.1. */
const SHARE_OF_SEVERAL = 5 / 6;

/** Steps of a bisection, a linear programme each: what is needed is known within 2 %. */
const HALVINGS = 6;

export interface DegreeCase {
  readonly layout: Layout;
  readonly held: WorkingSet;
  readonly view: RemoteView;
  readonly strategy: StrategyCode;
  readonly finish: FinishCode;
  /** Symbols in the pool. */
  readonly pooled: number;
  /** The part of what it lacks that the receiver expects from its recoding senders, 0..1. */
  readonly part: number;
}

/** The degrees for one receiver. */
export function designDegrees(c: DegreeCase): DegreeDistribution {
  const { layout, view } = c;
  if (c.strategy === STRATEGY['recode-bf']) {
    if (c.finish === FINISH['full-rank']) return fixedDegree(FILTERED_DEGREE);
    return forSubstitution(0, c.pooled, layout.sourceSymbolCount - view.count, c.part);
  }
  const { from, to } = view.sketched ?? { from: 0, to: layout.idCount };
  const shared = sharedWith(c.view, c.held, from, to);
  if (c.finish === FINISH['full-rank']) {
    // A degree too high costs XORs only; one too low sends sums of what the receiver has.
    return fixedDegree(fullRankDegree(Math.min(1, shared.value + shared.standardError)));
  }
  // Too high an estimate is catastrophic for substitution, one too low is cheap.
  const containment = Math.max(0, shared.value - shared.standardError);
  const own = c.held.bits.countRange(from, to);
  const need = (to - from) / layout.windowRatio - (view.sketched?.sketch.count ?? view.count);
  return forSubstitution(containment, own, need, c.part);
}

/**
 * The degrees for a receiver that lacks `need` symbols and has the `part` of its links with senders that recode. While
 * these send s symbols, full sources send s · (1 − part) ÷ part, all of use: what is left is needed from sums.
 */
function forSubstitution(
  containment: number,
  own: number,
  need: number,
  part: number,
): DegreeDistribution {
  const lacking = own * (1 - containment);
  // One that cannot bring all of it is not the only one, and the receiver ends with a part of what each has.
  const design = (of: number): SubstitutionDesign =>
    substitutionDesign({ containment, own, need: of < lacking ? of : lacking * SHARE_OF_SEVERAL });
  if (!(part > 0 && part < 1)) return design(need).degrees;
  let low = 0;
  let high = need;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (middle + (design(middle).symbols * (1 - part)) / part < need) low = middle;
    else high = middle;
  }
  return design(high).degrees;
}

/** Containment: the share of the own symbols that the receiver has. */
function sharedWith(view: RemoteView, held: WorkingSet, from: number, to: number): Estimate {
  if (view.sketched !== undefined) {
    const { sketch } = view.sketched;
    const own = MinWiseSketch.of(held.bits, from, to, sketch.seed, sketch.binBits);
    return estimateShared(own, sketch);
  }
  let shared = 0;
  held.bits.forEach((id) => {
    if (view.has(id)) shared++;
  });
  return { value: held.count === 0 ? 0 : shared / held.count, standardError: 0 };
}
