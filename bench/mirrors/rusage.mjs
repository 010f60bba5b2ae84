// node rusage.mjs PROGRAM ARG… : runs it and prints {"seconds", "cpuSeconds"} of it. A process that waits for one child alone
// can tell what the child took.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [program, ...args] = process.argv.slice(2);
const began = performance.now();
const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
let cpuSeconds = 0;
// Linux tells the time of a process that runs; what it takes in its last moments is not seen.
const watch = setInterval(look, 20);
function look() {
  try {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    // It has ended, or this is no Linux.
  }
}
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code) => {
  clearInterval(watch);
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, cpuSeconds }));
  process.exit(code ?? 1);
});
