// The descriptions that only say how the sets differ, from both ends: rateless IBLT with its questions and answers, trees
// and sketches.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { Layout } from '../../src/content/index.ts';
import { Description, RemoteView } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import type { SummaryKind } from '../../src/summary/index.ts';
import {
  exactBytes,
  Journal,
  RIBLT_CELLS_MAX,
  RIBLT_HEADER_BYTES,
  readRibltHeader,
  ribltCellsFor,
  RibltStream,
} from '../../src/summary/index.ts';
import type { Message, MessageOf } from '../../src/wire/index.ts';
import { decodeControl, encodeControl, LIMITS, SUMMARY_KIND } from '../../src/wire/index.ts';
import { layoutFor, randomSet } from './helpers.ts';

const membersOf = (bits: Bitset): number[] => {
  const ids: number[] = [];
  bits.forEach((id) => ids.push(id));
  return ids;
};

/** A copy of a set with `count` ids changed. */
function changed(set: Bitset, count: number, rng: Rng): Bitset {
  const copy = set.clone();
  for (let n = 0; n < count;) {
    const id = rng.below(set.length);
    if (copy.has(id) !== set.has(id)) continue;
    if (!copy.delete(id)) copy.add(id);
    n++;
  }
  return copy;
}

interface Ends {
  readonly layout: Layout;
  readonly held: WorkingSet;
  readonly journal: Journal;
  readonly told: Description;
  readonly view: RemoteView;
  /** ids added and not removed, as the listener hears of them. */
  readonly twin: Set<number>;
  /** Joins the described set. */
  add: (id: number) => void;
}

function endsOf(
  held: WorkingSet,
  own: Bitset,
  kind: SummaryKind,
  more: { differences?: number; salt?: number } = {},
): Ends {
  const { layout } = held;
  const journal = new Journal();
  const told = new Description({ layout, held, journal, kind, salt: 9, ...more });
  const twin = new Set<number>();
  const view = new RemoteView(layout, own, {
    added: (id) => twin.add(id),
    removed: (id) => twin.delete(id),
  });
  const add = (id: number): void => {
    if (held.add(id)) journal.add(id);
  };
  return { layout, held, journal, told, view, twin, add };
}

/** Delivers messages over the wire; answers what the reader asks. */
function deliver(view: RemoteView, messages: readonly Message[]): MessageOf<'more'>[] {
  const answers: MessageOf<'more'>[] = [];
  for (const message of messages) {
    const decoded = decodeControl(encodeControl(message));
    if (decoded.type === 'summary') view.summary(decoded);
    else if (decoded.type === 'delta') view.delta(decoded);
    else throw new Error(`a description says ${decoded.type}`);
    const answer = view.takeAnswer();
    if (answer !== undefined) {
      expect(answer.sequence).toBe(decoded.sequence);
      answers.push(answer);
    }
  }
  return answers;
}

/** Question and answer until there is nothing more to say. */
function converse({ told, view }: Ends): Message[] {
  const said: Message[] = [];
  let messages = told.next();
  while (messages.length > 0) {
    said.push(...messages);
    messages = deliver(view, messages).flatMap((answer) => told.more(answer));
  }
  return said;
}

const cellsOf = (message: Message | undefined): number => {
  if (message?.type !== 'summary' || message.kind !== SUMMARY_KIND.riblt) return NaN;
  return (message.body.length - RIBLT_HEADER_BYTES) / 8;
};

