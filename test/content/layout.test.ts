import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import { chooseParameters, Layout } from '../../src/content/index.ts';
import { layoutParameters } from '../../src/node/work/tasks.ts';

interface Place {
  sbn: number;
  esi: number;
}

/** RFC 6330, 4.4.1.2 by dealing symbols out one by one: the slow twin. */
function enumerate(
  length: number,
  T: number,
  Z: number,
  rho: number,
): { ids: Place[]; sizes: number[] } {
  const symbols = Math.ceil(length / T);
  const sizes = new Array<number>(Z).fill(0);
  for (let i = 0; i < symbols; i++) sizes[i % Z] = (sizes[i % Z] ?? 0) + 1;
  const ids: Place[] = [];
  sizes.forEach((K, sbn) => {
    for (let esi = 0; esi < rho * K; esi++) ids.push({ sbn, esi });
  });
  return { ids, sizes };
}

const parameters = fc
  .record({ T: fc.integer({ min: 1, max: 9 }), symbols: fc.integer({ min: 1, max: 60 }) })
  .chain(({ T, symbols }) =>
    fc.record({
      T: fc.constant(T),
      length: fc.integer({ min: (symbols - 1) * T + 1, max: symbols * T }),
      Z: fc.integer({ min: 1, max: symbols }),
      rho: fc.integer({ min: 1, max: 4 }),
    }),
  );

describe('Layout', () => {
  it('agrees with a plain enumeration', () => {
    fc.assert(
      fc.property(parameters, ({ length, T, Z, rho }) => {
        const layout = new Layout({ length, symbolBytes: T, blockCount: Z, windowRatio: rho });
        const { ids, sizes } = enumerate(length, T, Z, rho);
        expect(layout.idCount).toBe(ids.length);
        ids.forEach(({ sbn, esi }, id) => {
          expect(layout.sbnOf(id)).toBe(sbn);
          expect(layout.esiOf(id)).toBe(esi);
          expect(layout.id(sbn, esi)).toBe(id);
        });
        let offset = 0;
        sizes.forEach((K, sbn) => {
          expect(layout.sourceSymbols(sbn)).toBe(K);
          expect(layout.windowSize(sbn)).toBe(rho * K);
          expect(layout.blockOffset(sbn)).toBe(offset);
          expect(layout.blockBytes(sbn)).toBe(Math.min(K * T, length - offset));
          for (let esi = 0; esi < K; esi++) {
            expect(layout.sourceBytes(sbn, esi)).toBe(Math.min(T, length - offset - esi * T));
          }
          offset += K * T;
        });
        expect(layout.windowStart(Z)).toBe(ids.length);
      }),
      { numRuns: 500 },
    );
  });

  it('has no blocks for an empty content', () => {
    const layout = new Layout(chooseParameters(0));
    expect([layout.blockCount, layout.idCount, layout.sourceSymbolCount]).toEqual([0, 0, 0]);
  });

  it('refuses what is out of bounds, naming it', () => {
    const good = { length: 100, symbolBytes: 10, blockCount: 2, windowRatio: 2 };
    const cases: [Partial<typeof good>, RegExp][] = [
      [{ length: -1 }, /length/],
      [{ length: 2 ** 53 }, /length/],
      [{ symbolBytes: 0 }, /symbolBytes/],
      [{ symbolBytes: 65_537 }, /symbolBytes/],
      [{ blockCount: 0 }, /blockCount/],
      [{ blockCount: 11 }, /blockCount/],
      [{ length: 0 }, /blockCount/],
      [{ windowRatio: 0 }, /windowRatio/],
      [{ windowRatio: 1.5 }, /windowRatio/],
      [{ windowRatio: 5 }, /windowRatio/],
      [{ length: 56_404, symbolBytes: 1, blockCount: 1 }, /source symbols/],
      [{ length: 2 ** 27, symbolBytes: 65_536, blockCount: 1 }, /block bytes/],
      [{ length: 2 ** 45, symbolBytes: 65_536, blockCount: 65_536 }, /bytes|ids/],
    ];
    for (const [change, why] of cases) {
      expect(() => new Layout({ ...good, ...change })).toThrow(UsageError);
      expect(() => new Layout({ ...good, ...change })).toThrow(why);
    }
  });
});

