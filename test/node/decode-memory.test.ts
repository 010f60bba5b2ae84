// The memory of a process that decodes one large block: never three times the block. A process of its own for each
// case, since a peak is only known for the whole life of a process. Needs the built package.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const FOUNTAIN = new URL('../../dist/fountain/index.js', import.meta.url).href;

/**
 * Prints how much the resident memory grew at its peak, in blocks. The block repeats a narrow one, so that its symbols
 * can be made on the fly: the code treats all bytes of a symbol alike.
 */
const SCRIPT = `
  import { RaptorQDecoder, RaptorQEncoder } from '${FOUNTAIN}';
  const [K, T, lostPercent] = process.argv.slice(-3).map(Number);
  const NARROW = 8;
  const source = Uint8Array.from({ length: K * NARROW }, (_, i) => i * 131 + (i >> 8) * 17 + 7);
  const encoder = new RaptorQEncoder(source, NARROW);
  const narrow = new Uint8Array(NARROW);
  const wide = new Uint8Array(T);
  const symbol = (esi) => {
    encoder.symbolInto(esi, narrow);
    for (let i = 0; i < T; i++) wide[i] = narrow[i % NARROW];
    return wide;
  };
  symbol(K);
  gc();
  const before = process.memoryUsage.rss();
  const decoder = new RaptorQDecoder(K, T);
  let next = K;
  for (let esi = 0; esi < K; esi++) {
    const id = (esi * 37) % 100 < lostPercent ? next++ : esi;
    decoder.add(id, symbol(id));
  }
  let block;
  while ((block = decoder.decode()) === undefined) decoder.add(next, symbol(next++));
  const peak = process.resourceUsage().maxRSS * 1024;
  for (let esi = 0; esi < K; esi++) {
    if (Buffer.compare(symbol(esi), block.subarray(esi * T, (esi + 1) * T)) !== 0) throw new Error('wrong');
  }
  console.log((peak - before) / (K * T));
`;

it.each([
  { K: 4096, T: 16384, lostPercent: 100, blocksMax: 2.5 },
  { K: 4096, T: 16384, lostPercent: 50, blocksMax: 2.5 },
  { K: 4096, T: 16384, lostPercent: 10, blocksMax: 2.5 },
  // With small symbols the matrix and the programs count as well.
  { K: 56403, T: 1400, lostPercent: 100, blocksMax: 3 },
])('K = $K, T = $T with $lostPercent % lost', async ({ K, T, lostPercent, blocksMax }) => {
  const args = [
    '--expose-gc',
    '--input-type=module',
    '-e',
    SCRIPT,
    `${K}`,
    `${T}`,
    `${lostPercent}`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const blocks = Number(stdout);
  // The block and the kernel's memory: less would mean that nothing was measured.
  expect(blocks).toBeGreaterThan(1.8);
  expect(blocks).toBeLessThan(blocksMax);
});
