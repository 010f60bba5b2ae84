// A row in a prepared program: its offset from the start of the plane or of the work rows, a multiple of 16, with the
// kind of the row in the low bits.

import { BASES, ZEROS } from './layout';

/** In a plane. */
const IN_PLANE: u32 = 0;
/** A work row. */
const IN_WORK: u32 = 1;
/** Zeros, whatever the offset. */
export const IN_ZEROS: u32 = 2;

/** The spot of a row or work row. */
export function spotOf(row: u32, rows: u32, width: u32): u32 {
  return row < rows ? row * width : ((row - rows) * width) | IN_WORK;
}

export function isWork(spot: u32): bool {
  return (spot & IN_WORK) != 0;
}

/** From here on a spot is in this plane and these work rows; the kind is subtracted beforehand. */
export function setBases(plane: usize, work: usize): void {
  store<u32>(BASES + (IN_PLANE << 2), plane);
  store<u32>(BASES + (IN_WORK << 2), work - IN_WORK);
  store<u32>(BASES + (IN_ZEROS << 2), ZEROS - IN_ZEROS);
}

/** The address of a spot. */
export function addressOf(spot: u32): usize {
  return load<u32>(BASES + ((spot & 3) << 2)) + spot;
}
