// The codec against its dense twin, at small K: same symbols, same rank, same block.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsKernel, ProgramWriter } from '../../src/kernel/index.ts';
import { ESI_MAX, RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import {
  hdpcCoefficients,
  HDPC_SCRATCH_ROWS,
  recordHdpc,
} from '../../src/fountain/raptorq/hdpc.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { internalId } from '../../src/fountain/raptorq/tuple.ts';
import { slowMultiply } from '../kernel/slow-kernel.ts';
import { denseHdpcRows, denseSolve, denseSymbol } from './dense-twin.ts';
import { randomBytes } from './helpers.ts';

describe('encoder', () => {
  it('gives the symbols of the dense twin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 17 }),
        fc.array(fc.integer({ min: 0, max: ESI_MAX }), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        (K, T, esis, seed) => {
          const p = parametersOf(K);
          const source = randomBytes(seed, K * T);
          const symbols = Array.from({ length: K }, (_, i) => ({
            id: i,
            bytes: source.subarray(i * T, (i + 1) * T),
          }));
          const { intermediate } = denseSolve(K, T, symbols);
          const encoder = new RaptorQEncoder(source, T);
          for (const esi of [...esis, K, K + 1]) {
            const expected = denseSymbol(p, intermediate!, internalId(p, K, esi));
            expect(encoder.symbol(esi)).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('decoder', () => {
  it('decodes exactly when the dense matrix has full rank, and bounds what is missing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -3, max: 3 }),
        // A small range of ESIs mixes source and repair symbols.
        fc.constantFrom(100, ESI_MAX),
        fc.nat(),
        (K, extra, esiMax, seed) => {
          const T = 3;
          const p = parametersOf(K);
          const source = randomBytes(seed, K * T);
          const encoder = new RaptorQEncoder(source, T);
          const esis = new Set<number>();
          const draws = randomBytes(seed + 1, 3 * 400);
          for (let i = 0; esis.size < K + extra && i < 1200; i += 3) {
            esis.add(((draws[i]! << 16) | (draws[i + 1]! << 8) | draws[i + 2]!) % (esiMax + 1));
          }
          const decoder = new RaptorQDecoder(K, T);
          const symbols = [...esis].map((esi) => {
            const bytes = encoder.symbol(esi);
            decoder.add(esi, bytes);
            return { id: internalId(p, K, esi), bytes };
          });
          const { rank, needed, intermediate } = denseSolve(K, T, symbols);
          const block = decoder.decode();
          expect(block !== undefined).toBe(intermediate !== undefined);
          if (block !== undefined) expect(block).toEqual(source);
          else expect(decoder.missing).toBe(needed - rank);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('HDPC rows by the Horner scheme', () => {
  it.each([1, 10, 26, 101, 300])('equal the product MT · GAMMA at K = %i', (K) => {
    const p = parametersOf(K);
    const columns = Array.from({ length: p.L }, (_, c) => randomBytes(c, 8));
    const memory = jsKernel.allocate(p.L + p.H + HDPC_SCRATCH_ROWS, 8);
    columns.forEach((bytes, c) => memory.write(c, bytes));
    const program = new ProgramWriter();
    const targets = Array.from({ length: p.H }, (_, i) => p.L + i);
    recordHdpc(program, p, targets, (column) => column, p.L + p.H);
    memory.run(program.finish());
    denseHdpcRows(p).forEach((row, i) => {
      const expected = new Uint8Array(8);
      row.forEach((coefficient, c) => {
        for (let k = 0; k < 8; k++) expected[k]! ^= slowMultiply(coefficient, columns[c]![k]!);
      });
      const value = new Uint8Array(8);
      memory.readInto(value, targets[i]!);
      expect(value).toEqual(expected);
    });
  });

  it('equal it as coefficients, too', () => {
    const p = parametersOf(55);
    for (let first = 0; first < p.L; first += p.H) {
      // Let the columns first..first + H − 1 be free and alone in the block.
      const masks = new Int32Array(p.L);
      const free = Math.min(p.H, p.L - first);
      for (let q = 0; q < free; q++) masks[first + q] = 1 << q;
      const matrix = hdpcCoefficients(p, masks, free);
      denseHdpcRows(p).forEach((row, i) => {
        expect(matrix.subarray(i * free, (i + 1) * free)).toEqual(
          row.subarray(first, first + free),
        );
      });
    }
  });
});
