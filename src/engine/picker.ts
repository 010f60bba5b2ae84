// Coordinated: which missing symbols of a block one sender is asked for. Rarest first, so that what many
// hold is left for those who hold nothing else; among equals in source order, which saves decoding.

import type { SymbolId } from '../base/index.ts';
import type { Bitset } from '../base/index.ts';
import { popcount32 } from '../base/index.ts';
import type { Blocks } from './blocks.ts';

/** Holder counts are told apart up to this many. */
const LEVELS = 16;
const levels = new Uint32Array(LEVELS);

/**
 * Up to `count` ids of block sbn that are neither held, arriving nor assigned and that the sender has
 * (`has` undefined: all). `rotate` is the ESI to start from: receivers that trade with each other start at
 * different places, so that one full source sends them different symbols.
 */
export function pickWanted(
  blocks: Blocks,
  sbn: number,
  has: Bitset | undefined,
  count: number,
  rotate: number,
): SymbolId[] {
  const start = blocks.layout.windowStart(sbn);
  const end = blocks.layout.windowStart(sbn + 1);
  const middle = start + (rotate % Math.max(1, end - start));
  levels.fill(0);
  const tally = (id: SymbolId): boolean => {
    const level = levelOf(blocks, id);
    levels[level] = (levels[level] ?? 0) + 1;
    return (levels[0] ?? 0) < count;
  };
  if (scan(blocks, has, middle, end, tally)) scan(blocks, has, start, middle, tally);
  let threshold = 0;
  let before = 0;
  while (threshold < LEVELS - 1 && before + (levels[threshold] ?? 0) < count) {
    before += levels[threshold] ?? 0;
    threshold++;
  }
  const picked: SymbolId[] = [];
  let atThreshold = count - before;
  const take = (id: SymbolId): boolean => {
    const level = levelOf(blocks, id);
    if (level < threshold) picked.push(id);
    else if (level === threshold && atThreshold > 0) {
      picked.push(id);
      atThreshold--;
    }
    return picked.length < count;
  };
  if (scan(blocks, has, middle, end, take)) scan(blocks, has, start, middle, take);
  return picked.sort((a, b) => a - b);
}

/** True when the sender has anything of the block that is still missing. */
export function hasWanted(blocks: Blocks, sbn: number, has: Bitset | undefined): boolean {
  const start = blocks.layout.windowStart(sbn);
  const end = blocks.layout.windowStart(sbn + 1);
  return !scan(blocks, has, start, end, () => false);
}

/** How many symbols of the block in the first set, in the first two, in the first three … are neither held nor arriving. */
export function countUnions(blocks: Blocks, sbn: number, sets: readonly Bitset[]): number[] {
  const start = blocks.layout.windowStart(sbn);
  const end = blocks.layout.windowStart(sbn + 1);
  const held = blocks.held.bits.words;
  const arriving = blocks.arriving.words;
  const counts = sets.map(() => 0);
  for (let base = start & ~31; base < end; base += 32) {
    const w = base >>> 5;
    let lacking = ~((held[w] ?? 0) | (arriving[w] ?? 0));
    if (base < start) lacking &= -1 << (start & 31);
    if (base + 32 > end) lacking &= ~(-1 << (end & 31));
    let word = 0;
    for (let i = 0; i < sets.length; i++) {
      word |= (sets[i]?.words[w] ?? 0) & lacking;
      if (word !== 0) counts[i] = (counts[i] ?? 0) + popcount32(word);
    }
  }
  return counts;
}

function levelOf(blocks: Blocks, id: SymbolId): number {
  return Math.min(LEVELS - 1, blocks.holders[id] ?? 0);
}

/** Visits the candidates in [from, to), 32 at a step, until `visit` says false; false when it did. */
function scan(
  blocks: Blocks,
  has: Bitset | undefined,
  from: number,
  to: number,
  visit: (id: SymbolId) => boolean,
): boolean {
  const held = blocks.held.bits.words;
  const assigned = blocks.assigned.words;
  const arriving = blocks.arriving.words;
  for (let base = from & ~31; base < to; base += 32) {
    const w = base >>> 5;
    let word = (has === undefined ? -1 : (has.words[w] ?? 0)) & ~(held[w] ?? 0);
    word &= ~((assigned[w] ?? 0) | (arriving[w] ?? 0));
    if (base < from) word &= -1 << (from & 31);
    if (base + 32 > to) word &= ~(-1 << (to & 31));
    for (; word !== 0; word &= word - 1) {
      if (!visit(base + 31 - Math.clz32(word & -word))) return false;
    }
  }
  return true;
}
