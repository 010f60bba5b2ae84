// One random swarm from one seed: contents, peers, links and faults, and what must hold of it at every step.

import { Bitset, Rng } from '../../src/base/index.ts';
import type { Fault, SimPeer, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, TraceHash, World } from '../../src/sim/index.ts';
import { CLOSE } from '../../src/wire/index.ts';

/** What a swarm is drawn from. `plain`: without recoding, so that seeds from before there was any stay what they were. */
export type SwarmKind = 'all' | 'plain';

const PLAIN = ['coordinated', 'coordinated', 'reconciled', 'uninformed', 'uninformed-wor'] as const;
const ALL = [
  'coordinated',
  'reconciled',
  'uninformed-wor',
  'partition',
  'speculative',
  'speculative',
  'speculative',
  'recode-bf',
  'recode-bf',
] as const;
const SUMMARIES = ['auto', 'exact', 'bloom', 'riblt', 'art'] as const;
/**
 * Ends of links that say nothing against the peer: what went wrong was time, or the connection. LIMIT: one that has asked
 * for leaves, every 2 s and for minutes, of a peer that has none may call again.
 */
const INNOCENT: ReadonlySet<number> = new Set([
  CLOSE.LIMIT,
  CLOSE.DONE,
  CLOSE.STALLED,
  CLOSE.IDLE,
  CLOSE.OVERLOADED,
]);
/** No fault after this time, ms. */
const FAULTS_END = 60_000;
/** A swarm that takes more events than this runs in circles. */
const STEPS_MAX = 2_000_000;
/** What is added to a seed for a second stream of it. */
const LATER = 1e12;
/** All must be done by then, ms. */
const LIMIT = 1_800_000;

export interface SwarmResult {
  readonly text: string;
  readonly hash: string;
  readonly entries: number;
  readonly durationMs: number;
}

