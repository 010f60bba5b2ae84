// Speed of the kernels: GB (10^9 bytes) read by an operation per second of process CPU time, one thread.
//
//   node bench/micro/kernel.mjs [--json] [--seconds N] [--from DIR]     after `npm run build`
//
// An operation reads its sources (and its destination, when it adds to it) at random from rows that take 512 KiB
// together or 16 MiB. A program holds many of them. fold reads each row once and adds it to two targets;
// multiplyAdd has 8 sources. write and read move all rows at once and count each byte once. JavaScript and
// WebAssembly take turns; the first repetition is dropped, figures are medians.

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { commitOf, machineOf } from '../machine.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '0.3' },
    from: { type: 'string' },
  },
});
const base = options.from
  ? pathToFileURL(`${options.from}/`)
  : new URL('../../dist/', import.meta.url);
const { defaultKernel, foldTap, jsKernel, kernelFallback, ProgramWriter } = await import(
  new URL('kernel/index.js', base)
);

const SIZES = [512 * 1024, 16 * 1024 * 1024];
const ROW_BYTES = [1400, 16384];
const kernels = kernelFallback() === undefined ? [jsKernel, defaultKernel()] : [jsKernel];

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A random number below n; the sequence is the same in every run. */
let state = 1;
function below(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}

/** Distinct rows. */
function pick(count, rows) {
  const picked = new Set();
  while (picked.size < count) picked.add(below(rows));
  return [...picked];
}

/** Records about `rows` operations; returns the rows that they read. */
const PROGRAMS = {
  copy: (program, rows) => xors(program, rows, 1, 'set'),
  xor2: (program, rows) => xors(program, rows, 2, 'set'),
  xor4: (program, rows) => xors(program, rows, 4, 'set'),
  xor8: (program, rows) => xors(program, rows, 8, 'set'),
  add1: (program, rows) => xors(program, rows, 1, 'add') * 2,
  fold: (program, rows) => {
    const targets = Array.from({ length: 10 }, (_, i) => i);
    const taps = pick(rows - 11, rows - 11).map((row, j) =>
      foldTap(11 + row, j % 10, (j + 3) % 10),
    );
    program.fold(10, targets, taps, taps.length);
    return taps.length;
  },
  multiplyAdd: (program, rows) => {
    for (let i = 0; i < rows; i++) {
      const [dst, ...sources] = pick(9, rows);
      const coefficients = sources.map(() => 2 + below(254));
      program.multiplyAdd(dst, sources, coefficients);
    }
    return rows * 8;
  },
};

function xors(program, rows, count, how) {
  for (let i = 0; i < rows; i++) {
    const [dst, ...sources] = pick(count + 1, rows);
    program[how](dst, sources);
  }
  return rows * count;
}

/** Seconds of CPU time of each of the kernels for its piece of work: medians of repetitions that take turns. */
function measure(works) {
  for (const work of works) work();
  const times = works.map(() => []);
  const end = cpuSeconds() + Number(options.seconds) * works.length;
  while (times[0].length < 3 || cpuSeconds() < end) {
    works.forEach((work, i) => {
      // The clock ticks in microseconds, some work is shorter.
      const start = cpuSeconds();
      let rounds = 0;
      do {
        work();
        rounds++;
      } while (cpuSeconds() - start < 0.002);
      times[i].push((cpuSeconds() - start) / rounds);
    });
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
}

const results = [];
for (const size of SIZES) {
  for (const rowBytes of ROW_BYTES) {
    const rows = Math.floor(size / rowBytes);
    const block = new Uint8Array(rows * rowBytes).map((_, i) => i * 131 + (i >> 8) * 17);
    const memories = kernels.map((kernel) => kernel.allocate(rows, rowBytes, rows));
    for (const memory of memories) memory.write(0, block);
    const report = (operation, bytes, works) => {
      const speeds = measure(works).map((seconds) => Number((bytes / 1e9 / seconds).toFixed(2)));
      const [js, wasm] = speeds;
      results.push({ operation, KiB: size / 1024, T: rowBytes, js, ...(wasm && { wasm }) });
    };
    for (const [operation, record] of Object.entries(PROGRAMS)) {
      const writer = new ProgramWriter();
      const bytes = record(writer, rows) * rowBytes;
      const program = writer.finish();
      report(
        operation,
        bytes,
        memories.map((memory) => () => memory.run(program, 0)),
      );
    }
    report(
      'write',
      block.length,
      memories.map((memory) => () => memory.write(0, block)),
    );
    report(
      'read',
      block.length,
      memories.map((memory) => () => memory.readInto(block, 0)),
    );
    for (const memory of memories) memory.release();
  }
}

const report = {
  bench: 'kernel',
  unit: 'GB/s of CPU time',
  fallback: kernelFallback(),
  machine: machineOf(),
  commit: commitOf(),
  results,
};
if (options.json) {
  console.log(JSON.stringify(report));
} else {
  console.log(`${report.unit}; ${report.machine}, ${report.commit}`);
  if (report.fallback !== undefined) console.log(`JavaScript only: ${report.fallback}`);
  console.table(results);
}
