// Runs jobs on two threads.

import { Worker } from 'node:worker_threads';

const THREADS = 2;

/**
 * Answers {result} or {error} for each of `jobs`, in their order. A job is {kind, options} as bench/figures/worker.mjs
 * knows them. `progress` is called with how many are done.
 */
export async function runJobs(jobs, progress) {
  const answers = new Array(jobs.length);
  let next = 0;
  let done = 0;
  const runThread = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.mjs', import.meta.url));
      const give = () => {
        if (next < jobs.length) worker.postMessage({ index: next, ...jobs[next++] });
        else worker.terminate().then(resolve, reject);
      };
      worker.on('error', reject);
      worker.on('message', ({ index, result, error }) => {
        answers[index] = { result, error };
        progress(++done);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: Math.min(THREADS, jobs.length) }, runThread));
  return answers;
}
