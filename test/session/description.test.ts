// Description and RemoteView are the two ends of one stream: whatever is added, and however, the reader ends up
// knowing the same.

import { describe, expect, it } from 'vitest';
import { Bitset, ProtocolError, Rng } from '../../src/base/index.ts';
import type { Layout } from '../../src/content/index.ts';
import { Description, RemoteView } from '../../src/session/index.ts';
import { WorkingSet } from '../../src/store/index.ts';
import { encodeExact, encodeIdRuns, Journal } from '../../src/summary/index.ts';
import type { Message } from '../../src/wire/index.ts';
import { CLOSE, decodeControl, encodeControl, SUMMARY_KIND } from '../../src/wire/index.ts';
import { layoutFor, randomSet } from './helpers.ts';

function deliver(view: RemoteView, messages: readonly Message[]): number {
  let bytes = 0;
  for (const message of messages) {
    const encoded = encodeControl(message);
    bytes += encoded.length;
    const decoded = decodeControl(encoded); // over the wire: no body is larger than it may be
    if (decoded.type === 'summary') view.summary(decoded);
    else if (decoded.type === 'delta') view.delta(decoded);
    else throw new Error(`a description says ${decoded.type}`);
  }
  return bytes;
}

/** A listener that keeps the twin of the view. */
function twinView(layout: Layout): { view: RemoteView; twin: Set<number> } {
  const twin = new Set<number>();
  const view = new RemoteView(layout, new Bitset(layout.idCount), {
    added: (id) => {
      expect(twin.has(id)).toBe(false);
      twin.add(id);
    },
    removed: (id) => {
      expect(twin.delete(id)).toBe(true);
    },
  });
  return { view, twin };
}

const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);
const membersOf = (bits: Bitset): number[] => {
  const ids: number[] = [];
  bits.forEach((id) => ids.push(id));
  return ids;
};

describe('a description', () => {
  for (const entriesMax of [4, 16_384]) {
    it(`exact: the reader knows just what is held, after every message (journal of ${entriesMax})`, () => {
      for (let seed = 0; seed < 40; seed++) {
        const rng = new Rng(seed);
        const layout = layoutFor(1 + rng.below(60), 1 + rng.below(5));
        const held = randomSet(layout, rng.unit(), rng);
        const journal = new Journal(entriesMax);
        const told = new Description({ layout, held, journal, kind: 'exact', salt: seed });
        const { view, twin } = twinView(layout);
        for (let round = 0; round < 15; round++) {
          for (let n = rng.below(20); n > 0; n--) {
            const id = rng.below(layout.idCount);
            if (held.add(id)) journal.add(id);
          }
          if (rng.below(6) === 0) {
            const sbn = rng.below(layout.blockCount);
            held.addBlock(sbn);
            journal.addRange(layout.windowStart(sbn), layout.windowStart(sbn + 1));
          }
          deliver(view, told.next());
          expect(told.hasNews).toBe(false);
          expect(membersOf(view.exact)).toEqual(membersOf(held.bits));
          expect(sorted(twin)).toEqual(membersOf(held.bits));
        }
        expect(told.next()).toEqual([]);
        view.clear();
        expect(twin.size).toBe(0);
      }
    });
  }

  it('bloom: the reader never misses a held symbol, and believes few others', () => {
    const rng = new Rng(5);
    const layout = layoutFor(2_000, 3);
    const held = randomSet(layout, 0.4, rng);
    const told = new Description({ layout, held, journal: new Journal(), kind: 'bloom', salt: 5 });
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    const hidden: Set<number>[] = [];
    for (let round = 0; round < 3; round++) {
      told.repeat();
      deliver(view, told.next());
      held.bits.forEach((id) => expect(view.has(id)).toBe(true));
      const wrong = new Set<number>();
      for (let id = 0; id < layout.idCount; id++) if (!held.has(id) && view.has(id)) wrong.add(id);
      expect(wrong.size / (layout.idCount - held.count)).toBeLessThan(0.035);
      hidden.push(wrong);
    }
    // Another salt each time, so that what one filter hides the next shows.
    const both = [...hidden[0]!].filter((id) => hidden[1]!.has(id));
    expect(both.length).toBeLessThan(0.2 * hidden[0]!.size);
  });

  it('of more ids than one message holds comes in parts, in ascending order', () => {
    for (const kind of ['exact', 'bloom'] as const) {
      const layout = layoutFor(20_000, 15);
      const held = randomSet(layout, 0.5, new Rng(2));
      const told = new Description({ layout, held, journal: new Journal(), kind, salt: 1 });
      const messages = told.next();
      expect(messages.length).toBeGreaterThan(1);
      let next = 0;
      messages.forEach((message, i) => {
        if (message.type !== 'summary') throw new Error('no summary');
        expect([message.firstSbn, message.more]).toEqual([next, i < messages.length - 1]);
        next += message.blockCount;
      });
      expect(next).toBe(15);
      const view = new RemoteView(layout, new Bitset(layout.idCount));
      deliver(view, messages);
      held.bits.forEach((id) => {
        if (!view.has(id)) throw new Error(`${id} is missing`);
      });
    }
  });

  it('bloom, of a window that no filter can hold: exact for that block', () => {
    const layout = layoutFor(56_403, 1, 4);
    const held = WorkingSet.full(layout);
    const told = new Description({
      layout,
      held,
      journal: new Journal(),
      kind: 'bloom',
      salt: 1,
    });
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    deliver(view, told.next());
    expect(view.exact.count).toBe(layout.idCount);
  });

  it('made exact says all exactly, and no filter hides anything any more', () => {
    const layout = layoutFor(1_000, 2);
    const held = randomSet(layout, 0.5, new Rng(3));
    const told = new Description({
      layout,
      held,
      journal: new Journal(),
      kind: 'bloom',
      salt: 1,
    });
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    deliver(view, told.next());
    told.makeExact();
    deliver(view, told.next());
    for (let id = 0; id < layout.idCount; id++) expect(view.has(id)).toBe(held.has(id));
  });

  it('of nothing new costs nothing; of one symbol a few bytes', () => {
    const layout = layoutFor(1_000, 64);
    const held = randomSet(layout, 0.5, new Rng(3));
    const journal = new Journal();
    const told = new Description({ layout, held, journal, kind: 'exact', salt: 1 });
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    deliver(view, told.next());
    expect(told.next()).toEqual([]);
    const id = held.bits.nextAbsent(60_000);
    held.add(id);
    journal.add(id);
    expect(deliver(view, told.next())).toBeLessThan(12);
    expect(view.has(id)).toBe(true);
  });
});

