// The acceptance suite of a kernel: whatever the slow twin computes, it computes.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import type { Kernel, SymbolMemory } from '../../src/kernel/index.ts';
import { foldTap, ProgramWriter } from '../../src/kernel/index.ts';
import { slowKernel } from './slow-kernel.ts';

function contents(memory: SymbolMemory): Uint8Array[] {
  return Array.from({ length: memory.rows }, (_, row) => {
    const bytes = new Uint8Array(memory.rowBytes);
    memory.readInto(bytes, row);
    return bytes;
  });
}

/** A random program that writes each work row before it reads it. */
function randomProgram(rng: Rng, rows: number, workRows: number, length: number): Int32Array {
  const program = new ProgramWriter(1);
  const readable = Array.from({ length: rows }, (_, row) => row);
  for (let i = 0; i < length; i++) {
    const pick = (): number => readable[rng.below(readable.length)]!;
    const kind = rng.below(6);
    if (kind === 0 && workRows > 0) {
      const dst = rows + rng.below(workRows);
      program.set(
        dst,
        [pick()].filter((source) => source !== dst),
      );
      if (!readable.includes(dst)) readable.push(dst);
      continue;
    }
    const dst = pick();
    const sources = Array.from({ length: rng.below(22) }, pick).filter((row) => row !== dst);
    if (kind <= 1) program.set(dst, sources);
    else if (kind === 2) program.add(dst, sources);
    else if (kind === 3) program.doubleAdd(dst, pick(), pick());
    else if (kind === 4) {
      const coefficients = sources.map(() => rng.below(256));
      program.multiplyAdd(dst, sources, coefficients);
    } else if (rng.below(2) === 0) program.double(dst, pick());
    else recordFold(program, rng, readable);
  }
  return program.finish();
}

/** A fold of up to 40 rows into distinct targets, of the rows that may be read. */
function recordFold(program: ProgramWriter, rng: Rng, readable: readonly number[]): void {
  const shuffled = rng.shuffle([...readable]);
  const last = shuffled.pop()!;
  const targets = shuffled.splice(0, Math.min(rng.below(17), shuffled.length));
  const index = (): number => rng.below(Math.max(1, targets.length));
  const taps = Array.from({ length: 1 + rng.below(40) }, () => {
    const row =
      shuffled.length === 0 || rng.below(5) === 0 ? -1 : shuffled[rng.below(shuffled.length)]!;
    return targets.length === 0 ? foldTap(row, 0, 0) : foldTap(row, index(), index());
  });
  program.fold(last, targets, taps, taps.length);
}

/** Registers the tests of one kernel. */
export function kernelSuite(kernel: Kernel): void {
  it('computes what the slow twin computes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1400, 4096, 65_536)),
        fc.nat(),
        (rows, workRows, rowBytes, seed) => {
          const rng = new Rng(seed);
          const fast = kernel.allocate(rows, rowBytes, workRows);
          const slow = slowKernel.allocate(rows, rowBytes, workRows);
          for (let row = 0; row < rows; row++) {
            const bytes = rng.fill(new Uint8Array(rowBytes));
            fast.write(row, bytes);
            slow.write(row, bytes);
          }
          const program = randomProgram(rng, rows, workRows, rowBytes > 100 ? 4 : 30);
          fast.run(program, workRows);
          slow.run(program, workRows);
          const expected = contents(slow);
          contents(fast).forEach((bytes, row) => {
            expect(Buffer.compare(bytes, expected[row]!), `row ${row}`).toBe(0);
          });
          fast.release();
        },
      ),
      { numRuns: 150 },
    );
  });

  it('cuts a row into stripes without a seam', () => {
    // Many work rows make narrow stripes.
    const memory = kernel.allocate(2, 10_007, 20_000);
    const bytes = new Rng(1).fill(new Uint8Array(10_007));
    memory.write(0, bytes);
    const program = new ProgramWriter();
    program.set(20_001, [0]);
    program.set(1, [20_001]);
    memory.run(program.finish(), 20_000);
    expect(Buffer.compare(contents(memory)[1]!, bytes)).toBe(0);
  });

  it('writes and reads parts of a row', () => {
    const memory = kernel.allocate(3, 11);
    for (let row = 0; row < 3; row++) memory.write(row, new Uint8Array(11).fill(row + 1));
    memory.write(1, Uint8Array.of(9, 9));
    expect(contents(memory)[1]).toEqual(Uint8Array.of(9, 9, 2, 2, 2, 2, 2, 2, 2, 2, 2));
    expect(contents(memory)[2]).toEqual(new Uint8Array(11).fill(3));
    const start = new Uint8Array(3);
    memory.readInto(start, 1);
    expect(start).toEqual(Uint8Array.of(9, 9, 2));
  });

  it('writes and reads several rows at once', () => {
    for (const rowBytes of [1, 11, 1400, 2000]) {
      const memory = kernel.allocate(5, rowBytes);
      memory.write(0, new Uint8Array(5 * rowBytes).fill(7));
      const bytes = new Rng(rowBytes).fill(new Uint8Array(3 * rowBytes - 1));
      memory.write(1, bytes);
      const read = new Uint8Array(4 * rowBytes);
      memory.readInto(read, 1);
      expect(Buffer.compare(read.subarray(0, bytes.length), bytes)).toBe(0);
      expect(read.subarray(bytes.length).every((byte) => byte === 7)).toBe(true);
    }
  });

  it('refuses what does not fit', () => {
    const memory = kernel.allocate(2, 8, 3);
    expect(() => memory.write(0, new Uint8Array(17))).toThrow(RangeError);
    expect(() => memory.write(1, new Uint8Array(9))).toThrow(RangeError);
    expect(() => memory.readInto(new Uint8Array(9), 1)).toThrow(RangeError);
    expect(() => memory.run(new Int32Array(0), 4)).toThrow(RangeError);
    expect(() => kernel.allocate(2 ** 40, 65_536)).toThrow(RangeError);
  });
}
