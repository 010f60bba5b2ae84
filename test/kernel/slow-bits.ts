// The slow twin of reduceBits: a list of booleans for each row, and another one for the rows that it is the sum of.

interface SlowRow {
  readonly columns: boolean[];
  /** By number of an original row. */
  readonly sum: boolean[];
  pivot: number;
}

export function slowReduceBits(
  bits: Int32Array,
  rows: number,
  words: number,
  columns: number,
): Int32Array {
  const bitAt = (row: number, c: number): boolean =>
    ((bits[row * words + Math.floor(c / 32)]! >> (c % 32)) & 1) === 1;
  const all = Array.from({ length: rows }, (_, row): SlowRow => {
    const indices = Array.from({ length: rows }, (__, other) => other === row);
    return {
      columns: Array.from({ length: columns }, (__, c) => bitAt(row, c)),
      sum: indices,
      pivot: -1,
    };
  });
  const add = (a: SlowRow, b: SlowRow): void => {
    b.columns.forEach((bit, c) => (a.columns[c] = a.columns[c] !== bit));
    b.sum.forEach((bit, row) => (a.sum[row] = a.sum[row] !== bit));
  };
  const kept: SlowRow[] = [];
  for (const row of all) {
    for (const other of kept) if (row.columns[other.pivot]!) add(row, other);
    row.pivot = row.columns.indexOf(true);
    if (row.pivot < 0) continue;
    for (const other of kept) if (other.columns[row.pivot]!) add(other, row);
    kept.push(row);
  }
  const rowOfPivot = new Map(all.map(({ pivot }, row) => [pivot, row]));
  all.forEach(({ pivot, columns: columnBits, sum }, row) => {
    if (pivot < 0) return;
    bits.fill(0, row * words, (row + 1) * words);
    for (let c = 0; c < columns; c++) {
      const origin = rowOfPivot.get(c);
      const bit = origin === undefined ? columnBits[c]! : sum[origin]!;
      if (bit) bits[row * words + Math.floor(c / 32)]! |= 1 << (c % 32);
    }
  });
  return Int32Array.from(all, ({ pivot }) => pivot);
}
