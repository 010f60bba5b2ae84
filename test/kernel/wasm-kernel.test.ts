import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProgramWriter } from '../../src/kernel/index.ts';
import { wasmKernel } from '../../src/kernel/wasm-kernel.ts';
import type { WebAssemblyApi } from '../../src/kernel/webassembly.ts';
import { webAssembly } from '../../src/kernel/webassembly.ts';
import { bitsSuite } from './bits-suite.ts';
import { kernelSuite } from './suite.ts';

const api = webAssembly()!;

/** WebAssembly that writes down the size of each memory it makes, in pages. */
function counting(): { readonly api: WebAssemblyApi; readonly made: number[] } {
  const made: number[] = [];
  class Memory extends api.Memory {
    constructor(pages: { readonly initial: number; readonly maximum: number }) {
      super(pages);
      made.push(pages.initial);
    }
  }
  return { api: { Module: api.Module, Instance: api.Instance, Memory }, made };
}

describe('wasm kernel', () => {
  kernelSuite(wasmKernel(api));
  bitsSuite(wasmKernel(api));

  it('uses released memories again, large and small', () => {
    const { api: counted, made } = counting();
    const kernel = wasmKernel(counted);
    const before = made.length;
    const allocateAll = (): void => {
      const memories = Array.from({ length: 12 }, (_, i) => kernel.allocate(100 + i, 1400, 100));
      memories.push(kernel.allocate(1000, 16_384, 1000));
      for (const memory of memories) memory.release();
    };
    allocateAll();
    expect(made.length - before).toBe(13);
    for (let i = 0; i < 20; i++) allocateAll();
    expect(made.length - before).toBe(13);
  });

  it('does not spend a large memory on a small request', () => {
    const { api: counted, made } = counting();
    const kernel = wasmKernel(counted);
    kernel.allocate(1000, 16_384).release();
    kernel.allocate(10, 16_384);
    expect(made.at(-1)).toBeLessThan(20);
  });

  it('makes a memory at its final size', () => {
    const { api: counted, made } = counting();
    const memory = wasmKernel(counted).allocate(100, 1000, 50);
    const { length } = made;
    const program = new ProgramWriter();
    for (let i = 0; i < 50_000; i++) program.set(i % 100, [(i + 1) % 100]);
    memory.run(program.view());
    memory.write(0, new Uint8Array(100_000));
    expect(made).toHaveLength(length);
  });

  it('refuses what 32-bit addresses do not reach, and too many rows', () => {
    const kernel = wasmKernel(api);
    expect(() => kernel.allocate(70_000, 65_536)).toThrow(RangeError);
    expect(() => kernel.allocate(2 ** 23, 1)).toThrow(RangeError);
    expect(() => kernel.allocate(2 ** 22, 1, 2 ** 22)).toThrow(RangeError);
  });

  it('refuses an operation that names its rows over and over', () => {
    const memory = wasmKernel(api).allocate(2, 16);
    const program = new ProgramWriter();
    program.set(0, new Int32Array(100_000).fill(1));
    expect(() => memory.run(program.view())).toThrow(/^program/);
  });
});

const BUILDER = 'tools/wasm/node_modules/assemblyscript';

describe('wasm-module.ts', () => {
  it.skipIf(!existsSync(BUILDER))(
    'is what its sources build (needs npm ci --prefix tools/wasm)',
    () => {
      execFileSync(process.execPath, ['tools/wasm/build.mjs', '--check'], { stdio: 'pipe' });
    },
  );
});
