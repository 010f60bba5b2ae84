// How large a difference is, seen from how many cells of its rateless IBLT are still zero, and how many cells
// will decode it.

/** Points of the numeric mean over a table; the error is below a hundredth of the estimate. */
const POINTS = 64;
const STEPS = 30;
/** Upper bound of d ÷ cells: above it no table of 2^20 cells has a zero cell. */
const RATIO_MAX = 16;

/** Cells for d differences: 1.45·d + 16, enough for nine in ten differences of any size. */
export function ribltCellsFor(differences: number): number {
  return Math.ceil(1.45 * differences + 16);
}

/**
 * d from the zero cells among the first `cells`: cell i is zero with probability e^(−2d/i), about, so the share of
 * zeros is the mean of e^(−a/t) over 0 < t ≤ 1, a = 2d/cells, which falls with a. Undefined when no cell is zero.
 */
export function estimateDifferences(zeros: number, cells: number): number | undefined {
  if (zeros === 0) return undefined;
  let low = 0;
  let high = RATIO_MAX;
  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2;
    if (zeroShare(2 * middle) > zeros / cells) low = middle;
    else high = middle;
  }
  return low * cells;
}

function zeroShare(a: number): number {
  let sum = 0;
  for (let i = 0; i < POINTS; i++) sum += Math.exp((-a * POINTS) / (i + 0.5));
  return sum / POINTS;
}
