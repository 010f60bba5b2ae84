// What sparse equations leave free, against all ways to choose.

import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { freeUnknowns } from '../../src/fountain/index.ts';

/** The most unknowns that equations can tell, each another one, none of `free`: the slow twin. */
function most(equations: readonly number[][], free: ReadonlySet<number>): number {
  const owner = new Map<number, number>();
  const place = (e: number, tried: Set<number>): boolean => {
    for (const u of equations[e] ?? []) {
      if (free.has(u) || tried.has(u)) continue;
      tried.add(u);
      const other = owner.get(u);
      if (other === undefined || place(other, tried)) {
        owner.set(u, e);
        return true;
      }
    }
    return false;
  };
  return equations.filter((_, e) => place(e, new Set())).length;
}

const NONE: ReadonlySet<number> = new Set();
const all = (): boolean => true;

describe('what equations leave free', () => {
  it('is all that they do not tell', () => {
    expect(freeUnknowns([], 4, all, 4)).toEqual([0, 1, 2, 3]);
    expect(freeUnknowns([[0], [0, 1], [1, 2]], 4, all, 4)).toEqual([3]);
    expect(freeUnknowns([[0, 1, 2]], 3, all, 3)).toHaveLength(2);
  });

  it('is of the wanted ones as many as can be, as others are told in their place', () => {
    for (const wanted of [0, 1, 2]) {
      expect(freeUnknowns([[0, 1, 2]], 3, (u) => u === wanted, 1)).toEqual([wanted]);
    }
    // A ring of three sums over four unknowns, none of which is in one sum only.
    const ring = [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ];
    for (const wanted of [0, 3])
      expect(freeUnknowns(ring, 4, (u) => u === wanted, 1)).toEqual([wanted]);
  });

  it('is nothing of what too many equations are about', () => {
    const equations = [
      [0, 1],
      [0, 1],
      [0, 1],
      [2, 3],
    ];
    expect(freeUnknowns(equations, 4, (u) => u < 2, 2)).toEqual([]);
    expect(freeUnknowns(equations, 4, all, 4)).toHaveLength(1);
  });

  it('can be named all at once, and one more cannot: the slow twin', () => {
    let found = 0;
    for (let seed = 0; seed < 400; seed++) {
      const rng = new Rng(seed);
      const unknowns = 4 + rng.below(12);
      const equations = Array.from({ length: rng.below(unknowns + 3) }, () => [
        ...new Set(Array.from({ length: 1 + rng.below(4) }, () => rng.below(unknowns))),
      ]);
      const wanted = new Set(
        Array.from({ length: rng.below(unknowns) }, () => rng.below(unknowns)),
      );
      const free = freeUnknowns(equations, unknowns, (u) => wanted.has(u), unknowns + 1);
      const rank = most(equations, NONE);
      const chosen = new Set(free);
      expect(most(equations, chosen), `seed ${seed}`).toBe(rank);
      for (const u of free) expect(wanted.has(u)).toBe(true);
      for (const u of wanted) {
        if (chosen.has(u)) continue;
        expect(most(equations, new Set([...free, u])), `seed ${seed}`).toBeLessThan(rank);
      }
      found += free.length;
    }
    expect(found).toBeGreaterThan(400);
  });
});