describe('Layout.fixed', () => {
  it('agrees with cutting the symbols off block by block', () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 50 }),
        (length, T, blockSymbols) => {
          const layout = Layout.fixed({ length, symbolBytes: T, blockSymbols });
          const symbols = Math.ceil(length / T);
          const blocks: number[][] = [];
          for (let i = 0; i < symbols; i++) (blocks[Math.floor(i / blockSymbols)] ??= []).push(i);
          expect(layout.blockCount).toBe(blocks.length);
          expect(layout.idCount).toBe(symbols);
          blocks.forEach((ids, sbn) => {
            const from = (ids[0] ?? 0) * T;
            expect(layout.sourceSymbols(sbn)).toBe(ids.length);
            expect(layout.windowSize(sbn)).toBe(ids.length);
            expect(layout.blockOffset(sbn)).toBe(from);
            expect(layout.blockBytes(sbn)).toBe(Math.min(ids.length * T, length - from));
            ids.forEach((id, esi) => {
              expect([layout.sbnOf(id), layout.esiOf(id)]).toEqual([sbn, esi]);
              expect(layout.id(sbn, esi)).toBe(id);
              expect(layout.sourceBytes(sbn, esi)).toBe(Math.min(T, length - id * T));
            });
          });
          expect(layout.windowStart(blocks.length)).toBe(symbols);
        },
      ),
    );
  });

  it('is the same layout from its numbers, which is how it gets to a worker', () => {
    const layout = Layout.fixed({ length: 1000, symbolBytes: 10, blockSymbols: 30 });
    const numbers = layoutParameters(layout);
    expect(new Layout(structuredClone(numbers))).toEqual(layout);
    // The ordinary one stays as it was.
    const even = new Layout({ length: 1000, symbolBytes: 10, blockCount: 4, windowRatio: 1 });
    expect(even.sourceSymbols(3)).toBe(25);
    expect(new Layout(structuredClone(layoutParameters(even)))).toEqual(even);
  });

  it('refuses what is out of bounds, naming it', () => {
    const good = { length: 1000, symbolBytes: 10, blockSymbols: 30 };
    const cases: [Partial<typeof good>, RegExp][] = [
      [{ length: -1 }, /length/],
      [{ symbolBytes: 0 }, /symbolBytes/],
      [{ symbolBytes: 65_537 }, /symbolBytes/],
      [{ blockSymbols: 0 }, /blockSymbols/],
      [{ blockSymbols: 1.5 }, /blockSymbols/],
      [{ blockSymbols: 56_404 }, /blockSymbols/],
      [{ blockSymbols: 1025, symbolBytes: 65_536 }, /block bytes/],
      [{ length: 65_536 * 300 + 1 }, /blockCount/],
    ];
    for (const [change, why] of cases) {
      expect(() => Layout.fixed({ ...good, ...change })).toThrow(UsageError);
      expect(() => Layout.fixed({ ...good, ...change })).toThrow(why);
    }
    expect(Layout.fixed({ ...good, length: 65_536 * 300 }).blockCount).toBe(65_536);
    const most = { ...good, blockSymbols: 1024, symbolBytes: 65_536 };
    expect(Layout.fixed(most).blockCount).toBe(1);
    for (const blockCount of [3, 5]) {
      const wrong = { ...good, blockCount, windowRatio: 1 };
      expect(() => new Layout(wrong)).toThrow(/is not that of such blocks/);
    }
  });
});

describe('chooseParameters', () => {
  it('takes 16 KiB and 16 MiB for large files, less for small ones', () => {
    const KiB = 1024;
    const MiB = 1024 * KiB;
    const table: [number, number, number][] = [
      [0, 64, 0],
      [1, 64, 1],
      [8 * KiB, 64, 1],
      [16 * KiB, 128, 1],
      [16 * KiB - 1, 64, 1],
      [MiB, 8 * KiB, 1],
      [2 * MiB - 1, 8 * KiB, 1],
      [2 * MiB, 16 * KiB, 1],
      [16 * MiB, 16 * KiB, 1],
      [16 * MiB + 1, 16 * KiB, 2],
      [1024 * MiB, 16 * KiB, 64],
      [2 ** 40, 16 * KiB, 65_536],
      [2 ** 41, 16 * KiB, 65_536],
      [2 ** 42, 16 * KiB, 65_536],
    ];
    for (const [length, symbolBytes, blockCount] of table) {
      expect(chooseParameters(length)).toEqual({ length, symbolBytes, blockCount, windowRatio: 2 });
    }
    expect(() => chooseParameters(2 ** 43)).toThrow(UsageError);
  });

  it('gives a layout for every choice within bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 65_536 }),
        fc.integer({ min: 65_536, max: 64 * 1024 * 1024 }),
        (length, symbolBytes, blockBytes) => {
          fc.pre(length / symbolBytes < 1e9);
          const layout = new Layout(chooseParameters(length, { symbolBytes, blockBytes }));
          expect(layout.length).toBe(length);
        },
      ),
    );
    expect(() => chooseParameters(10, { symbolBytes: 0 })).toThrow(/symbolBytes/);
    expect(() => chooseParameters(10, { symbolBytes: 8, blockBytes: 7 })).toThrow(/blockBytes/);
    expect(() => chooseParameters(10, { windowRatio: 9 })).toThrow(/windowRatio/);
  });
});
