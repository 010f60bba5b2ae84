// What a figure was measured on: printed beside every result.

import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

/** The commit of this checkout, with a + when something is changed; `unknown` outside of one. */
export function commitOf() {
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** Processor, cores, load and Node's version in one line. */
export function machineOf() {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  return `${cpu}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}`;
}
