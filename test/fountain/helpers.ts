// Data that the tests of this folder share.

import { Rng } from '../../src/base/index.ts';
import { ESI_MAX, RaptorQEncoder } from '../../src/fountain/index.ts';
import type { Kernel, OperationCount } from '../../src/kernel/index.ts';
import {
  countOperations,
  defaultKernel,
  invert,
  jsKernel,
  multiply,
} from '../../src/kernel/index.ts';

/** The kernels that everything must work on: Node has WebAssembly, so the default one is not the one in JavaScript. */
export const KERNELS: readonly Kernel[] = [jsKernel, defaultKernel()];

/** The data of protocol/vectors/rfc6330.json. */
export function patternBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 131 + (i >> 8) * 17 + 7) & 255;
  return bytes;
}

/** Uniform bytes. */
export function randomBytes(seed: number, length: number): Uint8Array {
  return new Rng(seed).fill(new Uint8Array(length));
}

/** An endless stream of distinct ESIs, uniform in the 24-bit space. */
export function* randomEsis(rng: Rng): Generator<number, never> {
  const seen = new Set<number>();
  for (;;) {
    const esi = rng.below(ESI_MAX + 1);
    if (seen.has(esi)) continue;
    seen.add(esi);
    yield esi;
  }
}

/** The XOR of encoding symbols. */
export function xorOf(encoder: RaptorQEncoder, esis: readonly number[]): Uint8Array {
  const sum = new Uint8Array(encoder.symbolBytes);
  for (const esi of esis) encoder.symbol(esi).forEach((byte, i) => (sum[i]! ^= byte));
  return sum;
}

/** An encoder of unit vectors: symbol esi tells how this symbol of any block of K depends on the source symbols. */
export function unitEncoder(K: number): RaptorQEncoder {
  const source = new Uint8Array(K * K);
  for (let i = 0; i < K; i++) source[i * K + i] = 1;
  return new RaptorQEncoder(source, K);
}

/** The rank of vectors over GF(256), one vector after the other. */
export class Rank {
  private readonly pivots: { at: number; vector: Uint8Array }[] = [];

  get value(): number {
    return this.pivots.length;
  }

  add(vector: Uint8Array): void {
    const rest = vector.slice();
    for (const { at, vector: row } of this.pivots) {
      const factor = rest[at]!;
      if (factor !== 0) row.forEach((byte, i) => (rest[i]! ^= multiply(factor, byte)));
    }
    const at = rest.findIndex((byte) => byte !== 0);
    if (at < 0) return;
    const scale = invert(rest[at]!);
    this.pivots.push({ at, vector: rest.map((byte) => multiply(scale, byte)) });
  }
}

/** A kernel that says what is done with it. */
export interface SpyKernel extends Kernel {
  /** Bytes of each memory allocated, work rows not included, and how many of these were released. */
  readonly allocated: number[];
  released: number;
  readonly operations: OperationCount;
}

export function spyKernel(kernel: Kernel = defaultKernel()): SpyKernel {
  const spy: SpyKernel = {
    ...kernel,
    name: 'spy',
    allocated: [],
    released: 0,
    operations: { xors: 0, multiplications: 0 },
    allocate(rows, rowBytes, work) {
      spy.allocated.push(rows * rowBytes);
      const memory = kernel.allocate(rows, rowBytes, work);
      return {
        rows,
        rowBytes,
        write: (row, bytes) => memory.write(row, bytes),
        readInto: (target, row) => memory.readInto(target, row),
        release: () => {
          spy.released++;
          memory.release();
        },
        run: (program, workRows) => {
          const { xors, multiplications } = countOperations(program);
          spy.operations.xors += xors;
          spy.operations.multiplications += multiplications;
          memory.run(program, workRows);
        },
      };
    },
  };
  return spy;
}
