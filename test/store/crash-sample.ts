// A content that parent and child make without an encoder: its "repair symbols" are just other bytes, which the
// leaves commit to like any others.

import { createHash } from 'node:crypto';
import { Rng } from '../../src/base/index.ts';
import type { Descriptor } from '../../src/content/index.ts';
import { Layout, SourceRoot, windowRoot } from '../../src/content/index.ts';
import { sha256 } from '../../src/node/sha256.ts';

const T = 4096;
const BLOCK_COUNT = 6;
const LENGTH = T * 150 - 77;

export interface CrashSample {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  readonly layout: Layout;
  readonly leaves: readonly Uint8Array[];
}

export function sampleForCrash(): CrashSample {
  const bytes = new Rng(1).fill(new Uint8Array(LENGTH));
  const parameters = { length: LENGTH, symbolBytes: T, blockCount: BLOCK_COUNT, windowRatio: 2 };
  const layout = new Layout(parameters);
  const leaves: Uint8Array[] = [];
  const sourceRoots = new Uint8Array(32 * BLOCK_COUNT);
  const windowRoots = new Uint8Array(32 * BLOCK_COUNT);
  for (let sbn = 0; sbn < BLOCK_COUNT; sbn++) {
    const own = new Uint8Array(16 * layout.windowSize(sbn));
    const root = new SourceRoot(sha256);
    for (let esi = 0; esi < layout.windowSize(sbn); esi++) {
      const symbol = symbolOf(bytes, layout, layout.id(sbn, esi));
      own.set(sha256(symbol).subarray(0, 16), 16 * esi);
      if (esi < layout.sourceSymbols(sbn)) root.add(symbol);
    }
    leaves.push(own);
    sourceRoots.set(root.root(), 32 * sbn);
    windowRoots.set(windowRoot(own, sha256), 32 * sbn);
  }
  const whole = new Uint8Array(createHash('sha256').update(bytes).digest());
  const descriptor = {
    ...parameters,
    name: 'crash',
    sourceRoots,
    windowRoots,
    sha256: whole,
    mirrors: [],
  };
  return { bytes, descriptor, layout, leaves };
}

export function symbolOf(bytes: Uint8Array, layout: Layout, id: number): Uint8Array {
  const sbn = layout.sbnOf(id);
  const esi = layout.esiOf(id);
  const symbol = new Uint8Array(T);
  if (esi >= layout.sourceSymbols(sbn)) return new Rng(1000 + id).fill(symbol);
  const offset = layout.blockOffset(sbn) + esi * T;
  symbol.set(bytes.subarray(offset, offset + T));
  return symbol;
}
