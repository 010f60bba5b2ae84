// A laboratory of real processes: the built program, sockets on loopback, files in a temporary folder.
// Everything it started is killed and everything it wrote is removed when it closes.

import { createHash } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rng } from '../../src/base/index.ts';

export const MAIN: string = fileURLToPath(
  new URL('../../dist/bundle/headwater.js', import.meta.url),
);
/** No step of a test takes this long; a step that does has hung. */
const PATIENCE_MS = 90_000;

export interface Event {
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [key: string]: any;
}

export interface Ended {
  /** The exit code; 128 + signal number as a shell shows it when a signal ended the process. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout that are JSON objects. */
  readonly events: readonly Event[];
  /** The last event. */
  readonly last: Event | undefined;
}

/** One running program. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly events: Event[] = [];
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly watchers = new Set<() => void>();
  private over = false;

  constructor(args: readonly string[], cwd: string, nodeOptions: readonly string[]) {
    this.child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    let rest = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('{"event"')) this.events.push(JSON.parse(line) as Event);
      }
      this.wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.wake();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        this.over = true;
        this.wake();
        const signals: Record<string, number> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
        resolve({
          code: code ?? 128 + (signals[signal ?? ''] ?? 0),
          stdout: this.stdout,
          stderr: this.stderr,
          events: this.events,
          last: this.events.at(-1),
        });
      });
    });
  }

  get running(): boolean {
    return !this.over;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until the answer is not undefined; fails when the program ends before. */
  async until<T>(what: string, answer: () => T | undefined): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = answer();
      if (value !== undefined) return value;
      if (this.over || Date.now() > deadline) {
        throw new Error(`no ${what}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.watchers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  event(name: string, test: (event: Event) => boolean = () => true): Promise<Event> {
    return this.until(`event ${name}`, () =>
      this.events.find((event) => event.event === name && test(event)),
    );
  }

  private wake(): void {
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
  }
}

/** A running `share`. */
export interface Sharer {
  readonly program: Program;
  readonly link: string;
  /** ws://127.0.0.1:PORT */
  readonly address: string;
}

export class Lab {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'headwater-e2e-'));
  /** Options of Node itself for the programs started from now on. */
  nodeOptions: readonly string[] = [];
  private readonly programs: Program[] = [];
  private readonly closers: (() => unknown)[] = [];

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Makes a file of random bytes that depend on the seed only. */
  file(name: string, length: number, seed = 1): string {
    const path = this.path(name);
    const words = new Uint32Array(Math.ceil(length / 4));
    const rng = new Rng(seed);
    for (let i = 0; i < words.length; i++) words[i] = rng.uint32();
    writeFileSync(path, new Uint8Array(words.buffer, 0, length));
    return path;
  }

  start(...args: string[]): Program {
    const program = new Program(args, this.folder, this.nodeOptions);
    this.programs.push(program);
    return program;
  }

  /** Runs to the end. */
  async run(...args: string[]): Promise<Ended> {
    const program = this.start(...args);
    const timer = setTimeout(() => program.kill('SIGKILL'), PATIENCE_MS);
    const ended = await program.ended;
    clearTimeout(timer);
    return ended;
  }

  async share(file: string, ...args: string[]): Promise<Sharer> {
    const program = this.start('share', file, '--json', ...args);
    const { link, address } = await program.event('sharing');
    return { program, link, address };
  }

  /** Something else to clean up. */
  onClose(close: () => unknown): void {
    this.closers.push(close);
  }

  /** Ends what still runs, so that the next test has the machine for itself. */
  async stopAll(): Promise<void> {
    for (const program of this.programs) if (program.running) program.kill('SIGKILL');
    await Promise.all(this.programs.map((program) => program.ended));
    this.programs.length = 0;
    for (const close of this.closers.splice(0)) await close();
  }

  async close(): Promise<void> {
    await this.stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The sources of a link as `-s` options, without the link's own. */
export function sourceOptions(sharers: readonly { readonly address: string }[]): string[] {
  return sharers.flatMap((sharer) => ['-s', sharer.address]);
}

/** The same content with no hint where it is. */
export function bare(link: string): string {
  const [head = '', query = ''] = link.split('?');
  return `${head}?${query
    .split('&')
    .filter((part) => !part.startsWith('s='))
    .join('&')}`;
}

export const MIB: number = 1024 * 1024;
