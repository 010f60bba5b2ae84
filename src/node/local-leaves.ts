// Leaves that lie beside a descriptor on this disk: nobody has to be asked for them.

import type { Descriptor } from '../content/index.ts';
import type { Storage } from './storage.ts';
import { LeavesFile } from './store/leaves-file.ts';

/** Gives storage that was just opened the leaves that it lacks and that are at `path`, if there are any. Wrong ones are left out. */
export async function adoptLeaves(
  storage: Storage,
  descriptor: Descriptor,
  path: string,
): Promise<void> {
  const file = await LeavesFile.open(path, descriptor).catch(() => undefined);
  if (file === undefined) return;
  try {
    for (let sbn = 0; sbn < storage.layout.blockCount; sbn++) {
      if (storage.leavesHeld.has(sbn)) continue;
      const leaves = await file.readLeaves(sbn);
      if (leaves === undefined) continue;
      await storage.putLeaves(sbn, leaves);
      storage.leavesHeld.add(sbn);
    }
  } finally {
    await file.close();
  }
}
