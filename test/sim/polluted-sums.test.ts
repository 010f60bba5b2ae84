// Polluters of recoded symbols in virtual time: a quarter of the senders, that spoil all or one in a hundred of their
// sums, of low and of high degree, in one block and in several. Who is blamed, what it costs, and what would be without
// the defence.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Blocks } from '../../src/engine/blocks.ts';
import { RecodedDesk } from '../../src/engine/recoded-desk.ts';
import { CLOSE } from '../../src/wire/index.ts';
import type { Meeting } from './bad-input.ts';
import { blockOf, blocksOf, blamedIn, closesOf, finish, meet, rejectedOf } from './bad-input.ts';

/** Receivers whose senders use degrees of 1 and more, 4, and up to 16. */
const WAYS = [
  { name: 'low degrees', share: 0.5, transfer: { strategy: 'recode-bf', finish: 'substitution' } },
  { name: 'degree 4 over a filter', share: 0.5, transfer: { strategy: 'recode-bf' } },
  { name: 'degree 10', share: 0.5, transfer: { strategy: 'speculative' } },
  { name: 'degree 4, nothing held', share: 0, transfer: { strategy: 'speculative' } },
  { name: 'designed degrees', share: 0.5, transfer: { strategy: 'speculative', finish: 'substitution' } },
] as const;

const results: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a quarter of the senders pollutes recoded symbols', () => {
  for (const way of WAYS) {
    for (const content of [blockOf, blocksOf]) {
      const { blockCount } = content.layout;
      const scene = { content, held: way.share, transfer: way.transfer };
      const without = finish(meet(scene));
      for (const pollute of [1, 0.01]) {
        const title = `${way.name}, ${blockCount} block(s), ${pollute} of all`;
        it(`it is found out, and nobody else: ${title}`, () => {
          const meeting: Meeting = meet({ ...scene, liar: { pollute } });
          const time = finish(meeting);
          results.push(
            `${title}: ${(time / without).toFixed(2)}, rejected ${rejectedOf(meeting)}, closes ${closesOf(meeting).join()}, received ${meeting.receiver.transfer.status().received}`,
          );
          console.log(results.at(-1));
          expect(blamedIn(meeting)).toEqual([]);
        });
      }
    }
  }
});
