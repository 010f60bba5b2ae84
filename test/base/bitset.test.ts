import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset, popcount32, UsageError } from '../../src/base/index.ts';

/** Around word borders, and lengths that end inside a word. */
const LENGTHS = [0, 1, 31, 32, 33, 40, 63, 64, 65, 95, 96, 97, 130];

/** The invariants that every operation keeps. */
function sound(set: Bitset): void {
  let ones = 0;
  for (const word of set.words) ones += popcount32(word);
  expect(set.count).toBe(ones);
  const used = set.length % 32;
  if (used !== 0) expect(set.words.at(-1)! >>> used).toBe(0);
}

function setOf(length: number, members: Iterable<number>): Bitset {
  const set = new Bitset(length);
  for (const n of members) set.add(n);
  return set;
}

function membersOf(set: Bitset): number[] {
  const members: number[] = [];
  set.forEach((n) => members.push(n));
  return members;
}

/** The slow twins of next and nextAbsent. */
const nextOf = (has: (n: number) => boolean, from: number, to: number): number => {
  for (let n = from; n < to; n++) if (has(n)) return n;
  return -1;
};

const length = fc.oneof(fc.constantFrom(...LENGTHS), fc.nat(300));
const lengthAndMembers = length.chain((bound) =>
  fc.tuple(
    fc.constant(bound),
    bound === 0 ? fc.constant([]) : fc.array(fc.nat(bound - 1), { maxLength: 200 }),
  ),
);
/** A range 0 ≤ from, to ≤ length; empty and reversed ones too. */
const rangeIn = (bound: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.nat(bound), fc.nat(bound));

type Step =
  | { readonly kind: 'add' | 'delete'; readonly n: number }
  | { readonly kind: 'addRange'; readonly from: number; readonly to: number }
  | { readonly kind: 'clear' };

const stepsFor = (bound: number): fc.Arbitrary<Step[]> => {
  const member = fc.nat(Math.max(0, bound - 1));
  const edge = fc.nat(bound);
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('add', 'delete'), n: member }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('addRange'), from: edge, to: edge }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear') }) },
    ),
    { maxLength: 60 },
  );
};

function apply(step: Step, set: Bitset, twin: Set<number>): void {
  switch (step.kind) {
    case 'add':
      if (set.length === 0) return;
      expect(set.add(step.n)).toBe(!twin.has(step.n));
      twin.add(step.n);
      return;
    case 'delete':
      expect(set.delete(step.n)).toBe(twin.delete(step.n));
      return;
    case 'addRange':
      set.addRange(step.from, step.to);
      for (let n = step.from; n < step.to; n++) twin.add(n);
      return;
    case 'clear':
      set.clear();
      twin.clear();
  }
}

