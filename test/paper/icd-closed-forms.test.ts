// What the scenarios of Byers et al., 6.3, must come to, derived (src/sim/closed-forms.ts): beside a slow twin, the bare
// model without any of the machines, beside the machines, and beside the values worked out before.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import {
  allocatePair,
  allocateSenders,
  augmentedWithout,
  augmentedWithReplacement,
  BLOOM_FALSE_POSITIVES,
  fourReconciledOnce,
  fourWithout,
  fourWithReplacement,
  pairWithout,
  pairWithReplacement,
} from '../../src/sim/index.ts';
import { mean } from './icd.ts';

/** Slacks and containments other than those of the paper. */
const PLACES = [
  [1.2, 0.15],
  [1.2, 0.27],
  [1.15, 0.05],
  [1.4, 0.33],
] as const;

type Scenario = 'pair' | 'augmented' | 'four';
type Way = 'with' | 'without' | 'reconciled';

/** ℓ of the slow twin. */
const ELL = 20_000;

/**
 * Overhead of the bare model: senders in turn, a symbol each, until ℓ distinct ones are there. `hidden` symbols are left
 * out by reconciled senders, as by false positives of a filter that all senders have.
 */
function slowTwin(scenario: Scenario, way: Way, slack: number, c: number, hidden: number): number {
  const rng = new Rng(11);
  const { receiver, senders, freshFrom } =
    scenario === 'four'
      ? allocateSenders(ELL, 2 * ELL, slack, c, 4, rng)
      : allocatePair(ELL, 2 * ELL, slack, c, rng);
  const held = receiver.clone();
  const isHidden = new Bitset(2 * ELL);
  for (let id = 0; id < freshFrom; id++) if (rng.unit() < hidden) isHidden.add(id);
  const lists = senders.map((sender) => {
    const ids: number[] = [];
    sender.forEach((id) => {
      if (way !== 'reconciled' || !(receiver.has(id) || isHidden.has(id))) ids.push(id);
    });
    return rng.shuffle(ids);
  });
  const needed = ELL - held.count;
  for (let round = 0, received = 0, fresh = freshFrom; ; round++) {
    for (const list of lists) {
      held.add(list[way === 'with' ? rng.below(list.length) : round]!);
      received++;
      if (held.count === ELL) return received / needed - 1;
    }
    if (scenario !== 'augmented') continue;
    held.add(fresh++);
    received++;
    if (held.count === ELL) return received / needed - 1;
  }
}

type Form = (s: number, c: number) => number;
const FORMS: Readonly<Record<Scenario, readonly [Form, Form]>> = {
  pair: [pairWithReplacement, (_, c) => pairWithout(c)],
  augmented: [augmentedWithReplacement, (_, c) => augmentedWithout(c)],
  four: [fourWithReplacement, fourWithout],
};

describe.each(['pair', 'augmented', 'four'] as const)('uninformed, %s', (scenario) => {
  const [withReplacement, without] = FORMS[scenario];

  it.each(PLACES)('the form is what the bare model gives: slack %d, containment %d', (s, c) => {
    for (const [way, form] of [
      ['with', withReplacement],
      ['without', without],
    ] as const) {
      const closed = form(s, c);
      const found = slowTwin(scenario, way, s, c, 0);
      expect(Math.abs(found - closed) / Math.max(1, closed), `${way}: ${found}`).toBeLessThan(0.03);
    }
  });

  it.each(PLACES.slice(0, 2))('and what the machines give: slack %d, containment %d', (s, c) => {
    for (const [strategy, form] of [
      ['uninformed', withReplacement],
      ['uninformed-wor', without],
    ] as const) {
      const closed = form(s, c);
      const cell = { scenario, strategy, slack: s, containment: c } as const;
      const found = mean(cell, 6).overhead;
      expect(Math.abs(found - closed) / (1 + closed), `${strategy}: ${found}`).toBeLessThan(0.04);
    }
  });
});

describe('four peers, reconciled by one summary', () => {
  it.each(PLACES)('the form is what the bare model gives: slack %d, containment %d', (s, c) => {
    for (const phi of [0, BLOOM_FALSE_POSITIVES, 0.147]) {
      const closed = fourReconciledOnce(s, c, phi);
      expect(Math.abs(slowTwin('four', 'reconciled', s, c, phi) - closed)).toBeLessThan(0.02);
    }
  });

  it.each(PLACES.slice(0, 2))('and what the machines give: slack %d, containment %d', (s, c) => {
    const cell = { scenario: 'four', strategy: 'reconciled', slack: s, containment: c } as const;
    const at = { ...cell, updates: 1, symbols: 8_000 };
    const exact = fourReconciledOnce(s, c, 0);
    expect(Math.abs(mean({ ...at, summary: 'exact' }, 3).overhead - exact)).toBeLessThan(0.04);
    const bloom = fourReconciledOnce(s, c, BLOOM_FALSE_POSITIVES);
    expect(Math.abs(mean({ ...at, summary: 'bloom' }, 3).overhead - bloom)).toBeLessThan(0.04);
  });
});

describe('values worked out before', () => {
  const at = (form: Form, slack: number, ...containments: number[]): string[] =>
    containments.map((c) => form(slack, c).toFixed(2));

  it('two peers', () => {
    expect(at(pairWithReplacement, 1.1, 0, 0.2, 0.4)).toEqual(['1.15', '1.69', '2.58']);
    expect(at(pairWithReplacement, 1.3, 0, 0.3)).toEqual(['0.57', '1.24']);
    expect([0, 0.1, 0.4].map((c) => pairWithout(c).toFixed(3))).toEqual([
      '0.000',
      '0.111',
      '0.667',
    ]);
  });

  it('augmented', () => {
    expect(at(augmentedWithReplacement, 1.1, 0, 0.2, 0.4)).toEqual(['0.11', '0.21', '0.32']);
    expect([0, 0.2, 0.4].map((c) => augmentedWithout(c).toFixed(3))).toEqual([
      '0.000',
      '0.111',
      '0.250',
    ]);
  });

  it('four peers', () => {
    expect(at(fourWithReplacement, 1.1, 0, 0.3, 0.5)).toEqual(['1.27', '2.60', '4.14']);
    expect(at(fourWithout, 1.3, 0, 0.3, 0.5)).toEqual(['0.38', '0.85', '1.27']);
    const reconciled: Form = (s, c) => fourReconciledOnce(s, c, BLOOM_FALSE_POSITIVES);
    expect(at(reconciled, 1.1, 0, 0.3)).toEqual(['0.78', '0.70']);
    expect(at(reconciled, 1.3, 0, 0.4)).toEqual(['0.39', '0.24']);
  });
});
