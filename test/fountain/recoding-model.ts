// The paper's scenarios, as sets of numbers: who holds what at the beginning of a transfer.

import { Rng } from '../../src/base/index.ts';

/** All numbers in units of symbols. */
export interface Allocation {
  /** Symbols needed in all, and of these still needed. */
  readonly enough: number;
  readonly need: number;
  readonly total: number;
  /** The receiver's symbols. */
  readonly held: readonly number[];
  /** The senders' symbols. */
  readonly pools: readonly (readonly number[])[];
}

/** Two peers: the sender has every symbol that the receiver lacks, and enough others for containment c. */
export function twoPeers(enough: number, slack: number, c: number, seed: number): Allocation {
  const { need, total, held, lacking } = receiver(enough, slack, seed);
  const shared = Math.round((lacking.length * c) / (1 - c));
  if (shared > held.length) throw new Error(`no allocation for containment ${c}`);
  return { enough, need, total, held, pools: [[...lacking, ...held.slice(0, shared)]] };
}

/** Four senders: each has any symbol of the receiver with probability c, any other one with probability `shareOfFour`. */
export function fourPeers(enough: number, slack: number, c: number, seed: number): Allocation {
  const { need, total, held, lacking, rng } = receiver(enough, slack, seed);
  const p = shareOfFour(slack, c);
  const pools: number[][] = [[], [], [], []];
  for (const id of held) for (const pool of pools) if (rng.unit() < c) pool.push(id);
  for (const id of lacking) {
    let isPlaced = false;
    while (!isPlaced) {
      for (const pool of pools) {
        if (rng.unit() >= p) continue;
        pool.push(id);
        isPlaced = true;
      }
    }
  }
  return { enough, need, total, held, pools };
}

/** The p with p / (1 − (1 − p)^4) = 0.5·(1 − c) / (slack − 0.5). */
export function shareOfFour(slack: number, c: number): number {
  const wanted = (0.5 * (1 - c)) / (slack - 0.5);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if (p / (1 - (1 - p) ** 4) < wanted) low = p;
    else high = p;
  }
  return low;
}

interface Receiver {
  readonly need: number;
  readonly total: number;
  readonly held: readonly number[];
  readonly lacking: readonly number[];
  readonly rng: Rng;
}

/** A receiver that has half of what it needs. */
function receiver(enough: number, slack: number, seed: number): Receiver {
  const rng = new Rng(seed);
  const total = Math.round(slack * enough);
  const need = Math.floor(enough / 2);
  const ids = rng.shuffle(Array.from({ length: total }, (_, id) => id));
  return { need, total, held: ids.slice(0, enough - need), lacking: ids.slice(enough - need), rng };
}

/** `count` different elements of a pool. */
export function pickFrom(rng: Rng, pool: readonly number[], count: number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(pool[rng.below(pool.length)]!);
  return [...chosen];
}
