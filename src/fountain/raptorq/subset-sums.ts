// Sums of many subsets of the same symbols, by the method of the four Russians: the symbols are taken in small
// groups, all sums within a group are tabulated, and a subset then costs one symbol operation a group.

import type { ProgramWriter } from '../../kernel/index.ts';
import { bitsAt } from './bits.ts';

const GROUP_BITS_MAX = 8;
/** Groups that are tabulated together, so that one fused XOR reads from all. */
const BATCH_GROUPS = 7;

/** The tables of some groups of symbols. Entries of one symbol are the symbol itself and take no row. */
export class SubsetTables {
  private readonly width: number;
  private readonly entries: Int32Array[] = [];

  /** Records the sums of all subsets of each `width` consecutive sources, in the rows from `spare` on. */
  constructor(
    program: ProgramWriter,
    sources: ArrayLike<number>,
    from: number,
    count: number,
    width: number,
    spare: number,
  ) {
    this.width = width;
    let next = spare;
    for (let start = from; start < from + count; start += width) {
      const rows = new Int32Array(1 << Math.min(width, from + count - start));
      for (let subset = 1; subset < rows.length; subset++) {
        const rest = subset & (subset - 1);
        const lowest = subset ^ rest;
        if (rest === 0) {
          rows[subset] = sources[start + 31 - Math.clz32(lowest)]!;
        } else {
          rows[subset] = next++;
          const operands = program.open(2);
          operands[program.operands] = rows[rest]!;
          operands[program.operands + 1] = rows[lowest]!;
          program.setWritten(rows[subset]!, 2);
        }
      }
      this.entries.push(rows);
    }
  }

  /**
   * Writes the rows whose XOR is the sum of a subset of the sources to target[at…] and returns how many. The subset is
   * given by the bits from..from + sources − 1 of the words from `start` on.
   */
  select(words: Int32Array, start: number, from: number, target: Int32Array, at: number): number {
    const { entries, width } = this;
    let end = at;
    for (let g = 0; g < entries.length; g++) {
      const rows = entries[g]!;
      const index = bitsAt(words, start, from + g * width, width) & (rows.length - 1);
      if (index !== 0) target[end++] = rows[index]!;
    }
    return end - at;
  }

  /** The same for a subset of at most 32 sources in one word. */
  selectSmall(subset: number, target: Int32Array, at: number): number {
    const { entries, width } = this;
    let end = at;
    for (let g = 0; g < entries.length; g++) {
      const rows = entries[g]!;
      const index = (subset >>> (g * width)) & (rows.length - 1);
      if (index !== 0) target[end++] = rows[index]!;
    }
    return end - at;
  }
}

/** Rows that the tables of `sources` symbols need. */
export function tableRows(sources: number, width: number): number {
  const rows = (size: number): number => (1 << size) - 1 - size;
  return Math.floor(sources / width) * rows(width) + rows(sources % width);
}

/** The width of groups that takes the fewest symbol operations and at most `spare` rows. */
export function chooseWidth(
  sources: number,
  subsets: number,
  spare: number,
  batch: number = BATCH_GROUPS,
): number {
  let best = 1;
  let bestCost = Infinity;
  for (let width = 1; width <= GROUP_BITS_MAX; width++) {
    if (tableRows(Math.min(sources, width * batch), width) > spare) break;
    // A group is empty in one subset of 2^size.
    const whole = Math.floor(sources / width);
    const reads = whole * (1 - 1 / (1 << width)) + 1 - 1 / (1 << (sources % width));
    const cost = tableRows(sources, width) * 2 + subsets * reads;
    if (cost < bestCost) {
      best = width;
      bestCost = cost;
    }
  }
  return best;
}

/** Symbol operations for one more subset of so many sources, when there are about as many subsets. */
export function subsetCost(sources: number, spare: number): number {
  return Math.ceil(sources / chooseWidth(sources, 2 * sources, spare));
}

/** Subsets of the same sources, and where their sums go. */
export interface SubsetSums {
  /** The first `fresh` targets lose their content, the others are added to. */
  readonly targets: Int32Array;
  readonly fresh: number;
  /** Source s is in subset i when bit s, counted from word i · words, is set. */
  readonly subsets: Int32Array;
  readonly words: number;
}

/**
 * Records the sums of subsets. The `spare` rows from `firstSpare` on lose their content and overlap neither targets nor
 * sources.
 */
export function recordSubsetSums(
  program: ProgramWriter,
  { targets, fresh, subsets, words }: SubsetSums,
  sources: ArrayLike<number>,
  firstSpare: number,
  spare: number,
): void {
  const width = chooseWidth(sources.length, targets.length, spare);
  const batch = width * BATCH_GROUPS;
  const rows = new Int32Array(BATCH_GROUPS);
  for (let from = 0; from === 0 || from < sources.length; from += batch) {
    const size = Math.min(batch, sources.length - from);
    const tables = new SubsetTables(program, sources, from, size, width, firstSpare);
    for (let i = 0; i < targets.length; i++) {
      const count = tables.select(subsets, i * words, from, rows, 0);
      if (from === 0 && i < fresh) program.set(targets[i]!, rows, count);
      else program.add(targets[i]!, rows, count);
    }
  }
}
