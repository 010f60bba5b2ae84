// Which kernel did the work cannot be seen in the bytes.

import { expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { RaptorQDecoder, RaptorQEncoder } from '../../src/fountain/index.ts';
import type { Kernel } from '../../src/kernel/index.ts';
import { defaultKernel, jsKernel } from '../../src/kernel/index.ts';

const CASES = 1000;
const ESI_MAX = 2 ** 24 - 1;

/** A whole number from 1 to about `most`, small ones as likely as large ones. */
function anySize(rng: Rng, most: number): number {
  const octave = 1 + rng.below(Math.ceil(Math.log2(most)));
  return 1 + rng.below(Math.min(most, 2 ** octave));
}

it(`WebAssembly and JavaScript make the same bytes in ${CASES} random cases`, () => {
  expect(defaultKernel().name).toBe('wasm');
  for (let seed = 0; seed < CASES; seed++) {
    const rng = new Rng(seed);
    // Now and then a block of several stripes.
    const K = seed % 50 === 0 ? 1000 + rng.below(500) : anySize(rng, 250);
    const T = seed % 50 === 0 ? 200 + rng.below(700) : anySize(rng, 600);
    const esi = rng.below(4) === 0 ? rng.below(K) : rng.below(ESI_MAX);
    const label = `seed ${seed}: K ${K}, T ${T}, ESI ${esi}`;
    // The last symbol may be short.
    const source = rng.fill(new Uint8Array(K * T - rng.below(T)));
    const lost = new Set(Array.from({ length: 1 + rng.below(K) }, () => rng.below(K)));
    const [js, wasm] = [jsKernel, defaultKernel()].map((kernel) =>
      codeWith(kernel, source, T, esi, lost, label),
    );
    expect(Buffer.compare(js!, wasm!), label).toBe(0);
  }
});

/** The symbol esi of the block; on the way the block is decoded without the source symbols that are lost. */
function codeWith(
  kernel: Kernel,
  source: Uint8Array,
  T: number,
  esi: number,
  lost: ReadonlySet<number>,
  label: string,
): Uint8Array {
  const encoder = new RaptorQEncoder(source, T, { kernel });
  const symbol = encoder.symbol(esi);
  const K = encoder.sourceSymbols;
  const decoder = new RaptorQDecoder(K, T, { kernel });
  for (let id = 0; id < K; id++) if (!lost.has(id)) decoder.add(id, encoder.symbol(id));
  decoder.add(esi, symbol);
  let block = decoder.decode();
  for (let id = K; block === undefined; id++) {
    decoder.add(id, encoder.symbol(id));
    block = decoder.decode();
  }
  expect(Buffer.compare(block.subarray(0, source.length), source), label).toBe(0);
  return symbol;
}
