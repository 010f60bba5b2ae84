// A thread of bench/figures/pool.mjs: one job in, one answer out.

import { parentPort } from 'node:worker_threads';
import { runScenario } from '../../dist/sim/index.js';
import { designedExtra, raptorqExtra, solitonExtra } from './decoding.mjs';

const JOBS = {
  scenario: runScenario,
  raptorq: raptorqExtra,
  soliton: solitonExtra,
  designed: designedExtra,
};

parentPort.on('message', ({ index, kind, options }) => {
  try {
    parentPort.postMessage({ index, result: JOBS[kind](options) });
  } catch (error) {
    parentPort.postMessage({ index, error: `${error.name}: ${error.message}` });
  }
});
