// What must hold of the figures. A condition is checked where its cells are part of the run; at small ℓ only those are
// that hold there.

import { groupBy } from './statistics.mjs';

/** From here on ℓ counts as the paper's: the model's accuracy and the costs of summaries do not depend on it any more. */
const LARGE = 20_000;

/**
 * Four peers, reconciled by Bloom filters, f = 10: simulated apart from this project, updates acting at once, by slack
 * and c = 0, .1, … .5.
 */
const RECONCILED_AT_10 = {
  1.1: [0.111, 0.111, 0.109, 0.105, 0.093, 0.075],
  1.3: [0.066, 0.065, 0.059, 0.053, 0.041, 0.026],
};

const BEST_F = [10, 30];
const RECODE_BF_EXTRA_MAX = 12;

const isPair = ({ scenario }) => scenario === 'pair';
const isFour = ({ scenario }) => scenario === 'four';
const is =
  (...methods) =>
  (cell) =>
    methods.includes(cell.method);
const both = (a, b) => (cell) => a(cell) && b(cell);

const UNINFORMED = is('uninformed', 'uninformed-wor');
const RECONCILED = is('reconciled-bloom', 'reconciled-exact');
const SPECULATIVE = is('speculative-substitution', 'speculative-full-rank');
const isOnce = ({ updates }) => updates <= 1;

/** How far a found overhead is from its closed form, as a share of what is allowed. */
function fromClosed({ overhead, closed }, isLarge) {
  const allowed = isLarge ? (closed > 1 ? 0.02 * closed : 0.03) : 0.04 * (1 + closed);
  return Math.abs(overhead - closed) / allowed;
}

/** `value` of every cell is at most `limit`. */
const atMost = (name, limit, cells, value, small = false) => ({ name, limit, cells, value, small });

/** Conditions on single cells, in the order of the reference, then the goals. `cells` says which; small: at any ℓ. */
const CONDITIONS = [
  atMost(
    '1. uninformed: ± .03 of the closed form, ± 2 % above 1 (small ℓ: ± 4 %); share of it used',
    1,
    both(UNINFORMED, ({ closed, trials }) => closed !== undefined && trials >= 5),
    fromClosed,
    true,
  ),
  atMost(
    '2. reconciled, two peers and augmented, one summary: total overhead',
    0.002,
    both(
      RECONCILED,
      both(isOnce, (cell) => !isFour(cell)),
    ),
    (cell) => cell.totalOverhead,
  ),
  atMost(
    '3. reconciled, four peers, one summary: distance from the closed form',
    0.03,
    both(RECONCILED, both(isOnce, isFour)),
    (cell) => Math.abs(cell.overhead - cell.closed),
  ),
  atMost(
    '3. reconciled, four peers, f = 10: distance from the simulation with instant updates',
    0.015,
    ({ figure, method, updates, ...cell }) =>
      figure === '10b' &&
      method === 'reconciled-bloom' &&
      updates === 10 &&
      tabled(cell) !== undefined,
    (cell) => Math.abs(cell.overhead - tabled(cell)),
  ),
  atMost(
    '5. speculative, substitution, two peers, slack 1.1, c from the sketch: mean overhead',
    0.2,
    both(
      isPair,
      both(is('speculative-substitution'), ({ slack }) => slack === 1.1),
    ),
    (cell) => cell.overhead,
  ),
  atMost(
    '5. speculative, substitution, two peers, slack 1.1, c known exactly: mean overhead',
    0.16,
    both(
      isPair,
      both(is('speculative-exact'), ({ slack }) => slack === 1.1),
    ),
    (cell) => cell.overhead,
  ),
  atMost(
    '7. recoded over Bloom, full rank: symbols received beyond needed, worst trial',
    RECODE_BF_EXTRA_MAX,
    is('recode-bf'),
    (cell) => cell.worstReceived - cell.needed,
    true,
  ),
  atMost(
    'goal: two peers reconciled, total overhead',
    0.001,
    both(isPair, RECONCILED),
    (cell) => cell.totalOverhead,
  ),
  atMost(
    'goal: augmented reconciled, 1.995 − speed-up with the total overhead',
    0,
    both(({ scenario }) => scenario === 'augmented', RECONCILED),
    (cell) => 1.995 - cell.speedupTotal,
  ),
  atMost(
    'goal: speculative, full rank, two and four peers, total overhead',
    0.01,
    both(
      is('speculative-full-rank'),
      both(isOnce, (cell) => isPair(cell) || isFour(cell)),
    ),
    (cell) => cell.totalOverhead,
  ),
  atMost(
    'goal: four peers with updates, partition f = 20 and coordinated, total overhead',
    0.01,
    ({ figure, method }) =>
      figure === '10b' && (method === 'partition-20' || method === 'coordinated'),
    (cell) => cell.totalOverhead,
  ),
];

