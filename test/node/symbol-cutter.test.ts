// A range of a file, cut into symbols however it comes: in chunks of any size, one behind the other in memory or not.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Layout } from '../../src/content/index.ts';
import { SymbolCutter } from '../../src/node/symbol-cutter.ts';

const SYMBOL_BYTES = 64;

/** A file, where the range begins (a symbol) and ends (bytes), and the lengths of the chunks; some are copied elsewhere. */
const cases = fc
  .record({
    length: fc.integer({ min: 1, max: 3000 }),
    blockCount: fc.integer({ min: 1, max: 4 }),
    from: fc.nat(),
    chunks: fc.array(fc.record({ size: fc.integer({ min: 1, max: 300 }), moved: fc.boolean() }), {
      minLength: 1,
      maxLength: 80,
    }),
  })
  .filter(({ length, blockCount }) => Math.ceil(length / SYMBOL_BYTES) >= blockCount);

describe('the symbol cutter', () => {
  it('gives the symbols of the range, whole, in order and padded', () => {
    fc.assert(
      fc.property(cases, ({ length, blockCount, from, chunks }) => {
        const layout = new Layout({
          length,
          symbolBytes: SYMBOL_BYTES,
          blockCount,
          windowRatio: 2,
        });
        const file = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
        const first = from % layout.sourceSymbolCount;
        const cutter = new SymbolCutter(layout, first);
        const got: { id: number; bytes: number[] }[] = [];
        let at = first * SYMBOL_BYTES;
        for (const { size, moved } of chunks) {
          const chunk = file.subarray(at, Math.min(length, at + size));
          at += chunk.length;
          for (const { sbn, esis, payloads } of cutter.take(moved ? chunk.slice() : chunk)) {
            expect(payloads).toHaveLength(esis.length);
            esis.forEach((esi, i) =>
              got.push({ id: layout.id(sbn, esi), bytes: [...payloads[i]!] }),
            );
          }
        }
        const wanted = [];
        for (let sbn = 0; sbn < blockCount; sbn++) {
          for (let esi = 0; esi < layout.sourceSymbols(sbn); esi++) {
            const start = layout.blockOffset(sbn) + esi * SYMBOL_BYTES;
            const end = Math.min(length, start + SYMBOL_BYTES);
            if (start < first * SYMBOL_BYTES || end > at) continue;
            const bytes = [...file.subarray(start, end)];
            while (bytes.length < SYMBOL_BYTES) bytes.push(0);
            wanted.push({ id: layout.id(sbn, esi), bytes });
          }
        }
        expect(got).toEqual(wanted);
      }),
    );
  });

  it('copies no symbol whose bytes lie one behind the other', () => {
    const layout = new Layout({ length: 640, symbolBytes: 64, blockCount: 1, windowRatio: 2 });
    const file = new Uint8Array(640);
    const cutter = new SymbolCutter(layout, 0);
    const payloads = [file.subarray(0, 100), file.subarray(100, 300), file.subarray(300)]
      .flatMap((chunk) => cutter.take(chunk))
      .flatMap((cut) => cut.payloads);
    expect(payloads.map((payload) => payload.byteOffset)).toEqual(
      Array.from({ length: 10 }, (_, i) => 64 * i),
    );
    expect(payloads.every((payload) => payload.buffer === file.buffer)).toBe(true);
  });
});
