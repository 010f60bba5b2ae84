// Sums of rows with coefficients.

import { product } from './field';
import { CHUNK, LANE } from './layout';
import { addressOf } from './spot';

/** dst ^= Σ coefficient · source, over pairs (spot, address of the coefficient's tables) at list…. */
export function multiplyAdd(dst: usize, list: usize, end: usize, bytes: usize): void {
  let offset: usize = 0;
  for (const stop = bytes & ~(CHUNK - 1); offset < stop; offset += CHUNK) {
    const p = dst + offset;
    let a = v128.load(p);
    let b = v128.load(p, 16);
    let c = v128.load(p, 32);
    let d = v128.load(p, 48);
    for (let at = list; at < end; at += 8) {
      const source = addressOf(load<u32>(at)) + offset;
      const tables = load<u32>(at, 4);
      const low = v128.load(tables);
      const high = v128.load(tables, 16);
      a = v128.xor(a, product(v128.load(source), low, high));
      b = v128.xor(b, product(v128.load(source, 16), low, high));
      c = v128.xor(c, product(v128.load(source, 32), low, high));
      d = v128.xor(d, product(v128.load(source, 48), low, high));
    }
    v128.store(p, a);
    v128.store(p, b, 16);
    v128.store(p, c, 32);
    v128.store(p, d, 48);
  }
  for (; offset < bytes; offset += LANE) {
    let a = v128.load(dst + offset);
    for (let at = list; at < end; at += 8) {
      const source = addressOf(load<u32>(at)) + offset;
      const tables = load<u32>(at, 4);
      a = v128.xor(a, product(v128.load(source), v128.load(tables), v128.load(tables, 16)));
    }
    v128.store(dst + offset, a);
  }
}
