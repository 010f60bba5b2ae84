import { describe, expect, it } from 'vitest';
import type { BlockEncoder } from '../../src/content/index.ts';
import { CorruptError, equalBytes } from '../../src/base/index.ts';
import {
  checkLeaves,
  checkLeavesHeader,
  checkSource,
  contentId,
  describeBlock,
  leavesHeader,
  leavesOffset,
  paddedSymbol,
  rootAt,
  verifySymbol,
  windowRoot,
} from '../../src/content/index.ts';
import { RaptorQEncoder } from '../../src/fountain/index.ts';
import { sha256 } from '../../src/node/sha256.ts';
import { blockOf, edgeLengths, sample } from './helpers.ts';

describe('describing a content', () => {
  it('commits to every symbol of every window, at every edge length', () => {
    for (const length of edgeLengths(64, 5)) {
      const s = sample(length, { symbolBytes: 64, blockBytes: 5 * 64, windowRatio: 3 });
      for (let sbn = 0; sbn < s.layout.blockCount; sbn++) {
        const K = s.layout.sourceSymbols(sbn);
        const block = new Uint8Array(K * 64);
        block.set(blockOf(s.bytes, s.layout, sbn));
        const leaves = s.leaves[sbn] ?? new Uint8Array(0);
        expect(checkLeaves(s.descriptor, sbn, leaves, sha256)).toBe(true);
        expect(checkSource(s.descriptor, sbn, blockOf(s.bytes, s.layout, sbn), sha256)).toBe(true);
        expect(checkSource(s.descriptor, sbn, block, sha256)).toBe(true);
        const encoder = new RaptorQEncoder(block, 64);
        for (let esi = 0; esi < 3 * K; esi++) {
          const symbol = encoder.symbol(esi);
          if (esi < K) expect(equalBytes(symbol, paddedSymbol(block, esi, 64))).toBe(true);
          expect(verifySymbol(leaves, esi, symbol, sha256)).toBe(true);
          const wrong = symbol.map((b, i) => (i === 63 ? b ^ 1 : b));
          expect(verifySymbol(leaves, esi, wrong, sha256)).toBe(false);
          // Of a very short block several encoding symbols are equal.
          const other = (esi + 1) % (3 * K);
          const same = equalBytes(symbol, encoder.symbol(other));
          expect(verifySymbol(leaves, other, symbol, sha256)).toBe(same);
        }
        expect(verifySymbol(leaves, 3 * K, encoder.symbol(3 * K), sha256)).toBe(false);
        expect(verifySymbol(leaves, -1, encoder.symbol(0), sha256)).toBe(false);
      }
    }
  });

  it('needs no encoder at ρ = 1, and asks it for repair symbols only', () => {
    const source = new Uint8Array(300).fill(7);
    const asked: number[] = [];
    let released = 0;
    const encoderOf = (padded: Uint8Array): BlockEncoder => {
      expect(padded.length).toBe(320);
      return {
        symbolsInto: (esis, target) => {
          expect(target.length).toBe(esis.length * 64);
          asked.push(...Array.from(esis));
          Array.from(esis).forEach((esi, i) => target.fill(esi, i * 64, (i + 1) * 64));
        },
        release: () => released++,
      };
    };
    const one = describeBlock(source, 64, 1, sha256, () => {
      throw new Error('not needed');
    });
    const two = describeBlock(source, 64, 2, sha256, encoderOf);
    expect(asked).toEqual([5, 6, 7, 8, 9]);
    expect(released).toBe(1);
    expect(two.sourceRoot).toEqual(one.sourceRoot);
    expect(two.leaves.subarray(0, 80)).toEqual(one.leaves);
    expect(two.leaves.subarray(80, 96)).toEqual(sha256(new Uint8Array(64).fill(5)).subarray(0, 16));
    expect(two.windowRoot).toEqual(windowRoot(two.leaves, sha256));
  });
});

describe('describing a large block', () => {
  it('asks for repair symbols in batches, each once and in order, and hashes all of them', () => {
    const [K, T] = [20, 65_536];
    const batches: number[][] = [];
    const encoderOf = (): BlockEncoder => ({
      symbolsInto: (esis, target) => {
        batches.push(Array.from(esis));
        for (let i = 0; i < esis.length; i++) target.fill(esis[i] ?? 0, i * T, (i + 1) * T);
      },
      release: () => undefined,
    });
    const { leaves } = describeBlock(new Uint8Array(K * T), T, 3, sha256, encoderOf);
    expect(batches.flat()).toEqual(Array.from({ length: 2 * K }, (_, i) => K + i));
    expect(batches.length).toBeGreaterThan(1);
    expect(Math.max(...batches.map(({ length }) => length * T))).toBeLessThanOrEqual(256 * 1024);
    for (let esi = K; esi < 3 * K; esi++) {
      expect(verifySymbol(leaves, esi, new Uint8Array(T).fill(esi), sha256)).toBe(true);
    }
  });
});

describe('checkLeaves and checkSource', () => {
  const s = sample(1000, { symbolBytes: 64, blockBytes: 512 });
  const leaves = s.leaves[0] ?? new Uint8Array(0);

  it('refuse wrong lengths, orders, blocks and bytes', () => {
    const swapped = leaves.slice();
    swapped.copyWithin(0, 16, 32);
    for (const bad of [
      leaves.subarray(16),
      Uint8Array.from([...leaves, ...leaves.subarray(0, 16)]),
      new Uint8Array(0),
      swapped,
      rootAt(s.descriptor.windowRoots, 0),
    ]) {
      expect(checkLeaves(s.descriptor, 0, bad, sha256)).toBe(false);
    }
    for (const sbn of [-1, 2, 0.5, NaN])
      expect(checkLeaves(s.descriptor, sbn, leaves, sha256)).toBe(false);
    expect(checkLeaves(s.descriptor, 1, leaves, sha256)).toBe(false);
    const block = s.bytes.slice(0, 512);
    expect(checkSource(s.descriptor, 0, block, sha256)).toBe(true);
    expect(checkSource(s.descriptor, 1, block, sha256)).toBe(false);
    expect(checkSource(s.descriptor, 2, block, sha256)).toBe(false);
    expect(checkSource(s.descriptor, 0, block.subarray(1), sha256)).toBe(false);
    block[511] = (block[511] ?? 0) ^ 1;
    expect(checkSource(s.descriptor, 0, block, sha256)).toBe(false);
  });

  it('find the leaves of a block in a leaves file', () => {
    const id = contentId(s.descriptor, sha256);
    checkLeavesHeader(leavesHeader(id), id);
    expect(leavesOffset(s.layout, 0)).toBe(64);
    expect(leavesOffset(s.layout, 1)).toBe(64 + leaves.length);
    expect(leavesOffset(s.layout, 2)).toBe(64 + 16 * s.layout.idCount);
    const header = leavesHeader(id);
    const change = (at: number): Uint8Array => header.map((b, i) => (i === at ? b ^ 1 : b));
    expect(() => checkLeavesHeader(change(0), id)).toThrow(/not a leaves file/);
    expect(() => checkLeavesHeader(change(19), id)).toThrow(/version/);
    expect(() => checkLeavesHeader(change(25), id)).toThrow(/version/);
    expect(() => checkLeavesHeader(change(63), id)).toThrow(/another content/);
    expect(() => checkLeavesHeader(header.subarray(1), id)).toThrow(CorruptError);
  });
});
