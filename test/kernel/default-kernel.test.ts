import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../src/kernel/default-kernel.ts';
import { defaultKernel, jsKernel, kernelFallback } from '../../src/kernel/index.ts';
import { wasmKernel } from '../../src/kernel/wasm-kernel.ts';
import type { WebAssemblyApi } from '../../src/kernel/webassembly.ts';
import { webAssembly } from '../../src/kernel/webassembly.ts';
import { bitsSuite } from './bits-suite.ts';
import { kernelSuite } from './suite.ts';

const api = webAssembly()!;

/** WebAssembly that refuses memories of more than so many pages. */
function refusing(pagesMax: number): WebAssemblyApi {
  class Memory extends api.Memory {
    constructor(pages: { readonly initial: number; readonly maximum: number }) {
      if (pages.initial > pagesMax) throw new RangeError('could not allocate memory');
      super(pages);
    }
  }
  return { Module: api.Module, Instance: api.Instance, Memory };
}

describe('the default kernel', () => {
  it('is the one in WebAssembly, always the same', () => {
    expect(defaultKernel().name).toBe('wasm');
    expect(defaultKernel()).toBe(defaultKernel());
    expect(kernelFallback()).toBeUndefined();
  });

  it('is the one in JavaScript without WebAssembly', () => {
    const { kernel, fallback } = chooseKernel(undefined);
    expect(kernel).toBe(jsKernel);
    expect(fallback).toBe('There is no WebAssembly here.');
  });

  it('is the one in JavaScript when the module does not compile, and says why', () => {
    class Module {
      constructor() {
        throw new Error('invalid value type 0x7b');
      }
    }
    const { kernel, fallback } = chooseKernel({ ...refusing(Infinity), Module });
    expect(kernel).toBe(jsKernel);
    expect(fallback).toBe('WebAssembly does not work here: invalid value type 0x7b');
  });

  it('is the one in JavaScript when no memory is to be had at all', () => {
    expect(chooseKernel(refusing(0)).kernel).toBe(jsKernel);
  });

  it('leaves bits to JavaScript that are too many for the memory', () => {
    const [rows, words] = [300, 200];
    const bits = new Int32Array(rows * words);
    for (let i = 0; i < bits.length; i++) bits[i] = Math.imul(i + 1, 0x9e3779b1);
    const original = bits.slice();
    const expected = bits.slice();
    const small = wasmKernel(refusing(8));
    expect(() => small.reduceBits(bits, rows, words, 32 * words)).toThrow(RangeError);
    expect(bits).toEqual(original);
    const { kernel } = chooseKernel(refusing(8));
    expect(kernel.reduceBits(bits, rows, words, 32 * words)).toEqual(
      jsKernel.reduceBits(expected, rows, words, 32 * words),
    );
    expect(bits).toEqual(expected);
  });

  describe('where WebAssembly gets small memories only', () => {
    kernelSuite(chooseKernel(refusing(8)).kernel);
    bitsSuite(chooseKernel(refusing(8)).kernel);
  });
});
