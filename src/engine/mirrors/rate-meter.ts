// The rate of one mirror, from what came and when: now, and its mean, least and greatest over a window (β of EEPT).

/** Length of one observation, ms: several round trips of most paths, and the bursts of a shaper even out. */
const OBSERVE_MS = 250;
/** The first observation may be as short as this, ms: a fast mirror has sent what it was asked for by then. */
const FIRST_MS = 2;
/** Observations that the window has: 10 s. */
const WINDOW = 40;

/** Rates are bytes per second; 0 until something was observed. */
export class RateMeter {
  /** Of the last observation. */
  rate = 0;
  private readonly window: number[] = [];
  /** Told in advance: serves until the mirror was observed. */
  private readonly expected: number;
  private since: number | undefined;
  private came = 0;

  /** @param expected rate that is expected of it, bytes per second; 0: nothing is known */
  constructor(expected: number) {
    this.expected = expected;
  }

  get mean(): number {
    if (this.window.length === 0) return this.expected;
    return this.window.reduce((sum, rate) => sum + rate, 0) / this.window.length;
  }

  get min(): number {
    return this.window.length === 0 ? this.expected : Math.min(...this.window);
  }

  get max(): number {
    return this.window.length === 0 ? this.expected : Math.max(...this.window);
  }

  /** It owes something from now on. */
  start(now: number): void {
    this.since ??= now;
  }

  arrive(bytes: number, now: number): void {
    this.start(now);
    this.came += bytes;
  }

  /** It owes nothing any more. The time until the next `start` says nothing of its rate. */
  stop(now: number): void {
    this.observeFirst(now);
    this.since = undefined;
    this.came = 0;
  }

  /** All that it was asked for is here: the first observation need not wait for its end. */
  observeFirst(now: number): void {
    if (this.since === undefined || this.window.length > 0 || this.came === 0) return;
    this.record((this.came * 1000) / Math.max(FIRST_MS, now - this.since));
    this.since = now;
    this.came = 0;
  }

  /** Ends the observation under way when it is over. True when there is a new one. */
  observe(now: number): boolean {
    if (this.since === undefined || now < this.since + OBSERVE_MS) return false;
    // Before its first byte it was not slow, only far.
    const isNew = this.came > 0 || this.window.length > 0;
    if (isNew) this.record((this.came * 1000) / (now - this.since));
    this.since = now;
    this.came = 0;
    return isNew;
  }

  /** When the observation under way is over, ms. */
  get observeAt(): number {
    return this.since === undefined ? Infinity : this.since + OBSERVE_MS;
  }

  /** It got stuck: what was observed before says nothing of it any more. */
  forget(): void {
    this.since = undefined;
    this.came = 0;
    this.window.length = 0;
    this.record(0);
  }

  private record(rate: number): void {
    this.rate = rate;
    this.window.push(rate);
    if (this.window.length > WINDOW) this.window.shift();
  }
}
