// The other end of program.mjs: what a measured JavaScript program has in common.

import { createInterface } from 'node:readline';

/** Process CPU seconds of all threads that `work` takes. */
export function timed(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Fails unless the decoded block is the source. */
export function checkBlock(block, source) {
  if (block === undefined || Buffer.compare(block, source) !== 0) throw new Error('wrong block');
}

/**
 * Says hello, then answers requests until the input ends. `verbs` maps a verb to a function of the ESIs that runs
 * one repetition and returns its CPU seconds.
 */
export async function answerRequests(hello, verbs) {
  console.log(JSON.stringify(hello));
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, times, ...esis] = line.split(' ');
    const ids = esis.map(Number);
    let seconds = 0;
    for (let i = 0; i < Number(times); i++) seconds += verbs[verb](ids);
    console.log(seconds);
  }
}
