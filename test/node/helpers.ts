// What the tests of the Node driver share: temporary directories, and files of seeded random bytes.

import { createCipheriv, createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Sharing } from 'headwater/node';

const directories: string[] = [];
const shares: Sharing[] = [];

afterEach(async () => {
  await Promise.all(shares.splice(0).map((sharing) => sharing.close()));
  for (const directory of directories.splice(0)) {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** A directory that is gone after the test. */
export function tempDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-test-'));
  directories.push(directory);
  return directory;
}

/** Closes the share after the test, whatever happens. */
export function closing(sharing: Sharing): Sharing {
  shares.push(sharing);
  return sharing;
}

/** Random bytes by seed: a key stream. */
export function seededBytes(length: number, seed: number): Buffer {
  const key = createHash('sha256').update(`seed ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Writes a file of seeded random bytes; returns its path. */
export function seededFile(directory: string, name: string, length: number, seed = 1): string {
  const path = join(directory, name);
  writeFileSync(path, seededBytes(length, seed));
  return path;
}

/** True when both files have the same bytes. */
export function sameFiles(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

/** The HeadwaterError code that a promise rejects with; 'resolved' when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
    throw error;
  }
}
