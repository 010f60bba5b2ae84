import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, UsageError } from '../../src/base/index.ts';
import {
  decodeIdRuns,
  encodeBitsetRuns,
  encodeIdRuns,
  forEachRun,
  IdRunsWriter,
  readIdRuns,
  RUN_BYTES_MAX,
} from '../../src/summary/index.ts';
import { anyBytes, bitsetOf, rangeAndIds } from './helpers.ts';

const ascending = fc
  .uniqueArray(fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(0xfffffffe)), { maxLength: 200 })
  .map((ids) => ids.sort((a, b) => a - b));

/** The format, id by id, as the text says it. */
function slowEncode(ids: readonly number[]): Uint8Array {
  const out = new ByteWriter();
  let end = 0;
  for (let i = 0; i < ids.length;) {
    let length = 1;
    while (ids[i + length] === ids[i]! + length) length++;
    out.varint((ids[i]! - end) * 2 + Number(length > 1));
    if (length > 1) out.varint(length - 2);
    end = ids[i]! + length;
    i += length;
  }
  return out.finish();
}

describe('encodeIdRuns', () => {
  it('is the format of the text, and decodes to the same ids', () => {
    fc.assert(
      fc.property(ascending, (ids) => {
        const bytes = encodeIdRuns(ids);
        expect(bytes).toEqual(slowEncode(ids));
        expect([...decodeIdRuns(bytes, 0xffffffff, ids.length)!]).toEqual(ids);
      }),
    );
  });

  it('gives the same bytes from a bitset range', () => {
    fc.assert(
      fc.property(rangeAndIds, fc.boolean(), ({ from, to, ids }, relative) => {
        const base = relative ? from : 0;
        const inside = [...ids].filter((id) => id >= from && id < to).sort((a, b) => a - b);
        expect(encodeBitsetRuns(bitsetOf(1000, ids), from, to, base)).toEqual(
          encodeIdRuns(inside.map((id) => id - base)),
        );
      }),
    );
  });

  it('refuses ids that do not ascend', () => {
    for (const ids of [[1, 1], [2, 1], [1, 2, 2], [5, 6, 3], [-1], [0.5]]) {
      expect(() => encodeIdRuns(ids)).toThrow(UsageError);
    }
  });

  it('takes at most RUN_BYTES_MAX bytes a run', () => {
    const writer = new IdRunsWriter();
    writer.run(0x7ffffffe, 0xfffffffe);
    expect(writer.length).toBe(RUN_BYTES_MAX);
  });
});

describe('forEachRun', () => {
  it('visits maximal runs only', () => {
    fc.assert(
      fc.property(rangeAndIds, ({ from, to, ids }) => {
        const seen: number[] = [];
        let last = from - 2;
        forEachRun(bitsetOf(1000, ids), from, to, (start, end) => {
          expect(start).toBeGreaterThan(last + 1);
          for (let id = start; id < end; id++) seen.push(id);
          last = end - 1;
        });
        expect(seen).toEqual([...ids].filter((id) => id >= from && id < to).sort((a, b) => a - b));
      }),
    );
  });
});

describe('decodeIdRuns', () => {
  it('accepts any bytes only if they are the encoding of what it returns', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(100_000), fc.nat(1000), (bytes, idCount, limit) => {
        const ids = decodeIdRuns(bytes, idCount, limit);
        if (ids === undefined) return;
        expect(ids.length).toBeLessThanOrEqual(limit);
        expect(ids.every((id) => id < idCount)).toBe(true);
        expect(encodeIdRuns(ids)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not call visit for bytes that turn out bad at the end', () => {
    const good = encodeIdRuns([1, 2, 3, 9]);
    const bad = Uint8Array.of(...good, 0x80);
    let calls = 0;
    expect(readIdRuns(bad, 100, 100, () => calls++)).toBeUndefined();
    expect(calls).toBe(0);
    expect(readIdRuns(good, 100, 100, () => calls++)).toBe(4);
    expect(calls).toBe(2);
  });

  it('names a run of 2^31 ids without allocating for it', () => {
    const bytes = new IdRunsWriter();
    bytes.run(0, 0x7fffffff);
    const runs: number[][] = [];
    expect(
      readIdRuns(bytes.finish(), 0x7fffffff, 0x7fffffff, (start, end) => runs.push([start, end])),
    ).toBe(0x7fffffff);
    expect(runs).toEqual([[0, 0x7fffffff]]);
    expect(decodeIdRuns(bytes.finish(), 0x7fffffff, 4096)).toBeUndefined();
  });
});
