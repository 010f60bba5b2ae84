// One process at a time works on a part directory. The lock names its holder by pid and start time, so that a
// lock left behind by a crash is recognised even when its pid is in use again.

import { readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { DiskError, onDisk, systemCode } from './disk-error.ts';
import type { StoreFs } from './store-fs.ts';
import { removeFile } from './store-fs.ts';

/** A lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock file at `path`; rejects with LOCKED while its holder lives. */
export async function takeLock(fs: StoreFs, path: string): Promise<Lock> {
  const unique = randomBytes(6).toString('hex');
  const own = `${process.pid} ${await startTime(process.pid)} ${unique}\n`;
  const draft = `${path}.${unique}`;
  await onDisk(draft, writeFile(draft, own, { flag: 'wx', mode: 0o600 }));
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      // A link appears with its content in one step, which create and write do not.
      if (await tryLink(fs, draft, path)) return { release: () => releaseLock(fs, path, own) };
      const found = await readLock(path);
      if (found === undefined) continue;
      if (await isAlive(found)) throw locked(path, found);
      await removeStale(fs, path, found, `${path}.stale-${unique}`);
    }
  } finally {
    await removeFile(fs, draft);
  }
  throw new DiskError('LOCKED', path, 'other processes keep taking this lock');
}

async function tryLink(fs: StoreFs, draft: string, path: string): Promise<boolean> {
  try {
    await fs.link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (!cannotLink(error)) return await onDisk(path, Promise.reject(error));
  }
  // No hard links on this file system (FAT): the lock may then be seen empty for a moment, which reads as stale
  // only to a process that starts in that moment.
  try {
    await writeFile(path, await readFile(draft), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    return await onDisk(path, Promise.reject(error));
  }
}

/** True for the errors that mean "no hard links here". */
export function cannotLink(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code);
}

async function removeStale(fs: StoreFs, path: string, stale: string, aside: string): Promise<void> {
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    return await onDisk(path, Promise.reject(error));
  }
  const moved = await readLock(aside);
  if (moved !== undefined && moved !== stale) {
    // Another process replaced the stale lock in between: what was moved is its live one. Put it back.
    await tryLink(fs, aside, path);
    await removeFile(fs, aside);
    throw locked(path, moved);
  }
  await removeFile(fs, aside);
}

async function releaseLock(fs: StoreFs, path: string, own: string): Promise<void> {
  if ((await readLock(path)) === own) await removeFile(fs, path);
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    return await onDisk(path, Promise.reject(error));
  }
}

function locked(path: string, holder: string): DiskError {
  const pid = holder.split(' ')[0] ?? '?';
  return new DiskError('LOCKED', path, `process ${pid} is working on this download`);
}

async function isAlive(holder: string): Promise<boolean> {
  const match = /^([0-9]+) (\S+) /.exec(holder);
  const pid = Number(match?.[1]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but is not ours.
    if (systemCode(error) !== 'EPERM') return false;
  }
  const now = await startTime(pid);
  return now === UNKNOWN || match?.[2] === UNKNOWN || now === match?.[2];
}

const UNKNOWN = '-';

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
