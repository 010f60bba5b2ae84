// Min-wise sketches as bytes (protocol/summaries.md, kind 2).

import { UsageError } from '../base/index.ts';
import type { Summary } from './kind.ts';
import { isSummaryRange } from './kind.ts';
import type { MinWiseSketch, RemoteSketch } from './min-wise.ts';
import { BIN_BITS_MAX, BIN_BITS_MIN } from './min-wise.ts';

/** q u8, b u8, seed u32, n u32. */
export const MIN_WISE_HEADER_BYTES = 10;

/** The body for a sketch; `valueBits` low bits of each bin are sent. The sketch's range is the caller's. */
export function encodeMinWise(sketch: MinWiseSketch, valueBits: 4 | 8 = 8): Uint8Array {
  if (valueBits !== 4 && valueBits !== 8) throw new UsageError('valueBits is not 4 or 8');
  const bins = sketch.count === 0 ? new Uint8Array(0) : packed(sketch.bins(valueBits), valueBits);
  const body = new Uint8Array(MIN_WISE_HEADER_BYTES + bins.length);
  const header = new DataView(body.buffer);
  header.setUint8(0, sketch.binBits);
  header.setUint8(1, valueBits);
  header.setUint32(2, sketch.seed);
  header.setUint32(6, sketch.count);
  body.set(bins, MIN_WISE_HEADER_BYTES);
  return body;
}

/** A remote sketch. It names no ids: `has` is always false; use the estimates of min-wise.ts. */
export class MinWiseSummary implements Summary, RemoteSketch {
  readonly kind = 'min-wise';
  readonly binBits: number;
  readonly seed: number;
  readonly valueBits: 4 | 8;
  readonly count: number;
  readonly bins: Uint8Array;

  constructor(remote: RemoteSketch) {
    this.binBits = remote.binBits;
    this.seed = remote.seed;
    this.valueBits = remote.valueBits;
    this.count = remote.count;
    this.bins = remote.bins;
  }

  has(): boolean {
    return false;
  }
}

/** Undefined when the bytes are no min-wise body for [from, to). */
export function decodeMinWise(
  bytes: Uint8Array,
  from: number,
  to: number,
): MinWiseSummary | undefined {
  if (!isSummaryRange('min-wise', from, to) || bytes.length < MIN_WISE_HEADER_BYTES)
    return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset, MIN_WISE_HEADER_BYTES);
  const binBits = header.getUint8(0);
  const valueBits = header.getUint8(1);
  const count = header.getUint32(6);
  if (binBits < BIN_BITS_MIN || binBits > BIN_BITS_MAX || count > to - from) return undefined;
  if (valueBits !== 4 && valueBits !== 8) return undefined;
  const binsBytes = count === 0 ? 0 : ((1 << binBits) * valueBits) / 8;
  if (bytes.length !== MIN_WISE_HEADER_BYTES + binsBytes) return undefined;
  const bins = unpacked(bytes.subarray(MIN_WISE_HEADER_BYTES), valueBits);
  return new MinWiseSummary({ binBits, seed: header.getUint32(2), valueBits, count, bins });
}

function packed(bins: Uint8Array, valueBits: 4 | 8): Uint8Array {
  if (valueBits === 8) return bins;
  const pairs = new Uint8Array(bins.length / 2);
  for (let i = 0; i < pairs.length; i++)
    pairs[i] = (bins[2 * i] ?? 0) | ((bins[2 * i + 1] ?? 0) << 4);
  return pairs;
}

/** Always a copy: a view would keep the whole message alive. */
function unpacked(bytes: Uint8Array, valueBits: 4 | 8): Uint8Array {
  if (valueBits === 8) return bytes.slice();
  const bins = new Uint8Array(bytes.length * 2);
  bytes.forEach((pair, i) => {
    bins[2 * i] = pair & 15;
    bins[2 * i + 1] = pair >>> 4;
  });
  return bins;
}
