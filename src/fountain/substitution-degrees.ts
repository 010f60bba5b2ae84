// Degrees of recoded symbols for a receiver that decodes by substitution: a symbol counts once all of its constituents
// but one are known. The degrees that need the fewest symbols are a linear programme.

import { DegreeDistribution, fixedDegree } from './degree-distribution.ts';
import { DEGREE_MAX, optimalDegree } from './degrees.ts';
import { minimise } from './lp.ts';

/** What a sender knows of the receiver. Numbers are of symbols; a fraction is as good as a whole number. */
export interface SubstitutionOptions {
  /** The share of the sender's symbols that the receiver holds. What is estimated should be lowered: see below. */
  readonly containment: number;
  /** How many symbols the sender holds. */
  readonly own: number;
  /** How many symbols the receiver still needs. */
  readonly need: number;
  /**
   * Of the symbols that some sender holds and the receiver lacks, the share that 1, 2, … of the senders hold: as many
   * numbers as there are senders, which all send alike. One sender by default.
   */
  readonly holders?: readonly number[];
}

export interface SubstitutionDesign {
  readonly degrees: DegreeDistribution;
  /** Recoded symbols that each sender is expected to send until the receiver has what it needs. */
  readonly symbols: number;
}

/** Points of the transfer at which decoding must go on. With 100 or 800 of them a design has the same symbols within 0.01 %. */
const POINTS = 200;
/** Spare decoding at every point, in shares of what it asks for. */
const SPARE_SHARE = 0.005;
/** Spare decoding at every point, in standard deviations of what is decoded at once: small pools need more of it. */
const SPARE_DEVIATIONS = 0.35;

/**
 * The degrees of a sender's recoded symbols that let the receiver get what it needs by substitution from the fewest of
 * them, and how many these are. Any numbers give some distribution: outside of their range they are taken to be at its
 * end, and what is not a number to be unknown. Takes some milliseconds.
 *
 * **Design for less containment than estimated**, by one standard error: degrees that are too high stall the decoding
 * while little is held. With two peers and a slack of 1.1 a design for containment 0.25 takes 1.63 times more than needed
 * where it is 0.1 in truth, instead of 0.13; where it is 0.3, the same design takes 0.17 instead of 0.13.
 *
 * Let x be the share of the sender's symbols that the receiver knows, and a_d the symbols of degree d sent for each one
 * that the sender holds. A symbol of the sender is given by a symbol of degree d that has it with probability
 * x^(d − 1). So it is still unknown with probability e^(−y), y = Σ d·a_d·x^(d − 1), and decoding goes on from x as long as
 * that y exceeds the one where only 1 − x are unknown: (1 − c)·e^(−y) = 1 − x, for c the containment at the beginning.
 * Where k senders have a symbol it is unknown with probability e^(−ky).
 */
export function substitutionDesign(options: SubstitutionOptions): SubstitutionDesign {
  const own = options.own >= 1 ? Math.min(options.own, Number.MAX_SAFE_INTEGER) : 1;
  const c = options.containment > 0 ? Math.min(options.containment, 1 - 1 / own) : 0;
  const shares = sharesOf(options.holders ?? [1]);
  const copies = shares.reduce((mean, share, i) => mean + share * (i + 1), 0);
  /** Symbols that the receiver lacks and some sender has. */
  const unknown = (shares.length * own * (1 - c)) / copies;
  const most = 1 - 0.5 / unknown;
  const needed = options.need >= 1 ? options.need / unknown : 1 / unknown;
  const end = yOf(shares, Number.isNaN(options.need) ? most : Math.min(needed, most));
  const ofOneSender = shares.map((share, i) => (share * (i + 1)) / copies);
  const spare = SPARE_DEVIATIONS * Math.sqrt(0.5 / own);
  const degreeMax = Math.min(DEGREE_MAX, Math.floor(own));
  const rows: number[][] = [];
  const bounds: number[] = [];
  for (let i = 0; i <= POINTS; i++) {
    const y = (end * i) / POINTS;
    const x = 1 - (1 - c) * unknownShare(ofOneSender, y);
    rows.push(Array.from({ length: degreeMax }, (_, n) => (n + 1) * x ** n));
    bounds.push(y * (1 + SPARE_SHARE) + spare);
  }
  const costs = new Array<number>(degreeMax).fill(1);
  const counts = minimise({ costs, rows, bounds });
  if (counts === undefined) {
    return { degrees: fixedDegree(Math.min(optimalDegree(c), degreeMax)), symbols: own };
  }
  const symbols = own * counts.reduce((sum, count) => sum + count, 0);
  return { degrees: new DegreeDistribution([0, ...counts]), symbols };
}

/** The degrees of substitutionDesign. */
export function substitutionDegrees(options: SubstitutionOptions): DegreeDistribution {
  return substitutionDesign(options).degrees;
}

/** The numbers with a sum of 1; of one sender if they are no shares. */
function sharesOf(holders: readonly number[]): readonly number[] {
  const sum = holders.reduce((total, share) => total + share, 0);
  if (!(sum > 0 && sum < Infinity) || holders.some((share) => share < 0)) return [1];
  return holders.map((share) => share / sum);
}

/** What is still unknown when each sender gave y: Σ share_k · e^(−ky). */
function unknownShare(shares: readonly number[], y: number): number {
  return shares.reduce((sum, share, i) => sum + share * Math.exp(-(i + 1) * y), 0);
}

/** The y that makes `known` < 1 of the symbols known. */
function yOf(shares: readonly number[], known: number): number {
  let low = 0;
  // One holder is the worst case.
  let high = -Math.log(1 - known);
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (1 - unknownShare(shares, middle) < known) low = middle;
    else high = middle;
  }
  return high;
}
