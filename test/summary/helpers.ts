// Sets and generators that the summary tests share.

import fc from 'fast-check';
import { Bitset, Rng } from '../../src/base/index.ts';

export type Run = readonly [start: number, end: number];

export function bitsetOf(length: number, ids: Iterable<number>): Bitset {
  const bits = new Bitset(length);
  for (const id of ids) bits.add(id);
  return bits;
}

export function idsOf(bits: Bitset, from = 0, to: number = bits.length): number[] {
  const ids: number[] = [];
  bits.forEach((id) => ids.push(id), from, to);
  return ids;
}

export function expand(runs: readonly Run[]): number[] {
  return runs.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));
}

/** `count` different ids of [from, to), ascending. */
export function sample(rng: Rng, count: number, from: number, to: number): number[] {
  const all = rng.shuffle(Uint32Array.from({ length: to - from }, (_, i) => from + i));
  return [...all.slice(0, count).sort()];
}

export const rngOf = (seed: number): Rng => new Rng(seed);

/** A range and ids in and around it: scattered ones, runs, nearly all, none. */
export const rangeAndIds: fc.Arbitrary<{ from: number; to: number; ids: Set<number> }> = fc
  .record({
    from: fc.nat(100),
    width: fc.integer({ min: 1, max: 700 }),
    runs: fc.array(fc.tuple(fc.nat(900), fc.oneof(fc.constant(1), fc.nat(300))), { maxLength: 60 }),
    inverted: fc.boolean(),
  })
  .map(({ from, width, runs, inverted }) => {
    const held = new Set<number>();
    for (const [start, length] of runs) for (let i = 0; i < length; i++) held.add(start + i);
    const ids = new Set<number>();
    for (let id = 0; id < from + width + 100; id++) if (held.has(id) !== inverted) ids.add(id);
    return { from, to: from + width, ids };
  });

/** Any bytes, short ones mostly. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 3000 }),
);
