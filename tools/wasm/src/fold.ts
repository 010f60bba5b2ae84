// The Horner scheme with taps. A tap adds the running value to two targets; adding it to the sum of that pair of
// targets instead, and the pairs to the targets in the end, halves the traffic.

import { doubled } from './field';
import { CHUNK, LANE, PAIRS, ZEROS } from './layout';
import { addressOf, setBases } from './spot';

/** Where the sum of targets i and j is, i ≠ j; for i = j a place that nobody reads. */
export function pairOf(i: u32, j: u32): usize {
  const high = max(i, j);
  const low = min(i, j);
  return PAIRS + (i == j ? 120 : (high * (high - 1)) / 2 + low) * CHUNK;
}

/** `taps` are pairs (spot, address of a pair's sum), `targets` are h spots. */
export function fold(
  last: u32,
  targets: usize,
  h: u32,
  taps: usize,
  end: usize,
  plane: usize,
  work: usize,
  bytes: usize,
): void {
  let offset: usize = 0;
  for (const stop = bytes & ~(CHUNK - 1); offset < stop; offset += CHUNK) {
    setBases(plane + offset, work + offset);
    clearPairs(h);
    foldChunk(addressOf(last), taps, end);
    for (let lane: usize = 0; lane < CHUNK; lane += LANE) addPairs(targets, h, lane);
  }
  for (; offset < bytes; offset += LANE) {
    setBases(plane + offset, work + offset);
    clearPairs(h);
    foldLane(addressOf(last), taps, end);
    addPairs(targets, h, 0);
  }
  setBases(plane, work);
}

function clearPairs(h: u32): void {
  const end = PAIRS + <usize>((h * (h - 1)) / 2) * CHUNK;
  for (let at = PAIRS; at < end; at += LANE) v128.store(at, i64x2.splat(0));
}

/** Adds the sum of each pair to its two targets. */
function addPairs(targets: usize, h: u32, lane: usize): void {
  for (let i: u32 = 0; i < h; i++) {
    const target = addressOf(load<u32>(targets + (i << 2))) + lane;
    let sum = v128.load(target);
    for (let j: u32 = 0; j < h; j++) {
      if (j != i) sum = v128.xor(sum, v128.load(pairOf(i, j) + lane));
    }
    v128.store(target, sum);
  }
}

function foldChunk(last: usize, taps: usize, end: usize): void {
  let a = v128.load(ZEROS);
  let b = a;
  let c = a;
  let d = a;
  for (; taps < end; taps += 8) {
    const row = addressOf(load<u32>(taps));
    const pair = load<u32>(taps, 4);
    a = v128.xor(doubled(a), v128.load(row));
    b = v128.xor(doubled(b), v128.load(row, 16));
    c = v128.xor(doubled(c), v128.load(row, 32));
    d = v128.xor(doubled(d), v128.load(row, 48));
    v128.store(pair, v128.xor(v128.load(pair), a));
    v128.store(pair, v128.xor(v128.load(pair, 16), b), 16);
    v128.store(pair, v128.xor(v128.load(pair, 32), c), 32);
    v128.store(pair, v128.xor(v128.load(pair, 48), d), 48);
  }
  v128.store(last, a);
  v128.store(last, b, 16);
  v128.store(last, c, 32);
  v128.store(last, d, 48);
}

function foldLane(last: usize, taps: usize, end: usize): void {
  let a = v128.load(ZEROS);
  for (; taps < end; taps += 8) {
    const pair = load<u32>(taps, 4);
    a = v128.xor(doubled(a), v128.load(addressOf(load<u32>(taps))));
    v128.store(pair, v128.xor(v128.load(pair), a));
  }
  v128.store(last, a);
}
