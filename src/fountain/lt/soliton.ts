// Luby's degrees for LT codes.

import { checkWhole } from '../check.ts';
import { DegreeDistribution } from '../degree-distribution.ts';
import { LT_SYMBOLS_MAX } from './rows.ts';

/**
 * The robust soliton distribution for a block of k source symbols (Luby, LT Codes, 2002). `c` > 0 scales how many symbols
 * shall be decoded at once, R = c·√k·ln(k / delta); `delta` in (0, 1) bounds the probability of failure. RangeError,
 * naming the argument, outside of these.
 */
export function robustSoliton(k: number, c: number, delta: number): DegreeDistribution {
  checkWhole('k', k, 1, LT_SYMBOLS_MAX);
  if (!(c > 0 && c < Infinity)) throw new RangeError(`c ${c} is not a number above 0`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta ${delta} is not between 0 and 1`);
  const R = c * Math.sqrt(k) * Math.log(k / delta);
  const spike = Math.min(k, Math.max(1, Math.round(k / R)));
  const weights = [0];
  for (let d = 1; d <= k; d++) {
    const ideal = d === 1 ? 1 / k : 1 / (d * (d - 1));
    if (d < spike) weights.push(ideal + R / (d * k));
    // ln(R / delta) is negative for some tiny blocks.
    else if (d === spike) weights.push(ideal + Math.max(0, (R * Math.log(R / delta)) / k));
    else weights.push(ideal);
  }
  return new DegreeDistribution(weights);
}
