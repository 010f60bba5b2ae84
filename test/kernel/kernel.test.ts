import { describe, expect, it } from 'vitest';
import {
  countOperations,
  EXP,
  foldTap,
  invert,
  jsKernel,
  LOG,
  multiply,
  ProgramWriter,
} from '../../src/kernel/index.ts';
import { slowMultiply } from './slow-kernel.ts';
import { bitsSuite } from './bits-suite.ts';
import { kernelSuite } from './suite.ts';

describe('js kernel', () => {
  kernelSuite(jsKernel);
  bitsSuite(jsKernel);
});

describe('GF(256)', () => {
  it('multiplies as by shifting and reducing', () => {
    for (let u = 0; u < 256; u++) {
      for (let v = 0; v < 256; v++) expect(multiply(u, v)).toBe(slowMultiply(u, v));
    }
  });

  it('has inverses, and α generates it', () => {
    for (let u = 1; u < 256; u++) {
      expect(multiply(u, invert(u))).toBe(1);
      expect(EXP[LOG[u]!]).toBe(u);
    }
    // The first entries of the tables in RFC 6330, 5.7.3 and 5.7.4.
    expect([...EXP.subarray(0, 12)]).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 29, 58, 116, 232]);
    expect([...LOG.subarray(1, 9)]).toEqual([0, 1, 25, 2, 50, 26, 198, 3]);
  });
});

describe('programs', () => {
  it('count their operations in symbols read', () => {
    const program = new ProgramWriter(1);
    program.set(0, []);
    program.set(1, [2, 3, 4]);
    program.add(1, [5, 6]);
    program.add(1, []);
    program.double(7, 8);
    program.doubleAdd(7, 8, 9);
    program.multiplyAdd(1, [2, 3], [77, 78]);
    program.fold(10, [11, 12], [foldTap(13, 0, 1), foldTap(-1, 0, 1), foldTap(14, 0, 0)], 3);
    expect(countOperations(program.finish())).toEqual({
      xors: 3 + 2 + 1 + 2 + (3 + 2 + 1),
      multiplications: 1 + 1 + 2 + 3,
    });
    program.clear();
    expect(program.length).toBe(0);
  });
});
