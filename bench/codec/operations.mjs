// Symbol operations that the codec executes, counted and not timed: XOR reads and multiplications per symbol.

import { RaptorQDecoder, RaptorQEncoder } from '../../dist/fountain/index.js';
import { countOperations, jsKernel } from '../../dist/kernel/index.js';
import { MEASURES, receivedEsis, round } from './measures.mjs';

/** A kernel that adds up the operations of all programs it runs. */
function countingKernel() {
  const total = { xors: 0, multiplications: 0 };
  return {
    ...jsKernel,
    name: 'counting',
    allocate(...size) {
      const memory = jsKernel.allocate(...size);
      const run = memory.run.bind(memory);
      memory.run = (program, workRows) => {
        const count = countOperations(program);
        total.xors += count.xors;
        total.multiplications += count.multiplications;
        run(program, workRows);
      };
      return memory;
    },
    /** Operations per symbol since the last call. */
    take(symbols) {
      const { xors, multiplications } = total;
      Object.assign(total, { xors: 0, multiplications: 0 });
      return { xors: round(xors / symbols), multiplications: round(multiplications / symbols) };
    },
  };
}

/** By measure, for blocks of K symbols of any size. */
export function countCell(K) {
  const kernel = countingKernel();
  const source = Uint8Array.from({ length: K }, (_, i) => (i * 131 + (i >> 8) * 17 + 7) & 255);
  const encoder = new RaptorQEncoder(source, 1, { kernel });
  encoder.symbol(K);
  const operations = { encode: kernel.take(K) };
  const repair = new Uint8Array(K + 2);
  encoder.symbolsInto(
    Array.from(repair, (_, i) => K + i),
    repair,
  );
  operations.repair = kernel.take(K + 2);
  encoder.release();
  for (const { name, verb, lost } of MEASURES) {
    if (verb !== 'decode') continue;
    const decoder = new RaptorQDecoder(K, 1, { kernel });
    for (const esi of receivedEsis(K, lost(K))) {
      decoder.add(
        esi,
        esi < K ? source.subarray(esi, esi + 1) : repair.subarray(esi - K, esi - K + 1),
      );
    }
    if (Buffer.compare(decoder.decode(), source) !== 0) throw new Error('wrong block');
    operations[name] = kernel.take(K);
  }
  return operations;
}
