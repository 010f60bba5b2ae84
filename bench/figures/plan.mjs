// What the figures consist of: figure, slack, method and the value on the x-axis make a cell, a cell and a seed a run.

import { METHODS } from './methods.mjs';

const ONE_SUMMARY = [
  'uninformed',
  'uninformed-wor',
  'speculative-substitution',
  'speculative-full-rank',
  'reconciled-bloom',
  'reconciled-exact',
  'recode-bf',
  'partition',
  'coordinated',
];
const OTHER_SUMMARIES = ['speculative-exact', 'reconciled-riblt', 'reconciled-art'];

/** `updates` is f, a list where it is the x-axis. All have slack 1.1 and 1.3. */
export const FIGURES = {
  7: {
    title: 'Figure 7: two peers with partial content',
    scenario: 'pair',
    x: 'containment',
    updates: [1],
    methods: [...ONE_SUMMARY, ...OTHER_SUMMARIES],
  },
  8: {
    title: 'Figure 8: a full source augmented by a peer',
    scenario: 'augmented',
    x: 'containment',
    updates: [1],
    methods: ONE_SUMMARY,
  },
  9: {
    title: 'Figure 9: four peers in parallel, one summary each',
    scenario: 'four',
    x: 'containment',
    updates: [1],
    methods: [...ONE_SUMMARY, ...OTHER_SUMMARIES],
  },
  '10a': {
    title: 'Figure 10(a): four peers, c = 0, cost against the frequency of updates',
    scenario: 'four',
    x: 'updates',
    updates: [1, 2, 5, 10, 15, 20, 30, 50, 100],
    methods: ['reconciled-bloom', 'reconciled-exact', 'partition', 'coordinated'],
  },
  '10b': {
    title: 'Figure 10(b): four peers, summaries updated, f = 10',
    scenario: 'four',
    x: 'containment',
    updates: [10],
    methods: [...ONE_SUMMARY.slice(0, -1), 'partition-20', 'coordinated'],
  },
};

export const SLACKS = [1.1, 1.3];
const TRIALS = 5;
const QUICK_TRIALS = 2;
const SENDERS = { pair: 1, augmented: 2, four: 4 };

/** The containments that an allocation exists for, both ends included (src/sim/allocation.ts). */
export function feasible(scenario, slack) {
  // A pair: what is shared fits into A, c/(1 − c) · (s − ½) ≤ ½.
  if (scenario !== 'four') return [0, 0.5 / slack];
  // Four: p / (1 − (1 − p)⁴) = ½(1 − c)/(s − ½) lies between ¼ and 1, both excluded.
  const margin = 1e-6;
  return [slack === 1 ? margin : 0, 1 - (slack - 0.5) / 2 - margin];
}

/** 0, .1, … .5 as far as feasible; where that ends before .5, the largest one with two digits too. */
function containmentsOf(scenario, slack) {
  const [least, most] = feasible(scenario, slack);
  const largest = Math.min(0.5, Math.floor(most * 100 + 1e-9) / 100);
  const tenths = [0, 1, 2, 3, 4, 5].map((i) => i / 10);
  return [...new Set([...tenths.filter((c) => c >= least && c <= largest), largest])];
}

function methodsOf(figure) {
  return FIGURES[figure].methods.map((id) => ({ id, ...METHODS[id] }));
}

/**
 * The methods of a figure whose strategies are wanted (undefined: all). One that the figure does not have, and each of
 * them when `isForced`, is `methodFor(strategy)`.
 */
export function chosenMethods(figure, { strategies, methodFor, isForced }) {
  if (strategies === undefined) return methodsOf(figure);
  return strategies.flatMap((strategy) => {
    const own = methodsOf(figure).filter((method) => method.strategy === strategy);
    return own.length === 0 || isForced ? [methodFor(strategy)] : own;
  });
}

/**
 * The cells of one figure. `choice` has lists of what to take instead of the figure's own: slacks, containments,
 * updates and methods, and symbols, seed, trials, isQuick. Each cell has `runs`, options of runScenario.
 */
export function cellsOf(figure, choice) {
  const { scenario, x, updates } = FIGURES[figure];
  const { symbols, seed, isQuick, slacks = SLACKS, methods = methodsOf(figure) } = choice;
  const cells = [];
  for (const slack of slacks) {
    const own = x === 'containment' ? containmentsOf(scenario, slack) : [0];
    for (const method of methods) {
      const few = isQuick ? (method.quickTrials ?? QUICK_TRIALS) : method.trials;
      const trials = choice.trials ?? few ?? TRIALS;
      for (const containment of choice.containments ?? own) {
        for (const f of choice.updates ?? (method.updates ? [method.updates] : updates)) {
          const { strategy, summary = 'auto', finish } = method;
          const what = { scenario, strategy, summary, finish, slack, containment, symbols };
          const { id, label } = method;
          const runs = Array.from({ length: trials }, (_, i) => ({
            ...what,
            // Without summaries f has no effect; equal options are run once.
            updates: method.once ? 1 : f,
            seed: seed + i,
          }));
          cells.push({ figure, method: id, label, ...what, updates: f, seed, trials, runs });
        }
      }
    }
  }
  return cells.map((cell) => ({ ...cell, senders: SENDERS[scenario] }));
}
