// Speed of the RaptorQ codec: MB (10^6 bytes) of source per second of process CPU time, one thread.
//
//   node bench/micro/codec.mjs [--json] [--seconds N] [--from DIR]     after `npm run build`
//
// encode: a block to its first repair symbol (plan cached). repair: one more repair symbol, per byte produced.
// decode: a decoder filled and run, from K + 2 symbols of which all, half or a tenth are repair symbols (the bytes
// are counted once, whatever share is rebuilt). Every decoded block is compared with its source. The first
// repetition is dropped; figures are medians.

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { commitOf, machineOf } from '../machine.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '1.5' },
    from: { type: 'string' },
  },
});
const base = options.from
  ? pathToFileURL(`${options.from}/`)
  : new URL('../../dist/', import.meta.url);
const { RaptorQDecoder, RaptorQEncoder } = await import(new URL('fountain/index.js', base));

const CASES = [
  { K: 1024, T: 16384 },
  { K: 1000, T: 1400 },
];

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Median MB/s of at least three repetitions and about the given time. */
function measure(bytes, work) {
  work();
  const rates = [];
  const end = cpuSeconds() + Number(options.seconds);
  while (rates.length < 3 || cpuSeconds() < end) {
    const start = cpuSeconds();
    work();
    rates.push(bytes / 1e6 / (cpuSeconds() - start));
  }
  rates.sort((a, b) => a - b);
  return Math.round(rates[rates.length >> 1]);
}

function decodeCase(encoder, source, lost) {
  const { sourceSymbols: K, symbolBytes: T } = encoder;
  const symbols = [];
  for (let esi = lost; esi < K + lost + 2; esi++) symbols.push([esi, encoder.symbol(esi)]);
  return measure(K * T, () => {
    const decoder = new RaptorQDecoder(K, T);
    for (const [esi, bytes] of symbols) decoder.add(esi, bytes);
    const block = decoder.decode();
    if (block === undefined || Buffer.compare(block, source) !== 0) throw new Error('wrong block');
  });
}

const results = [];
for (const { K, T } of CASES) {
  const source = new Uint8Array(K * T);
  for (let i = 0; i < source.length; i++) source[i] = (i * 131 + (i >> 8) * 17 + 7) & 255;
  const symbol = new Uint8Array(T);
  const result = { K, T };
  result.encode = measure(K * T, () => new RaptorQEncoder(source, T).symbolInto(K, symbol));
  const encoder = new RaptorQEncoder(source, T);
  result.repair = measure(K * T, () => {
    for (let i = 0; i < K; i++) encoder.symbolInto(2 * K + i, symbol);
  });
  result.decodeRepairOnly = decodeCase(encoder, source, K);
  result.decodeHalf = decodeCase(encoder, source, K >> 1);
  result.decodeTenth = decodeCase(encoder, source, Math.round(K / 10));
  results.push(result);
}

const report = {
  bench: 'codec',
  unit: 'MB/s of source per CPU second',
  machine: machineOf(),
  commit: commitOf(),
  results,
};
if (options.json) {
  console.log(JSON.stringify(report));
} else {
  console.log(`${report.unit}; ${report.machine}, ${report.commit}`);
  console.table(results);
}
