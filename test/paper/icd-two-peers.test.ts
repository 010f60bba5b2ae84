// Byers et al., 6.3.1 and Figure 7: two peers with partial content.

import { describe, expect, it } from 'vitest';
import { pairWithReplacement } from '../../src/sim/index.ts';
import type { Cell } from './icd.ts';
import { ELL, overheads, run } from './icd.ts';

const SLACKS = [1.1, 1.3];
/** Possible at both slacks. */
const CONTAINMENTS = [0, 0.12, 0.25, 0.37];

const uninformed = { scenario: 'pair', strategy: 'uninformed' } as const;
const reconciled = { scenario: 'pair', strategy: 'reconciled', updates: 1 } as const;
const speculative = {
  scenario: 'pair',
  strategy: 'speculative',
  finish: 'substitution',
  updates: 1,
} as const;

describe('6.3.1', () => {
  it.each(SLACKS)(
    '"uninformed collaboration performs poorly and degrades significantly as containment increases" (slack %d)',
    (slack) => {
      const found = overheads({ ...uninformed, slack }, CONTAINMENTS, 4);
      expect(found[0]).toBeGreaterThan(0.45);
      for (const [i, overhead] of found.slice(1).entries()) {
        expect(overhead, `c = ${CONTAINMENTS[i + 1]}`).toBeGreaterThan(found[i]! + 0.1);
      }
    },
  );

  it('"similar to that of the well known Coupon Collector’s problem": as U/(1 − c) · ln(U/(s − 1))', () => {
    for (const [slack, containment] of [
      [1.25, 0.27],
      [1.15, 0.4],
    ] as const) {
      const [found] = overheads({ ...uninformed, slack }, [containment], 8);
      const closed = pairWithReplacement(slack, containment);
      expect(Math.abs(found! - closed) / (1 + closed), `s ${slack}`).toBeLessThan(0.04);
    }
  });

  it('"the degree of sharing increases … as the transfer progresses": the fewer symbols to spare, the worse', () => {
    const [tight] = overheads({ ...uninformed, slack: 1.05 }, [0.2], 3);
    const [loose] = overheads({ ...uninformed, slack: 1.4 }, [0.2], 3);
    expect(tight).toBeGreaterThan(2 * loose!);
  });

  it.each(SLACKS)(
    '"speculative collaboration is more efficient than uninformed" (slack %d)',
    (slack) => {
      const uninformedOnes = overheads({ ...uninformed, slack }, CONTAINMENTS, 3);
      const found = overheads({ ...speculative, slack }, CONTAINMENTS, 3);
      for (const [i, overhead] of found.entries())
        expect(overhead).toBeLessThan(uninformedOnes[i]!);
    },
  );

  it('speculative: "the overhead still increases slowly with containment"', () => {
    const ends = [0, 0.4];
    const [low, high] = overheads({ ...speculative, slack: 1.1 }, ends, 4) as [number, number];
    const [worse, worst] = overheads({ ...uninformed, slack: 1.1 }, ends, 4) as [number, number];
    expect(high - low).toBeLessThan((worst - worse) / 5);
  });

  it('speculative, decoded by full rank, does not: it stays below a percent', () => {
    const cell = { ...speculative, finish: 'full-rank' } as const;
    for (const slack of SLACKS) {
      for (const containment of CONTAINMENTS) {
        expect(run({ ...cell, slack, containment }).totalOverhead).toBeLessThanOrEqual(0.01);
      }
    }
  });

  it.each(['bloom', 'exact', 'auto'] as const)(
    'reconciled by %s is "indistinguishable from plain encoded transfers from a server", at any containment',
    (summary) => {
      for (const slack of SLACKS) {
        for (const containment of CONTAINMENTS) {
          const { received, needed } = run({ ...reconciled, summary, slack, containment });
          expect(received).toBe(needed);
        }
      }
    },
  );

  it('reconciled: "the extra overhead is purely from the cost of reconciliation", less than a percent at 8 bits', () => {
    for (const containment of CONTAINMENTS) {
      const cell: Cell = { ...reconciled, summary: 'bloom', slack: 1.1, containment };
      const { summaryBytes, needed, overhead, totalOverhead } = run(cell);
      // 8 bits for each of the ℓ/2 symbols held, the requests that go with them, and little else.
      expect(summaryBytes).toBeGreaterThan(ELL / 2);
      expect(totalOverhead - overhead).toBeCloseTo(summaryBytes / (1400 * needed), 12);
      expect(totalOverhead).toBeLessThan(0.01);
    }
  });
});
