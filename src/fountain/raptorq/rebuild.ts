// Decoding by solving the whole block (RFC 6330, 5.4.2), of which only the missing source symbols are rebuilt.

import { ProgramWriter } from '../../kernel/index.ts';
import type { Equations } from './equations.ts';
import { equationsMax } from './equations.ts';
import { solveInactive } from './inactive.ts';
import type { Incomplete } from './incomplete.ts';
import { peel } from './peeling.ts';
import type { Reduced, Reduction } from './recoded.ts';
import { reduceRecoded } from './recoded.ts';
import { Schedule, workRows } from './schedule.ts';
import { borrowInt32, withScratch } from './scratch.ts';
import type { Solution } from './solver.ts';
import { solve } from './solver.ts';
import { structureOf } from './structure.ts';
import type { System } from './system.ts';
import { systemOf } from './system.ts';

/** Room for the program when all symbols are missing: 33 to 35 are used, and growing would copy it. */
const PROGRAM_WORDS_PER_COLUMN = 40;

/**
 * Completes the block; the memory of the equations is then spent. Returns the rank that is short instead, and leaves
 * block and equations intact, when these do not determine what is missing.
 */
export function rebuildBlock(incomplete: Incomplete, equations: Equations): number | undefined {
  // More equations than these only make the matrix larger, and would take the memory of source symbols.
  const enough = equationsMax(incomplete.p, incomplete.lost.length);
  // A recoded symbol may need any repair symbol, so none can be left out.
  if (equations.recoded.length > 0 && equations.count > enough) {
    dropDependent(incomplete, equations);
  }
  const count = Math.min(equations.plain.size, enough);
  const short = withScratch(() => tryRebuild(incomplete, equations, count));
  if (short === undefined || equations.count <= enough) return short;
  dropDependent(incomplete, equations);
  return withScratch(() => tryRebuild(incomplete, equations, equations.plain.size));
}

/**
 * Makes room for more equations, unless these determine the block. Returns the rank that is short, 0 when they do.
 */
export function condense(incomplete: Incomplete, equations: Equations): number {
  const solution = withScratch(() => {
    const system = fullSystem(incomplete, equations);
    return solve(incomplete.p, system.matrix, equations.kernel);
  });
  if (typeof solution !== 'number') return 0;
  dropDependent(incomplete, equations);
  return solution;
}

/**
 * Drops equations that the other ones imply over GF(2), so that at most lost.length + H are left. What they determine
 * stays the same.
 */
function dropDependent(incomplete: Incomplete, equations: Equations): void {
  const { p } = incomplete;
  const isKept = new Uint8Array(equations.count);
  withScratch(() => {
    const { matrix, zeroRows, held, equationRows } = fullSystem(incomplete, equations);
    // What stays in any case is peeled alone, and the equations come last: else one could take the place of a held
    // symbol, which then would be the dependent one.
    const first = zeroRows + held.length;
    const peeling = peel({ ...matrix, count: first }, p.W, p.L);
    const { leftover } = peeling;
    const all = borrowInt32(leftover.length + matrix.count - first);
    all.set(leftover);
    for (let row = first; row < matrix.count; row++) all[leftover.length + row - first] = row;
    const { kept } = solveInactive(matrix, { ...peeling, leftover: all }, p.L, equations.kernel);
    for (const row of kept) if (row >= first) isKept[equationRows[row - first]!] = 1;
  });
  equations.retain(isKept);
}

/** All equations, each as it is: reduced ones would imply what the symbols taken out of them imply. */
function fullSystem(incomplete: Incomplete, equations: Equations): System {
  const open = equations.recoded.map((symbol) => ({ symbol, held: [], unknown: symbol.esis }));
  return systemOf(incomplete, equations, equations.plain.size, { solved: [], open });
}

/** The first `plainCount` repair symbols are used, and all recoded symbols. */
function tryRebuild(
  incomplete: Incomplete,
  equations: Equations,
  plainCount: number,
): number | undefined {
  const { isHeld, sourceSymbols: K } = incomplete;
  const reduction = reduceRecoded(equations.recoded, (esi) =>
    esi < K ? isHeld[esi] === 1 : equations.plain.has(esi),
  );
  const system = systemOf(incomplete, equations, plainCount, reduction);
  const solution = solve(incomplete.p, system.matrix, equations.kernel);
  if (typeof solution === 'number') return solution;
  rebuild(incomplete, equations, plainCount, system, reduction, solution);
  return undefined;
}

function rebuild(
  incomplete: Incomplete,
  equations: Equations,
  plainCount: number,
  system: System,
  reduction: Reduction,
  solution: Solution,
): void {
  const { p, symbolBytes: T, block, lost } = incomplete;
  const { memory } = equations;
  const { matrix, zeroRows, held, equationRows } = system;
  // Behind the equations, of which repair symbols that are not used may be overwritten.
  const heldRow = plainCount + equations.recoded.length;
  eachRun(held, (from, to) => {
    memory.write(heldRow + from, block.subarray(held[from]! * T, (held[to]! + 1) * T));
  });
  const values = borrowInt32(matrix.count);
  for (let row = 0; row < zeroRows; row++) values[row] = equations.zeros + row;
  for (let i = 0; i < held.length; i++) values[zeroRows + i] = heldRow + i;
  values.set(equationRows, zeroRows + held.length);

  const program = new ProgramWriter(borrowInt32(PROGRAM_WORDS_PER_COLUMN * p.L));
  recordReduction(program, equations, reduction, held, heldRow);
  const map = { values, zeroRows, free: equations.free, sums: lost.length, work: memory.rows };
  const schedule = new Schedule(program, p, matrix, solution, map);
  const { starts, columns } = structureOf(p).source;
  const { spareWork } = schedule;
  for (let i = 0; i < lost.length; i++) {
    const esi = lost[i]!;
    schedule.recordSum(spareWork + i, columns, starts[esi]!, starts[esi + 1]!);
  }
  // Nothing else in memory is needed any more, so it takes the result: no row of its own for a rebuilt symbol.
  for (let i = 0; i < lost.length; i++) program.copy(i, spareWork + i);
  memory.run(program.view(), workRows(p, lost.length));
  eachRun(lost, (from, to) => {
    memory.readInto(block.subarray(lost[from]! * T, (lost[to]! + 1) * T), from);
  });
}

/** Records that recoded symbols lose what is held of them. Held source symbol held[i] is in row heldRow + i. */
function recordReduction(
  program: ProgramWriter,
  equations: Equations,
  { solved, open }: Reduction,
  held: Int32Array,
  heldRow: number,
): void {
  if (equations.recoded.length === 0) return;
  const rows = new Map<number, number>();
  const plainRows = equations.plain.values();
  equations.plain.keys().forEach((esi, i) => rows.set(esi, plainRows[i]!));
  held.forEach((esi, i) => rows.set(esi, heldRow + i));
  const record = ({ symbol, held: constituents }: Reduced): void => {
    program.add(
      symbol.row,
      constituents.map((esi) => rows.get(esi)!),
    );
  };
  for (const reduced of solved) {
    record(reduced);
    rows.set(reduced.unknown[0]!, reduced.symbol.row);
  }
  open.forEach(record);
}

/** Calls visit(from, to) for the longest runs of consecutive numbers esis[from..to]. */
function eachRun(esis: ArrayLike<number>, visit: (from: number, to: number) => void): void {
  for (let from = 0, i = 1; i <= esis.length; i++) {
    if (i < esis.length && esis[i] === esis[i - 1]! + 1) continue;
    visit(from, i - 1);
    from = i;
  }
}
