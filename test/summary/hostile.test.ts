// Bytes from a stranger into every decoder: never a throw, and time and memory bounded by the bytes and the
// range, not by what they claim.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { SummaryKind } from '../../src/summary/index.ts';
import {
  decodeExact,
  decodeIdRuns,
  decodeSummary,
  encodeIdRuns,
  encodeSummary,
  estimateContainment,
  MinWiseSketch,
  MinWiseSummary,
  readIdRuns,
  STANDALONE_KINDS,
  SUMMARY_KINDS,
} from '../../src/summary/index.ts';
import { anyBytes, bitsetOf, sample } from './helpers.ts';

const FROM = 1000;
const TO = 9192;

/** Everything a peer's body can reach. */
function feed(bytes: Uint8Array): void {
  for (const kind of SUMMARY_KINDS) {
    const summary = decodeSummary(kind, bytes, FROM, TO);
    if (summary === undefined) continue;
    if (summary.count > TO - FROM) expect.fail('claims more than the range');
    for (const id of [0, FROM - 1, FROM, FROM + 77, TO - 1, TO, 0xffffffff]) {
      if (summary.has(id) && (id < FROM || id >= TO)) expect.fail('answers outside its range');
    }
    if (summary instanceof MinWiseSummary) {
      const own = new MinWiseSketch(summary.seed, summary.binBits);
      for (let id = 0; id < 50; id++) own.add(id);
      const { value, standardError } = estimateContainment(own, summary);
      if (!(value >= 0 && value <= 1 && standardError >= 0)) expect.fail('no estimate');
    }
  }
  decodeExact(bytes, FROM, TO, new Bitset(TO));
  const ids = decodeIdRuns(bytes, TO, 4096);
  if (ids !== undefined && ids.length > 4096) expect.fail('over the limit');
  readIdRuns(bytes, 0xffffffff, 0xffffffff, () => undefined);
}

/** A valid body with a few bytes changed, cut, added or moved. */
function mutate(rng: Rng, body: Uint8Array): Uint8Array {
  const bytes = [...body];
  for (let i = 1 + rng.below(4); i > 0; i--) {
    const at = rng.below(bytes.length + 1);
    switch (rng.below(6)) {
      case 0:
        bytes[at] = rng.below(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << rng.below(8));
        break;
      case 2:
        bytes.length = at;
        break;
      case 3:
        bytes.splice(at, 0, rng.below(256));
        break;
      case 4:
        bytes.splice(at, 1);
        break;
      default:
        // The header is where the claims are.
        bytes[rng.below(14)] = [0, 1, 0x7f, 0x80, 0xff][rng.below(5)]!;
    }
  }
  return Uint8Array.from(bytes, (byte) => byte ?? 0);
}

describe('hostile bodies', () => {
  it('random bytes', () => {
    fc.assert(fc.property(anyBytes, feed), { numRuns: 3000 });
  });

  it('random bytes behind a valid first byte', () => {
    fc.assert(
      fc.property(fc.nat(12), anyBytes, (first, bytes) => feed(Uint8Array.of(first, ...bytes))),
      { numRuns: 3000 },
    );
  });

  it('valid bodies, mutated', () => {
    const rng = new Rng(20_240_601);
    for (const count of [0, 1, 30, 900, 4096, 8000, 8192]) {
      const ids = sample(rng, count, FROM, TO);
      const bits = bitsetOf(TO, ids);
      const bodies = STANDALONE_KINDS.map((kind) =>
        encodeSummary(kind, bits, FROM, TO, rng.uint32()),
      );
      bodies.push(encodeIdRuns(ids));
      for (const body of bodies) for (let i = 0; i < 150; i++) feed(mutate(rng, body));
    }
  });

  it('bodies of 64 KiB with the worst claims are refused or read within 50 ms', () => {
    const worst: Uint8Array[] = [];
    for (const first of [0, 1, 2, 3, 6, 10, 12]) {
      for (const fill of [0x00, 0x01, 0x55, 0x7f, 0x80, 0xff]) {
        worst.push(new Uint8Array(65_536).fill(fill).fill(first, 0, 1));
        worst.push(new Uint8Array(61_440).fill(fill).fill(first, 0, 1));
      }
    }
    const ranges = [
      [0, 1],
      [0, 491_512],
      [4_294_000_000, 4_294_400_000],
    ] as const;
    const slow: string[] = [];
    for (const body of worst) {
      for (const [from, to] of ranges) {
        for (const kind of SUMMARY_KINDS) {
          const limit = quickest(() => decodeSummary(kind, body, from, to));
          if (limit > 50) slow.push(`${kind} ${body[0]} ${body[1]} ${limit} ms`);
        }
      }
    }
    expect(slow).toEqual([]);
  });

  it.each([
    ['exact: Rice claims 2^31 ids', 'exact', [2, 0xff, 0xff, 0xff, 0xff, 7, 0, 0]],
    ['exact: a run of 2^52 ids', 'exact', [0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7]],
    ['bloom: 512 MiB filter', 'bloom', [0xff, 0xff, 0xff, 0xf8, 5, 0, 0, 0, 1, 0, 0, 0, 9]],
    ['min-wise: 2^255 bins', 'min-wise', [255, 8, 0, 0, 0, 1, 0, 0, 0, 9]],
  ] as const)('%s', (_, kind: SummaryKind, bytes) => {
    expect(decodeSummary(kind, Uint8Array.from(bytes), FROM, TO)).toBeUndefined();
  });
});

/** The best of three, so that a pause of a shared machine is no failure. */
function quickest(run: () => unknown): number {
  let best = Infinity;
  for (let i = 0; i < 3 && best > 50; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
