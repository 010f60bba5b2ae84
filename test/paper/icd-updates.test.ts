// Byers et al., 6.3.3 and Figure 10: four peers whose summaries are updated, slack 1.1.

import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../../src/sim/index.ts';
import type { Cell } from './icd.ts';
import { mean, run } from './icd.ts';

const ELL = 4_000;
const four = { scenario: 'four', slack: 1.1, symbols: ELL } as const;
const reconciled = { ...four, strategy: 'reconciled', summary: 'bloom' } as const;

const at = (updates: number): ScenarioResult => run({ ...reconciled, containment: 0, updates });

describe('6.3.3, updates', () => {
  it('"an update is performed after receiving ℓ/f symbols, i.e. a frequency of 20 … every 5 %"', () => {
    const once = at(1);
    for (const f of [5, 20]) {
      const { received, useful, summaryBytes } = at(f);
      const count = Math.floor((received * f) / ELL);
      // Each update is 8 bits for each symbol held by then, to four senders; received ones arrive evenly.
      let bytes = once.summaryBytes;
      for (let i = 1; i <= count; i++) {
        bytes += 4 * (ELL / 2 + (useful * (i * ELL)) / f / received);
      }
      expect(summaryBytes / bytes, `f = ${f}`).toBeGreaterThan(0.85);
      expect(summaryBytes / bytes, `f = ${f}`).toBeLessThan(1.15);
    }
  });

  it('10(a): what is received in vain falls with f, what updates cost rises', () => {
    const results = [1, 2, 5, 10, 20, 50].map(at);
    for (const [i, { overhead, summaryBytes }] of results.slice(1).entries()) {
      expect(overhead).toBeLessThan(results[i]!.overhead);
      expect(summaryBytes).toBeGreaterThan(results[i]!.summaryBytes);
    }
  });

  it('10(a): "as f increases, the bandwidth spent on reconciliation updates … ultimately would dominate"', () => {
    const { overhead, totalOverhead } = at(100);
    expect(totalOverhead - overhead).toBeGreaterThan(overhead);
  });

  it('10(a): the total cost is least between f = 10 and 30', () => {
    const costs = new Map(
      [1, 2, 5, 10, 15, 20, 30, 50, 100].map((updates) => [
        updates,
        mean({ ...reconciled, containment: 0, updates }, 2).totalOverhead,
      ]),
    );
    const best = [...costs].reduce((a, b) => (b[1] < a[1] ? b : a));
    expect(best[0]).toBeGreaterThanOrEqual(10);
    expect(best[0]).toBeLessThanOrEqual(30);
  });

  it.each([0, 0.2, 0.4])(
    '10(b), reconciled: with f = 10 "dramatic improvement", summaries counted (c = %d)',
    (containment) => {
      const [once, often] = [1, 10].map(
        (updates) => mean({ ...reconciled, containment, updates }, 2).totalOverhead,
      );
      expect(often).toBeLessThan(once! / 2);
    },
  );

  it.each([0, 0.2, 0.4])(
    '10(b), speculative: updated sketches do no harm; tuned degrees leave them little to win (c = %d)',
    (containment) => {
      const cell: Cell = { ...four, strategy: 'speculative', finish: 'substitution', containment };
      const [once, often] = [1, 10].map((updates) => mean({ ...cell, updates }, 2).overhead);
      expect(often).toBeLessThan(once! + 0.03);
    },
  );

  it('beyond the paper: senders that go round a ring each from a place of its own need few updates', () => {
    for (const containment of [0, 0.2, 0.4]) {
      const cell: Cell = {
        ...four,
        strategy: 'partition',
        summary: 'exact',
        updates: 20,
        containment,
      };
      expect(run(cell).totalOverhead, `c = ${containment}`).toBeLessThan(0.1);
    }
  });
});
