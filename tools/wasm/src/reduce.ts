// Gauss-Jordan elimination over GF(2) by the method of the four Russians: a few pivots at a time are taken out of all
// other rows, by tables of the sums of their rows. What the result is, and where a row keeps what it is the sum of, is
// said at reduceBits in src/kernel/kernel.ts.

import { LANE } from './layout';

/** Tables that are added to a row in one pass. */
const TABLES_MAX: usize = 4;
/** Bytes of an entry of the list of pivots: where the bit is in a row, its number there, the address of its row. */
const ENTRY: usize = 12;
/** Room for that list: a table has at most eight pivots. */
const LIST_BYTES: usize = 512;

/** Not a pivot. */
const NONE: i32 = -1;
/** A row that is a sum of rows before it. */
const DEPENDENT: i32 = -2;

/**
 * Reduces `rows` rows of `stride` bytes, a multiple of 16, from `matrix` on; bits from `columns` on are zero. Writes
 * the pivot of each row, or a negative number, to the words at `pivots`. From `scratch` on there is room for the list,
 * a row, and TABLES_MAX tables of 2^width rows.
 */
export function reduce(
  matrix: usize,
  rows: usize,
  stride: usize,
  columns: usize,
  pivots: usize,
  scratch: usize,
  width: usize,
): void {
  const list = scratch;
  const open = list + LIST_BYTES;
  const tables = open + stride;
  for (let i: usize = 0; i < stride; i += LANE) v128.store(open + i, i8x16.splat(-1));
  for (let row: usize = 0; row < rows; row++) store<i32>(pivots + (row << 2), NONE);
  let kept: usize = 0;
  let next: usize = 0;
  while (next < rows && kept < columns) {
    let count: usize = 0;
    const first = next;
    while (next < rows && kept < columns && count < width * TABLES_MAX) {
      const row = matrix + next * stride;
      const pivot = choosePivot(row, stride, list, count, open);
      store<i32>(pivots + (next << 2), pivot < 0 ? DEPENDENT : pivot);
      next++;
      if (pivot < 0) continue;
      kept++;
      count++;
    }
    const used = (count + width - 1) / width;
    for (let t: usize = 0; t < used; t++) {
      const from = t * width;
      tabulate(
        tables + ((t * stride) << width),
        list + from * ENTRY,
        min(width, count - from),
        stride,
      );
    }
    for (let n: usize = 0; n < rows; n++) {
      if (n == first) n = next;
      if (n >= rows) break;
      if (load<i32>(pivots + (n << 2)) == DEPENDENT) continue;
      addTables(matrix + n * stride, stride, list, count, width, tables);
    }
  }
}

/** Takes the pivots of the list out of a row. Its lowest column then, if any, is a new one, and joins the list. */
function choosePivot(row: usize, stride: usize, list: usize, count: usize, open: usize): i32 {
  const end = list + count * ENTRY;
  // All bits first: afterwards they say what the row is the sum of.
  const chosen = bitsAt(row, list, count);
  let rest = chosen;
  for (let at = list; at < end; at += ENTRY, rest >>>= 1) {
    if ((rest & 1) != 0) flip(row, at);
  }
  rest = chosen;
  for (let at = list; at < end; at += ENTRY, rest >>>= 1) {
    if ((rest & 1) != 0) add(row, load<u32>(at, 8), stride);
  }
  for (let i: usize = 0; i < stride; i += 8) {
    const word = load<u64>(row + i) & load<u64>(open + i);
    if (word == 0) continue;
    const bit = ((<u32>i) << 3) + <u32>ctz(word);
    store<u32>(end, bit >>> 3);
    store<u32>(end, bit & 7, 4);
    store<u32>(end, <u32>row, 8);
    for (let at = list; at < end; at += ENTRY) {
      const other = <usize>load<u32>(at, 8);
      if (bitsAt(other, end, 1) == 0) continue;
      flip(other, end);
      add(other, row, stride);
    }
    flip(open, end);
    return bit;
  }
  return NONE;
}

/** The bits of a row at the first `count` ≤ 32 pivots of a list. */
function bitsAt(row: usize, list: usize, count: usize): u32 {
  let bits: u32 = 0;
  for (let k: usize = 0; k < count; k++, list += ENTRY) {
    bits |= (((<u32>load<u8>(row + load<u32>(list))) >>> load<u32>(list, 4)) & 1) << (<u32>k);
  }
  return bits;
}

/** Flips the bit of a row at a pivot. */
function flip(row: usize, entry: usize): void {
  const at = row + load<u32>(entry);
  store<u8>(at, load<u8>(at) ^ (<u8>((<u32>1) << load<u32>(entry, 4))));
}

/** a ^= b. */
function add(a: usize, b: usize, stride: usize): void {
  for (const end = a + stride; a < end; a += LANE, b += LANE) {
    v128.store(a, v128.xor(v128.load(a), v128.load(b)));
  }
}

/** The sums of all subsets of the rows of a list, each without its own pivot. */
function tabulate(table: usize, list: usize, count: usize, stride: usize): void {
  for (let i: usize = 0; i < stride; i += LANE) v128.store(table + i, i8x16.splat(0));
  for (let k: usize = 0; k < count; k++, list += ENTRY) {
    const source = <usize>load<u32>(list, 8);
    const size = stride << k;
    for (let from = table; from < table + size; from += stride) {
      const to = from + size;
      for (let i: usize = 0; i < stride; i += LANE) {
        v128.store(to + i, v128.xor(v128.load(from + i), v128.load(source + i)));
      }
      flip(to, list);
    }
  }
}

/** Takes the pivots of the list out of a row, by the tables. */
function addTables(
  row: usize,
  stride: usize,
  list: usize,
  count: usize,
  width: usize,
  tables: usize,
): void {
  const bits: usize = bitsAt(row, list, count);
  if (bits == 0) return;
  const mask: usize = (1 << width) - 1;
  const size = stride << width;
  // The first entry of a table is zero. Where there is no table, this is the first one of the first.
  let a = tables + (bits & mask) * stride;
  let b = tables;
  let c = tables;
  let d = tables;
  if (count > width) b = tables + size + ((bits >>> width) & mask) * stride;
  if (count > 2 * width) c = tables + 2 * size + ((bits >>> (2 * width)) & mask) * stride;
  if (count > 3 * width) d = tables + 3 * size + ((bits >>> (3 * width)) & mask) * stride;
  for (const end = row + stride; row < end; row += LANE) {
    const ab = v128.xor(v128.load(a), v128.load(b));
    const cd = v128.xor(v128.load(c), v128.load(d));
    v128.store(row, v128.xor(v128.load(row), v128.xor(ab, cd)));
    a += LANE;
    b += LANE;
    c += LANE;
    d += LANE;
  }
}