/** Runs the swarm of a seed to its end. Throws an Error that names the seed when something is wrong. */
export function runSwarm(seed: number, kind: SwarmKind = 'all'): SwarmResult {
  const rng = new Rng(seed);
  // What came later is drawn elsewhere, so that old seeds stay what they were.
  const later = new Rng(kind === 'plain' ? 0 : seed + LATER);
  const pickLater = <T>(values: readonly T[]): T => values[later.below(values.length)] as T;
  const pick = <T>(values: readonly T[]): T => values[rng.below(values.length)] as T;
  const between = (low: number, high: number): number => low + rng.below(high - low + 1);
  const content = simContent({
    sourceSymbols: between(1, pick([4, 40, 300])),
    blockCount: between(1, pick([1, 4, 12])),
    symbolBytes: pick([64, 1400, 16_384]),
    windowRatio: pick([2, 2, 3]),
    seed,
  });
  const { layout } = content;
  const delayMax = pick([5, 100, 500]);
  const qualities = new Map<string, { delayMs: number; bytesPerMs: number }>();
  const world = new World(rng.uint32(), (from, to) => {
    const key = [from.name, to.name].sort().join();
    let quality = qualities.get(key);
    if (quality === undefined) {
      quality = { delayMs: between(1, delayMax), bytesPerMs: pick([100, 1_000, 20_000]) };
      qualities.set(key, quality);
    }
    return quality;
  });
  const hash = new TraceHash();
  const blamed: string[] = [];
  world.onTrace = (at, entry) => {
    hash.add(at, entry);
    if (entry.kind !== 'close' || entry.code < 4000 || INNOCENT.has(entry.code)) return;
    if (isLiar(entry.from) || isLiar(entry.to)) return;
    blamed.push(`${entry.from} and ${entry.to}: ${entry.code} ${entry.reason}`);
  };

  const full = rng.below(3);
  const partial = full === 0 ? between(1, 3) : rng.below(3);
  const fetchers = between(1, 4);
  const disk = (): Partial<SimPeerOptions> => ({
    diskMs: pick([0, 0, 5, 50]),
    decodeMs: pick([0, 20, 300]),
  });
  const sources: SimPeer[] = [];
  for (let i = 0; i < full; i++) {
    sources.push(
      world.add({
        name: `full ${i}`,
        content,
        held: 'full',
        transfer: { fetch: false },
        ...disk(),
      }),
    );
  }
  // Together the partial sources have more than enough; every one of their symbols is needed by nobody in particular.
  const parts = Array.from({ length: partial }, () => new Bitset(layout.idCount));
  for (let id = 0; id < layout.idCount && partial > 0; id++) {
    if (rng.unit() < 0.2) continue;
    for (let copies = between(1, 2); copies > 0; copies--) pick(parts).add(id);
  }
  for (let sbn = 0; sbn < layout.blockCount && partial > 0; sbn++) {
    const start = layout.windowStart(sbn);
    for (let esi = 0; esi < layout.sourceSymbols(sbn) + 2 && esi < layout.windowSize(sbn); esi++) {
      if (!parts.some((part) => part.has(start + esi))) pick(parts).add(start + esi);
    }
  }
  parts.forEach((held, i) => {
    sources.push(
      world.add({ name: `partial ${i}`, content, held, transfer: { fetch: false }, ...disk() }),
    );
  });
  // A quarter of the senders of a large swarm lie; their share of the symbols is nothing that is not elsewhere.
  const liars = kind === 'plain' ? 0 : pickLater([0, 0, 1]);
  for (let i = 0; i < liars; i++) {
    const share = pickLater([0.3, 0.7]);
    const held = new Bitset(layout.idCount);
    for (let id = 0; id < layout.idCount; id++) if (later.unit() < share) held.add(id);
    const polluting = pickLater([1, 0.1, 0.01]);
    const faults = later.below(2) === 0 ? { pollute: polluting } : { polluteSums: polluting };
    const name = `${LIAR} ${i}`;
    sources.push(world.add({ name, content, held, faults, transfer: { fetch: false } }));
  }
  const receivers: SimPeer[] = [];
  const faults: Fault[] = [];
  const drawLater = (): SimPeerOptions['transfer'] => ({
    strategy: pickLater(ALL),
    summary: pickLater(SUMMARIES),
    finish: pickLater(['full-rank', 'full-rank', 'substitution'] as const),
  });
  const join = (i: number): void => {
    const held = new Bitset(layout.idCount);
    const share = pick([0, 0, 0.3]);
    for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) held.add(id);
    const peer = world.add({
      name: `receiver ${i}`,
      content,
      held,
      described: rng.below(3) > 0,
      faults: { shortDecodes: pick([0, 0.05]) },
      transfer: {
        strategy: pick(PLAIN),
        summary: pick(['auto', 'exact', 'bloom'] as const),
        updateFrequency: pick([0, 1, 10, 50]),
        patienceMs: 10 * LIMIT,
        ...(kind === 'plain' ? {} : drawLater()),
      },
      ...disk(),
    });
    receivers.push(peer);
    for (const source of sources) world.source(peer, source);
    for (const other of receivers)
      if (other !== peer && rng.below(2) === 0) world.source(peer, other);
  };
  for (let i = 0; i < fetchers; i++) {
    if (i === 0 || rng.below(2) === 0) join(i);
    else world.clock.at(between(1, FAULTS_END / 2), () => join(i));
  }
  const names = [...sources, ...receivers].map(({ name }) => name);
  for (let n = rng.below(8); n > 0; n--) {
    const at = Math.floor(FAULTS_END * rng.unit() ** 3);
    const peer = pick(names);
    const kind = pick(['cut', 'kill', 'sleep', 'behave'] as const);
    if (kind === 'cut') faults.push({ at, kind, peer, other: pick(names) });
    if (kind === 'kill') {
      faults.push({ at, kind, peer });
      faults.push({ at: between(at, FAULTS_END), kind: 'restart', peer });
    }
    if (kind === 'sleep') faults.push({ at, kind, peer, ms: pick([100, 3_000, 100_000]) });
    if (kind === 'behave') {
      faults.push({ at, kind, peer, as: { silent: true } });
      faults.push({ at: between(at, FAULTS_END), kind, peer, as: { silent: false } });
    }
  }
  for (const { name } of [...sources]) faults.push({ at: FAULTS_END, kind: 'restart', peer: name });
  world.schedule(faults);

  const text =
    `seed ${seed}${kind === 'plain' ? ' plain' : ''}: K ${layout.sourceSymbols(0)} × ${layout.blockCount}, T ${layout.symbolBytes}, ` +
    `${full} full, ${partial} partial, ${liars} liars, ${fetchers} receivers, ${faults.length} faults`;
  let steps = 0;
  try {
    world.run(() => {
      if (++steps > STEPS_MAX) throw new Error(`${STEPS_MAX} steps`);
      if (steps % 64 === 0) for (const peer of world.peers) check(peer);
      // All sources may be dead at once, which ends a transfer soon; its user tries again.
      for (const peer of receivers) if (isUnreachable(peer)) retry(world, peer);
      return (
        receivers.length === fetchers &&
        world.clock.now > FAULTS_END &&
        receivers.every(({ alive, transfer }) => alive && transfer.phase === 'done')
      );
    }, LIMIT);
    for (const peer of world.peers) check(peer);
    for (const peer of receivers) checkDone(peer);
    if (blamed.length > 0) throw new Error(`honest peers blame each other: ${blamed.join('; ')}`);
  } catch (error) {
    const states = receivers.map(({ name, alive, transfer, events }) => {
      const { phase, have, total } = transfer.status();
      const end = JSON.stringify(events.slice(-2));
      const { strategy, summary, finish = '', updateFrequency: f } = transfer.options;
      const how = `${strategy} ${summary} ${finish} f ${f}`;
      return `\n  ${name}: ${alive ? phase : 'dead'} ${have}/${total} ${how} ${end}`;
    });
    throw new Error(`${text}: ${(error as Error).message}${states.join('')}`, { cause: error });
  }
  return { text, hash: hash.value, entries: hash.count, durationMs: world.clock.now };
}

