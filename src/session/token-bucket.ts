// A rate limit as a token bucket: pure arithmetic on the time that comes with each input.

/** Lets `perSecond` units through on average, with bursts of at most a tenth of a second's worth. */
export class TokenBucket {
  private readonly perMs: number;
  private readonly burst: number;
  private tokens: number;
  private filledAt: number | undefined;

  /** @param perSecond units per second */
  constructor(perSecond: number) {
    this.perMs = perSecond / 1000;
    this.burst = perSecond / 10;
    this.tokens = this.burst;
  }

  /**
   * Takes up to `count` things of `units` each and returns how many. One may overdraw the bucket, which the
   * next then waits for, so that a thing larger than the burst can pass too.
   */
  take(count: number, units: number, now: number): number {
    this.fill(now);
    if (this.tokens <= 0) return 0;
    const taken = Math.min(count, Math.max(1, Math.floor(this.tokens / units)));
    this.tokens -= taken * units;
    return taken;
  }

  /** Gives back units that were taken for something that did not happen, or (negative) takes what must pass. */
  give(units: number, now: number): void {
    this.fill(now);
    this.tokens = Math.min(this.burst, this.tokens + units);
  }

  /** True when something can be taken. */
  ready(now: number): boolean {
    this.fill(now);
    return this.tokens > 0;
  }

  /** When something can be taken, ms. */
  readyAt(now: number): number {
    this.fill(now);
    return this.tokens > 0 ? now : now + (1 - this.tokens) / this.perMs;
  }

  private fill(now: number): void {
    if (this.filledAt !== undefined) {
      this.tokens = Math.min(this.burst, this.tokens + (now - this.filledAt) * this.perMs);
    }
    this.filledAt = now;
  }
}
