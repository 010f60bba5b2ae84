// How much credit a receiver keeps out on one link: twice the bandwidth-delay product plus a tenth of a
// second, so that a fast link never waits and a slow one owes little when the transfer ends.

import { symbolsPerFrame } from '../wire/index.ts';

/** Credit before the first measurement, symbols. */
const FIRST_CREDIT = 16;
/** Credit that is always allowed, so that a link can show that it has become faster. */
const CREDIT_MIN = 4;
/** Credit is worth at most this many bytes: the receiver's memory per link. */
const CREDIT_BYTES_MAX = 8 * 1024 * 1024;
/** Worth of credit beyond two round trips, ms: rides out pauses of either process. */
const CUSHION_MS = 100;
/** A latency older than this no longer counts as the smallest, ms. */
const LATENCY_MEMORY_MS = 10_000;
/**
 * Shortest span over which a rate is taken, ms. A rate-limited sender lets bursts through; over a shorter span they
 * would look like its rate, and it would be given more credit than it can use in time.
 */
const RATE_SPAN_MS = 50;

/** Measures the rate and latency of one link from what was asked for and what came. */
export class Pace {
  /** Symbols per ms, smoothed; 0 until measured. */
  rate = 0;
  /**
   * Smallest time from a request on an idle link to its first symbol, ms; 0 until measured. Taken when nothing else
   * is on its way, because the time behind a queue grows with the queue, and the queue with this time.
   */
  latency = 0;
  private readonly creditMax: number;
  private readonly frameSymbols: number;
  private asked = 0;
  private came = 0;
  /** Where the span began over which the rate is being taken. */
  private span: { readonly at: number; readonly came: number } | undefined;
  private latencyAt = 0;
  /** When a request was made on the idle link, until its first symbol comes. */
  private idleAt: number | undefined;

  /** @param symbolBytes T */
  constructor(symbolBytes: number) {
    this.creditMax = Math.max(CREDIT_MIN, Math.floor(CREDIT_BYTES_MAX / symbolBytes));
    this.frameSymbols = symbolsPerFrame(symbolBytes);
  }

  /** Symbols were asked for. */
  request(count: number, now: number): void {
    if (this.came >= this.asked) {
      this.asked = this.came; // symbols of void credit came after all: they answer no new request
      this.idleAt = now;
      this.span = undefined; // nobody was asked meanwhile: that says nothing of the rate
    }
    this.asked += count;
    this.span ??= { at: now, came: this.came };
  }

  /** Symbols came. */
  arrive(count: number, now: number): void {
    this.came += count;
    if (this.idleAt !== undefined) this.learnLatency(now - this.idleAt, now);
    if (this.span === undefined) return;
    const elapsed = now - this.span.at;
    const sample = (this.came - this.span.came) / Math.max(elapsed, 0.01);
    if (elapsed >= RATE_SPAN_MS) {
      // Rises at once, falls by halves: a window that is too small hides the rate it would allow.
      this.rate = sample > this.rate ? sample : (this.rate + sample) / 2;
      this.span = { at: now, came: this.came };
    } else if (this.rate === 0 && this.came >= this.asked) {
      // All of the first credit came within the span: a fast link, which need not wait for its end.
      this.rate = this.came / RATE_SPAN_MS;
    }
  }

  /** This much of what was asked for will not come, or only late. */
  forget(count: number): void {
    this.asked = Math.max(this.came, this.asked - count);
    this.span = undefined;
    this.idleAt = undefined;
  }

  private learnLatency(elapsed: number, now: number): void {
    this.idleAt = undefined;
    const old = now - this.latencyAt > LATENCY_MEMORY_MS;
    if (this.latency !== 0 && elapsed >= this.latency && !old) return;
    this.latency = Math.max(elapsed, 0.01);
    this.latencyAt = now;
  }

  /**
   * Symbols of credit to keep out. `rttMs`: the link's round trip, if known. With the time of a frame it bounds the
   * latency: a sender that had to prepare its first symbols need not be owed for that time again.
   */
  target(rttMs: number = Infinity): number {
    if (this.rate === 0) return Math.min(FIRST_CREDIT, this.creditMax);
    const latency = Math.min(this.latency, rttMs + this.frameSymbols / this.rate);
    const worthMs = 2 * latency + CUSHION_MS;
    const credit = Math.max(CREDIT_MIN, Math.ceil(this.rate * worthMs));
    return Math.min(this.creditMax, credit);
  }
}
