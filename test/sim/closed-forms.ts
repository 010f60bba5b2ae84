// What the paper's scenarios must come to, derived: overheads as functions of slack s and containment c, in the
// model of equal links, instant updates and any ℓ of ℓ symbols. φ is the Bloom filter's rate of false positives.

import { sharingProbability } from '../../src/sim/index.ts';

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

export const pairWithReplacement = (s: number, c: number): number =>
  ((2 * (s - 0.5)) / (1 - c)) * Math.log((s - 0.5) / (s - 1)) - 1;

export const pairWithout = (c: number): number => c / (1 - c);

export function augmentedWithReplacement(s: number, c: number): number {
  const u = s - 0.5;
  return 4 * solve((t) => t + u * (1 - Math.exp((-t * (1 - c)) / u)), 0.5, 0, 1) - 1;
}

export const augmentedWithout = (c: number): number => 2 / (2 - c) - 1;

/** Σ over k = 1…4 of P(k of four senders hold a symbol, given that one does) · f(k). */
function overHolders(s: number, c: number, f: (k: number) => number): number {
  const p = sharingProbability(s, c, 4);
  const choose = [1, 4, 6, 4, 1];
  let sum = 0;
  for (let k = 1; k <= 4; k++) sum += choose[k]! * p ** k * (1 - p) ** (4 - k) * f(k);
  return sum / (1 - (1 - p) ** 4);
}

export function fourWithReplacement(s: number, c: number): number {
  const held = (t: number): number => 1 - overHolders(s, c, (k) => Math.exp(-2 * k * t));
  return 8 * solve(held, 0.5 / (s - 0.5), 0, 20) - 1;
}

export function fourWithout(s: number, c: number): number {
  const held = (t: number): number => 1 - overHolders(s, c, (k) => (1 - 2 * t) ** k);
  return 8 * solve(held, 0.5 / (s - 0.5), 0, 0.5) - 1;
}

export function fourReconciledOnce(s: number, c: number, phi: number): number {
  const held = (tau: number): number =>
    (s - 0.5) * (1 - phi) * (1 - overHolders(s, c, (k) => (1 - tau) ** k));
  return 4 * solve(held, 0.5, 0, 1) * (1 - c) * (1 - phi) - 1;
}
