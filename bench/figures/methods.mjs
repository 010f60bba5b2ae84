// The methods that the figures compare, and how each is drawn: a family has a colour, its members differ in dash and
// shape. `paper` is what the paper has, the others are ours.

const [BLUE, ORANGE, GREY, GREEN, VIOLET, PINK] = [0, 1, 2, 3, 4, 5];

export const SOLID = [1, 0];
export const DASHED = [6, 3];
const DOTTED = [2, 2];

/**
 * `colour` is an index into COLOURS of bench/chart.mjs. `updates` overrides the f of the figure; `once` marks methods
 * that have nothing to update. `trials` is how many are enough, 5 where it is not given: full rank and exact sets vary
 * by a symbol or two, if at all. `quickTrials` is how many --quick takes where two say nothing. Methods without `colour` are in the tables only.
 */
export const METHODS = {
  uninformed: {
    label: 'uninformed, with replacement',
    strategy: 'uninformed',
    once: true,
    quickTrials: 20,
    colour: ORANGE,
    dash: SOLID,
    shape: 'circle',
  },
  'uninformed-wor': {
    label: 'uninformed, without replacement',
    strategy: 'uninformed-wor',
    once: true,
    quickTrials: 20,
    colour: ORANGE,
    dash: DASHED,
    shape: 'square',
  },
  'speculative-substitution': {
    label: 'speculative, substitution (paper)',
    strategy: 'speculative',
    finish: 'substitution',
    colour: BLUE,
    dash: SOLID,
    shape: 'triangle-up',
  },
  'speculative-exact': {
    label: 'speculative, substitution, c known',
    strategy: 'speculative',
    summary: 'exact',
    finish: 'substitution',
  },
  'speculative-full-rank': {
    label: 'speculative, full rank',
    strategy: 'speculative',
    finish: 'full-rank',
    trials: 3,
    colour: BLUE,
    dash: DASHED,
    shape: 'triangle-down',
  },
  'reconciled-bloom': {
    label: 'reconciled, Bloom (paper)',
    strategy: 'reconciled',
    summary: 'bloom',
    colour: GREEN,
    dash: SOLID,
    shape: 'diamond',
  },
  'reconciled-exact': {
    label: 'reconciled, exact',
    strategy: 'reconciled',
    summary: 'exact',
    colour: GREEN,
    dash: DASHED,
    shape: 'cross',
  },
  'recode-bf': {
    label: 'recoded over Bloom, full rank',
    strategy: 'recode-bf',
    summary: 'bloom',
    finish: 'full-rank',
    trials: 3,
    colour: VIOLET,
    dash: SOLID,
    shape: 'triangle-right',
  },
  partition: {
    label: 'partition, exact',
    strategy: 'partition',
    summary: 'exact',
    colour: PINK,
    dash: SOLID,
    shape: 'square',
  },
  'partition-20': {
    label: 'partition, exact, f = 20',
    strategy: 'partition',
    summary: 'exact',
    updates: 20,
    colour: PINK,
    dash: DASHED,
    shape: 'circle',
  },
  coordinated: {
    label: 'coordinated',
    strategy: 'coordinated',
    summary: 'auto',
    colour: GREY,
    dash: DOTTED,
    shape: 'triangle-left',
  },
  'reconciled-riblt': {
    label: 'reconciled, rateless IBLT',
    strategy: 'reconciled',
    summary: 'riblt',
    trials: 2,
  },
  'reconciled-art': {
    label: 'reconciled, ART',
    strategy: 'reconciled',
    summary: 'art',
    trials: 2,
  },
};

export const STRATEGIES = [...new Set(Object.values(METHODS).map(({ strategy }) => strategy))];
export const SUMMARIES = ['auto', 'exact', 'bloom', 'riblt', 'art'];
export const FINISHES = ['full-rank', 'substitution'];

/** A method of no figure, as the command line asks for it. Reconciled is the paper's unless told. */
export function methodOf(strategy, summary, finish) {
  const summaries = { reconciled: 'bloom', 'recode-bf': 'bloom' };
  return {
    id: [strategy, summary, finish].filter((part) => part !== undefined).join('-'),
    label: [strategy, summary, finish].filter((part) => part !== undefined).join(', '),
    strategy,
    summary: summary ?? summaries[strategy] ?? 'auto',
    finish: finish ?? (recodes(strategy) ? 'full-rank' : undefined),
  };
}

function recodes(strategy) {
  return strategy === 'speculative' || strategy === 'recode-bf';
}