function tabled({ slack, containment }) {
  return RECONCILED_AT_10[slack]?.[[0, 0.1, 0.2, 0.3, 0.4, 0.5].indexOf(containment)];
}

const placeOf = ({ label, slack, containment, updates }) =>
  `${label}, slack ${slack}, c = ${containment}, f = ${updates}`;

/** The largest value over cells, as a line of the report; undefined without cells. */
function largest(name, limit, cells, value) {
  if (cells.length === 0) return undefined;
  const found = cells.map((cell) => ({ value: value(cell), at: placeOf(cell) }));
  const worst = found.reduce((a, b) => (b.value > a.value ? b : a));
  return { name, holds: worst.value <= limit, limit, found: worst.value, at: worst.at };
}

/** [{name, holds, limit, found, at}] for what can be checked: the worst value found, and where. */
export function checkTolerances({ symbols, cells }) {
  const isLarge = symbols >= LARGE;
  const good = cells.filter(({ error }) => error === undefined);
  const simple = CONDITIONS.filter(({ small }) => small || isLarge).map((condition) => {
    const value = (cell) => condition.value(cell, isLarge);
    return largest(condition.name, condition.limit, good.filter(condition.cells), value);
  });
  const others = isLarge
    ? [...bestFrequencies(good), speculativeAugmented(good), oneSummary(good)]
    : [];
  return [...simple, ...others].filter((line) => line !== undefined);
}

/** Condition 4: where over f the total cost of reconciled Bloom is least, by slack. */
function bestFrequencies(cells) {
  const sweep = cells.filter(
    ({ figure, method }) => figure === '10a' && method === 'reconciled-bloom',
  );
  const rows = groupBy(sweep, ({ slack }) => slack);
  return rows
    .filter((row) => BEST_F.every((f) => row.some(({ updates }) => updates === f)))
    .map((row) => {
      const best = row.reduce((a, b) => (b.totalOverhead < a.totalOverhead ? b : a));
      return {
        name: '4. reconciled, four peers: f of the least total overhead, 10 … 30',
        holds: best.updates >= BEST_F[0] && best.updates <= BEST_F[1],
        limit: BEST_F[1],
        found: best.updates,
        at: `slack ${best.slack}, total ${best.totalOverhead.toFixed(4)}`,
      };
    });
}

/** Condition 6: speculative beside uninformed with replacement in figure 8. */
function speculativeAugmented(cells) {
  const augmented = cells.filter(({ figure }) => figure === '8');
  const beside = (cell) =>
    augmented.find(
      (other) =>
        other.method === 'uninformed' &&
        other.slack === cell.slack &&
        other.containment === cell.containment,
    );
  const speculative = augmented.filter((cell) => SPECULATIVE(cell) && beside(cell) !== undefined);
  return largest(
    '6. speculative, augmented: overhead beyond that of uninformed with replacement',
    0.02,
    speculative,
    (cell) => cell.overhead - beside(cell).overhead,
  );
}

/** Goal: with one summary only the better of two methods, cell by cell. */
function oneSummary(cells) {
  const candidates = cells.filter(
    (cell) => cell.figure === '9' && isOnce(cell) && is('recode-bf', 'coordinated')(cell),
  );
  const places = groupBy(candidates, ({ slack, containment }) => `${slack} ${containment}`);
  const best = places.map((own) =>
    own.reduce((a, b) => (b.totalOverhead < a.totalOverhead ? b : a)),
  );
  return largest(
    'goal: four peers, one summary only, the best method: total overhead',
    0.005,
    best,
    (cell) => cell.totalOverhead,
  );
}

/** A line for each condition: pass or MISS, what was found and where. */
export function toleranceLines(lines) {
  return [
    '',
    ...lines.map(
      ({ name, holds, limit, found, at }) =>
        `${holds ? 'pass' : 'MISS'}  ${name}: ${Number(found.toFixed(4))} of at most ${limit} (${at})`,
    ),
  ];
}
