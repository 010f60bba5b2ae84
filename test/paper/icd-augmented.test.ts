// Byers et al., 6.3.2 and Figure 8: a download from a full source, augmented by a peer.

import { describe, expect, it } from 'vitest';
import type { Cell } from './icd.ts';
import { mean, overheads, run } from './icd.ts';

const CONTAINMENTS = [0, 0.18, 0.36];

const uninformed = { scenario: 'augmented', strategy: 'uninformed' } as const;
const reconciled = { scenario: 'augmented', strategy: 'reconciled', updates: 1 } as const;

describe('6.3.2', () => {
  it('the results "are similar regardless of the slack"', () => {
    const [tight, loose] = [1.1, 1.3].map((slack) =>
      overheads({ ...uninformed, slack }, CONTAINMENTS, 4),
    );
    for (const [i, overhead] of tight!.entries()) {
      expect(Math.abs(overhead - loose![i]!)).toBeLessThan(0.07);
    }
  });

  it('"the overhead of uninformed collaboration is considerably lower than in the scenarios of Figure 7"', () => {
    for (const slack of [1.1, 1.3]) {
      const alone = overheads({ ...uninformed, scenario: 'pair', slack }, CONTAINMENTS, 3);
      const augmented = overheads({ ...uninformed, slack }, CONTAINMENTS, 3);
      for (const [i, overhead] of augmented.entries()) expect(overhead).toBeLessThan(alone[i]! / 3);
    }
  });

  it('"speculative collaboration performs similarly to uninformed collaboration in this scenario"', () => {
    for (const containment of CONTAINMENTS) {
      const at = { slack: 1.1, containment, updates: 1 };
      const plain = mean({ ...uninformed, ...at }, 5).overhead;
      const cell: Cell = { ...uninformed, ...at, strategy: 'speculative', finish: 'substitution' };
      const found = mean(cell, 5).overhead;
      expect(found).toBeLessThan(plain + 0.03);
      // Ours are tuned better than the paper's: degree 2 from c = .3 on.
      expect(found).toBeGreaterThan(plain - 0.12);
    }
  });

  it('"reconciled collaboration still has overhead just slightly higher than … directly from the server"', () => {
    for (const slack of [1.1, 1.3]) {
      for (const containment of CONTAINMENTS) {
        const cell: Cell = { ...reconciled, summary: 'bloom', slack, containment };
        const { overhead, totalOverhead } = run(cell);
        expect(overhead).toBeLessThan(0.001);
        expect(totalOverhead).toBeLessThan(0.003);
      }
    }
  });

  it('reconciled: "the transfer time is substantially reduced when the additional connection is employed"', () => {
    const at = { slack: 1.1, containment: 0.2 };
    // A reconciled pair receives nothing in vain, as from one server.
    const alone = run({ ...reconciled, scenario: 'pair', ...at });
    const both = run({ ...reconciled, ...at });
    expect(alone.overhead).toBe(0);
    expect(both.durationMs).toBeLessThan(0.55 * alone.durationMs);
  });

  it('"speedup = number of senders / (1 + overhead)": 0.025 gives 1.95, 0.20 gives 1.67', () => {
    const senders = { pair: 1, augmented: 2, four: 4 };
    for (const scenario of ['pair', 'augmented', 'four'] as const) {
      const { overhead, speedup } = run({ ...uninformed, scenario, slack: 1.2, containment: 0.15 });
      expect(speedup).toBeCloseTo(senders[scenario] / (1 + overhead), 12);
    }
    expect((senders.augmented / (1 + 0.025)).toFixed(2)).toBe('1.95');
    expect((senders.augmented / (1 + 0.2)).toFixed(2)).toBe('1.67');
  });

  it('an overhead of about 0.20, that of uninformed at c = 0.2, is a speed-up of about 1.67', () => {
    const { overhead, speedup } = run({
      ...uninformed,
      slack: 1.1,
      containment: 0.2,
      symbols: 8_000,
    });
    expect(overhead).toBeGreaterThan(0.17);
    expect(overhead).toBeLessThan(0.24);
    expect(speedup).toBeGreaterThan(1.6);
    expect(speedup).toBeLessThan(1.72);
  });
});
