import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../../src/base/index.ts';
import { concatBytes, toHex } from '../../src/base/index.ts';
import { MerkleTree, SourceRoot } from '../../src/content/index.ts';
import { sha256 } from '../../src/node/sha256.ts';

/** RFC 6962, 2.1, word for word: the slow twin. */
function treeHash(entries: readonly Uint8Array[]): Uint8Array {
  const [only] = entries;
  if (only === undefined) return sha256();
  if (entries.length === 1) return sha256(Uint8Array.of(0), only);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  return sha256(Uint8Array.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)));
}

function streamed(entries: readonly Uint8Array[], hash: Sha256 = sha256): Uint8Array {
  const tree = new MerkleTree(hash);
  for (const entry of entries) tree.add(entry);
  return tree.root();
}

describe('MerkleTree', () => {
  it('equals the recursive definition for every list up to 130 entries', () => {
    const entries: Uint8Array[] = [];
    for (let n = 0; n <= 130; n++) {
      expect(toHex(streamed(entries))).toBe(toHex(treeHash(entries)));
      entries.push(sha256(Uint8Array.of(n)));
    }
  });

  it('gives the roots of the test tree of Certificate Transparency', () => {
    // The eight entries and roots that the reference implementation of RFC 6962 tests with.
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    roots.forEach((root, i) => expect(toHex(streamed(entries.slice(0, i + 1)))).toBe(root));
  });

  it('takes entries of any lengths, may go on after root(), and keeps nothing of them', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 40 }), (entries) => {
        const tree = new MerkleTree(sha256);
        const reused = new Uint8Array(80);
        entries.forEach((entry, i) => {
          reused.set(entry);
          tree.add(reused.subarray(0, entry.length));
          reused.fill(255);
          expect(tree.count).toBe(i + 1);
          expect(toHex(tree.root())).toBe(toHex(treeHash(entries.slice(0, i + 1))));
        });
      }),
    );
  });

  it('tells an entry from the node that has the same bytes', () => {
    const [a, b] = [sha256(Uint8Array.of(1)), sha256(Uint8Array.of(2))];
    const forged = concatBytes([sha256(Uint8Array.of(0), a), sha256(Uint8Array.of(0), b)]);
    expect(toHex(streamed([forged]))).not.toBe(toHex(streamed([a, b])));
  });
});

describe('SourceRoot', () => {
  it('is the tree over the hashes of the symbols, which it returns', () => {
    const symbols = [1, 2, 3].map((n) => new Uint8Array(64).fill(n));
    const root = new SourceRoot(sha256);
    const hashes = symbols.map((symbol) => root.add(symbol));
    expect(hashes.map(toHex)).toEqual(symbols.map((symbol) => toHex(sha256(symbol))));
    expect(toHex(root.root())).toBe(toHex(treeHash(hashes)));
  });
});
