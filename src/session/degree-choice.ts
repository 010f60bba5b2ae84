// Which degrees a recoding sender uses, from what the receiver has said of its set and how it will decode
// (protocol/session.md, "Recoding").

import type { Layout } from '../content/index.ts';
import type { DegreeDistribution } from '../fountain/index.ts';
import { fixedDegree, fullRankDegree, substitutionDegrees } from '../fountain/index.ts';
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

export interface DegreeCase {
  readonly layout: Layout;
  readonly held: WorkingSet;
  readonly view: RemoteView;
  readonly strategy: StrategyCode;
  readonly finish: FinishCode;
  /** Symbols in the pool. */
  readonly pooled: number;
}

/** The degrees for one receiver. */
export function designDegrees(c: DegreeCase): DegreeDistribution {
  const { layout, view } = c;
  if (c.strategy === STRATEGY['recode-bf']) {
    if (c.finish === FINISH['full-rank']) return fixedDegree(FILTERED_DEGREE);
    const need = layout.sourceSymbolCount - view.count;
    return substitutionDegrees({ containment: 0, own: c.pooled, need });
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
  const lacking = own * (1 - containment);
  const need = (to - from) / layout.windowRatio - (view.sketched?.sketch.count ?? view.count);
  // One that cannot bring all of it is not the only sender, and the receiver ends with a part of what each has.
  return substitutionDegrees({
    containment,
    own,
    need: need < lacking ? need : lacking * SHARE_OF_SEVERAL,
  });
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
