// When a download has no prospect any more: nothing gained for too long, or no source left to dial.

import type { Dialer } from './dialer.ts';

/** Without progress a download fails after this time, ms. */
const PATIENCE_MS = 30_000;

export class Patience {
  private readonly ms: number;
  private readonly dialer: Dialer;
  private from = 0;

  /** @param ms how long to wait without progress; undefined: 30 s */
  constructor(dialer: Dialer, ms: number | undefined) {
    this.dialer = dialer;
    this.ms = ms ?? PATIENCE_MS;
  }

  /** Something came that the download was waiting for, at `now`. */
  renew(now: number): void {
    this.from = Math.max(this.from, now);
  }

  /** This process slept for `ms`: nobody was waited for meanwhile. */
  forgive(ms: number): void {
    this.from += ms;
  }

  /** When the download fails if nothing comes, ms. */
  get endsAt(): number {
    return this.from + this.ms;
  }

  /** Why, when it has ended. `obstacle`: what the download is waiting for. */
  exhausted(obstacle: string): string {
    return `no progress for ${this.ms / 1000} s: ${obstacle}${this.reasons()}`;
  }

  /** Why nothing can come any more; undefined while a source may still be reached. */
  get hopeless(): string | undefined {
    const { dialer } = this;
    if (dialer.count === 0 || !dialer.hopeless) return undefined;
    return `no source could be used${this.reasons()}`;
  }

  private reasons(): string {
    return this.dialer
      .reasons()
      .map((reason) => `\n  ${reason}`)
      .join('');
  }
}
