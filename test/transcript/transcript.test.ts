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