describe('a rateless IBLT', () => {
  it('tells the reader just what is held, whatever the sets are', () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = new Rng(seed);
      const layout = layoutFor(1 + rng.below(500), 1 + rng.below(4));
      const held = randomSet(layout, rng.unit(), rng);
      const own =
        seed % 3 === 0
          ? randomSet(layout, rng.unit(), rng).bits
          : changed(held.bits, rng.below(1 + (layout.idCount >>> 2)), rng);
      const ends = endsOf(held, own, 'riblt');
      expect(ends.view.described).toBe(false);
      converse(ends);
      expect(membersOf(ends.view.exact)).toEqual(membersOf(held.bits));
      expect([...ends.twin].sort((a, b) => a - b)).toEqual(membersOf(held.bits));
      expect(ends.view.described).toBe(true);
    }
  });

  it('begins with 64 cells, or with 1.45·d + 16 when the difference is known', () => {
    const layout = layoutFor(5_000, 1);
    const held = randomSet(layout, 0.5, new Rng(1));
    expect(cellsOf(endsOf(held, held.bits, 'riblt').told.next()[0])).toBe(64);
    const known = endsOf(held, held.bits, 'riblt', { differences: 100 }).told.next();
    expect(known.map(cellsOf)).toEqual([Math.ceil(1.45 * 100) + 16]);
    expect(ribltCellsFor(100)).toBe(161);
    // More than fits into one message comes in parts that each have a number and are each answered.
    const parts = endsOf(held, held.bits, 'riblt', { differences: 9_000 }).told.next();
    expect(parts.map((part) => part.type === 'summary' && [part.sequence, part.more])).toEqual([
      [0, false],
      [1, false],
    ]);
    expect(parts.map(cellsOf)).toEqual([7_000, ribltCellsFor(9_000) - 7_000]);
  });

  it('goes on as far as the reader asks, and stops when it has decoded', () => {
    const layout = layoutFor(50_000, 1);
    const rng = new Rng(2);
    const held = randomSet(layout, 0.5, rng);
    const ends = endsOf(held, changed(held.bits, 300, rng), 'riblt');
    let messages = ends.told.next();
    let cells = 0;
    for (let rounds = 0; ; rounds++) {
      expect(ends.told.next()).toEqual([]); // nothing beside the stream
      for (const message of messages) cells += cellsOf(message);
      const answers = deliver(ends.view, messages);
      const asked = answers.at(-1)?.cells ?? 0;
      messages = answers.flatMap((answer) => ends.told.more(answer));
      if (asked === 0) break;
      expect(asked).toBeGreaterThan(cells);
      expect(cellsOf(messages[0])).toBe(asked - cells);
      expect(ends.view.described).toBe(false);
      expect(rounds).toBeLessThan(20);
    }
    expect(messages).toEqual([]);
    expect(cells).toBeLessThan(2.2 * 300);
    expect(membersOf(ends.view.exact)).toEqual(membersOf(held.bits));
    expect(ends.told.more({ type: 'more', sequence: 0, cells: 5_000 })).toEqual([]); // it has ended
  });

  it('is of a frozen set: what joined meanwhile follows as a delta, which then are all there is', () => {
    const layout = layoutFor(2_000, 2);
    const rng = new Rng(3);
    const held = randomSet(layout, 0.4, rng);
    const ends = endsOf(held, changed(held.bits, 60, rng), 'riblt');
    let messages = ends.told.next();
    const before = membersOf(ends.held.bits);
    while (messages.length > 0) {
      ends.add(rng.below(layout.idCount));
      expect(ends.told.hasNews).toBe(false); // first the reader has to decode
      messages = deliver(ends.view, messages).flatMap((answer) => ends.told.more(answer));
    }
    expect(membersOf(ends.view.exact)).toEqual(before);
    expect(ends.told.hasNews).toBe(true);
    for (let round = 0; round < 3; round++) {
      const news = ends.told.next();
      expect(news.map(({ type }) => type)).toEqual(['delta']);
      deliver(ends.view, news);
      expect(membersOf(ends.view.exact)).toEqual(membersOf(ends.held.bits));
      expect(ends.told.next()).toEqual([]);
      ends.add(ends.held.bits.nextAbsent(rng.below(1_000)));
    }
  });

  it('becomes an exact summary when twice the bytes of one would not do', () => {
    const layout = layoutFor(5_000, 1);
    const held = randomSet(layout, 0.5, new Rng(4));
    const most = (2 * exactBytes(held.count, layout.idCount)) / 8;
    for (const cells of [Math.floor(most), Math.floor(most) + 1, LIMITS.cellsMax]) {
      const ends = endsOf(held, new Bitset(layout.idCount), 'riblt');
      ends.told.next();
      const [first] = ends.told.more({ type: 'more', sequence: 0, cells });
      const kind = first?.type === 'summary' ? first.kind : undefined;
      expect(kind).toBe(cells <= most ? SUMMARY_KIND.riblt : SUMMARY_KIND.exact);
    }
    // From sets that share nothing the two come to it by themselves.
    const far = endsOf(held, randomSet(layout, 0.5, new Rng(5)).bits, 'riblt');
    const said = converse(far);
    expect(said.at(-1)).toMatchObject({ type: 'summary', kind: SUMMARY_KIND.exact });
    expect(membersOf(far.view.exact)).toEqual(membersOf(held.bits));
    // Then deltas.
    far.add(held.bits.nextAbsent(0));
    expect(far.told.next()).toMatchObject([{ type: 'delta' }]);
  });
});

