// What the paper's scenarios must come to, derived: overheads as functions of slack s and containment c, in the
// model of equal links, instant updates and any ℓ symbols that suffice. Everything in units of ℓ; U = s − ½.

import { sharingProbability } from './allocation.ts';

/** False positives of a Bloom filter with 8 bits per symbol and 5 hashes: (1 − e^(−5/8))⁵ = 2.17 %. */
export const BLOOM_FALSE_POSITIVES: number = (1 - Math.exp(-5 / 8)) ** 5;

/** Bisection: x in [low, high] with rising(x) = target. */
function solve(rising: (x: number) => number, target: number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 100; i++) {
    const x = (a + b) / 2;
    if (rising(x) < target) a = x;
    else b = x;
  }
  return (a + b) / 2;
}

/**
 * Two peers, a random own symbol each time: the coupon collector, 2·U/(1 − c)·ln(U/(s − 1)) − 1. Infinite at s = 1,
 * where the very last coupon is needed.
 */
export const pairWithReplacement = (s: number, c: number): number =>
  ((2 * (s - 0.5)) / (1 - c)) * Math.log((s - 0.5) / (s - 1)) - 1;

/** Two peers, never the same symbol twice: the share c is useless, c/(1 − c). */
export const pairWithout = (c: number): number => c / (1 - c);

/**
 * A full source beside the peer, the peer with replacement. After T of fresh symbols and as many from the peer
 * T + U·(1 − e^(−T(1−c)/U)) = ½ are new; overhead 4T − 1.
 */
export function augmentedWithReplacement(s: number, c: number): number {
  const u = s - 0.5;
  return 4 * solve((t) => t + u * (1 - Math.exp((-t * (1 - c)) / u)), 0.5, 0, 1) - 1;
}

/** A full source beside the peer, the peer without replacement, at any slack: 2/(2 − c) − 1. */
export const augmentedWithout = (c: number): number => 2 / (2 - c) - 1;

/**
 * Σ over k = 1…4 of P_k · f(k), where P_k is the probability that k of the four senders hold a symbol, given that one
 * does: binomial(4, p) without its k = 0.
 */
function overHolders(s: number, c: number, f: (k: number) => number): number {
  const p = sharingProbability(s, c, 4);
  const choose = [4, 6, 4, 1];
  const sum = choose.reduce((total, ways, i) => {
    const k = i + 1;
    return total + ways * p ** k * (1 - p) ** (4 - k) * f(k);
  }, 0);
  return sum / (1 - (1 - p) ** 4);
}

/** Four peers with replacement: 1 − Σ P_k·e^(−2kt) = ½/U, overhead 8t − 1. */
export function fourWithReplacement(s: number, c: number): number {
  const held = (t: number): number => 1 - overHolders(s, c, (k) => Math.exp(-2 * k * t));
  return 8 * solve(held, 0.5 / (s - 0.5), 0, 20) - 1;
}

/** Four peers without replacement: 1 − Σ P_k·(1 − 2t)^k = ½/U, overhead 8t − 1. */
export function fourWithout(s: number, c: number): number {
  const held = (t: number): number => 1 - overHolders(s, c, (k) => (1 - 2 * t) ** k);
  return 8 * solve(held, 0.5 / (s - 0.5), 0, 0.5) - 1;
}

/**
 * Four peers, reconciled by one summary with a rate φ of false positives (0: exact), never the same symbol twice from
 * one sender: U·(1 − φ)·(1 − Σ P_k·(1 − τ)^k) = ½, overhead 4τ·(1 − c)·(1 − φ) − 1.
 */
export function fourReconciledOnce(s: number, c: number, phi: number): number {
  const held = (tau: number): number =>
    (s - 0.5) * (1 - phi) * (1 - overHolders(s, c, (k) => (1 - tau) ** k));
  return 4 * solve(held, 0.5, 0, 1) * (1 - c) * (1 - phi) - 1;
}