describe('a view', () => {
  const layout = layoutFor(10, 4);

  it('is the set that summaries and deltas describe: the twin', () => {
    for (let seed = 0; seed < 100; seed++) {
      const rng = new Rng(seed);
      const { view, twin } = twinView(layout);
      const model = new Set<number>();
      let sequence = 0;
      for (let step = 0; step < 30; step++) {
        if (rng.below(3) === 0) {
          const firstSbn = rng.below(4);
          const blockCount = 1 + rng.below(4 - firstSbn);
          const [from, to] = [
            layout.windowStart(firstSbn),
            layout.windowStart(firstSbn + blockCount),
          ];
          const bits = new Bitset(layout.idCount);
          for (let id = from; id < to; id++) if (rng.below(2) === 0) bits.add(id);
          for (let id = from; id < to; id++) {
            if (bits.has(id)) model.add(id);
            else model.delete(id);
          }
          const more = rng.below(3) === 0;
          const body = encodeExact(bits, from, to);
          view.summary({ type: 'summary', sequence, firstSbn, blockCount, more, kind: 0, body });
          if (!more) sequence++;
        } else if (rng.below(4) === 0) {
          const id = rng.below(layout.idCount);
          view.remove(id);
          model.delete(id);
        } else {
          const ids = sorted(new Set(Array.from({ length: rng.below(9) }, () => rng.below(80))));
          for (const id of ids) model.add(id);
          view.delta({ type: 'delta', sequence: sequence++, body: encodeIdRuns(ids) });
        }
        expect(membersOf(view.exact)).toEqual(sorted(model));
        expect(sorted(twin)).toEqual(sorted(model));
      }
    }
  });

  const codeOf = (work: () => void): unknown => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof ProtocolError ? error.code : error;
    }
  };
  const full = Uint8Array.of(3, 0);
  const summary = {
    type: 'summary',
    sequence: 0,
    firstSbn: 0,
    blockCount: 4,
    more: false,
    kind: 0,
    body: full,
  } as const;
  const delta = { type: 'delta', sequence: 0, body: encodeIdRuns([1]) } as const;

  it('refuses a gap in the sequence as MALFORMED', () => {
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    expect(codeOf(() => view.delta({ ...delta, sequence: 1 }))).toBe(CLOSE.MALFORMED);
    expect(codeOf(() => view.summary(summary))).toBeUndefined();
    expect(codeOf(() => view.summary(summary))).toBe(CLOSE.MALFORMED);
    expect(codeOf(() => view.delta({ ...delta, sequence: 1 }))).toBeUndefined();
  });

  it('refuses what is beyond the content, and exact bodies that are none, as BAD_SUMMARY', () => {
    const bad = (change: object): unknown =>
      codeOf(() =>
        new RemoteView(layout, new Bitset(layout.idCount)).summary({ ...summary, ...change }),
      );
    expect(bad({ firstSbn: 1 })).toBe(CLOSE.BAD_SUMMARY);
    expect(bad({ firstSbn: 65_535, blockCount: 1 })).toBe(CLOSE.BAD_SUMMARY);
    expect(bad({ body: Uint8Array.of(9) })).toBe(CLOSE.BAD_SUMMARY);
    expect(bad({ body: new Uint8Array(0) })).toBe(CLOSE.BAD_SUMMARY);
    const beyond = { ...delta, body: encodeIdRuns([layout.idCount]) };
    expect(codeOf(() => new RemoteView(layout, new Bitset(layout.idCount)).delta(beyond))).toBe(
      CLOSE.BAD_SUMMARY,
    );
  });

  it('keeps what it knew when a filter is out of bounds', () => {
    const view = new RemoteView(layout, new Bitset(layout.idCount));
    view.summary({ ...summary, kind: 0 });
    const body = new Uint8Array(40).fill(255);
    view.summary({ ...summary, sequence: 1, kind: SUMMARY_KIND.bloom, body });
    expect(view.exact.count).toBe(layout.idCount);
  });

  it('does not pay for repeated long runs id by id', () => {
    const large = layoutFor(50_000, 200);
    const view = new RemoteView(large, new Bitset(large.idCount));
    const body = Uint8Array.of(1, ...leb(large.idCount - 2));
    view.delta({ ...delta, body });
    const start = performance.now();
    for (let sequence = 1; sequence <= 20; sequence++) view.delta({ ...delta, sequence, body });
    expect((performance.now() - start) / 20).toBeLessThan(20); // 20 million ids, 5 bytes: about 1 ms
  });
});

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
