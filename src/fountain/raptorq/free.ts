// The last equations: at most H free columns, from H rows over GF(256).

import { invert, multiply } from '../../kernel/index.ts';

/**
 * Inverts a rows × columns matrix over GF(256) from the left: the columns × rows matrix X with X · matrix = 1, by
 * rows, made from `columns` of the rows. Returns the rank instead when that is below `columns`.
 */
export function solveFree(matrix: Uint8Array, rows: number, columns: number): Uint8Array | number {
  const width = columns + rows;
  // [matrix | identity], reduced in place.
  const work = new Uint8Array(rows * width);
  for (let i = 0; i < rows; i++) {
    work.set(matrix.subarray(i * columns, (i + 1) * columns), i * width);
    work[i * width + columns + i] = 1;
  }
  for (let column = 0; column < columns; column++) {
    let pivot = column;
    while (pivot < rows && work[pivot * width + column] === 0) pivot++;
    if (pivot === rows) return rankOf(matrix, rows, columns);
    swapRows(work, width, pivot, column);
    const scale = invert(work[column * width + column]!);
    for (let k = 0; k < width; k++) {
      work[column * width + k] = multiply(scale, work[column * width + k]!);
    }
    for (let i = 0; i < rows; i++) {
      if (i !== column) addMultiple(work, width, i, column, work[i * width + column]!);
    }
  }
  const inverse = new Uint8Array(columns * rows);
  for (let i = 0; i < columns; i++) {
    inverse.set(work.subarray(i * width + columns, (i + 1) * width), i * rows);
  }
  return inverse;
}

function rankOf(matrix: Uint8Array, rows: number, columns: number): number {
  const work = matrix.slice();
  let rank = 0;
  for (let column = 0; column < columns && rank < rows; column++) {
    let pivot = rank;
    while (pivot < rows && work[pivot * columns + column] === 0) pivot++;
    if (pivot === rows) continue;
    swapRows(work, columns, pivot, rank);
    const scale = invert(work[rank * columns + column]!);
    for (let i = rank + 1; i < rows; i++) {
      addMultiple(work, columns, i, rank, multiply(scale, work[i * columns + column]!));
    }
    rank++;
  }
  return rank;
}

/** Row `to` += coefficient · row `from`. */
function addMultiple(
  work: Uint8Array,
  width: number,
  to: number,
  from: number,
  coefficient: number,
): void {
  if (coefficient === 0) return;
  for (let k = 0; k < width; k++) {
    work[to * width + k]! ^= multiply(coefficient, work[from * width + k]!);
  }
}

function swapRows(work: Uint8Array, width: number, a: number, b: number): void {
  if (a === b) return;
  for (let k = 0; k < width; k++) {
    const held = work[a * width + k]!;
    work[a * width + k] = work[b * width + k]!;
    work[b * width + k] = held;
  }
}
