// Kernel.reduceBits in plain JavaScript.

/** See Kernel.reduceBits. */
export function reduceBits(
  bits: Int32Array,
  rows: number,
  words: number,
  columns: number,
): Int32Array {
  const pivots = new Int32Array(rows).fill(-1);
  const open = new Int32Array(words).fill(-1); // the columns that are not pivots
  const kept: number[] = [];
  for (let row = 0; row < rows && kept.length < columns; row++) {
    const at = row * words;
    // All bits at pivots are looked up first: afterwards they say what the row is the sum of.
    const chosen = kept.filter((other) => takeBit(bits, at, pivots[other]!));
    for (const other of chosen) addRow(bits, at, other * words, words);
    const pivot = lowestColumn(bits, at, open);
    if (pivot < 0) continue;
    for (const other of kept) {
      if (takeBit(bits, other * words, pivot)) addRow(bits, other * words, at, words);
    }
    takeBit(open, 0, pivot);
    pivots[row] = pivot;
    kept.push(row);
  }
  return pivots;
}

/** Clears a bit of the row that starts at word `at`, and says whether it was set. */
function takeBit(bits: Int32Array, at: number, column: number): boolean {
  const word = at + (column >>> 5);
  const mask = 1 << (column & 31);
  if ((bits[word]! & mask) === 0) return false;
  bits[word]! ^= mask;
  return true;
}

function addRow(bits: Int32Array, a: number, b: number, words: number): void {
  for (let i = 0; i < words; i++) bits[a + i]! ^= bits[b + i]!;
}

/** The lowest column of a row among those that are open, or −1. */
function lowestColumn(bits: Int32Array, at: number, open: Int32Array): number {
  for (let i = 0; i < open.length; i++) {
    const word = bits[at + i]! & open[i]!;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
  }
  return -1;
}
