// The layout of a plain file, which of its pieces can be checked block by block, and what names it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import type { Layout, Pieces, PlainFile } from '../../src/content/index.ts';
import { blockPieces, plainId, plainLayout } from '../../src/content/index.ts';
import { sha256 } from '../../src/node/sha256.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

const file = (length: number, more: Partial<PlainFile> = {}): PlainFile => ({
  name: 'x',
  length,
  identity: '',
  ...more,
});

/** So many hashes, without the hashes: no layout looks at them, and there may be 10^12. */
const counted = (length: number): readonly Uint8Array[] => ({ length }) as unknown as Uint8Array[];

/** As many pieces as the file has. */
const pieces = (length: number, total: number): Pieces => ({
  type: 'sha-256',
  length,
  hashes: counted(Math.ceil(total / length)),
});

const withPieces = (total: number, length: number): PlainFile =>
  file(total, { pieces: pieces(length, total) });

/** T, symbols of a block, blocks. */
const shape = ({ symbolBytes, blockSymbols, blockCount }: Layout): (number | undefined)[] => [
  symbolBytes,
  blockSymbols,
  blockCount,
];

const lengths = fc.oneof(
  fc.nat(100 * KiB),
  fc.nat(100 * MiB),
  fc.integer({ min: 0, max: 4096 * GiB }),
);
const pieceLengths = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((bits) => 2 ** bits),
  fc
    .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 20 }))
    .map(([odd, bits]) => odd * 2 ** bits),
  fc.integer({ min: 1, max: 999_999_999_999 }),
);

