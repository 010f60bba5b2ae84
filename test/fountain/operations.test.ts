// The cost of the codec in symbol operations per source symbol: it needs no clock, so a slower schedule fails here on
// any machine. When a change makes it cheaper, lower the number.

import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import type { Kernel, OperationCount } from '../../src/kernel/index.ts';
import { countOperations, jsKernel } from '../../src/kernel/index.ts';
import { RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { encodingPlan } from '../../src/fountain/raptorq/plan.ts';
import { peel } from '../../src/fountain/raptorq/peeling.ts';
import { constraintRows } from '../../src/fountain/raptorq/sparse.ts';
import { slowKernel } from '../kernel/slow-kernel.ts';
import { patternBytes, randomEsis } from './helpers.ts';

/** The operations of all programs that a decoder runs. */
function decodeOperations(K: number, lost: number): OperationCount {
  const total: OperationCount = { xors: 0, multiplications: 0 };
  const counting: Kernel = {
    ...jsKernel,
    name: 'counting',
    allocate(rows, rowBytes, workRows) {
      const memory = jsKernel.allocate(rows, rowBytes, workRows);
      const run = memory.run.bind(memory);
      memory.run = (program, work) => {
        const { xors, multiplications } = countOperations(program);
        total.xors += xors;
        total.multiplications += multiplications;
        run(program, work);
      };
      return memory;
    },
  };
  const source = patternBytes(K);
  const encoder = new RaptorQEncoder(source, 1);
  const decoder = new RaptorQDecoder(K, 1, { kernel: counting });
  for (let esi = lost; esi < K + lost + 2; esi++) decoder.add(esi, encoder.symbol(esi));
  expect(decoder.decode()).toEqual(source);
  return total;
}

it.each([
  { K: 10, xors: 55.5, doubles: 9.8 },
  { K: 100, xors: 18.8, doubles: 2.0 },
  { K: 1000, xors: 17.9, doubles: 1.17 },
  { K: 10000, xors: 18.7, doubles: 1.05 },
  { K: 56403, xors: 19.1, doubles: 1.04 },
])('encoding plan of K = $K', ({ K, xors, doubles }) => {
  const { kPrime } = parametersOf(K);
  const count = countOperations(encodingPlan(parametersOf(K)).program);
  expect(count.xors / kPrime).toBeLessThan(xors);
  expect(count.multiplications / kPrime).toBeLessThan(doubles);
});

it.each([
  { K: 1000, lost: 1000, xors: 26.7 },
  { K: 1000, lost: 500, xors: 22.5 },
  { K: 1000, lost: 100, xors: 18.4 },
])('decoding K = $K with $lost lost', ({ K, lost, xors }) => {
  const count = decodeOperations(K, lost);
  expect(count.xors / K).toBeLessThan(xors);
  expect(count.multiplications / K).toBeLessThan(1.2);
});

it.each([
  { K: 1000, sums: 0, inactive: 20 },
  { K: 1000, sums: 100, inactive: 42 },
  { K: 1000, sums: 1000, inactive: 300 },
  { K: 10000, sums: 0, inactive: 52 },
])('phase 1 makes few columns inactive at K = $K, $sums rows being sums of two', (size) => {
  const { K, sums, inactive } = size;
  const p = parametersOf(K);
  const esis = randomEsis(new Rng(K));
  const draw = (): number => esis.next().value + p.kPrime;
  let total = 0;
  for (let trial = 0; trial < 5; trial++) {
    const ids = Array.from({ length: K + 2 - sums }, draw);
    for (let X = K; X < p.kPrime; X++) ids.push(X);
    const pairs = Array.from({ length: sums }, () => [draw(), draw()]);
    const peeling = peel(constraintRows(p, ids, pairs), p.W, p.L);
    expect(peeling.count + peeling.inactive.length).toBe(p.L);
    total += peeling.inactive.length - p.P;
  }
  expect(total / 5).toBeLessThan(inactive);
});

it('reads nothing that it did not write', () => {
  // The slow kernel poisons fresh memory and, before every run, the work rows.
  for (const [K, lost] of [
    [1, 1],
    [7, 3],
    [33, 33],
    [120, 50],
  ] as const) {
    const source = patternBytes(K * 3 - 1);
    const padded = Uint8Array.of(...source, 0);
    const encoder = new RaptorQEncoder(source, 3, { kernel: slowKernel });
    const decoder = new RaptorQDecoder(K, 3, { kernel: slowKernel });
    for (let esi = lost; decoder.decode() === undefined; esi++)
      decoder.add(esi, encoder.symbol(esi));
    expect(decoder.decode()).toEqual(padded);
    expect(encoder.symbol(K + 5)).toEqual(new RaptorQEncoder(padded, 3).symbol(K + 5));
  }
});