describe('Bitset against Set', () => {
  it('gives the same answers after any run of changes', () => {
    const run = length.chain((bound) => fc.tuple(fc.constant(bound), stepsFor(bound)));
    fc.assert(
      fc.property(run, ([bound, steps]) => {
        const set = new Bitset(bound);
        const twin = new Set<number>();
        for (const step of steps) {
          apply(step, set, twin);
          sound(set);
          expect(set.count).toBe(twin.size);
        }
        expect(membersOf(set)).toEqual([...twin].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('next, nextAbsent, countRange and forEach agree on any range', () => {
    const run = lengthAndMembers.chain(([bound, members]) =>
      fc.tuple(fc.constant(bound), fc.constant(members), rangeIn(bound)),
    );
    fc.assert(
      fc.property(run, ([bound, members, [from, to]]) => {
        const set = setOf(bound, members);
        const twin = new Set(members);
        expect(set.next(from, to)).toBe(nextOf((n) => twin.has(n), from, to));
        expect(set.nextAbsent(from, to)).toBe(nextOf((n) => !twin.has(n), from, to));
        const inside = [...twin].filter((n) => from <= n && n < to).sort((a, b) => a - b);
        expect(set.countRange(from, to)).toBe(inside.length);
        const visited: number[] = [];
        set.forEach((n) => visited.push(n), from, to);
        expect(visited).toEqual(inside);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe.each(LENGTHS)('Bitset of length %d, exhaustively', (bound) => {
  it('finds a single member and a single gap from every start to every end', () => {
    for (let only = 0; only < bound; only++) {
      const one = setOf(bound, [only]);
      const hole = new Bitset(bound);
      hole.addRange(0, bound);
      hole.delete(only);
      for (let from = 0; from <= bound; from += bound > 70 ? 3 : 1) {
        for (const to of [from, only, only + 1, bound]) {
          const expected = from <= only && only < to ? only : -1;
          if (one.next(from, to) !== expected || hole.nextAbsent(from, to) !== expected) {
            expect.fail(`only ${only}, range ${from}..${to}: expected ${expected}`);
          }
        }
      }
    }
  });

  it('adds every range and keeps count', () => {
    for (let from = 0; from <= bound; from++) {
      for (let to = from; to <= bound; to += bound > 70 ? 5 : 1) {
        const set = new Bitset(bound);
        set.addRange(from, to);
        if (set.count !== to - from || set.countRange(from, to) !== to - from) {
          expect.fail(`range ${from}..${to} has count ${set.count}`);
        }
        sound(set);
      }
    }
  });

  it('is full without a gap, and empty without a member', () => {
    const set = new Bitset(bound);
    expect(set.next(0)).toBe(-1);
    expect(set.nextAbsent(0)).toBe(bound === 0 ? -1 : 0);
    set.addRange(0, bound);
    expect(set.nextAbsent(0)).toBe(-1);
    expect(set.next(0)).toBe(bound === 0 ? -1 : 0);
    expect(set.count).toBe(bound);
    set.clear();
    expect(set.count).toBe(0);
    expect(membersOf(set)).toEqual([]);
  });
});

describe('Bitset at its bounds', () => {
  it.each([-1, 0.5, NaN, 2 ** 32, Infinity])('refuses the length %d', (bound) => {
    expect(() => new Bitset(bound)).toThrow(UsageError);
  });

  it('answers questions about numbers outside, and refuses to add them', () => {
    const set = new Bitset(40);
    for (const n of [-1, 40, 63, 64, 1e12, NaN]) {
      expect(set.has(n)).toBe(false);
      expect(set.delete(n)).toBe(false);
      expect(() => set.add(n)).toThrow(UsageError);
    }
    sound(set);
  });

  it.each([
    [32, 64],
    [0, 41],
    [64, 96],
    [39, 128],
    [-32, 0],
    [-1, 5],
    [NaN, 5],
  ])('addRange(%d, %d) of length 40 is refused and adds nothing', (from, to) => {
    const set = new Bitset(40);
    expect(() => set.addRange(from, to)).toThrow(UsageError);
    expect(set.count).toBe(0);
    sound(set);
  });

  it('an empty or reversed range adds nothing, wherever it lies', () => {
    const set = new Bitset(40);
    set.addRange(40, 40);
    set.addRange(7, 3);
    set.addRange(50, 45);
    expect(set.count).toBe(0);
  });

  it('looks for members from below 0 and past the end as if nothing were there', () => {
    const set = setOf(40, [3, 39]);
    expect(set.next(-70)).toBe(3);
    expect(set.next(-70, 0)).toBe(-1);
    expect(set.next(4, 1_000)).toBe(39);
    expect(set.next(40, 1_000)).toBe(-1);
    expect(set.countRange(-70, 1_000)).toBe(2);
    const visited: number[] = [];
    set.forEach((n) => visited.push(n), -70, 1_000);
    expect(visited).toEqual([3, 39]);
  });

  it('looks for gaps inside 0..length−1 only', () => {
    const set = new Bitset(40);
    set.addRange(0, 40);
    expect(set.nextAbsent(0, 1_000)).toBe(-1);
    expect(set.nextAbsent(-5, 40)).toBe(-1);
    set.delete(33);
    expect(set.nextAbsent(-5, 1_000)).toBe(33);
  });

  it('takes the bit that is the sign of a word', () => {
    const set = setOf(64, [31, 63]);
    expect(set.has(31)).toBe(true);
    expect(membersOf(set)).toEqual([31, 63]);
    expect(set.nextAbsent(31)).toBe(32);
    expect(set.delete(31)).toBe(true);
    expect(set.count).toBe(1);
  });
});

describe('Bitset.forEach and clone', () => {
  it('a visit may delete what it visits', () => {
    const set = setOf(100, [0, 31, 32, 63, 64, 99]);
    set.forEach((n) => set.delete(n), 10, 64);
    expect(membersOf(set)).toEqual([0, 64, 99]);
    sound(set);
  });

  it('a clone and its original go their own ways', () => {
    fc.assert(
      fc.property(lengthAndMembers, ([bound, members]) => {
        const set = setOf(bound, members);
        const copy = set.clone();
        expect(copy.count).toBe(set.count);
        expect(membersOf(copy)).toEqual(membersOf(set));
        const before = membersOf(set);
        copy.addRange(0, bound);
        expect(membersOf(set)).toEqual(before);
        sound(set);
        sound(copy);
      }),
    );
  });
});
