// Which kernel serves when the caller names none.

import { jsKernel } from './js-kernel.ts';
import type { Kernel, SymbolMemory } from './kernel.ts';
import { wasmKernel } from './wasm-kernel.ts';
import type { WebAssemblyApi } from './webassembly.ts';
import { webAssembly } from './webassembly.ts';

export interface KernelChoice {
  readonly kernel: Kernel;
  /** Why it is the kernel in plain JavaScript; undefined when it is not. */
  readonly fallback: string | undefined;
}

let choice: KernelChoice | undefined;

/** The kernel in WebAssembly where it works, else the one in JavaScript. Nothing is compiled before the first call. */
export function defaultKernel(): Kernel {
  return (choice ??= chooseKernel(webAssembly())).kernel;
}

/** Why the default kernel is the one in plain JavaScript, in a sentence; undefined when it is not. */
export function kernelFallback(): string | undefined {
  return (choice ??= chooseKernel(webAssembly())).fallback;
}

/** The choice for an engine that has this WebAssembly, or none. */
export function chooseKernel(api: WebAssemblyApi | undefined): KernelChoice {
  if (api === undefined) return { kernel: jsKernel, fallback: 'There is no WebAssembly here.' };
  try {
    return { kernel: orJs(wasmKernel(api)), fallback: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kernel: jsKernel, fallback: `WebAssembly does not work here: ${reason}` };
  }
}

/** A kernel that leaves to JavaScript what is too large for 32-bit addresses, or what is refused to WebAssembly. */
function orJs(kernel: Kernel): Kernel {
  return {
    ...kernel,
    allocate(rows: number, rowBytes: number, workRows?: number): SymbolMemory {
      return firstOf((either) => either.allocate(rows, rowBytes, workRows));
    },
    reduceBits(bits: Int32Array, rows: number, words: number, columns: number): Int32Array {
      return firstOf((either) => either.reduceBits(bits, rows, words, columns));
    },
  };

  function firstOf<T>(use: (either: Kernel) => T): T {
    try {
      return use(kernel);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return use(jsKernel);
    }
  }
}
