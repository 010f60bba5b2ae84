// One run of a scenario by processes over WebSockets on loopback: one per sender, one for the receiver.

import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from './cells.mjs';

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url));

/**
 * Runs it and answers the receiver's result. `content` is the described file, `allocation` who holds what at the start,
 * `asked` the options of get, `rate` each sender's limit in bytes per second. The output is checked and removed.
 */
export async function runReal({ scenario, content, allocation, asked, rate, folder, stop }) {
  const { file, descriptorPath, sha256 } = content;
  const common = { file, descriptorPath };
  const output = join(folder, 'received');
  const children = [];
  const start = (order) => {
    const child = new Child(order, stop);
    children.push(child);
    return child.answer;
  };
  try {
    const orders = allocation.senders.map((held) => ({ held: plain(held) }));
    if (SCENARIOS[scenario].full) orders.push({ freshFrom: allocation.freshFrom });
    const senders = await Promise.all(
      orders.map((order) => start({ role: 'send', ...common, ...order, maxRate: rate })),
    );
    const addresses = senders.map(({ address }) => address);
    const held = plain(allocation.receiver);
    const result = await start({ role: 'receive', ...common, held, output, addresses, asked });
    if ((await sha256Of(output)) !== sha256) throw new Error('the received file is wrong');
    return result;
  } finally {
    await Promise.all(children.map((child) => child.end()));
    await rm(output, { force: true });
    await rm(`${output}.part`, { recursive: true, force: true });
  }
}

/** A process with one order and one answer. */
class Child {
  #child;
  #ended;
  answer;

  constructor(order, stop) {
    // Its own group: Ctrl-C reaches only the bench, which then ends it.
    const options = {
      serialization: 'advanced',
      detached: true,
      signal: stop,
      killSignal: 'SIGKILL',
    };
    const child = fork(PROCESS, [], options);
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    this.answer = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.once('message', ({ answer, error }) => {
        if (error === undefined) resolve(answer);
        else reject(new Error(error));
      });
      child.once('exit', (code) => reject(new Error(`${order.role} ended with ${code}`)));
    });
    this.answer.catch(() => undefined); // another process may be waited for at the moment
    child.send(order);
  }

  async end() {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

/** A Bitset as it goes through the channel. */
function plain({ length, words }) {
  return { length, words };
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
