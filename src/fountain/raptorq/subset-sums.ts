// Sums of many subsets of the same symbols, by the method of the four Russians: the symbols are taken in small
// groups, all sums within a group are tabulated, and a subset then costs one symbol operation a group.

import type { ProgramWriter } from '../../kernel/index.ts';
import { testBit } from './inactive.ts';

const GROUP_BITS_MAX = 8;
/** Groups that are tabulated together, so that one fused XOR reads from all. */
const BATCH_GROUPS = 7;

/** The tables of some groups of symbols. Entries of one symbol are the symbol itself and take no row. */
export class SubsetTables {
  private readonly width: number;
  private readonly entries: Int32Array[] = [];

  /** Records the sums of all subsets of each `width` consecutive sources, in rows taken from `spare`. */
  constructor(
    program: ProgramWriter,
    sources: readonly number[],
    width: number,
    spare: readonly number[],
  ) {
    this.width = width;
    let used = 0;
    for (let start = 0; start < sources.length; start += width) {
      const size = Math.min(width, sources.length - start);
      const rows = new Int32Array(1 << size);
      for (let subset = 1; subset < rows.length; subset++) {
        const rest = subset & (subset - 1);
        const lowest = subset ^ rest;
        if (rest === 0) {
          rows[subset] = sources[start + 31 - Math.clz32(lowest)]!;
        } else {
          rows[subset] = spare[used++]!;
          program.set(rows[subset]!, [rows[rest]!, rows[lowest]!]);
        }
      }
      this.entries.push(rows);
    }
  }

  /** Appends to `rows` those whose XOR is the sum of the sources in the subset: bits from..from + sources − 1. */
  select(rows: number[], subset: Int32Array, at: number, from: number): void {
    for (let g = 0; g < this.entries.length; g++) {
      const entries = this.entries[g]!;
      let index = 0;
      for (let bit = 0; 1 << bit < entries.length; bit++) {
        if (testBit(subset, at, from + g * this.width + bit)) index |= 1 << bit;
      }
      if (index !== 0) rows.push(entries[index]!);
    }
  }
}

/** Rows that the tables of `sources` symbols need. */
export function tableRows(sources: number, width: number): number {
  const rest = sources % width;
  const rows = (size: number): number => (1 << size) - 1 - size;
  return Math.floor(sources / width) * rows(width) + rows(rest);
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
    const groups = Math.ceil(sources / width);
    const cost = tableRows(sources, width) * 2 + subsets * groups * (1 - 2 ** -width);
    if (cost < bestCost) {
      best = width;
      bestCost = cost;
    }
  }
  return best;
}

/**
 * Records targets[i] = sum of the sources in subset i: source s is in it when bit s, counted from word starts[i] of
 * `bits`, is set. The rows `spare` lose their content and overlap neither targets nor sources.
 */
export function recordSubsetSums(
  program: ProgramWriter,
  targets: ArrayLike<number>,
  starts: ArrayLike<number>,
  bits: Int32Array,
  sources: readonly number[],
  spare: readonly number[],
): void {
  const width = chooseWidth(sources.length, targets.length, spare.length);
  const batch = width * BATCH_GROUPS;
  const rows: number[] = [];
  for (let from = 0; from === 0 || from < sources.length; from += batch) {
    const tables = new SubsetTables(program, sources.slice(from, from + batch), width, spare);
    for (let i = 0; i < targets.length; i++) {
      rows.length = 0;
      tables.select(rows, bits, starts[i]!, from);
      if (from === 0) program.set(targets[i]!, rows);
      else program.add(targets[i]!, rows);
    }
  }
}
