// Which closed form a cell is compared with.

import {
  augmentedWithout,
  augmentedWithReplacement,
  BLOOM_FALSE_POSITIVES,
  fourReconciledOnce,
  fourWithout,
  fourWithReplacement,
  pairWithout,
  pairWithReplacement,
} from '../../dist/sim/index.js';

const FORMS = {
  pair: {
    uninformed: pairWithReplacement,
    'uninformed-wor': (_, c) => pairWithout(c),
  },
  augmented: {
    uninformed: augmentedWithReplacement,
    'uninformed-wor': (_, c) => augmentedWithout(c),
  },
  four: {
    uninformed: fourWithReplacement,
    'uninformed-wor': fourWithout,
  },
};

const FALSE_POSITIVES = { bloom: BLOOM_FALSE_POSITIVES, exact: 0 };

/** The overhead that the model gives; undefined where there is no closed form, or it is infinite (slack 1). */
export function closedForm({ scenario, strategy, summary, updates, slack, containment }) {
  if (strategy === 'reconciled') {
    const phi = FALSE_POSITIVES[summary];
    if (scenario !== 'four' || updates > 1 || phi === undefined) return undefined;
    return fourReconciledOnce(slack, containment, phi);
  }
  const overhead = FORMS[scenario][strategy]?.(slack, containment);
  return Number.isFinite(overhead) ? overhead : undefined;
}
