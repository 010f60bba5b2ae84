// What is run: who takes part, how they choose what to send, and in which layout. Lists, so that a strategy is a line.

import { BLOCK_BYTES_MAX, SOURCE_SYMBOLS_MAX } from '../../dist/content/index.js';

/** Peers beside the receiver; `full`: one more source, which has everything. */
export const SCENARIOS = {
  pair: { peers: 1, full: false },
  augmented: { peers: 1, full: true },
  four: { peers: 4, full: false },
};

/**
 * One way to choose what is sent. `asked` are the options of both `get` and `runScenario`; `updates` is f, of which 1
 * means the first summary only. `label` names it in the table. The content is one block, as in the paper, or blocks of
 * `blockSymbols` symbols at most. Between blocks, which are fetched one after the other, f and the time that credit is
 * out decide how many updates a block sees: with four reconciled senders and 7 blocks the simulated overhead is .29 to
 * .44 at f = 10, by the rate of the links alone; in one block it is .11 to .12 at all of them.
 */
export const STRATEGIES = [
  { label: 'uninformed', updates: 1, asked: { strategy: 'uninformed' } },
  { label: 'uninformed-wor', updates: 1, asked: { strategy: 'uninformed-wor' } },
  { label: 'reconciled bloom', updates: 10, asked: { strategy: 'reconciled', summary: 'bloom' } },
  { label: 'reconciled', updates: 10, asked: { strategy: 'reconciled', summary: 'auto' } },
  // f of `get` by default.
  { label: 'reconciled', updates: 32, asked: { strategy: 'reconciled', summary: 'auto' } },
  {
    label: 'speculative, substitution',
    updates: 1,
    asked: { strategy: 'speculative', finish: 'substitution' },
  },
  { label: 'speculative', updates: 1, asked: { strategy: 'speculative' } },
  { label: 'recode-bf', updates: 1, asked: { strategy: 'recode-bf' } },
  { label: 'partition', updates: 20, asked: { strategy: 'partition', summary: 'exact' } },
  { label: 'coordinated', updates: 1, asked: { strategy: 'coordinated' } },
];

/**
 * The layout of `bytes` in symbols of T bytes, in blocks that are all equal, of `blockSymbols` symbols at most: as few as
 * may be, or up to half as many more when these come out even. Else the content is a few symbols longer or shorter
 * than asked.
 */
export function layoutFor(bytes, symbolBytes, blockSymbols) {
  const wanted = Math.ceil(bytes / symbolBytes);
  const most = Math.min(SOURCE_SYMBOLS_MAX, Math.floor(BLOCK_BYTES_MAX / symbolBytes));
  const perBlockMax = Math.min(blockSymbols ?? most, most);
  const fewest = Math.ceil(wanted / perBlockMax);
  let blockCount = fewest;
  while (wanted % blockCount !== 0 && blockCount <= 1.5 * fewest) blockCount++;
  if (wanted % blockCount !== 0) blockCount = fewest;
  const perBlock = Math.round(wanted / blockCount);
  const symbols = perBlock * blockCount;
  const length = symbols === wanted ? bytes : symbols * symbolBytes;
  return { symbolBytes, symbols, blockCount, perBlock, bytes: length };
}
