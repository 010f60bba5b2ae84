// A measured codec is a program of its own, whatever language it is written in. It is started as PROGRAM K T and
// prints one line of JSON first: {"name", "version", "measures"}, with those of measures.mjs that it takes part in;
// also "skip" with a reason when it cannot do this K and T. Otherwise it gets requests on its standard input, one a
// line, and answers each with one line: process CPU seconds of all threads, for all repetitions together.
//
//   encode N          a source block of K random symbols of T bytes to its first repair symbol
//   repair N          K repair symbols from the encoder of the last `encode`
//   decode N ESI…     a decoder for these symbols, from its making to the whole block; the block must then be compared
//                     with the source, and what prepares the symbols is not counted either. ESI K + i is repair
//                     symbol i < K + 2, under whatever id the program knows it.
//   encodeUncached N  encode with a plan that is not cached: this repository only
//   structure N ESI…  decode at T = 8: this repository only
//
// N is the number of repetitions. The program ends when its input ends.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Program {
  /** What the program said of itself; known after start(). */
  hello = {};

  constructor(command, K, T) {
    const [file, ...args] = command;
    this.name = file;
    this.child = spawn(file, [...args, String(K), String(T)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
    });
    // A program that died says so in #line().
    this.child.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async start() {
    this.hello = JSON.parse(await this.#line());
    return this.hello;
  }

  /** CPU seconds of one repetition, on the average of `times`. */
  async measure(verb, times, esis = []) {
    this.child.stdin.write(`${[verb, times, ...esis].join(' ')}\n`);
    const seconds = Number(await this.#line());
    if (!(seconds > 0)) throw new Error(`${this.name}: ${verb} took ${seconds} s`);
    return seconds / times;
  }

  async end() {
    this.child.stdin.end();
    await this.ended;
  }

  async #line() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ${await this.ended}`);
    return value;
  }
}
