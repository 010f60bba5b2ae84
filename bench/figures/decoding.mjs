// What decoding costs, kept apart from the overhead of the figures, which takes any ℓ symbols as enough: extra symbols
// that RaptorQ and an LT code need for a block of ℓ, when symbols come at random.

import { Rng } from '../../dist/base/index.js';
import { RaptorQDecoder, RaptorQEncoder } from '../../dist/fountain/index.js';

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

/** Cumulative probabilities of the degrees 1, 2, … ℓ (Luby 2002, definition 11). */
function robustSoliton(symbols) {
  const r = LT_C * Math.log(symbols / LT_DELTA) * Math.sqrt(symbols);
  const spike = Math.round(symbols / r);
  const weights = Float64Array.from({ length: symbols }, (_, i) => {
    const d = i + 1;
    const ideal = d === 1 ? 1 / symbols : 1 / (d * (d - 1));
    if (d < spike) return ideal + r / (d * symbols);
    return d === spike ? ideal + (r * Math.log(r / LT_DELTA)) / symbols : ideal;
  });
  let sum = 0;
  const cumulative = weights.map((weight) => (sum += weight));
  return cumulative.map((value) => value / sum);
}

/** Symbols beyond `symbols` that an LT code needs, decoded by substitution. */
export function ltExtra({ symbols, seed }) {
  const rng = new Rng(seed);
  const cumulative = robustSoliton(symbols);
  const decoder = new Substitution(symbols);
  let received = 0;
  for (; decoder.missing > 0; received++) {
    const u = rng.unit();
    const degree = 1 + cumulative.findIndex((value) => u < value);
    const members = new Set();
    while (members.size < degree) members.add(rng.below(symbols));
    decoder.add(members);
  }
  return received - symbols;
}

/** The substitution rule of an LT decoder, ids only. */
class Substitution {
  constructor(symbols) {
    this.missing = symbols;
    this.known = new Uint8Array(symbols);
    /** By source symbol, the undecided sums that it is part of. */
    this.sums = Array.from({ length: symbols }, () => []);
  }

  add(members) {
    const unknown = new Set([...members].filter((member) => !this.known[member]));
    if (unknown.size > 1) for (const member of unknown) this.sums[member].push(unknown);
    const ripple = unknown.size === 1 ? [unknown] : [];
    for (let sum = ripple.pop(); sum !== undefined; sum = ripple.pop()) {
      const [member] = sum;
      if (member === undefined || this.known[member]) continue;
      this.known[member] = 1;
      this.missing--;
      for (const other of this.sums[member]) {
        other.delete(member);
        if (other.size === 1) ripple.push(other);
      }
      this.sums[member] = [];
    }
  }
}
