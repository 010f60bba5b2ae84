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
export function randomProgram(
  rng: Rng,
  rows: number,
  workRows: number,
  length: number,
): Int32Array {
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
    const sources = Array.from({ length: rng.below(rng.below(4) === 0 ? 80 : 10) }, pick).filter(
      (row) => row !== dst,
    );
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

/** Runs a program on the same random rows in both kernels; the rows must be equal after it. */
function compare(kernel: Kernel, size: Size, program: Int32Array, rng: Rng): void {
  const { rows, rowBytes, workRows } = size;
  const fast = kernel.allocate(rows, rowBytes, workRows);
  const slow = slowKernel.allocate(rows, rowBytes, workRows);
  const bytes = rng.fill(new Uint8Array(rows * rowBytes));
  fast.write(0, bytes);
  slow.write(0, bytes);
  fast.run(program, workRows);
  slow.run(program, workRows);
  const expected = contents(slow);
  contents(fast).forEach((content, row) => {
    expect(Buffer.compare(content, expected[row]!), `row ${row}`).toBe(0);
  });
  fast.release();
}

interface Size {
  readonly rows: number;
  readonly rowBytes: number;
  readonly workRows: number;
}

/** Registers the tests of one kernel. */
export function kernelSuite(kernel: Kernel): void {
  it('computes what the slow twin computes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 20 }),
        fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1400, 4096, 65_536)),
        fc.nat(),
        (rowsMax, workRows, rowBytes, seed) => {
          const rng = new Rng(seed);
          const rows = rowBytes > 4096 ? Math.min(rowsMax, 4) : rowsMax;
          const program = randomProgram(rng, rows, workRows, rowBytes > 300 ? 6 : 30);
          compare(kernel, { rows, rowBytes, workRows }, program, rng);
        },
      ),
      { numRuns: 150 },
    );
  });

  // So many work rows make stripes of 64, 192 or 320 bytes in WebAssembly; rows end at a seam, and beside one.
  it.each([127, 128, 129, 192, 193, 1400, 1921])(
    'cuts rows of %i bytes into stripes',
    (rowBytes) => {
      const rng = new Rng(rowBytes);
      const rows = 12;
      for (const workRows of [6000, 40_000, 100_000]) {
        for (let i = 0; i < 2; i++) {
          const program = new ProgramWriter();
          // The last work row too.
          program.set(rows + workRows - 1, [0, 1]);
          program.add(2, [rows + workRows - 1, 3]);
          const random = randomProgram(rng, rows, 10, 8);
          const both = Int32Array.of(...program.view(), ...random);
          compare(kernel, { rows, rowBytes, workRows }, both, rng);
        }
      }
    },
  );

  it('folds into 16 targets, each pair of them', () => {
    const taps: number[] = [];
    for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) taps.push(foldTap(17 + i, i, j));
    const program = new ProgramWriter();
    const targets = Array.from({ length: 16 }, (_, i) => i);
    program.fold(16, targets, taps, taps.length);
    for (const rowBytes of [1, 63, 64, 200, 1400]) {
      compare(kernel, { rows: 40, rowBytes, workRows: 0 }, program.finish(), new Rng(rowBytes));
    }
  });

  it('multiplies by every coefficient', () => {
    const program = new ProgramWriter();
    const all = Array.from({ length: 256 }, (_, i) => i);
    program.multiplyAdd(
      0,
      all.map((i) => i + 1),
      all,
    );
    for (const i of all) program.multiplyAdd(300 + i, [i], [i]);
    for (const rowBytes of [15, 257]) {
      compare(kernel, { rows: 600, rowBytes, workRows: 0 }, program.finish(), new Rng(rowBytes));
    }
  });

  it('runs a program much longer than the memory', () => {
    const rng = new Rng(7);
    const parts = Array.from({ length: 400 }, () => randomProgram(rng, 10, 0, 8));
    const program = Int32Array.from(parts.flatMap((part) => [...part]));
    expect(program.length).toBeGreaterThan(20_000);
    compare(kernel, { rows: 10, rowBytes: 500, workRows: 0 }, program, rng);
    compare(kernel, { rows: 10, rowBytes: 500, workRows: 8000 }, program, rng);
  });

  it('keeps memories apart, whatever was in them before', () => {
    const rng = new Rng(3);
    for (let round = 0; round < 3; round++) {
      const memories = Array.from({ length: 40 }, (_, i) => {
        const memory = kernel.allocate(5 + i, 100 + 10 * i, round);
        const bytes = rng.fill(new Uint8Array(memory.rows * memory.rowBytes));
        memory.write(0, bytes);
        return { memory, bytes };
      });
      const clear = new ProgramWriter();
      clear.set(2, []);
      for (const { memory, bytes } of memories) {
        memory.run(clear.view());
        bytes.fill(0, 2 * memory.rowBytes, 3 * memory.rowBytes);
      }
      for (const { memory, bytes } of memories) {
        const read = new Uint8Array(bytes.length);
        memory.readInto(read, 0);
        expect(Buffer.compare(read, bytes)).toBe(0);
        memory.release();
      }
    }
  });

  it('writes and reads any span of rows', () => {
    const rng = new Rng(5);
    // One plane, several, and more than staging takes at once.
    const sizes = [
      { rows: 300, rowBytes: 100, workRows: 0 },
      { rows: 300, rowBytes: 1000, workRows: 9000 },
      { rows: 40, rowBytes: 16_385, workRows: 500 },
      { rows: 3, rowBytes: 200_000, workRows: 50 },
    ];
    for (const { rows, rowBytes, workRows } of sizes) {
      const memory = kernel.allocate(rows, rowBytes, workRows);
      const expected = rng.fill(new Uint8Array(rows * rowBytes));
      memory.write(0, expected);
      for (let i = 0; i < 40; i++) {
        const row = rng.below(rows);
        const most = (rows - row) * rowBytes;
        const bytes = rng.fill(new Uint8Array(i % 4 === 0 ? most : rng.below(most + 1)));
        memory.write(row, bytes);
        expected.set(bytes, row * rowBytes);
        const from = rng.below(rows);
        const read = new Uint8Array(rng.below((rows - from) * rowBytes + 1));
        memory.readInto(read, from);
        const start = from * rowBytes;
        expect(Buffer.compare(read, expected.subarray(start, start + read.length))).toBe(0);
      }
      const all = new Uint8Array(expected.length);
      memory.readInto(all, 0);
      expect(Buffer.compare(all, expected)).toBe(0);
      memory.release();
    }
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

  it('gives a memory to one user only, however often it was released', () => {
    const first = kernel.allocate(400, 1400);
    first.release();
    const second = kernel.allocate(400, 1400);
    first.release();
    const third = kernel.allocate(400, 1400);
    second.write(0, new Uint8Array(400 * 1400).fill(2));
    third.write(0, new Uint8Array(400 * 1400).fill(3));
    expect(contents(second).every((bytes) => bytes.every((byte) => byte === 2))).toBe(true);
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
