// Scenarios with their full expected trace. The text beside each is what the machines say to each other, message by
// message, in virtual time; a change of behaviour shows as a change of text. UPDATE=1 rewrites the files: read the
// difference before you keep it. Lines that begin with # are comments and come from here.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Bitset } from '../../src/base/index.ts';
import type { SimContent, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { lineOf } from './describe.ts';

interface Scenario {
  readonly name: string;
  /** What to look at. */
  readonly comment: string;
  readonly content: SimContent;
  readonly play: (world: World, content: SimContent) => void;
}

/** Adds a peer that only serves. */
function serves(
  world: World,
  content: SimContent,
  name: string,
  held: SimPeerOptions['held'],
  more: Partial<SimPeerOptions> = {},
): void {
  world.add({ name, content, held, transfer: { fetch: false }, ...more });
}

/** Adds a receiver of the given sources and runs until it is done. */
function fetches(
  world: World,
  content: SimContent,
  sources: readonly string[],
  more: Partial<SimPeerOptions> = {},
): void {
  const transfer = { linger: false, serve: false, ...more.transfer };
  const receiver = world.add({ name: 'r', content, held: 'none', ...more, transfer });
  for (const source of sources) receiver.addSource(source);
  world.run(() => receiver.transfer.phase === 'done' && receiver.transfer.peers.length === 0);
  world.runUntil(world.clock.now + 100);
}

function idsOf(content: SimContent, from: number, to: number): Bitset {
  const bits = new Bitset(content.layout.idCount);
  bits.addRange(from, to);
  return bits;
}

const small = simContent({ sourceSymbols: 8, blockCount: 2, symbolBytes: 16_384 });
const one = simContent({ sourceSymbols: 32, blockCount: 1, symbolBytes: 16_384 });
const three = simContent({ sourceSymbols: 16, blockCount: 3, symbolBytes: 16_384 });
const large = simContent({ sourceSymbols: 8_192, blockCount: 1, symbolBytes: 1_024 });

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'full-source',
    comment: `One full source, a receiver that knows only the content id. The descriptor comes first, then leaves block by
block; the full source describes nothing, because "complete" says it all. Every symbol is asked for by name, source
symbols in order, and not one more than is needed.`,
    content: small,
    play(world, content) {
      serves(world, content, 's', 'full');
      fetches(world, content, ['s'], { described: false });
    },
  },
  {
    name: 'half-full-peer',
    comment: `Coordinated: p holds half of what there is, s holds all. p describes itself exactly when it is asked; r takes
from s what p lacks, from p the rest, and nothing twice. The lower half of block 0 is rare, so s is asked for it first.`,
    content: small,
    play(world, content) {
      serves(world, content, 's', 'full');
      serves(world, content, 'p', idsOf(content, 8, 24));
      fetches(world, content, ['s', 'p']);
    },
  },
  {
    name: 'reconciled-updates',
    comment: `Reconciled with f = 4: two peers with overlapping halves pick for themselves from what r's summary lacks. Each
update (a delta after every 8 symbols received, duplicates counted) lets them stop sending what came from the other.
Credit of symbols that were of no use is granted anew; a peer that has nothing more says dry.`,
    content: one,
    play(world, content) {
      serves(world, content, 'a', idsOf(content, 0, 24));
      serves(world, content, 'b', idsOf(content, 12, 40));
      const transfer = { strategy: 'reconciled', summary: 'exact', updateFrequency: 4 } as const;
      fetches(world, content, ['a', 'b'], { held: idsOf(content, 0, 6), transfer });
    },
  },
  {
    name: 'polluter',
    comment: `Every symbol of m fails its leaf. The first is a strike, the second ends the link with BAD_SYMBOL; m is not
dialled again, and what it owed is asked of s.`,
    content: one,
    play(world, content) {
      serves(world, content, 's', 'full');
      serves(world, content, 'm', 'full', { faults: { pollute: 1 } });
      fetches(world, content, ['s', 'm']);
    },
  },
  {
    name: 'stall',
    comment: `q says it is complete and sends nothing; s is slow to come. After 5 s q has stalled: its credit is void and the
symbols go to s. q gets one symbol of credit as a probe, after pauses of 1 and 2 s; nobody waits for it, and the third stall ends the link with
STALLED. Here s arrives after the first stall, and the transfer is over before q is given up.`,
    content: one,
    play(world, content) {
      serves(world, content, 'q', 'full', { faults: { silent: true } });
      const transfer = { linger: false, serve: false };
      const receiver = world.add({ name: 'r', content, held: 'none', transfer });
      receiver.addSource('q');
      world.runUntil(6_500);
      serves(world, content, 's', 'full');
      receiver.addSource('s');
      world.run(() => receiver.transfer.phase === 'done' && receiver.transfer.peers.length === 0);
      world.runUntil(world.clock.now + 100);
    },
  },
  {
    name: 'speculative-full-rank',
    comment: `Speculative: r says by a sketch that it holds 16 symbols, p that it holds 40, of which r has 12. p tells its
pool once, and sends sums of it: of how many symbols each is the sum is all that their frames say. r has no symbol more
until 16 sums are there; with what it holds they are as many as the block has, and it is decoded from both. One more is
asked for when sums turn out to depend on each other.`,
    content: one,
    play(world, content) {
      serves(world, content, 'p', idsOf(content, 4, 44));
      const transfer = { strategy: 'speculative', updateFrequency: 1 } as const;
      fetches(world, content, ['p'], { held: idsOf(content, 0, 16), transfer });
    },
  },
  {
    name: 'recode-bf-update',
    comment: `Recoding over a Bloom filter, f = 6: r holds 2 symbols of each block, a and b tell pools of what its filter lacks
and send sums of four of them. After every 8 symbols received r would send a new filter, but holds nothing new until a
block is finished. The senders tell pools without such a block before any other sum.`,
    content: three,
    play(world, content) {
      const { layout } = content;
      const ofEach = (from: number, to: number): Bitset => {
        const bits = new Bitset(layout.idCount);
        for (let sbn = 0; sbn < layout.blockCount; sbn++) {
          bits.addRange(layout.id(sbn, from), layout.id(sbn, to));
        }
        return bits;
      };
      serves(world, content, 'a', ofEach(0, 22));
      serves(world, content, 'b', ofEach(8, 30));
      const transfer = { strategy: 'recode-bf', updateFrequency: 6 } as const;
      fetches(world, content, ['a', 'b'], { held: ofEach(0, 2), transfer });
    },
  },
  {
    name: 'riblt-more',
    comment: `Reconciled by a rateless IBLT: r lacks 8 of 8192 symbols, p holds 70 others, and neither knows by how much they
differ. The 64 cells of the first flight are too few for 78 ids. p says how many it wants in all, r goes on from there;
when p has decoded the difference it says that it wants no more. From then on it knows exactly what r holds.`,
    content: large,
    play(world, content) {
      const held = idsOf(content, 8, 8_192);
      const others = idsOf(content, 0, 8_262);
      serves(world, content, 'p', others);
      const transfer = { strategy: 'reconciled', summary: 'riblt', updateFrequency: 0 } as const;
      fetches(world, content, ['p'], { held, transfer });
    },
  },
  {
    name: 'recoded-polluter',
    comment: `Every sum that m sends is wrong. Nobody can see that while two of its symbols are unknown: r decodes the block
with what it has, and its root is wrong. So some sum lied. From then on sums do not count, and r asks for symbols by
name, of m, too. As soon as what is there suffices without the sums of either sender, r tries the block without those of
each in turn. It is right without those of m, all sums are compared with it, and the second strike ends the link.`,
    content: one,
    play(world, content) {
      serves(world, content, 's', idsOf(content, 0, 40));
      serves(world, content, 'm', idsOf(content, 8, 48), { faults: { polluteSums: 1 } });
      const transfer = { strategy: 'speculative', updateFrequency: 1 } as const;
      fetches(world, content, ['s', 'm'], { held: idsOf(content, 40, 52), transfer });
    },
  },
];

it.each(SCENARIOS)('$name', ({ name, comment, content, play }) => {
  const world = new World(1, () => ({ delayMs: 10, bytesPerMs: 1_000 }));
  const lines = comment.split('\n').map((line) => `# ${line}`);
  lines.push('#', '#  time, ms  who        what', '');
  world.onTrace = (at, entry) => lines.push(lineOf(content.layout, at, entry));
  play(world, content);
  const text = `${lines.join('\n')}\n`;
  const file = new URL(`${name}.txt`, import.meta.url);
  if (process.env['UPDATE'] === '1' || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
