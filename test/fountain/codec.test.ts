// The contract of RaptorQEncoder and RaptorQDecoder.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import {
  ESI_MAX,
  RaptorQDecoder,
  RaptorQEncoder,
  SOURCE_SYMBOLS_MAX,
} from '../../src/fountain/index.ts';
import { KERNELS, patternBytes, randomBytes, randomEsis, spyKernel } from './helpers.ts';

describe.each(KERNELS)('any K and T, on the $name kernel', (kernel) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('K = %i decodes from repair symbols', (K) => {
    const source = patternBytes(K * 13);
    const encoder = new RaptorQEncoder(source, 13, { kernel });
    const decoder = new RaptorQDecoder(K, 13, { kernel });
    for (let esi = K; decoder.decode() === undefined; esi++) {
      expect(esi).toBeLessThan(2 * K + 3);
      expect(decoder.add(esi, encoder.symbol(esi))).toBe(true);
    }
    expect(decoder.decode()).toEqual(source);
    expect(decoder.repaired).toEqual(Array.from({ length: K }, (_, esi) => esi));
  });

  it('decodes any mixture of source and repair symbols', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (K, T, loss, seed) => {
          const rng = new Rng(seed);
          const source = randomBytes(seed, K * T);
          const encoder = new RaptorQEncoder(source, T, { kernel });
          const decoder = new RaptorQDecoder(K, T, { kernel });
          const lost: number[] = [];
          for (const esi of rng.shuffle(Array.from({ length: K }, (_, i) => i))) {
            if (rng.unit() < loss) lost.push(esi);
            else decoder.add(esi, encoder.symbol(esi));
          }
          const esis = randomEsis(rng);
          while (decoder.decode() === undefined) {
            const esi = esis.next().value;
            if (esi >= K) decoder.add(esi, encoder.symbol(esi));
          }
          expect(decoder.decode()).toEqual(source);
          expect(decoder.repaired).toEqual(lost.sort((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pads the last source symbol with zeros', () => {
    const source = patternBytes(25);
    const encoder = new RaptorQEncoder(source, 10, { kernel });
    const padded = new RaptorQEncoder(Uint8Array.of(...source, 0, 0, 0, 0, 0), 10);
    expect(encoder.sourceSymbols).toBe(3);
    for (const esi of [0, 1, 2, 3, 4, 99]) expect(encoder.symbol(esi)).toEqual(padded.symbol(esi));
    const target = new Uint8Array(10).fill(255);
    encoder.symbolInto(2, target);
    expect(target).toEqual(padded.symbol(2));
  });

  it('takes the largest block', () => {
    const source = patternBytes(SOURCE_SYMBOLS_MAX);
    const encoder = new RaptorQEncoder(source, 1, { kernel });
    const decoder = new RaptorQDecoder(SOURCE_SYMBOLS_MAX, 1, { kernel });
    for (let esi = SOURCE_SYMBOLS_MAX; decoder.decode() === undefined; esi++) {
      decoder.add(esi, encoder.symbol(esi));
    }
    expect(Buffer.compare(decoder.decode()!, source)).toBe(0);
  });
});

describe('encoder', () => {
  it('is systematic, and solves nothing for source symbols', () => {
    const kernel = spyKernel();
    const source = patternBytes(50 * 16);
    const encoder = new RaptorQEncoder(source, 16, { kernel });
    for (let esi = 0; esi < 50; esi++) {
      expect(encoder.symbol(esi)).toEqual(source.slice(esi * 16, (esi + 1) * 16));
    }
    expect(kernel.allocated.length).toBe(0);
    encoder.symbol(50);
    encoder.symbol(51);
    expect(kernel.allocated.length).toBe(1);
  });

  it('writes many symbols as it writes one', () => {
    const source = patternBytes(150 * 7 - 3);
    const encoder = new RaptorQEncoder(source, 7);
    const rng = new Rng(3);
    const runs = [Array.from({ length: 300 }, (_, i) => 100 + i), [7], [], [149, 150, 149, 150]];
    runs.push(Array.from({ length: 400 }, () => rng.below(300)));
    for (const esis of runs) {
      const target = new Uint8Array(esis.length * 7).fill(255);
      encoder.symbolsInto(esis, target);
      esis.forEach((esi, i) => {
        expect(target.slice(i * 7, i * 7 + 7), `esi ${esi}`).toEqual(encoder.symbol(esi));
      });
    }
  });

  it('gives its memory back, and solves again when asked for more', () => {
    const kernel = spyKernel();
    const encoder = new RaptorQEncoder(patternBytes(500), 10, { kernel });
    encoder.release();
    const symbol = encoder.symbol(77);
    encoder.release();
    encoder.release();
    expect(kernel.released).toBe(1);
    expect(encoder.symbol(3)).toEqual(patternBytes(500).slice(30, 40));
    expect(kernel.allocated.length).toBe(1);
    expect(encoder.symbol(77)).toEqual(symbol);
    expect(kernel.allocated.length).toBe(2);
  });

  it('gives source symbols through the constraint matrix as well', () => {
    // Symbol K of a block of K < K' is internal symbol K', so a block that ends in zeros shows the padding rows.
    const encoder = new RaptorQEncoder(patternBytes(18 * 4), 4);
    const shorter = new RaptorQEncoder(patternBytes(17 * 4), 4);
    const withZeros = new RaptorQEncoder(Uint8Array.of(...patternBytes(17 * 4), 0, 0, 0, 0), 4);
    expect(shorter.symbol(17)).toEqual(withZeros.symbol(18));
    expect(encoder.symbol(17)).toEqual(patternBytes(18 * 4).slice(17 * 4));
  });

  it('refuses arguments out of range, by name', () => {
    const source = patternBytes(100);
    expect(() => new RaptorQEncoder(source, 0)).toThrow(/symbolBytes/);
    expect(() => new RaptorQEncoder(source, 65_537)).toThrow(/symbolBytes/);
    expect(() => new RaptorQEncoder(source, 1.5)).toThrow(/symbolBytes/);
    expect(() => new RaptorQEncoder(new Uint8Array(0), 10)).toThrow(/source\.length/);
    expect(() => new RaptorQEncoder(new Uint8Array(SOURCE_SYMBOLS_MAX + 1), 1)).toThrow(
      /source\.length/,
    );
    const encoder = new RaptorQEncoder(source, 10);
    for (const esi of [-1, ESI_MAX + 1, 0.5, NaN]) {
      expect(() => encoder.symbol(esi)).toThrow(RangeError);
      expect(() => encoder.symbol(esi)).toThrow(/esi/);
    }
    expect(() => encoder.symbolInto(0, new Uint8Array(9))).toThrow(/target\.length/);
    expect(() => encoder.symbolInto(11, new Uint8Array(11))).toThrow(/target\.length/);
    expect(() => encoder.symbolsInto([1, 2], new Uint8Array(19))).toThrow(/target\.length/);
    const target = new Uint8Array(20).fill(9);
    expect(() => encoder.symbolsInto([1, ESI_MAX + 1], target)).toThrow(/esis\[1\]/);
    expect(target).toEqual(new Uint8Array(20).fill(9));
  });
});

describe('decoder', () => {
  const K = 40;
  const T = 24;
  const source = patternBytes(K * T);
  const encoder = new RaptorQEncoder(source, T);

  it('solves nothing when all source symbols came', () => {
    const kernel = spyKernel();
    const decoder = new RaptorQDecoder(K, T, { kernel });
    decoder.add(K + 1, encoder.symbol(K + 1));
    for (let esi = K - 1; esi >= 0; esi--) decoder.add(esi, encoder.symbol(esi));
    expect(decoder.missing).toBe(0);
    expect(decoder.add(K + 2, encoder.symbol(K + 2))).toBe(false);
    expect(decoder.decode()).toEqual(source);
    expect(decoder.repaired).toEqual([]);
    expect(kernel.operations).toEqual({ xors: 0, multiplications: 0 });
    expect(kernel.released).toBe(kernel.allocated.length);
  });

  it('needs no kernel for source symbols alone', () => {
    const kernel = spyKernel();
    const decoder = new RaptorQDecoder(K, T, { kernel });
    for (let esi = 0; esi < K; esi++) decoder.add(esi, encoder.symbol(esi));
    expect(decoder.decode()).toEqual(source);
    expect(kernel.allocated).toEqual([]);
  });

  it('rebuilds only what is missing', () => {
    const xors = (lost: number): number => {
      const kernel = spyKernel();
      const decoder = new RaptorQDecoder(K, T, { kernel });
      for (let esi = lost; esi < K + lost + 2; esi++) decoder.add(esi, encoder.symbol(esi));
      expect(decoder.decode()).toEqual(source);
      expect(decoder.repaired).toEqual(Array.from({ length: lost }, (_, i) => i));
      return kernel.operations.xors;
    };
    // The systems differ, but a rebuilt symbol takes some eight XORs and there are 20 more of them.
    expect(xors(35) - xors(15)).toBeGreaterThan(20 * 4);
  });

  it('never writes to a source symbol that came', () => {
    const decoder = new RaptorQDecoder(K, T);
    const damaged = encoder.symbol(3);
    damaged[0]! ^= 1;
    for (let esi = 1; esi < K; esi++) decoder.add(esi, esi === 3 ? damaged : encoder.symbol(esi));
    decoder.add(K, encoder.symbol(K));
    const block = decoder.decode()!;
    expect(block.slice(3 * T, 4 * T)).toEqual(damaged);
    expect(block.slice(4 * T)).toEqual(source.slice(4 * T));
  });

  it('counts what is missing, and refuses duplicates and what comes too late', () => {
    const decoder = new RaptorQDecoder(K, T);
    expect(decoder.missing).toBe(K);
    expect(decoder.decode()).toBeUndefined();
    expect(decoder.add(77, encoder.symbol(77))).toBe(true);
    expect(decoder.add(77, encoder.symbol(77))).toBe(false);
    expect(decoder.missing).toBe(K - 1);
    for (let esi = 1000; decoder.missing > 0; esi++) {
      expect(decoder.decode()).toBeUndefined();
      decoder.add(esi, encoder.symbol(esi));
    }
    for (let esi = 2000; decoder.decode() === undefined; esi++)
      decoder.add(esi, encoder.symbol(esi));
    expect(decoder.add(5, encoder.symbol(5))).toBe(false);
    expect(decoder.missing).toBe(0);
    expect(decoder.decode()).toBe(decoder.decode());
  });

  it('takes a copy of what is added', () => {
    const decoder = new RaptorQDecoder(K, T);
    const buffer = new Uint8Array(T);
    for (let esi = 0; esi < K; esi++) {
      encoder.symbolInto(esi, buffer);
      decoder.add(esi, buffer);
    }
    expect(decoder.decode()).toEqual(source);
  });

  it('needs no HDPC rows when H symbols are extra', () => {
    const multiplications = (extra: number): number => {
      const kernel = spyKernel();
      const decoder = new RaptorQDecoder(K, T, { kernel });
      for (let esi = K; esi < 2 * K + extra; esi++) decoder.add(esi, encoder.symbol(esi));
      expect(decoder.decode()).toEqual(source);
      return kernel.operations.multiplications;
    };
    expect(multiplications(2)).toBeGreaterThan(K);
    expect(multiplications(30)).toBe(0);
  });

  it('decodes into an array of the caller, whatever it held', () => {
    const block = new Uint8Array(K * T);
    for (const lost of [1, K / 2, K]) {
      block.fill(0xee);
      const decoder = new RaptorQDecoder(K, T, { block });
      for (let esi = lost; esi < K + lost + 2; esi++) decoder.add(esi, encoder.symbol(esi));
      expect(decoder.decode()).toBe(block);
      expect(Buffer.compare(block, source)).toBe(0);
    }
  });

  it('refuses arguments out of range, by name', () => {
    expect(() => new RaptorQDecoder(0, T)).toThrow(/sourceSymbols/);
    expect(() => new RaptorQDecoder(SOURCE_SYMBOLS_MAX + 1, T)).toThrow(/sourceSymbols/);
    expect(() => new RaptorQDecoder(K, 0)).toThrow(/symbolBytes/);
    expect(() => new RaptorQDecoder(K, 4, { block: new Uint8Array(4 * K - 1) })).toThrow(/block/);
    expect(() => new RaptorQDecoder(K, 65_537)).toThrow(RangeError);
    const decoder = new RaptorQDecoder(K, T);
    expect(() => decoder.add(-1, new Uint8Array(T))).toThrow(/esi/);
    expect(() => decoder.add(ESI_MAX + 1, new Uint8Array(T))).toThrow(/esi/);
    expect(() => decoder.add(0, new Uint8Array(T - 1))).toThrow(/bytes\.length/);
    expect(() => decoder.add(0, new Uint8Array(T + 1))).toThrow(/bytes\.length/);
    expect(decoder.missing).toBe(K);
  });
});