const LIAR = 'liar';

function isLiar(name: string): boolean {
  return name.startsWith(LIAR);
}

function isUnreachable({ events }: SimPeer): boolean {
  const last = events.findLast(({ type }) => type === 'failed');
  return last?.type === 'failed' && last.code === 'UNREACHABLE';
}

function retry(world: World, peer: SimPeer): void {
  peer.events.length = 0;
  peer.kill();
  world.clock.at(world.clock.now + 5_000, () => {
    if (!peer.alive) peer.start();
  });
}

/** What the machine claims is in the store, and its books are in order. */
export function check(peer: SimPeer): void {
  const { exchange, fetching, peers, phase } = peer.transfer;
  if (exchange === undefined || !peer.alive) return;
  const { layout, held } = exchange;
  held.bits.words.forEach((word, i) => {
    if ((word & ~(peer.held.words[i] ?? 0)) !== 0)
      throw new Error(`${peer.name} claims what it has not`);
  });
  if (fetching === undefined || phase !== 'running') return;
  const { blocks } = fetching;
  const credit = new Int32Array(layout.blockCount);
  let wanted = 0;
  for (const { halves } of peers) {
    if (halves === undefined || halves.receiver.probing) continue;
    const { granted, wanted: ids } = halves.receiver as unknown as {
      granted: Uint32Array;
      wanted: Bitset;
    };
    granted.forEach((count, sbn) => (credit[sbn] = credit[sbn]! + count));
    ids.forEach((id) => {
      credit[layout.sbnOf(id)] = credit[layout.sbnOf(id)]! + 1;
      if (!blocks.assigned.has(id)) throw new Error(`${peer.name} wants ${id} unassigned`);
      wanted++;
    });
  }
  if (wanted !== blocks.assigned.count)
    throw new Error(`${peer.name} has assigned what nobody owes`);
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    if (credit[sbn] !== blocks.creditIn(sbn)) {
      throw new Error(
        `${peer.name}: block ${sbn} has credit ${blocks.creditIn(sbn)}, links ${credit[sbn]}`,
      );
    }
  }
}

function checkDone(peer: SimPeer): void {
  const { layout } = peer.options.content;
  if (peer.held.count !== layout.idCount) throw new Error(`${peer.name} is done without all`);
  for (const event of peer.events) {
    if (event.type === 'rejected' && !isLiar(event.address)) {
      throw new Error(`${peer.name} blames ${event.address}, which is honest`);
    }
  }
  const { received, useful, duplicate, rejected } = peer.transfer.status();
  if (received !== useful + duplicate + rejected) {
    throw new Error(`${peer.name}: ${received} ≠ ${useful} + ${duplicate} + ${rejected}`);
  }
}
