// Data that the tests of this folder share.

import { Rng } from '../../src/base/index.ts';
import { ESI_MAX } from '../../src/fountain/index.ts';

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