describe('the layout of a plain file', () => {
  it('has symbols of 16 KiB and blocks of 4 MiB, fewer or more at the ends', () => {
    const table: [number, number, number, number][] = [
      [0, 64, 1, 0],
      [1, 64, 1, 1],
      [65, 64, 2, 1],
      [MiB, 8 * KiB, 128, 1],
      [2 * MiB, 16 * KiB, 128, 1],
      [4 * MiB, 16 * KiB, 256, 1],
      [4 * MiB + 1, 16 * KiB, 256, 2],
      [GiB, 16 * KiB, 256, 256],
      [256 * GiB, 16 * KiB, 256, 65_536],
      [256 * GiB + 1, 32 * KiB, 129, 65_028],
      [4096 * GiB, 64 * KiB, 1024, 65_536],
    ];
    for (const [length, ...rest] of table) expect(shape(plainLayout(file(length)))).toEqual(rest);
    expect(() => plainLayout(file(4096 * GiB + 1))).toThrow(UsageError);
  });

  it('exists for every length and every list of pieces, within its bounds', () => {
    fc.assert(
      fc.property(lengths, pieceLengths, (length, pieceBytes) => {
        const described = withPieces(length, pieceBytes);
        const layout = plainLayout(described);
        const blockBytes = (layout.blockSymbols ?? 0) * layout.symbolBytes;
        expect([layout.length, layout.windowRatio]).toEqual([length, 1]);
        expect(layout.symbolBytes).toBeLessThanOrEqual(length > 256 * GiB ? 64 * KiB : 16 * KiB);
        expect(layout.sourceSymbolCount).toBeLessThanOrEqual(2 ** 26);
        const most = Math.max(8 * MiB, 2 * (length / 65_536), pieceBytes);
        expect(blockBytes).toBeLessThanOrEqual(most);
        if (blockPieces(described, layout) === undefined) {
          expect(shape(layout)).toEqual(shape(plainLayout(file(length))));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('has each piece that it says can be checked in one block', () => {
    fc.assert(
      fc.property(lengths, pieceLengths, fc.nat(), (length, pieceBytes, pick) => {
        fc.pre(length > 0);
        const described = withPieces(length, pieceBytes);
        const layout = plainLayout(described);
        const blockBytes = (layout.blockSymbols ?? 0) * layout.symbolBytes;
        const count = Math.ceil(length / pieceBytes);
        const isInOne = [0, 1, pick % count, count - 1].map((piece) => {
          const last = Math.min(length, (piece + 1) * pieceBytes) - 1;
          const first = Math.min(last, piece * pieceBytes);
          return Math.floor(first / blockBytes) === Math.floor(last / blockBytes);
        });
        if (blockPieces(described, layout) !== undefined) expect(isInOne).not.toContain(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('is made for pieces of the usual lengths, and for odd ones that have a common multiple', () => {
    const table: [number, number, number | undefined][] = [
      // Length of a piece; T; bytes of a block, when the pieces fit.
      [1, 16 * KiB, 4 * MiB],
      [512, 16 * KiB, 4 * MiB],
      [256 * KiB, 16 * KiB, 4 * MiB],
      [4 * MiB, 16 * KiB, 4 * MiB],
      [5 * MiB, 16 * KiB, 5 * MiB],
      [64 * MiB, 16 * KiB, 64 * MiB],
      [3 * KiB, 16 * KiB, 85 * 48 * KiB],
      [17 * KiB, 16 * KiB, 15 * 272 * KiB],
      [511 * KiB, 8 * KiB, 4088 * KiB],
      [100_000, KiB, 3_200_000],
      [1_000_000, 16 * KiB, undefined],
      [999_999, 16 * KiB, undefined],
      [64 * MiB - KiB, 16 * KiB, undefined], // 65,535 symbols of 1 KiB
      [64 * MiB + 16 * KiB, 16 * KiB, undefined],
      [200_000_000, 16 * KiB, undefined],
    ];
    for (const [pieceBytes, symbolBytes, blockBytes] of table) {
      const described = withPieces(123_456_789, pieceBytes);
      const layout = plainLayout(described);
      const fits = blockPieces(described, layout) !== undefined;
      const found = [layout.symbolBytes, (layout.blockSymbols ?? 0) * layout.symbolBytes, fits];
      const expected = [symbolBytes, blockBytes ?? 4 * MiB, blockBytes !== undefined];
      expect([pieceBytes, ...found]).toEqual([pieceBytes, ...expected]);
    }
  });

  it('takes a file of one piece as one block, up to 64 MiB', () => {
    for (const [length, fits] of [
      [1, true],
      [9_000_001, true],
      [64 * MiB, true],
      [64 * MiB + 1, false],
    ] as const) {
      const described = withPieces(length, 999_999_999_999);
      const layout = plainLayout(described);
      expect([length, blockPieces(described, layout) !== undefined]).toEqual([length, fits]);
      expect([length, layout.blockCount === 1]).toEqual([length, fits]);
    }
  });

  it('gives up pieces that would take more than 64 Mi symbols', () => {
    for (const [length, fits] of [
      [2 ** 36, true],
      [2 ** 36 + 1, false],
    ] as const) {
      const described = withPieces(length, 3001 * KiB);
      expect(blockPieces(described, plainLayout(described)) !== undefined).toBe(fits);
    }
  });

  it('ignores pieces that are not those of the file', () => {
    const wrong: Pieces[] = [
      { ...pieces(MiB, 10 * MiB), hashes: counted(9) },
      { ...pieces(MiB, 10 * MiB), hashes: counted(11) },
      { ...pieces(MiB, 10 * MiB), length: 0 },
      { ...pieces(MiB, 10 * MiB), length: NaN },
      { ...pieces(MiB, 10 * MiB), length: 1.5 },
    ];
    for (const one of wrong) {
      const described = file(10 * MiB, { pieces: one });
      const layout = plainLayout(described);
      expect(shape(layout)).toEqual(shape(plainLayout(file(10 * MiB))));
      expect(blockPieces(described, layout)).toBeUndefined();
    }
  });
});

describe('the id of a plain file', () => {
  const hashes = (count: number, fill = 0): Uint8Array[] =>
    Array.from({ length: count }, () => new Uint8Array(32).fill(fill));
  const list = { type: 'sha-256', length: 100, hashes: hashes(10) } as const;

  it('covers its length, hashes, pieces and version, and not its name', () => {
    const ids = [
      file(1000),
      file(1001),
      file(1000, { identity: '"one"' }),
      file(1000, { identity: '"two"' }),
      file(1000, { sha256: new Uint8Array(32) }),
      file(1000, { sha256: new Uint8Array(32).fill(1) }),
      file(1000, { pieces: list }),
      file(1000, { pieces: { ...list, type: 'sha-1' } }),
      file(1000, { pieces: { ...list, length: 101 } }),
      file(1000, { pieces: { ...list, hashes: hashes(10, 1) } }),
      // The hash of the file is not taken for that of a piece.
      file(1000, { sha256: new Uint8Array(32), pieces: { ...list, hashes: hashes(9) } }),
    ].map((one) => Buffer.from(plainId(one, sha256)).toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
    expect(plainId(file(1000, { name: 'y' }), sha256)).toEqual(plainId(file(1000), sha256));
    expect(plainId(file(1000), sha256)).toHaveLength(32);
  });

  it('is made of as many pieces as a Metalink may list, and of any text', () => {
    const many = { type: 'sha-256', length: MiB, hashes: hashes(262_144) } as const;
    expect(plainId(file(262_144 * MiB, { pieces: many }), sha256)).toHaveLength(32);
    expect(plainId(file(1, { identity: '\ud800"\n' }), sha256)).toHaveLength(32);
  });
});
