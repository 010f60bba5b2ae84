// The law of the rateless IBLT (protocol/summaries.md, kind 3): in which cells of an endless table an id is.
// Yang, Gilad and Alizadeh, "Practical Rateless Set Reconciliation" (SIGCOMM 2024): an item is in cell i with
// probability 1/(1 + i/2), about, so that any prefix of the table is an IBLT that suits its own size.

import { mix32 } from '../base/index.ts';

/** Odd, so the states of one id do not repeat within 2^32 draws. */
const STEP = 0x9e3779b9;
const CHECK_HASH = 0x85ebca77;

/** What a cell holds of an id beside the id itself, as an i32; `key` is the id's `seededKey`. */
export function ribltCheck(key: number): number {
  return mix32(key + CHECK_HASH) | 0;
}

/**
 * State of the generator after one more draw; before the first it is the id's `seededKey`, a bijection, so no
 * two ids share a sequence. Each draw is mixed in full: a cheaper mix leaves small sets undecoded.
 */
export function ribltStep(state: number): number {
  return (state + STEP) | 0;
}

/**
 * The cell after `index`, for the draw r = mix(state): index + ⌈(index + 1.5)(2^16/√(r + 1) − 1)⌉. The jump is 0
 * only for r = 2^32 − 1, which counts as 1. Exact in doubles for every index below 2^32.
 */
export function ribltNext(index: number, state: number): number {
  return index + (Math.ceil((index + 1.5) * (65_536 / Math.sqrt(mix32(state) + 1) - 1)) || 1);
}
