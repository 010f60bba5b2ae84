// The paper's three scenarios, run with the session machines that ship: a pair of peers, a download from a
// full source augmented by a peer, and several peers in parallel (6.3.1–6.3.3). Payload-free.

import { Rng } from '../base/index.ts';
import type { TransferOptions } from '../engine/index.ts';
import { allocatePair, allocateSenders } from './allocation.ts';
import { simContent } from './content.ts';
import { World } from './world.ts';

export interface ScenarioOptions {
  readonly scenario: 'pair' | 'augmented' | 'four';
  readonly strategy: TransferOptions['strategy'];
  readonly summary?: TransferOptions['summary'];
  /** How recoded symbols are decoded; full-rank by default. */
  readonly finish?: TransferOptions['finish'];
  /** ℓ: source symbols of the one block. */
  readonly symbols: number;
  /** T, bytes; the paper's 1400 by default. */
  readonly symbolBytes?: number;
  readonly slack: number;
  readonly containment: number;
  /** f. */
  readonly updates?: number;
  readonly seed: number;
  /** One way, ms. */
  readonly delayMs?: number;
  /** Rate of every link. A receiver has a tenth of a second's worth on its way, which an update cannot change. */
  readonly symbolsPerMs?: number;
}

export interface ScenarioResult {
  readonly needed: number;
  readonly received: number;
  readonly useful: number;
  readonly duplicate: number;
  /** received ÷ needed − 1. */
  readonly overhead: number;
  readonly summaryBytes: number;
  /** overhead + summaryBytes ÷ (T · needed). */
  readonly totalOverhead: number;
  /** senders ÷ (1 + overhead). */
  readonly speedup: number;
  /** Virtual time, ms. */
  readonly durationMs: number;
}

export function runScenario(options: ScenarioOptions): ScenarioResult {
  const { scenario, strategy, slack, containment, seed, symbols: ell } = options;
  const {
    summary = 'auto',
    symbolBytes = 1400,
    updates = 10,
    delayMs = 1,
    symbolsPerMs = 0.25,
  } = options;
  const content = simContent({ sourceSymbols: ell, symbolBytes });
  const { idCount } = content.layout;
  const rng = new Rng(seed);
  const allocation =
    scenario === 'four'
      ? allocateSenders(ell, idCount, slack, containment, 4, rng)
      : allocatePair(ell, idCount, slack, containment, rng);
  // Equal and full links, as the paper assumes; slow ones, so that little is on its way when an update comes.
  const bytesPerMs = symbolBytes * symbolsPerMs;
  const world = new World(rng.uint32(), () => ({ delayMs, bytesPerMs, controlIsFree: true }));
  const sources = allocation.senders.map((held, i) =>
    world.add({ name: `peer ${i + 1}`, content, held, transfer: { fetch: false } }),
  );
  if (scenario === 'augmented') {
    const { freshFrom } = allocation;
    const transfer = { fetch: false, freshFrom };
    sources.push(world.add({ name: 'full source', content, held: 'full', transfer }));
  }
  const receiver = world.add({
    name: 'receiver',
    content,
    held: allocation.receiver,
    transfer: { serve: false, strategy, summary, updateFrequency: updates, finish: options.finish },
  });
  sources.forEach((source) => world.source(receiver, source));
  world.run(() => receiver.transfer.status().phase === 'done');
  const { needed, received, useful, duplicate, summaryBytes } = receiver.transfer.status();
  const overhead = received / needed - 1;
  return {
    needed,
    received,
    useful,
    duplicate,
    overhead,
    summaryBytes,
    totalOverhead: overhead + summaryBytes / (symbolBytes * needed),
    speedup: sources.length / (1 + overhead),
    durationMs: world.clock.now,
  };
}
