// The measured program for the codec of this repository: node ours.mjs [--dist DIR] [--kernel js] K T, see program.mjs.

import { randomFillSync } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { answerRequests, checkBlock, timed } from './answer.mjs';
import { MEASURES } from './measures.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string', default: `${import.meta.dirname}/../../dist` },
    kernel: { type: 'string' },
  },
});
const [K, T] = positionals.map(Number);
const dist = pathToFileURL(`${resolve(options.dist)}/`);
const { RaptorQDecoder, RaptorQEncoder, SOURCE_SYMBOLS_MAX } = await import(
  new URL('fountain/index.js', dist)
);
const { defaultKernel, jsKernel } = await import(new URL('kernel/index.js', dist));
const { encodingPlan } = await import(new URL('fountain/raptorq/plan.js', dist));
const { parametersOf } = await import(new URL('fountain/raptorq/params.js', dist));

const kernel = options.kernel === 'js' ? jsKernel : defaultKernel();

/** Repair symbols that one call makes: as many as an owner of blocks of this size would have buffers for. */
const BATCH_BYTES = 16 * 1024 * 1024;
/** What the cache of plans holds at most, in words. */
const CACHED_WORDS_MAX = 4 * 1024 * 1024;

/** One random source block, and the symbols that its decoders receive. */
class Block {
  constructor(symbolBytes) {
    this.symbolBytes = symbolBytes;
    this.source = randomFillSync(new Uint8Array(K * symbolBytes));
    /** All decoders use this, one after the other, as in a stream of blocks. */
    this.decoded = new Uint8Array(K * symbolBytes);
  }

  symbolIn(bytes, index) {
    return bytes.subarray(index * this.symbolBytes, (index + 1) * this.symbolBytes);
  }

  /** Encoding symbol esi < 2K + 2. */
  symbol(esi) {
    if (esi < K) return this.symbolIn(this.source, esi);
    if (this.repair === undefined) {
      this.repair = new Uint8Array((K + 2) * this.symbolBytes);
      const encoder = new RaptorQEncoder(this.source, this.symbolBytes, { kernel });
      encoder.symbolsInto(idsFrom(K, K + 2), this.repair);
      encoder.release();
    }
    return this.symbolIn(this.repair, esi - K);
  }

  /** A decoder, made and filled and run. */
  decode(esis) {
    const symbols = esis.map((esi) => this.symbol(esi));
    let decoded;
    const seconds = timed(() => {
      const decoder = new RaptorQDecoder(K, this.symbolBytes, { kernel, block: this.decoded });
      for (let i = 0; i < esis.length; i++) decoder.add(esis[i], symbols[i]);
      decoded = decoder.decode();
    });
    checkBlock(decoded, this.source);
    return seconds;
  }
}

function idsFrom(first, count) {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** Drives the plan for K out of the cache: plans that fill it are recorded. */
function forgetPlan() {
  let other = SOURCE_SYMBOLS_MAX;
  let words = 0;
  while (words <= CACHED_WORDS_MAX) {
    const parameters = parametersOf(other);
    if (parameters.kPrime !== kPrime) words += encodingPlan(parameters).program.length;
    other = Math.floor(other * 0.98);
  }
}

const block = new Block(T);
const tiny = new Block(8);
const { kPrime } = parametersOf(K);
const symbol = new Uint8Array(T);
const batch = Math.max(1, Math.min(K, Math.floor(BATCH_BYTES / T)));
const symbols = new Uint8Array(batch * T);
/** The encoder of the last `encode`, which `repair` goes on with. */
let encoder;

function dropEncoder() {
  encoder?.release();
  encoder = undefined;
}

function encode() {
  dropEncoder();
  return timed(() => {
    encoder = new RaptorQEncoder(block.source, T, { kernel });
    encoder.symbolInto(K, symbol);
  });
}

function encodeUncached() {
  const before = encodingPlan(parametersOf(K));
  forgetPlan();
  const seconds = encode();
  if (encodingPlan(parametersOf(K)) === before) throw new Error('the plan was still cached');
  return seconds;
}

function repair() {
  if (encoder === undefined) encode();
  return timed(() => {
    for (let done = 0; done < K; done += batch) {
      const count = Math.min(batch, K - done);
      encoder.symbolsInto(idsFrom(2 * K + done, count), symbols.subarray(0, count * T));
    }
  });
}

function decode(esis) {
  dropEncoder();
  return block.decode(esis);
}

await answerRequests(
  {
    name: `headwater, ${options.dist}`,
    kernel: kernel.name,
    measures: MEASURES.map(({ name }) => name),
  },
  { encode, encodeUncached, repair, decode, structure: (esis) => tiny.decode(esis) },
);