describe('the reader of a rateless IBLT', () => {
  const layout = layoutFor(1_000, 2);
  const held = randomSet(layout, 0.5, new Rng(6));
  const near = changed(held.bits, 20, new Rng(7));
  let salt = 1;
  const streamOf = (): RibltStream => new RibltStream(held.bits, 0, layout.idCount, salt++);
  const part = (sequence: number, body: Uint8Array, blockCount = 2): MessageOf<'summary'> => {
    const kind = SUMMARY_KIND.riblt;
    return { type: 'summary', sequence, firstSbn: 0, blockCount, more: false, kind, body };
  };
  const answer = (view: RemoteView, message: MessageOf<'summary'>): number | undefined => {
    view.summary(message);
    return view.takeAnswer()?.cells;
  };

  it('answers every part, each answer once', () => {
    const view = new RemoteView(layout, near);
    view.summary(part(0, streamOf().next(4)!));
    expect(view.takeAnswer()).toMatchObject({ type: 'more', sequence: 0 });
    expect(view.takeAnswer()).toBeUndefined();
  });

  it('answers 0 to what is no part of a stream, and has no summary', () => {
    const stream = streamOf();
    stream.next(10);
    const [later, none] = [stream.next(10)!, new Uint8Array(5)];
    const view = new RemoteView(layout, near);
    expect(readRibltHeader(later, layout.idCount)?.first).toBe(10);
    expect([answer(view, part(0, later)), answer(view, part(1, none))]).toEqual([0, 0]);
    // A part that does not follow ends the stream.
    const other = streamOf();
    expect(answer(view, part(2, other.next(4)!))).toBeGreaterThan(4);
    other.next(1);
    expect(answer(view, part(3, other.next(4)!))).toBe(0);
    // So does one of another range.
    const third = streamOf();
    expect(answer(view, part(4, third.next(4)!))).toBeGreaterThan(4);
    expect(answer(view, part(5, third.next(4)!, 1))).toBe(0);
    expect(view.exact.count).toBe(0);
    // The reader acts as if it had come: it knows nothing, and does not wait for more.
    expect(view.described).toBe(true);
  });

  it('keeps what it knew while a stream is not decoded', () => {
    const view = new RemoteView(layout, near);
    view.summary({ ...part(0, Uint8Array.of(3, 0)), kind: SUMMARY_KIND.exact });
    const version = view.version;
    expect(answer(view, part(1, streamOf().next(4)!))).toBeGreaterThan(4);
    expect(view.exact.count).toBe(layout.idCount);
    expect(view.version).not.toBe(version);
    const stream = streamOf();
    expect(answer(view, part(2, stream.next(200)!))).toBe(0);
    expect(membersOf(view.exact)).toEqual(membersOf(held.bits));
  });

  it('asks for all that there can be, which is for an exact one, when it will not go on', () => {
    // A reader goes on to ⌈W/64⌉ cells: 63 here.
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    const stream = streamOf();
    expect(answer(view, part(0, stream.next(40)!))).toBe(63);
    expect(answer(view, part(1, stream.next(23)!))).toBe(LIMITS.cellsMax);
    expect(LIMITS.cellsMax).toBe(RIBLT_CELLS_MAX);
  });

  it('begins four streams on a link; to the fifth it answers that it wants an exact summary', () => {
    const view = new RemoteView(layout, near);
    let sequence = 0;
    for (let n = 0; n < 4; n++) {
      expect(answer(view, part(sequence++, streamOf().next(4)!))).toBeLessThan(LIMITS.cellsMax);
    }
    expect(answer(view, part(sequence++, streamOf().next(200)!))).toBe(LIMITS.cellsMax);
    expect(view.exact.count).toBe(0);
    // The writer, asked so, gives an exact one.
    const ends = endsOf(held, near, 'riblt');
    ends.told.next();
    const [exact] = ends.told.more({ type: 'more', sequence: 0, cells: LIMITS.cellsMax });
    if (exact?.type !== 'summary') throw new Error('no summary');
    view.summary({ ...exact, sequence });
    expect(membersOf(view.exact)).toEqual(membersOf(held.bits));
  });
});

