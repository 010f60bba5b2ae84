// The programs that are compared, each as a process of its own: its time from start to end, and its processor time.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/bundle/headwater.js', import.meta.url));
const RUSAGE = fileURLToPath(new URL('rusage.mjs', import.meta.url));

const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** By name: the command line that fetches the URLs to a file, or undefined when the program is not here. */
export const TOOLS = {
  headwater: ({ urls, folder, name, sha256, more = [] }) => ({
    program: process.execPath,
    args: [MAIN, 'get', ...urls, '-o', `${folder}/${name}`, '--sha256', sha256, '-q', ...more],
  }),
  'aria2, defaults': ({ urls, folder, name }) =>
    has('aria2c') && {
      program: 'aria2c',
      args: ['--no-conf', '-q', '-d', folder, '-o', name, ...urls],
    },
  'aria2, tuned': ({ urls, folder, name }) =>
    has('aria2c') && {
      program: 'aria2c',
      args: [
        ...['--no-conf', '-q', '-d', folder, '-o', name, '-k', '1M', '-s', String(4 * urls.length)],
        ...['-x', '4', '--file-allocation=none', '--connect-timeout=5', '--timeout=5'],
        ...['--retry-wait=1', ...urls],
      ],
    },
  curl: ({ urls, folder, name }) =>
    has('curl') &&
    urls.length === 1 && {
      program: 'curl',
      args: ['-sS', '-f', '-o', `${folder}/${name}`, urls[0]],
    },
};

/** Runs a command; {seconds, cpuSeconds}. Rejects when it fails. */
export function run({ program, args }, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RUSAGE, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout.trim().split('\n').at(-1)));
      else reject(new Error(`${program} ended with ${code}: ${stderr.trim().slice(0, 300)}`));
    });
  });
}
