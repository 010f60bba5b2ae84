// Who holds what at the start of the paper's scenarios: "Informed Content Delivery Across Adaptive Overlay
// Networks", 6.3. Everything in units of ℓ, the symbols needed; slack s is the size of the union over ℓ,
// containment c the share of a sender's symbols that the receiver has.

import type { Rng } from '../base/index.ts';
import { Bitset, UsageError } from '../base/index.ts';
import type { Layout } from '../content/index.ts';

/** Initial working sets over the ids 0..idCount−1. The union is 0..⌈sℓ⌉−1, in a content of several blocks in each. */
export interface Allocation {
  readonly receiver: Bitset;
  readonly senders: readonly Bitset[];
  /** ESIs from here on are held by nobody, in any block: the fresh ones of a full source. */
  readonly freshFrom: number;
}

/** Who takes part beside the receiver: one peer; a peer and a full source; four peers. */
export type ScenarioName = 'pair' | 'augmented' | 'four';

/** The initial working sets of a scenario, in every block of the layout. The full source is not in `senders`. */
export function allocateScenario(
  scenario: ScenarioName,
  layout: Layout,
  slack: number,
  containment: number,
  rng: Rng,
): Allocation {
  return allocateBlocks(layout, (ell, idCount) =>
    scenario === 'four'
      ? allocateSenders(ell, idCount, slack, containment, 4, rng)
      : allocatePair(ell, idCount, slack, containment, rng),
  );
}

/** An allocation over all blocks; `perBlock` makes that of one, of its K (the ℓ of the block) and its window size. */
export function allocateBlocks(
  layout: Layout,
  perBlock: (ell: number, idCount: number) => Allocation,
): Allocation {
  const receiver = new Bitset(layout.idCount);
  const senders: Bitset[] = [];
  let freshFrom = 0;
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const start = layout.windowStart(sbn);
    const block = perBlock(layout.sourceSymbols(sbn), layout.windowSize(sbn));
    block.receiver.forEach((esi) => receiver.add(start + esi));
    block.senders.forEach((held, i) => {
      const sender = (senders[i] ??= new Bitset(layout.idCount));
      held.forEach((esi) => sender.add(start + esi));
    });
    freshFrom = Math.max(freshFrom, block.freshFrom);
  }
  return { receiver, senders, freshFrom };
}

/**
 * One sender (6.3.1, and 6.3.2 beside a full source): |A| = ℓ/2, |B∖A| = (s − 1/2)ℓ, |B| = that / (1 − c).
 * Throws UsageError when c is too large for B's shared part to fit into A.
 */
export function allocatePair(
  ell: number,
  idCount: number,
  slack: number,
  containment: number,
  rng: Rng,
): Allocation {
  const half = Math.floor(ell / 2);
  const union = unionSize(ell, idCount, slack);
  const own = union - half;
  const shared = Math.round((own * containment) / (1 - containment));
  if (shared > half) {
    throw new UsageError(`containment ${containment} is not possible at slack ${slack}`);
  }
  const ids = shuffledIds(union, rng);
  const receiver = setOf(idCount, ids.subarray(0, half));
  const sender = setOf(idCount, ids.subarray(half - shared));
  return { receiver, senders: [sender], freshFrom: union };
}

/**
 * Several senders (6.3.3): each of A's symbols is at each sender with probability c, each other symbol with
 * probability p, redrawn when no sender has it; p makes the senders hold ℓ/2 each on average.
 */
export function allocateSenders(
  ell: number,
  idCount: number,
  slack: number,
  containment: number,
  senderCount: number,
  rng: Rng,
): Allocation {
  const half = Math.floor(ell / 2);
  const union = unionSize(ell, idCount, slack);
  const p = sharingProbability(slack, containment, senderCount);
  const ids = shuffledIds(union, rng);
  const senders = Array.from({ length: senderCount }, () => new Bitset(idCount));
  ids.forEach((id, i) => {
    const chance = i < half ? containment : p;
    let placed = i < half;
    do {
      for (const sender of senders) {
        if (rng.unit() < chance) {
          sender.add(id);
          placed = true;
        }
      }
    } while (!placed);
  });
  return { receiver: setOf(idCount, ids.subarray(0, half)), senders, freshFrom: union };
}

/** p with p / (1 − (1 − p)^n) = (1/2)(1 − c) / (s − 1/2), by bisection. */
export function sharingProbability(slack: number, containment: number, senders: number): number {
  const target = (0.5 * (1 - containment)) / (slack - 0.5);
  if (target >= 1 || target <= 1 / senders) {
    throw new UsageError(`containment ${containment} is not possible at slack ${slack}`);
  }
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if (p / (1 - (1 - p) ** senders) < target) low = p;
    else high = p;
  }
  return (low + high) / 2;
}

function unionSize(ell: number, idCount: number, slack: number): number {
  const union = Math.ceil(ell * slack - 1e-9);
  if (union > idCount) throw new UsageError(`slack ${slack} does not fit into the window`);
  return union;
}

function shuffledIds(count: number, rng: Rng): Uint32Array {
  return rng.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
}

function setOf(length: number, ids: Uint32Array): Bitset {
  const set = new Bitset(length);
  for (const id of ids) set.add(id);
  return set;
}
