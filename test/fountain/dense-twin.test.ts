// The codec against its dense twin, at small K: same symbols, same rank, same block.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { jsKernel, ProgramWriter } from '../../src/kernel/index.ts';
import { ESI_MAX, RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import { hdpcCoefficients, recordHdpc } from '../../src/fountain/raptorq/hdpc.ts';
import { parametersOf } from '../../src/fountain/raptorq/params.ts';
import { encodingPlan, SYMBOL_ROWS_MAX } from '../../src/fountain/raptorq/plan.ts';
import { Schedule, workRows } from '../../src/fountain/raptorq/schedule.ts';
import { solve } from '../../src/fountain/raptorq/solver.ts';
import { constraintRows } from '../../src/fountain/raptorq/sparse.ts';
import { COLUMNS_MAX, internalId, symbolColumns } from '../../src/fountain/raptorq/tuple.ts';
import { slowKernel, slowMultiply } from '../kernel/slow-kernel.ts';
import { denseHdpcRows, denseSolve, denseSymbol } from './dense-twin.ts';
import { randomBytes } from './helpers.ts';

const T = 3;

function xorOf(rows: readonly Uint8Array[]): Uint8Array {
  const sum = new Uint8Array(T);
  for (const row of rows) row.forEach((byte, k) => (sum[k]! ^= byte));
  return sum;
}

/** The intermediate symbols of a random block. */
function denseBlock(K: number, rng: Rng): Uint8Array[] {
  const symbols = Array.from({ length: K }, (_, i) => ({
    ids: [i],
    bytes: rng.fill(new Uint8Array(T)),
  }));
  return denseSolve(K, T, symbols).intermediate!;
}

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
            ids: [i],
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
            return { ids: [internalId(p, K, esi)], bytes };
          });
          const { rank, needed, intermediate } = denseSolve(K, T, symbols);
          const block = decoder.decode();
          expect(block !== undefined).toBe(intermediate !== undefined);
          if (block !== undefined) expect(block).toEqual(source);
          // With fewer than K symbols the decoder only counts them.
          else if (esis.size < K) expect(decoder.missing).toBe(K - esis.size);
          else expect(decoder.missing).toBe(needed - rank);
          expect(decoder.missing).toBeLessThanOrEqual(needed - rank);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('solver', () => {
  it('takes sums of symbols as rows, and gives what the dense twin gives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        // How many rows are plain, of as many as are needed and some more.
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: -1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (K, plainShare, extra, degreeMax, seed) => {
          const p = parametersOf(K);
          const rng = new Rng(seed);
          const block = denseBlock(K, rng);
          const draw = (): number =>
            rng.below(3) === 0 ? rng.below(K) : p.kPrime + rng.below(2000);
          const ids = new Set<number>();
          const plain = Math.round(K * plainShare);
          for (let X = K; X < p.kPrime; X++) ids.add(X);
          while (ids.size < p.kPrime - K + plain) ids.add(draw());
          // A sum may name a symbol twice, or one that is there as a plain row.
          const sums = Array.from({ length: Math.max(0, K - plain + extra) }, () =>
            Array.from({ length: 1 + rng.below(degreeMax) }, draw),
          );
          const rows = [...[...ids].map((id) => [id]), ...sums];
          const values = rows.map((row) => xorOf(row.map((id) => denseSymbol(p, block, id))));
          const symbols = rows.map((row, i) => ({ ids: row, bytes: values[i]! }));
          const { rank, needed } = denseSolve(K, T, symbols);

          const matrix = constraintRows(p, [...ids], sums);
          const solution = solve(p, matrix, jsKernel);
          if (typeof solution === 'number') {
            expect(solution).toBe(needed - rank);
            return;
          }
          expect(rank).toBe(needed);
          // Memory: values, LDPC rows, free columns, results.
          const free = values.length + p.S;
          const results = free + p.H;
          const wanted = Array.from({ length: 5 }, draw);
          const map = {
            values: Int32Array.from({ length: matrix.count }, (_, row) =>
              row < p.S ? values.length + row : row - p.S,
            ),
            zeroRows: p.S,
            free,
            sums: wanted.length,
            work: results + wanted.length,
          };
          const program = new ProgramWriter();
          const schedule = new Schedule(program, p, matrix, solution, map);
          const columns = new Uint16Array(COLUMNS_MAX);
          // By way of the spare work rows, as a decoder that is short of memory does it.
          wanted.forEach((X, i) => {
            schedule.recordSum(schedule.spareWork + i, columns, 0, symbolColumns(p, X, columns));
          });
          wanted.forEach((_, i) => program.set(results + i, [schedule.spareWork + i]));
          const work = workRows(p, wanted.length);
          const memory = slowKernel.allocate(map.work, T, work);
          values.forEach((bytes, row) => memory.write(row, bytes));
          memory.run(program.finish(), work);
          wanted.forEach((X, i) => {
            const bytes = new Uint8Array(T);
            memory.readInto(bytes, results + i);
            expect(bytes).toEqual(denseSymbol(p, block, X));
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('encoding plan', () => {
  it.each([1, 10, 12, 101, 300])('names each row of a symbol once, at K = %i', (K) => {
    const p = parametersOf(K);
    const plan = encodingPlan(p);
    const rows = new Int32Array(SYMBOL_ROWS_MAX + 1);
    for (let i = 0; i < 300; i++) {
      const X = i < 150 ? i % p.kPrime : p.kPrime + i * 7919;
      const count = plan.symbolRows(X, rows, 1);
      const named = rows.subarray(1, 1 + count);
      expect(new Set(named).size).toBe(count);
      expect(named.every((row) => row >= 0 && row < plan.spare)).toBe(true);
    }
  });
});

describe('HDPC rows by the Horner scheme', () => {
  it.each([1, 10, 26, 101, 300])('equal the product MT · GAMMA at K = %i', (K) => {
    const p = parametersOf(K);
    const columns = Array.from({ length: p.L }, (_, c) => randomBytes(c, 8));
    const memory = jsKernel.allocate(p.L + p.H + 1, 8);
    columns.forEach((bytes, c) => memory.write(c, bytes));
    const program = new ProgramWriter();
    const targets = Array.from({ length: p.H }, (_, i) => p.L + i);
    recordHdpc(program, p, targets, Int32Array.from(columns.keys()), p.L + p.H);
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
