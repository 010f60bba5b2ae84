// `npm start`: the demonstration runs to its end by itself, and leaves nothing behind.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, sha256Of } from './harness.ts';

const DEMO = fileURLToPath(new URL('../../bench/demo.mjs', import.meta.url));

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
});
afterAll(() => lab.close());

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demonstration with a temporary folder of its own, and a Ctrl-C when the text appears. */
function demo(args: readonly string[], stopAt?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [DEMO, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: lab.folder },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stopAt !== undefined && stdout.includes(stopAt)) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** What the demonstration leaves behind: folders, and processes that work in this lab. */
function leftovers(): string[] {
  const folders = readdirSync(lab.folder).filter((name) => name.startsWith('headwater-demo-'));
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return []; // ended meanwhile
      }
    })
    .filter((line) => line.includes(lab.folder));
  return [...folders, ...processes];
}

describe.skipIf(process.platform !== 'linux')('the demonstration (needs /proc)', () => {
  it('fetches a file from five processes and shows what each gave', async () => {
    const file = lab.file('demo.bin', 600_000);
    const { code, stdout, stderr } = await demo([file]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(sha256Of(file));
    expect(stdout).toContain('byte for byte');
    expect(stdout).toMatch(/speed-up +\d+\.\d\d ×/);
    const rows = stdout.split('\n').filter((line) => /^127\.0\.0\.1:\d+ /.test(line));
    expect(rows).toHaveLength(5);
    // received, useful, duplicate, rejected
    for (const row of rows) expect(row).toMatch(/ (\d+) +\1 +0 +0 /);
    expect(leftovers()).toEqual([]);
  });

  it.each(['Describing', 'Starting', 'First'])('Ctrl-C at "%s" cleans up', async (text) => {
    const { code, stderr } = await demo([], text);
    expect(code).toBe(130);
    expect(stderr).not.toContain('    at ');
    expect(leftovers()).toEqual([]);
  });

  it('a file that does not exist is named', async () => {
    const { code, stderr } = await demo(['no-such-file']);
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-file');
    expect(leftovers()).toEqual([]);
  });
});
