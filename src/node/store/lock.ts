// One process at a time works on a part directory. Everyone who wants in first shows an empty file whose name tells
// its pid and start time, then looks who else is there: of two who come at once at least one sees the other. Files
// of dead processes are removed; their names are never used again, so that cannot hit a live one. The start time
// recognises a dead process whose pid is in use again.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskError, onDisk, systemCode } from './disk-error.ts';
import type { StoreFs } from './store-fs.ts';
import { createFile, removeFile } from './store-fs.ts';

const PREFIX = 'lock-';
/** Start time where the system does not tell. */
const UNKNOWN = 'x';
/** Two who see each other both step back; after so many tries the other one is there to stay. */
const TRIES = 4;
const STEP_BACK_MS_MAX = 40;

/** A lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/** True for the names of lock files. */
export function isLockName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Takes the lock of a directory; rejects with LOCKED while another holder lives. */
export async function takeLock(fs: StoreFs, directory: string): Promise<Lock> {
  const token = randomBytes(6).toString('hex');
  const own = `${PREFIX}${process.pid}-${await startTime(process.pid)}-${token}`;
  const path = `${directory}/${own}`;
  // A lock that cannot be removed is stale as soon as this process has ended.
  const release = (): Promise<void> => removeFile(fs, path).then(ignore, ignore);
  for (let attempt = 1; ; attempt++) {
    const file = await createFile(fs, path, 0o600);
    await file.handle.close();
    let other: string | undefined;
    try {
      other = await liveOther(fs, directory, own);
    } catch (error) {
      await release();
      throw error;
    }
    if (other === undefined) return { release };
    await release();
    if (attempt === TRIES) {
      const pid = other.split('-')[1] ?? '?';
      throw new DiskError('LOCKED', directory, `process ${pid} is working on this download`);
    }
    await sleep(Math.random() * STEP_BACK_MS_MAX);
  }
}

/** The lock file of another live process, or of another holder in this one; removes those of dead ones. */
async function liveOther(fs: StoreFs, directory: string, own: string): Promise<string | undefined> {
  for (const name of await onDisk(directory, fs.readdir(directory))) {
    if (!isLockName(name) || name === own) continue;
    if (await isAlive(name)) return name;
    await removeFile(fs, `${directory}/${name}`);
  }
  return undefined;
}

async function isAlive(name: string): Promise<boolean> {
  const match = /^lock-([1-9][0-9]*)-([0-9]+|x)-[0-9a-f]+$/.exec(name);
  if (match === null) return false;
  const pid = Number(match[1]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but is not ours.
    if (systemCode(error) !== 'EPERM') return false;
  }
  const started = await startTime(pid);
  return started === UNKNOWN || match[2] === UNKNOWN || started === match[2];
}

/** When a process started, in clock ticks since boot; only Linux tells. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the second field, the command, may hold spaces but ends at the last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

function ignore(): void {}
