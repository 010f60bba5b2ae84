// Small dense linear programmes, for the design of degrees. No other part of the code needs one.

/** Minimise costs · x where each row · x ≥ its bound and x ≥ 0. */
export interface LinearProgramme {
  /** One for each variable, ≥ 0. */
  readonly costs: readonly number[];
  /** The constraints: as many coefficients each as there are costs. */
  readonly rows: readonly (readonly number[])[];
  /** One for each row. */
  readonly bounds: readonly number[];
}

/** Against rounding that makes no end. The designs of this folder take 8 to 330 pivots. */
const PIVOTS_MAX = 5000;
/** What counts as zero: coefficients are of the order of 1, and sums of few hundreds of them are rounded. */
const ZERO = 1e-9;

/**
 * The x of least cost. Undefined when no x satisfies all rows, when a number is not finite, and when the pivots do not
 * suffice. A minimum exists otherwise, since no cost is negative; one that is, or a row of a wrong length, is a
 * RangeError. The same programme always has the same answer.
 *
 * The simplex method on the dual: maximise bounds · y where y · column ≤ its cost and y ≥ 0. As costs are not negative,
 * y = 0 is a corner to begin at, and the dual is unbounded exactly when no x satisfies all rows.
 */
export function minimise(
  programme: LinearProgramme,
  pivotsMax: number = PIVOTS_MAX,
): Float64Array | undefined {
  const { costs, rows, bounds } = programme;
  check(programme);
  if (![costs, bounds, ...rows].every((numbers) => numbers.every(Number.isFinite)))
    return undefined;
  const tableau = new Tableau(programme);
  // Bland's rule never cycles but is slow; the steepest column is fast and may cycle where pivots gain nothing.
  let idle = 0;
  for (let pivots = 0; ; pivots++) {
    const column = idle > costs.length ? tableau.firstColumn() : tableau.steepestColumn();
    if (column < 0) return tableau.primal();
    const row = tableau.tightestRow(column);
    if (row < 0 || pivots === pivotsMax) return undefined;
    idle = tableau.pivot(row, column) ? 0 : idle + 1;
  }
}

function check({ costs, rows, bounds }: LinearProgramme): void {
  if (costs.some((cost) => cost < 0)) throw new RangeError('costs has a negative number');
  if (bounds.length !== rows.length) {
    throw new RangeError(`bounds.length ${bounds.length} is not ${rows.length}`);
  }
  for (const row of rows) {
    if (row.length !== costs.length) {
      throw new RangeError(`rows has one of length ${row.length}, not ${costs.length}`);
    }
  }
}

/**
 * The dual in condensed form: a row for each basic variable, a column for each other one. Variable n < rows of the
 * programme is y_n; the ones after them are the slacks, one for each x.
 */
class Tableau {
  private readonly height: number;
  private readonly columns: number;
  /** Row by row, the value of the basic variable last; the row after the last has the gains, negated. */
  private readonly cells: Float64Array;
  private readonly width: number;
  private readonly basic: Int32Array;
  private readonly other: Int32Array;

  constructor({ costs, rows, bounds }: LinearProgramme) {
    this.height = costs.length;
    this.columns = rows.length;
    this.width = this.columns + 1;
    this.cells = new Float64Array((this.height + 1) * this.width);
    rows.forEach((row, j) => {
      for (let i = 0; i < this.height; i++) this.cells[i * this.width + j] = row[i]!;
      this.cells[this.height * this.width + j] = -bounds[j]!;
    });
    costs.forEach((cost, i) => (this.cells[i * this.width + this.columns] = cost));
    this.basic = Int32Array.from(costs, (_, i) => this.columns + i);
    this.other = Int32Array.from(rows, (_, j) => j);
  }

  /** The column that gains most for each unit, or −1 when none gains. */
  steepestColumn(): number {
    const gains = this.height * this.width;
    let best = -1;
    let least = -ZERO;
    for (let j = 0; j < this.columns; j++) {
      if (this.cells[gains + j]! >= least) continue;
      least = this.cells[gains + j]!;
      best = j;
    }
    return best;
  }

  /** The column of the first variable that gains, or −1. */
  firstColumn(): number {
    const gains = this.height * this.width;
    let best = -1;
    for (let j = 0; j < this.columns; j++) {
      if (this.cells[gains + j]! >= -ZERO) continue;
      if (best < 0 || this.other[j]! < this.other[best]!) best = j;
    }
    return best;
  }

  /** The row that limits the variable of a column most, the first variable among equals; −1 when none does. */
  tightestRow(column: number): number {
    const { cells, width, columns, basic } = this;
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < this.height; i++) {
      const cell = cells[i * width + column]!;
      if (cell <= ZERO) continue;
      const ratio = cells[i * width + columns]! / cell;
      if (ratio > least || (ratio === least && basic[i]! > basic[best]!)) continue;
      least = ratio;
      best = i;
    }
    return best;
  }

  /** Exchanges the variables of a row and a column. True when that gained something. */
  pivot(row: number, column: number): boolean {
    const { cells, width, height } = this;
    const at = row * width;
    const scale = 1 / cells[at + column]!;
    for (let j = 0; j < width; j++) cells[at + j]! *= scale;
    cells[at + column] = scale;
    for (let i = 0; i <= height; i++) {
      const factor = cells[i * width + column]!;
      if (i === row || factor === 0) continue;
      cells[i * width + column] = 0;
      for (let j = 0; j < width; j++) cells[i * width + j]! -= factor * cells[at + j]!;
    }
    const entering = this.other[column]!;
    this.other[column] = this.basic[row]!;
    this.basic[row] = entering;
    return cells[at + width - 1]! > ZERO;
  }

  /** The solution of the programme: what the slacks would gain. */
  primal(): Float64Array {
    const x = new Float64Array(this.height);
    this.other.forEach((variable, j) => {
      if (variable < this.columns) return;
      x[variable - this.columns] = Math.max(0, this.cells[this.height * this.width + j]!);
    });
    return x;
  }
}
