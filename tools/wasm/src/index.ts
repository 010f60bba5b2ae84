// The WebAssembly kernel. See README.md.

import {
  LAST_BYTES,
  PLANE,
  PLANE_BYTES,
  PLANES,
  PROGRAM,
  PROGRAM_END,
  ROWS,
  STAGING as STAGING_AT,
  TABLES as TABLES_AT,
  WIDTH,
  WORK,
} from './layout';

export { run, runStripe } from './interpreter';
export { prepare } from './prepare';
export { reduce } from './reduce';
export { gather, scatter } from './transfer';

/** Where staging begins. */
export const STAGING: u32 = <u32>STAGING_AT;
/** Where the product tables are: 256 × 32 bytes, filled by the user. */
export const TABLES: u32 = <u32>TABLES_AT;

/** Lays out the arena for a user. The program's area is between `program` and `plane`, the planes up to `work`. */
export function configure(
  rows: u32,
  width: u32,
  planes: u32,
  lastBytes: u32,
  program: u32,
  plane: u32,
): void {
  const planeBytes = rows * width;
  store<u32>(ROWS, rows);
  store<u32>(WIDTH, width);
  store<u32>(PLANE, plane);
  store<u32>(PLANE_BYTES, planeBytes);
  store<u32>(PLANES, planes);
  store<u32>(LAST_BYTES, lastBytes);
  store<u32>(WORK, plane + planes * planeBytes);
  store<u32>(PROGRAM, program);
  store<u32>(PROGRAM_END, plane);
}
