// Small contents and machines that the tests of one link share.

import { Bitset, Rng } from '../../src/base/index.ts';
import { Layout } from '../../src/content/index.ts';
import type { Batch } from '../../src/session/index.ts';
import { FreshCursors, RemoteView, Sender } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import type { MessageOf, StrategyCode } from '../../src/wire/index.ts';
import { FINISH } from '../../src/wire/index.ts';

export function layoutFor(sourceSymbols: number, blockCount: number, windowRatio = 2): Layout {
  const symbolBytes = 64;
  const length = sourceSymbols * blockCount * symbolBytes;
  return new Layout({ length, symbolBytes, blockCount, windowRatio });
}

/** A random working set: each id with the given chance. */
export function randomSet(layout: Layout, share: number, rng: Rng): WorkingSet {
  const bits = new Bitset(layout.idCount);
  for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) bits.add(id);
  return WorkingSet.of(layout, bits);
}

/** What a receiver asks for; `start` and how it finishes only count for some strategies. */
export function askFor(
  strategy: StrategyCode,
  more: Partial<MessageOf<'ask'>> = {},
): MessageOf<'ask'> {
  return {
    type: 'ask',
    strategy,
    summaryKind: 0,
    updateFrequency: 0,
    start: 0,
    finish: FINISH['full-rank'],
    ...more,
  };
}

export interface SenderKit {
  readonly sender: Sender;
  readonly view: RemoteView;
  readonly held: WorkingSet;
}

export function senderFor(
  held: WorkingSet,
  strategy: StrategyCode | undefined,
  options: {
    readonly fresh?: FreshCursors;
    readonly batchMax?: number;
    readonly seed?: number;
    readonly ask?: Partial<MessageOf<'ask'>>;
  } = {},
): SenderKit {
  const { layout } = held;
  const { batchMax = 10, seed = 1 } = options;
  const rng = new Rng(seed);
  const view = new RemoteView(layout, held.bits);
  const fresh = options.fresh ?? new FreshCursors(layout, 0, rng.fork());
  const sender = new Sender({ layout, held, view, fresh, rng, batchMax });
  if (strategy !== undefined) sender.ask(askFor(strategy, options.ask));
  return { sender, view, held };
}

/** The ESIs of a batch of symbols that are sent as they are. */
export function esisOf(batch: Batch | undefined): readonly number[] {
  if (batch?.kind === 'recoded') throw new Error('a recoded batch');
  return batch?.esis ?? [];
}

/** Everything the sender has to send now, as ids. */
export function drain({ sender, held: { layout } }: SenderKit): number[] {
  const ids: number[] = [];
  for (let batch = sender.next(); batch !== undefined; batch = sender.next()) {
    for (const esi of esisOf(batch)) ids.push(layout.id(batch.sbn, esi));
  }
  return ids;
}
