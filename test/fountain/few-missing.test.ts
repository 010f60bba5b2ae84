// Decoding when few source symbols are missing: by syndromes up to fewMissingMax, by solving the block beyond it.

import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import { Dependence } from '../../src/fountain/raptorq/dependence.ts';
import { fewMissingMax } from '../../src/fountain/raptorq/few-missing.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import type { OperationCount } from '../../src/kernel/index.ts';
import { defaultKernel, jsKernel } from '../../src/kernel/index.ts';
import { slowKernel } from '../kernel/slow-kernel.ts';
import { KERNELS, patternBytes, randomBytes, spyKernel, unitEncoder, xorOf } from './helpers.ts';

describe.each([slowKernel, ...KERNELS])('on the $name kernel', (kernel) => {
  it.each([1, 2, 3, 10, 11, 60])('K = %i, whatever number is missing', (K) => {
    const T = 37;
    const rng = new Rng(K);
    const source = randomBytes(K, K * T);
    const encoder = new RaptorQEncoder(source, T);
    for (let missing = 1; missing <= Math.min(K, fewMissingMax(kernel) + 2); missing++) {
      const decoder = new RaptorQDecoder(K, T, { kernel });
      const esis = rng.shuffle(Array.from({ length: K }, (_, esi) => esi));
      const lost = esis.splice(0, missing).sort((a, b) => a - b);
      for (let i = 0; i < missing; i++) esis.push(K + rng.below(1 << 20));
      for (const esi of rng.shuffle(esis)) decoder.add(esi, encoder.symbol(esi));
      while (decoder.decode() === undefined) {
        const esi = K + rng.below(1 << 20);
        decoder.add(esi, encoder.symbol(esi));
      }
      expect(decoder.decode()).toEqual(source);
      expect(decoder.repaired).toEqual(lost);
    }
  });
});

it('works chunk by chunk on large symbols', () => {
  const T = 65_536;
  const source = randomBytes(1, 21 * T - 5);
  const encoder = new RaptorQEncoder(source, T);
  const decoder = new RaptorQDecoder(21, T);
  for (let esi = 2; esi < 23; esi++) if (esi !== 9) decoder.add(esi, encoder.symbol(esi));
  decoder.add(99, encoder.symbol(99));
  const padded = new Uint8Array(21 * T);
  padded.set(source);
  expect(Buffer.compare(decoder.decode()!, padded)).toBe(0);
  expect(decoder.repaired).toEqual([0, 1, 9]);
});

it.each([1, 10, 17, 150])('coefficients at K = %i are those of the encoder', (K) => {
  const encoder = unitEncoder(K);
  const rng = new Rng(K);
  const sums = Array.from({ length: 11 }, (_, n) =>
    Array.from({ length: 1 + (n % 3) }, () => rng.below(3 * K + 100)),
  ).map((esis) => [...new Set(esis)]);
  const dependence = new Dependence(parametersOf(K), K, sums);
  for (let n = 0; n < sums.length; n++) {
    dependence.reach(n + 1);
    const coefficients = Uint8Array.from({ length: K }, (_, esi) => dependence.coefficient(n, esi));
    expect(coefficients).toEqual(xorOf(encoder, sums[n]!));
  }
});

describe('equations that depend on each other', () => {
  const K = 30;
  const T = 9;
  const source = patternBytes(K * T);
  const encoder = new RaptorQEncoder(source, T);

  /** A decoder that lacks the first `missing` source symbols. */
  function without(missing: number): RaptorQDecoder {
    const decoder = new RaptorQDecoder(K, T);
    for (let esi = missing; esi < K; esi++) decoder.add(esi, encoder.symbol(esi));
    return decoder;
  }

  it('count for what they say, and more can be added', () => {
    const decoder = without(4);
    for (const pair of [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ]) {
      expect(decoder.addRecoded(pair, xorOf(encoder, pair))).toBe(true);
    }
    expect(decoder.missing).toBe(0);
    expect(decoder.decode()).toBeUndefined();
    expect(decoder.missing).toBe(1);
    expect(decoder.addRecoded([0, 2], xorOf(encoder, [0, 2]))).toBe(true);
    expect(decoder.decode()).toBeUndefined();
    expect(decoder.missing).toBe(1);
    decoder.add(77, encoder.symbol(77));
    expect(decoder.decode()).toEqual(source);
    expect(decoder.repaired).toEqual([0, 1, 2, 3]);
  });

  it('end when a source symbol comes', () => {
    const decoder = without(3);
    for (const pair of [
      [0, 1],
      [1, 2],
      [0, 2],
    ]) {
      decoder.addRecoded(pair, xorOf(encoder, pair));
    }
    expect(decoder.decode()).toBeUndefined();
    expect(decoder.missing).toBe(1);
    decoder.add(2, encoder.symbol(2));
    expect(decoder.decode()).toEqual(source);
    expect(decoder.repaired).toEqual([0, 1]);
  });
});

describe('the cost in symbol operations', () => {
  const K = 1000;
  const most = fewMissingMax(defaultKernel());
  const encoder = new RaptorQEncoder(patternBytes(K), 1);

  function cost(missing: number): OperationCount {
    const kernel = spyKernel();
    const decoder = new RaptorQDecoder(K, 1, { kernel });
    // More repair symbols than needed: the others cost nothing.
    for (let esi = missing; esi < K + missing + 5; esi++) decoder.add(esi, encoder.symbol(esi));
    expect(decoder.decode()).toEqual(patternBytes(K));
    return kernel.operations;
  }

  it.each([1, 2, 4, most])('follows the number that is missing: %i', (missing) => {
    const { xors, multiplications } = cost(missing);
    expect(multiplications).toBeLessThanOrEqual(missing * K);
    expect(xors).toBe(multiplications);
  });

  it('is that of solving the block beyond', () => {
    expect(cost(most + 1).multiplications).toBeLessThan(1.2 * K);
  });

  it('decides by what a multiplication costs', () => {
    expect(most).toBe(8);
    expect(fewMissingMax(jsKernel)).toBe(2);
  });

  it('takes little memory', () => {
    const kernel = spyKernel();
    const T = 4096;
    const large = new RaptorQEncoder(patternBytes(K * T), T);
    const decoder = new RaptorQDecoder(K, T, { kernel });
    for (let esi = 2; esi < K + 2; esi++) decoder.add(esi, large.symbol(esi));
    decoder.decode();
    // The first memory is for repair symbols: hardly a page of it was written.
    expect(kernel.allocated.length).toBe(2);
    expect(kernel.allocated[1]).toBeLessThan(300_000);
    expect(kernel.released).toBe(2);
  });
});
