// What is wrong on this machine though everything works: one event, once for each handle.

import type { Pool } from './work/pool.ts';

/** Something to know that ends nothing. */
export interface WarningEvent {
  readonly event: 'warning';
  /** NO_SIMD: blocks are encoded and decoded in JavaScript, because WebAssembly with SIMD cannot be used. */
  readonly code: 'NO_SIMD';
  /** What happened and what it means, in sentences. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * The warning to give when the workers cannot use the fast kernel. They do the coding, so one of them is asked. Never
 * rejects: a pool that is closed has nothing to warn of any more.
 */
export async function kernelWarning(pool: Pool): Promise<WarningEvent | undefined> {
  const { fallback } = await pool.run({ kind: 'kernel' }, 0).catch(() => ({ fallback: undefined }));
  if (fallback === undefined) return undefined;
  const slow =
    'WebAssembly SIMD cannot be used: blocks are encoded and decoded in plain JavaScript, several times slower.';
  return {
    event: 'warning',
    code: 'NO_SIMD',
    message: `${slow} ${fallback}`,
    hint: 'The result is the same. Run Node.js without --jitless, on a processor that has SIMD.',
  };
}
