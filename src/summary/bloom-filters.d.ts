// The few lines of bloom-filters 3.0.4 that bloom-filter.ts uses. tsconfig.pure.json maps the package's deep
// path to this file, because its own typings pull Node's globals into the pure floors (see base/canary.ts).

interface BloomFilter {
  readonly _size: number;
  readonly _nbHashes: number;
  readonly _filter: { array: Uint8Array };
  add(element: unknown): void;
  has(element: unknown): boolean;
  rate(): number;
  equals(other: BloomFilter): boolean;
}

type BloomFilterClass = new (size: number, nbHashes: number) => BloomFilter;

/** A CommonJS module: Node's default import is `module.exports`, a bundler's may be the class itself. */
declare const imported: BloomFilterClass | { readonly default: BloomFilterClass };
export default imported;
