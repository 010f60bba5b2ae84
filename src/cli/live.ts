// The part of a terminal that redraws itself.

import type { createLogUpdate } from 'log-update';
import type { Terminal } from './terminal.ts';

export type Live = ReturnType<typeof createLogUpdate>;

/** Undefined when nobody looks: what a log gets is for the caller to say. */
export async function openLive({ stderr }: Terminal): Promise<Live | undefined> {
  if (stderr.isTTY !== true) return undefined;
  // Only here: it takes as long to load as all of this program.
  const logUpdate = await import('log-update');
  return logUpdate.createLogUpdate(stderr as NodeJS.WriteStream);
}
