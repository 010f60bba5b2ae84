// What is measured, and which symbols decoders get.

/**
 * In the order in which they are measured: `repair` goes on with the encoder that `encode` left. `verb`
 * is the request (program.mjs), `lost` how many source symbols do not reach the decoder.
 */
export const MEASURES = [
  { name: 'encode', verb: 'encode' },
  { name: 'repair', verb: 'repair' },
  { name: 'encodeUncached', verb: 'encodeUncached' },
  { name: 'decodeRepair', verb: 'decode', lost: (K) => K },
  { name: 'decodeLoss10', verb: 'decode', lost: (K) => Math.round(K / 10) },
  { name: 'decodeOne', verb: 'decode', lost: () => 1 },
  { name: 'structure', verb: 'structure', lost: (K) => K },
];

/** What the figures are in. Repair is counted per byte produced, decoding per byte of the block. */
export const UNITS = {
  default: 'MB (10^6 bytes) of source per second of process CPU time',
  structure: 'µs of process CPU time per source symbol, T = 8',
  operations: 'per source symbol; repair: per repair symbol',
};

/** The figure for CPU seconds of one repetition. */
export function figure(measure, K, T, seconds) {
  if (measure === 'structure') return round((seconds * 1e6) / K);
  return round((K * T) / 1e6 / seconds);
}

/** Three digits or more. */
export function round(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/**
 * The ESIs that reach a decoder: the source symbols without `count` lost ones, then count + 2 repair symbols. Which
 * are lost looks random and depends on K only.
 */
export function receivedEsis(K, count) {
  const lost = new Set();
  for (let x = 1; lost.size < count && count < K;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    lost.add(Math.floor((x / 2 ** 32) * K));
  }
  const esis = [];
  for (let esi = 0; esi < K && count < K; esi++) if (!lost.has(esi)) esis.push(esi);
  for (let i = 0; i < count + 2; i++) esis.push(K + i);
  return esis;
}
