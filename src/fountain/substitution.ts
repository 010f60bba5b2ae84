// Which symbols sums of symbols give by substitution (peeling): a sum of which all but one are known gives that one,
// which may complete other sums. Knows numbers only, no payload.

/** Numbers that grow. */
class Numbers {
  values: Int32Array = new Int32Array(1024);
  count = 0;

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Int32Array(2 * this.count);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }
}

/** Called when sum `sum` gives symbol `symbol`: all other symbols of the sum are known by now. */
export type Solve = (symbol: number, sum: number) => void;

/** What is known of symbols 0..symbolCount − 1, from sums of them. */
export class Substitution {
  private readonly known: Uint8Array;
  private knownSymbols = 0;
  /** By sum: how many of its symbols are unknown, and the XOR of their numbers. */
  private readonly unknownCounts: Numbers = new Numbers();
  private readonly unknownXors: Numbers = new Numbers();
  /** By symbol: the last of its edges, or −1. By edge: its sum, and the symbol's edge before. */
  private readonly lastEdges: Int32Array;
  private readonly edgeSums: Numbers = new Numbers();
  private readonly edgesBefore: Numbers = new Numbers();

  constructor(symbolCount: number) {
    this.known = new Uint8Array(symbolCount);
    this.lastEdges = new Int32Array(symbolCount).fill(-1);
  }

  /** How many symbols are known. */
  get knownCount(): number {
    return this.knownSymbols;
  }

  isKnown(symbol: number): boolean {
    return this.known[symbol] === 1;
  }

  /** How many sums were added: the number of the next one. Those that are nothing but known symbols have no number. */
  get sumCount(): number {
    return this.unknownCounts.count;
  }

  /** Adds the sum of different symbols; false when all of them are known. Reports what that gives, in order. */
  add(symbols: ArrayLike<number>, solve: Solve): boolean {
    const sum = this.sumCount;
    let unknownCount = 0;
    let unknownXor = 0;
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i]!;
      if (this.isKnown(symbol)) continue;
      unknownCount++;
      unknownXor ^= symbol;
    }
    if (unknownCount === 0) return false;
    this.unknownCounts.push(unknownCount);
    this.unknownXors.push(unknownXor);
    if (unknownCount === 1) {
      this.unknownCounts.values[sum] = 0;
      this.propagate(unknownXor, sum, solve);
      return true;
    }
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i]!;
      if (this.isKnown(symbol)) continue;
      this.edgesBefore.push(this.lastEdges[symbol]!);
      this.lastEdges[symbol] = this.edgeSums.count;
      this.edgeSums.push(sum);
    }
    return true;
  }

  /** Symbol `first` is given by a sum: solves all that follows from it. */
  private propagate(first: number, sumOfFirst: number, solve: Solve): void {
    const { unknownCounts, unknownXors } = this;
    /** Sums that have one unknown symbol left, or had. */
    const ready: number[] = [];
    const learn = (symbol: number, by: number): void => {
      this.known[symbol] = 1;
      this.knownSymbols++;
      solve(symbol, by);
      for (let edge = this.lastEdges[symbol]!; edge >= 0; edge = this.edgesBefore.values[edge]!) {
        const sum = this.edgeSums.values[edge]!;
        unknownXors.values[sum]! ^= symbol;
        if (--unknownCounts.values[sum]! === 1) ready.push(sum);
      }
    };
    learn(first, sumOfFirst);
    for (let sum = ready.pop(); sum !== undefined; sum = ready.pop()) {
      // Another one may have given its last symbol meanwhile.
      if (unknownCounts.values[sum] === 1) learn(unknownXors.values[sum]!, sum);
    }
  }
}
