// What decoding costs, kept apart from the overhead of the figures, which takes any ℓ symbols as enough: extra symbols
// that RaptorQ and LT codes need for a block of ℓ, when symbols come at random.

import { Rng } from '../../dist/base/index.js';
import {
  designedDegrees,
  ltOverhead,
  RaptorQDecoder,
  RaptorQEncoder,
  robustSoliton,
} from '../../dist/fountain/index.js';

/** Payloads do not matter here; two bytes a symbol. */
const SYMBOL_BYTES = 2;

/** Symbols beyond `symbols` that RaptorQ needs, of random ids of the window 0 … 2ℓ − 1. */
export function raptorqExtra({ symbols, seed }) {
  const rng = new Rng(seed);
  const source = Uint8Array.from({ length: symbols * SYMBOL_BYTES }, () => rng.uint32());
  const encoder = new RaptorQEncoder(source, SYMBOL_BYTES);
  const decoder = new RaptorQDecoder(symbols, SYMBOL_BYTES);
  const ids = rng.shuffle(Uint32Array.from({ length: 2 * symbols }, (_, i) => i));
  let received = 0;
  while (received < symbols || decoder.decode() === undefined) {
    const id = ids[received++];
    decoder.add(id, encoder.symbol(id));
  }
  encoder.release();
  return received - symbols;
}

/** Luby's parameters of the robust soliton distribution. */
const LT_C = 0.03;
const LT_DELTA = 0.5;

/** Symbols beyond `symbols` that an LT code needs with the robust soliton distribution, decoded by substitution. */
export function solitonExtra({ symbols, seed }) {
  return extra(symbols, robustSoliton(symbols, LT_C, LT_DELTA), seed);
}

/** The same with the degrees of a linear programme, as few as the paper's code has: 11 on average. */
export function designedExtra({ symbols, seed }) {
  return extra(symbols, designedDegrees(symbols), seed);
}

function extra(symbols, degrees, seed) {
  return Math.round(symbols * ltOverhead(symbols, degrees, seed));
}
