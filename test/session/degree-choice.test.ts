import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { Layout } from '../../src/content/index.ts';
import { fullRankDegree, substitutionDegrees } from '../../src/fountain/index.ts';
import type { DegreeCase } from '../../src/session/degree-choice.ts';
import { designDegrees } from '../../src/session/degree-choice.ts';
import { RemoteView } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { encodeSummary, estimateShared, MinWiseSketch } from '../../src/summary/index.ts';
import { FINISH, STRATEGY, SUMMARY_KIND } from '../../src/wire/index.ts';
import { layoutFor } from './helpers.ts';

/** Sets of n ids each that share a part: the receiver's, described in `kind`, and the sender's. */
function caseOf(
  layout: Layout,
  n: number,
  containment: number,
  kind: 'exact' | 'min-wise' | 'bloom' | 'none',
): Omit<DegreeCase, 'strategy' | 'finish'> {
  const ids = Uint32Array.from({ length: layout.idCount }, (_, id) => id);
  new Rng(7).shuffle(ids);
  const shared = Math.round(n * containment);
  const [theirs, own] = [new Bitset(layout.idCount), new Bitset(layout.idCount)];
  for (let i = 0; i < n; i++) {
    theirs.add(ids[i]!);
    own.add(ids[n - shared + i]!);
  }
  const view = new RemoteView(layout, own);
  if (kind !== 'none') {
    const body = encodeSummary(kind, theirs, 0, layout.idCount, 5);
    const { blockCount } = layout;
    const summary = { type: 'summary', sequence: 0, firstSbn: 0, blockCount, more: false } as const;
    view.summary({ ...summary, kind: SUMMARY_KIND[kind], body });
  }
  return { layout, held: WorkingSet.of(layout, own), view, pooled: n, part: 1 };
}

const layout = layoutFor(4_000, 2);
const speculative = { strategy: STRATEGY.speculative } as const;
const fullRank = FINISH['full-rank'];
const { substitution } = FINISH;

describe('the degrees of a recoding sender', () => {
  it('are 4 for recode-bf with a full-rank finish, whatever is known', () => {
    for (const kind of ['none', 'bloom', 'exact'] as const) {
      const c = caseOf(layout, 2_000, 0.5, kind);
      const { degrees } = designDegrees({
        ...c,
        strategy: STRATEGY['recode-bf'],
        finish: fullRank,
      });
      expect(degrees).toEqual([4]);
    }
  });

  it('of recode-bf with substitution suit a receiver that holds none of the pool, and lacks more than it has', () => {
    const c = caseOf(layout, 2_000, 0.5, 'exact');
    const strategy = STRATEGY['recode-bf'];
    const { degrees, probabilities } = designDegrees({
      ...c,
      pooled: 1_000,
      strategy,
      finish: substitution,
    });
    // It is not the only sender then: five sixths of what each has are needed, at slack 1.1.
    const twin = substitutionDegrees({ containment: 0, own: 1_000, need: (1_000 * 5) / 6 });
    expect([degrees, probabilities]).toEqual([twin.degrees, twin.probabilities]);
  });

  it('of a receiver with full sources besides are those for what these leave to it', () => {
    // One full source beside one peer: while the peer sends s symbols, so does the full source, all of use.
    const c = caseOf(layout, 4_000, 0.2, 'exact');
    const alone = designDegrees({ ...c, ...speculative, finish: substitution });
    const beside = designDegrees({ ...c, ...speculative, finish: substitution, part: 0.5 });
    expect(beside.mean).toBeLessThan(alone.mean);
    // The reference for a peer-augmented download: single symbols up to c = 0.25 at slack 1.1.
    const half = caseOf(layout, 4_000, 0, 'exact');
    const { degrees } = designDegrees({ ...half, ...speculative, finish: substitution, part: 0.4 });
    expect(degrees[0]).toBe(1);
    expect(designDegrees({ ...c, ...speculative, finish: fullRank, part: 0.5 })).toEqual(
      designDegrees({ ...c, ...speculative, finish: fullRank }),
    );
  });

  it('full rank: one degree, for the estimate plus one standard error', () => {
    for (const containment of [0, 0.1, 0.5, 0.8, 0.95]) {
      const c = caseOf(layout, 3_000, containment, 'min-wise');
      const { degrees } = designDegrees({ ...c, ...speculative, finish: fullRank });
      const { sketch } = c.view.sketched!;
      const own = MinWiseSketch.of(c.held.bits, 0, layout.idCount, sketch.seed, sketch.binBits);
      const { value, standardError } = estimateShared(own, sketch);
      expect(Math.abs(value - containment)).toBeLessThan(5 * standardError + 0.02);
      expect(degrees).toEqual([fullRankDegree(Math.min(1, value + standardError))]);
      // ⌈ln 0.002 ÷ ln c⌉ in 4…16.
      const c1 = Math.min(0.9999, value + standardError);
      expect(degrees[0]).toBe(Math.min(16, Math.max(4, Math.ceil(Math.log(0.002) / Math.log(c1)))));
    }
  });

  it('substitution: the distribution for the estimate less one standard error', () => {
    const c = caseOf(layout, 5_000, 0.5, 'min-wise');
    const { sketch } = c.view.sketched!;
    const own = MinWiseSketch.of(c.held.bits, 0, layout.idCount, sketch.seed, sketch.binBits);
    const { value, standardError } = estimateShared(own, sketch);
    const containment = value - standardError;
    const lacking = 5_000 * (1 - containment);
    // It needs 3,000 and this sender has some 2,500 of them: it is not the only one.
    expect(lacking).toBeLessThan(3_000);
    const design = designDegrees({ ...c, ...speculative, finish: substitution });
    const twin = substitutionDegrees({ containment, own: 5_000, need: (lacking * 5) / 6 });
    expect(design.degrees).toEqual(twin.degrees);
    design.probabilities.forEach((p, i) => expect(p).toBeCloseTo(twin.probabilities[i]!, 9));
  });

  it('are counted from an exact description, which has no error', () => {
    for (const containment of [0.25, 0.9]) {
      const c = caseOf(layout, 2_000, containment, 'exact');
      const { degrees } = designDegrees({ ...c, ...speculative, finish: fullRank });
      expect(degrees).toEqual([fullRankDegree(containment)]);
      const need = 8_000 - 2_000;
      const lacking = 2_000 * (1 - containment);
      const design = designDegrees({ ...c, ...speculative, finish: substitution });
      const twin = substitutionDegrees({ containment, own: 2_000, need: (lacking * 5) / 6 });
      expect(need).toBeGreaterThan(lacking);
      expect(design.degrees).toEqual(twin.degrees);
    }
  });

  it('can be had of an unusable description, an empty set, and a receiver that lacks nothing', () => {
    for (const finish of [fullRank, substitution]) {
      for (const strategy of [STRATEGY.speculative, STRATEGY['recode-bf']]) {
        for (const [n, containment, kind] of [
          [2_000, 0.5, 'none'],
          [0, 0, 'min-wise'],
          [16_000, 1, 'exact'],
          [16_000, 1, 'min-wise'],
        ] as const) {
          const c = caseOf(layout, n, containment, kind);
          const design = designDegrees({ ...c, strategy, finish });
          expect(design.degrees[0]).toBeGreaterThanOrEqual(1);
          expect(design.degrees.at(-1)).toBeLessThanOrEqual(64);
        }
      }
    }
  });
});