describe('a tree', () => {
  it('hides what it must and some of the rest: never what the other end lacks for certain', () => {
    const layout = layoutFor(2_000, 2);
    const rng = new Rng(8);
    const held = randomSet(layout, 0.5, rng);
    const own = changed(held.bits, 200, rng);
    const ends = endsOf(held, own, 'art');
    const shown: Set<number>[] = [];
    for (let round = 0; round < 2; round++) {
      ends.told.repeat();
      deliver(ends.view, ends.told.next());
      // Ids of the own set: it has them if the other end does; most that it lacks are shown.
      const lacking = membersOf(own).filter((id) => !ends.view.has(id));
      for (const id of lacking) expect(held.has(id)).toBe(false);
      const all = membersOf(own).filter((id) => !held.has(id)).length;
      expect(lacking.length).toBeGreaterThan(0.5 * all);
      shown.push(new Set(lacking));
    }
    // A new salt shows others.
    expect([...shown[1]!].some((id) => !shown[0]!.has(id))).toBe(true);
    expect(ends.view.count).toBe(held.count);
    // What this end gets later it believes to be known there; it learns better with the next tree.
    expect(ends.view.has(own.nextAbsent(0))).toBe(true);
  });

  it('is searched 1,024 times on a link, and no more', () => {
    const layout = layoutFor(4, 1);
    const held = new WorkingSet(layout);
    held.add(1);
    const own = new Bitset(layout.idCount);
    own.addRange(0, 8);
    const ends = endsOf(held, own, 'art');
    for (let n = 0; n < 1_024; n++) {
      ends.told.repeat();
      deliver(ends.view, ends.told.next());
    }
    expect(ends.view.count).toBe(1);
    held.add(2);
    deliver(ends.view, ends.told.next());
    expect(ends.view.count).toBe(1); // the 1,025th was not looked at
  });
});

describe('a sketch', () => {
  it('is one message of the blocks from the first to the last that is not finished', () => {
    const layout = layoutFor(50, 6);
    const held = randomSet(layout, 0.3, new Rng(9));
    for (const sbn of [0, 1, 3, 5]) held.addBlock(sbn);
    const ends = endsOf(held, randomSet(layout, 0.5, new Rng(10)).bits, 'min-wise');
    const messages = ends.told.next();
    expect(messages).toMatchObject([{ firstSbn: 2, blockCount: 3, more: false, sequence: 0 }]);
    deliver(ends.view, messages);
    const [from, to] = [layout.windowStart(2), layout.windowStart(5)];
    expect(ends.view.sketched).toMatchObject({ from, to });
    expect(ends.view.sketched?.sketch.count).toBe(held.bits.countRange(from, to));
    expect([ends.view.described, ends.view.exact.count]).toEqual([true, 0]);
    const first = ends.view.sketched?.sketch.seed;
    held.addBlock(4);
    expect(ends.told.next()).toMatchObject([{ firstSbn: 2, blockCount: 1, sequence: 1 }]);
    const full = endsOf(WorkingSet.full(layout), new Bitset(layout.idCount), 'min-wise');
    const [last] = full.told.next();
    expect(last).toMatchObject({ firstSbn: 5, blockCount: 1 }); // it describes something, in any case
    deliver(full.view, [last!]);
    expect(first).toBe(full.view.sketched?.sketch.seed); // the same salt and sequence
  });
});

describe('an update by filters', () => {
  it('describes the blocks that have changed and are not finished, and all of these when it is repeated', () => {
    const layout = layoutFor(500, 5);
    for (const kind of ['bloom', 'art'] as const) {
      const held = randomSet(layout, 0.5, new Rng(12));
      const { told } = endsOf(held, held.bits, kind);
      const described = (messages: Message[]): number[][] =>
        messages.map((m) => (m.type === 'summary' ? [m.firstSbn, m.blockCount, m.sequence] : []));
      expect(described(told.next())).toEqual([[0, 5, 0]]);
      expect(told.next()).toEqual([]);
      held.delete(held.bits.next(layout.windowStart(1)));
      held.delete(held.bits.next(layout.windowStart(2)));
      held.delete(held.bits.next(layout.windowStart(4)));
      const parts = told.next();
      expect(described(parts)).toEqual([
        [1, 2, 1],
        [4, 1, 1],
      ]);
      expect(parts.map((m) => m.type === 'summary' && m.more)).toEqual([true, false]);
      held.addBlock(4);
      told.repeat();
      expect(described(told.next())).toEqual([[0, 4, 2]]);
      held.deleteBlock(4);
      expect(described(told.next())).toEqual([[4, 1, 3]]);
    }
  });
});

describe('readers that are told at the same time', () => {
  it('are told the same, and something else with the next update', () => {
    const layout = layoutFor(500, 3);
    const held = randomSet(layout, 0.5, new Rng(11));
    for (const kind of ['bloom', 'art', 'min-wise'] as const) {
      const [a, b] = [0, 1].map(() => endsOf(held, held.bits, kind, { salt: 77 }));
      const first = a!.told.next();
      a!.told.repeat();
      const second = a!.told.next();
      expect(b!.told.next()).toEqual(first);
      b!.told.repeat();
      expect(b!.told.next()).toEqual(second);
      const bodyOf = (messages: Message[]): Uint8Array | undefined =>
        messages[0]?.type === 'summary' ? messages[0].body : undefined;
      expect(bodyOf(second)).not.toEqual(bodyOf(first));
      expect(endsOf(held, held.bits, kind, { salt: 78 }).told.next()).not.toEqual(first);
    }
  });
});
