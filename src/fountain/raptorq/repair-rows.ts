// Which memory row a repair symbol is in. A Map would do the same; for the ten thousand symbols of a block it takes
// several times the memory, which every block would need anew.

/** ESI → row, in the order of insertion, as a hash table with chains. */
export class RepairRows {
  private count = 0;
  private esis: Int32Array = new Int32Array(0);
  private rows: Int32Array = new Int32Array(0);
  /** By entry: the one before it in its chain, + 1. */
  private nexts: Int32Array = new Int32Array(0);
  /**
   * By lowest bits of the ESI: the last entry of the chain, + 1. Consecutive ESIs share no chain; since there are more
   * chains than entries, the worst choice of n of the 2^24 ESIs makes chains of 2^24 / n entries.
   */
  private heads: Int32Array = new Int32Array(0);

  get size(): number {
    return this.count;
  }

  /** The row of a symbol, or undefined when it is not held. */
  get(esi: number): number | undefined {
    const entry = this.find(esi);
    return entry < 0 ? undefined : this.rows[entry];
  }

  has(esi: number): boolean {
    return this.find(esi) >= 0;
  }

  /** Adds a symbol that is not held. */
  add(esi: number, row: number): void {
    if (this.count === this.esis.length) this.grow();
    const entry = this.count++;
    this.esis[entry] = esi;
    this.rows[entry] = row;
    this.chain(entry);
  }

  /** The ESIs, and then their rows, valid until the next change. */
  keys(): Int32Array {
    return this.esis.subarray(0, this.count);
  }

  values(): Int32Array {
    return this.rows.subarray(0, this.count);
  }

  clear(): void {
    this.count = 0;
    this.heads.fill(0);
  }

  private find(esi: number): number {
    const { esis, nexts, heads } = this;
    if (heads.length === 0) return -1;
    let entry = heads[esi & (heads.length - 1)]! - 1;
    while (entry >= 0 && esis[entry] !== esi) entry = nexts[entry]! - 1;
    return entry;
  }

  private chain(entry: number): void {
    const slot = this.esis[entry]! & (this.heads.length - 1);
    this.nexts[entry] = this.heads[slot]!;
    this.heads[slot] = entry + 1;
  }

  private grow(): void {
    const size = Math.max(64, 2 * this.esis.length);
    this.esis = enlarged(this.esis, size);
    this.rows = enlarged(this.rows, size);
    this.nexts = new Int32Array(size);
    this.heads = new Int32Array(size);
    for (let entry = 0; entry < this.count; entry++) this.chain(entry);
  }
}

function enlarged(array: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}
