import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import type { JournalDelta } from '../../src/summary/index.ts';
import { decodeIdRuns, Journal, readIdRuns, RUN_BYTES_MAX } from '../../src/summary/index.ts';

function told(delta: JournalDelta | undefined): Set<number> {
  const ids = new Set<number>();
  for (const body of delta!.bodies) {
    for (const id of decodeIdRuns(body, 0x100000000, 10_000_000)!) ids.add(id);
  }
  return ids;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ add: fc.oneof(fc.nat(60), fc.nat(0xffffffff)) }) },
  { weight: 6, arbitrary: fc.record({ next: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ range: fc.tuple(fc.nat(500), fc.nat(80)) }) },
  { weight: 3, arbitrary: fc.record({ read: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.constant(true) }) },
);

describe('Journal', () => {
  it('tells every reader all that was recorded since its cursor, or that it cannot', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: RUN_BYTES_MAX, max: 60 }),
        (steps, entriesMax, bytesMax) => {
          const journal = new Journal(entriesMax);
          const log: number[] = [];
          const cursors = [0, 0, 0];
          const record = (id: number): void => {
            journal.add(id);
            log.push(id);
          };
          for (const s of steps) {
            if ('add' in s) record(s.add);
            else if ('next' in s) record(((log.at(-1) ?? 0) + 1) % 0x100000000);
            else if ('range' in s) {
              journal.addRange(s.range[0], s.range[0] + s.range[1]);
              for (let i = 0; i < s.range[1]; i++) log.push(s.range[0] + i);
            } else if ('forget' in s) {
              const oldest = journal.start;
              journal.forget(Math.min(...cursors));
              expect(journal.start).toBeGreaterThanOrEqual(oldest);
            } else {
              const cursor = cursors[s.read]!;
              const delta = journal.since(cursor, bytesMax);
              expect(delta === undefined).toBe(cursor < journal.start);
              if (delta !== undefined) {
                expect(told(delta)).toEqual(new Set(log.slice(cursor)));
                for (const body of delta.bodies) expect(body.length).toBeLessThanOrEqual(bytesMax);
                expect(delta.cursor).toBe(log.length);
              }
              cursors[s.read] = journal.end;
            }
            expect(journal.end).toBe(log.length);
          }
          // Forgetting spares whoever has not passed.
          const lowest = Math.min(...cursors);
          const served = lowest >= journal.start;
          journal.forget(lowest);
          expect(journal.since(lowest, bytesMax) !== undefined).toBe(served);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('announces a symbol once, in 1 to 2 bytes when ids are dense', () => {
    const journal = new Journal();
    let bytes = 0;
    let cursor = 0;
    for (let update = 0; update < 100; update++) {
      for (let i = 0; i < 50; i++) journal.add((update * 50 + i) * 7);
      const delta = journal.since(cursor, 61_440)!;
      cursor = delta.cursor;
      for (const body of delta.bodies) bytes += body.length;
    }
    expect(bytes / 5000).toBeLessThan(2);
  });

  it('keeps lanes and decoded blocks as single runs', () => {
    const journal = new Journal(8);
    for (let id = 1000; id < 5000; id++) journal.add(id);
    journal.addRange(0, 8192);
    expect(journal.since(0, 100)!.bodies).toEqual([Uint8Array.of(1, 0xfe, 0x3f)]);
    expect(journal.since(journal.end, 100)!.bodies).toEqual([]);
  });

  it('tells a reader that fell behind the bounded memory to take a full summary', () => {
    const journal = new Journal(100);
    for (let i = 0; i < 1000; i++) journal.add(i * 2);
    expect(journal.start).toBeGreaterThanOrEqual(900);
    expect(journal.since(journal.start - 1, 1000)).toBeUndefined();
    expect(told(journal.since(journal.start, 1000)).size).toBe(1000 - journal.start);
  });

  it('records ranges longer than an entry holds', () => {
    const journal = new Journal();
    journal.addRange(5, 5_000_000);
    const runs = (cursor: number): number[][] => {
      const seen: number[][] = [];
      for (const body of journal.since(cursor, 100)!.bodies) {
        readIdRuns(body, 0xffffffff, 0xffffffff, (start, end) => seen.push([start, end]));
      }
      return seen;
    };
    expect(runs(0)).toEqual([[5, 5_000_000]]);
    expect(runs(4_000_000)).toEqual([[4_000_005, 5_000_000]]);
  });

  it('refuses what is no id, no cursor and no limit', () => {
    const journal = new Journal();
    expect(() => journal.add(-1)).toThrow(UsageError);
    expect(() => journal.add(NaN)).toThrow(UsageError);
    expect(() => journal.addRange(5, 4)).toThrow(UsageError);
    expect(() => journal.since(1, 100)).toThrow(UsageError);
    expect(() => journal.since(0, 9)).toThrow(UsageError);
    expect(() => new Journal(1)).toThrow(UsageError);
  });
});
