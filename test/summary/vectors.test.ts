// Replays protocol/vectors/summaries.json, good and bad cases.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bitset, fromHex, toHex } from '../../src/base/index.ts';
import {
  bloomFault,
  decodeBloom,
  decodeExact,
  decodeIdRuns,
  decodeMinWise,
  encodeBloom,
  encodeExact,
  encodeIdRuns,
  encodeMinWise,
  forEachRun,
  MinWiseSketch,
  RibltDecoder,
  RibltStream,
} from '../../src/summary/index.ts';
import { seededKey } from '../../src/summary/bloom-filter.ts';
import { ribltCheck, ribltNext, ribltStep } from '../../src/summary/riblt-mapping.ts';
import type { Run } from './helpers.ts';
import { expand } from './helpers.ts';
import { twinPositions } from './riblt-twin.ts';

interface Case {
  readonly name: string;
  readonly hex: string;
  readonly from: number;
  readonly to: number;
  /** null: to be refused. */
  readonly runs: readonly Run[] | null;
}
interface Vectors {
  readonly idRuns: readonly (Case & { readonly idCount: number; readonly limit: number })[];
  readonly exact: readonly (Case & { readonly shortest: boolean })[];
  readonly bloom: readonly (Case & {
    readonly seed: number;
    readonly bitsPerId: number;
    readonly positives: readonly Run[];
    readonly fault?: string;
  })[];
  readonly minWise: readonly (Case & {
    readonly seed: number;
    readonly binBits: number;
    readonly valueBits: 4 | 8;
  })[];
  readonly ribltIds: readonly {
    readonly id: number;
    readonly salt: number;
    readonly key: number;
    readonly check: number;
    /** The first cells that the id is in. */
    readonly cells: readonly number[];
  }[];
  readonly riblt: readonly RibltCase[];
}

interface RibltCase extends Omit<Case, 'hex'> {
  /** The bodies in order, and what a reader with the set `own` says to each. */
  readonly hex: readonly string[];
  readonly progress: readonly string[];
  readonly own: readonly Run[];
  readonly salt: number;
  readonly added: readonly Run[];
  readonly lacking: readonly Run[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/summaries.json', import.meta.url), 'utf8'),
) as Vectors;

function setOf(c: Case): Bitset {
  return setOfRuns(c.to, c.runs ?? []);
}

function setOfRuns(length: number, runs: readonly Run[]): Bitset {
  const bits = new Bitset(length);
  for (const [start, end] of runs) bits.addRange(start, end);
  return bits;
}

describe('id runs', () => {
  it.each(vectors.idRuns)('$name', (c) => {
    const ids = decodeIdRuns(fromHex(c.hex), c.idCount, c.limit);
    if (c.runs === null) {
      expect(ids).toBeUndefined();
    } else {
      expect([...ids!]).toEqual(expand(c.runs));
      expect(toHex(encodeIdRuns(expand(c.runs)))).toBe(c.hex);
    }
  });
});

describe('exact', () => {
  it.each(vectors.exact)('$name', (c) => {
    const into = new Bitset(c.to);
    const valid = decodeExact(fromHex(c.hex), c.from, c.to, into);
    expect(valid).toBe(c.runs !== null);
    if (c.runs === null) return;
    const runs: Run[] = [];
    forEachRun(into, 0, c.to, (start, end) => runs.push([start, end]));
    expect(runs).toEqual(c.runs);
    if (c.shortest) expect(toHex(encodeExact(into, c.from, c.to))).toBe(c.hex);
  });
});

describe('bloom', () => {
  it.each(vectors.bloom)('$name', (c) => {
    const body = fromHex(c.hex);
    expect(bloomFault(body, c.from, c.to)).toBe(c.fault);
    if (c.fault !== undefined) return;
    const summary = decodeBloom(body, c.from, c.to)!;
    const positives: number[] = [];
    for (let id = c.from; id < c.to; id++) if (summary.has(id)) positives.push(id);
    expect(positives).toEqual(expand(c.positives));
    expect(toHex(encodeBloom(setOf(c), c.from, c.to, c))).toBe(c.hex);
  });
});

describe('min-wise', () => {
  it.each(vectors.minWise)('$name', (c) => {
    const summary = decodeMinWise(fromHex(c.hex), c.from, c.to);
    expect(summary !== undefined).toBe(c.runs !== null);
    if (c.runs === null) return;
    const sketch = MinWiseSketch.of(setOf(c), c.from, c.to, c.seed, c.binBits);
    expect(toHex(encodeMinWise(sketch, c.valueBits))).toBe(c.hex);
  });
});

describe('rateless IBLT', () => {
  it.each(vectors.ribltIds)('id $id, salt $salt', ({ id, salt, key, check, cells }) => {
    expect(seededKey(id, salt)).toBe(key);
    expect(ribltCheck(key) >>> 0).toBe(check);
    let [index, state] = [0, key];
    for (const cell of cells) {
      expect(index).toBe(cell);
      state = ribltStep(state);
      index = ribltNext(index, state);
    }
    expect(twinPositions(id, salt, cells.at(-1)! + 1)).toEqual(cells);
  });

  it.each(vectors.riblt)('$name', (c) => {
    const length = c.to + 100;
    const decoder = new RibltDecoder(setOfRuns(length, c.own), c.from, c.to);
    expect(c.hex.map((hex) => decoder.take(fromHex(hex)))).toEqual(c.progress);
    if (c.runs === null) return;
    expect([...decoder.added].sort((a, b) => a - b)).toEqual(expand(c.added));
    expect([...decoder.lacking].sort((a, b) => a - b)).toEqual(expand(c.lacking));
    const stream = new RibltStream(setOfRuns(length, c.runs), c.from, c.to, c.salt);
    const written = c.hex.map((hex) => toHex(stream.next((hex.length - 24) / 16)!));
    expect(written).toEqual(c.hex);
  });
});
