// The sources of the demonstration: `headwater share` processes on loopback.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/bundle/headwater.js', import.meta.url));

/** Starts and ends processes; remembers them so that none outlives the demonstration. */
export class Sources {
  #children = new Set();

  /** Runs a command to its end and answers what it printed. */
  async run(args) {
    const child = this.#spawn(args);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    const code = await ended(child);
    if (code !== 0) throw new Error(`headwater ${args[0]} ended with ${code}`);
    return output;
  }

  /** Starts `share FILE …` and answers its link and address once it serves. */
  async share(file, args) {
    const child = this.#spawn(['share', file, '--json', ...args]);
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const event = JSON.parse(line);
      if (event.event !== 'sharing') continue;
      // Nobody reads the rest; the pipe must not fill up.
      child.stdout.resume();
      return { link: event.link, address: event.address };
    }
    throw new Error(`headwater share ended with ${await ended(child)}`);
  }

  /** Ends all processes and waits until they are gone. */
  async close() {
    const children = [...this.#children];
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map(ended));
  }

  #spawn(args) {
    const child = spawn(process.execPath, [MAIN, ...args, '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Its own group: Ctrl-C reaches only the demonstration, which then ends them in order.
      detached: true,
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('close', resolve));
}
