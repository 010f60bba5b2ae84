// Executes a prepared program.

import { double, doubleAdd } from './field';
import { fold } from './fold';
import {
  LAST_BYTES,
  PLANE,
  PLANE_BYTES,
  PLANES,
  PREPARED_END,
  PROGRAM,
  ROWS,
  SINK,
  WIDTH,
  WORK,
} from './layout';
import { multiplyAdd } from './multiply-add';
import { CLEAR, DOUBLE, FOLD, MULTIPLY_ADD, prepare, XOR } from './prepare';
import { addressOf, setBases } from './spot';
import { clear, xorRows } from './xor';

/** A program with so many bytes a row goes through all rows. */
const DENSE: usize = 32;

/** Prepares a program of so many words (see prepare) and executes it on all stripes. */
export function run(words: u32): void {
  prepare(words);
  const planes = load<u32>(PLANES);
  for (let stripe: u32 = 0; stripe < planes; stripe++) runStripe(stripe);
}

/**
 * Reads a plane into the cache, from one end to the other. The program reads it at random, which the processor cannot
 * foresee: without this, blocks that are not in a cache take 10–20 % longer.
 */
function fetch(plane: usize, bytes: usize): void {
  let sum: u32 = 0;
  for (const end = plane + bytes; plane < end; plane += 64) sum += load<u32>(plane);
  store<u32>(SINK, sum);
}

/** Executes the prepared program on one stripe. */
export function runStripe(stripe: u32): void {
  const plane = load<u32>(PLANE) + stripe * load<u32>(PLANE_BYTES);
  const work = load<u32>(WORK);
  const bytes = stripe + 1 == load<u32>(PLANES) ? load<u32>(LAST_BYTES) : load<u32>(WIDTH);
  const start = <usize>load<u32>(PROGRAM);
  const end = <usize>load<u32>(PREPARED_END);
  if (end - start > DENSE * <usize>load<u32>(ROWS)) fetch(plane, load<u32>(PLANE_BYTES));
  setBases(plane, work);
  for (let pc = start; pc < end;) {
    const header = load<u32>(pc);
    const n = <usize>(header >>> 3);
    switch (header & 7) {
      case XOR: {
        const list = pc + 16;
        pc = list + (n << 2);
        const middle = list + ((<usize>load<u32>(list - 12)) << 2);
        const dst = addressOf(load<u32>(list - 8));
        xorRows(dst, addressOf(load<u32>(list - 4)), list, middle, pc, plane, work, bytes);
        break;
      }
      case CLEAR:
        clear(addressOf(load<u32>(pc, 4)), bytes);
        pc += 8;
        break;
      case DOUBLE: {
        const dst = addressOf(load<u32>(pc, 4));
        const a = addressOf(load<u32>(pc, 8));
        if (n == 1) double(dst, a, bytes);
        else doubleAdd(dst, a, addressOf(load<u32>(pc, 12)), bytes);
        pc += 8 + (n << 2);
        break;
      }
      case MULTIPLY_ADD: {
        const list = pc + 8;
        pc = list + (n << 3);
        multiplyAdd(addressOf(load<u32>(list - 4)), list, pc, bytes);
        break;
      }
      case FOLD: {
        const h = load<u32>(pc, 8);
        const taps = pc + 12 + (h << 2);
        fold(load<u32>(pc, 4), pc + 12, h, taps, taps + (n << 3), plane, work, bytes);
        pc = taps + (n << 3);
        break;
      }
    }
  }
}
