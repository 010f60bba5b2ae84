// Sums of whole symbols, a few at a time. Long programs of them are for the kernel.

/** The XOR of symbols of `bytes` bytes, on 32-bit lanes. */
export class SymbolSum {
  private readonly sum: Int32Array;
  private readonly term: Int32Array;
  /** The sum. */
  readonly bytes: Uint8Array;
  private readonly termBytes: Uint8Array;

  constructor(first: Uint8Array) {
    const lanes = Math.ceil(first.length / 4);
    this.sum = new Int32Array(lanes);
    this.term = new Int32Array(lanes);
    this.bytes = new Uint8Array(this.sum.buffer, 0, first.length);
    this.termBytes = new Uint8Array(this.term.buffer, 0, first.length);
    this.bytes.set(first);
  }

  /** Adds the symbol that `fill` writes to its argument. */
  add(fill: (target: Uint8Array) => void): void {
    fill(this.termBytes);
    const { sum, term } = this;
    for (let i = 0; i < sum.length; i++) sum[i]! ^= term[i]!;
  }
}
