// When to dial which source: at once, then after pauses that double with jitter; never again one that
// misbehaved.

import type { Rng } from '../base/index.ts';

const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** Failed attempts in a row after which a source that never answered counts as unreachable. */
const ATTEMPTS = 3;

interface Source {
  readonly address: string;
  /** spare: not to be dialled until it is used. */
  state: 'spare' | 'waiting' | 'dialling' | 'open' | 'banned';
  failures: number;
  dueAt: number;
  everOpen: boolean;
  reason: string;
}

export class Dialer {
  private readonly sources: Source[] = [];
  private readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** Sources that were added. */
  get count(): number {
    return this.sources.length;
  }

  add(index: number, address: string, now: number, isSpare = false): void {
    this.sources[index] = {
      address,
      state: isSpare ? 'spare' : 'waiting',
      failures: 0,
      dueAt: now,
      everOpen: false,
      reason: 'not tried',
    };
  }

  /** A spare is to be dialled now. */
  use(index: number, now: number): void {
    const source = this.sources[index];
    if (source?.state !== 'spare') return;
    source.state = 'waiting';
    source.dueAt = now;
  }

  addressOf(index: number): string {
    return this.sources[index]?.address ?? '';
  }

  /** The next source to dial now; undefined when there is none. It counts as being dialled from here on. */
  due(now: number): number | undefined {
    const index = this.sources.findIndex((s) => s.state === 'waiting' && s.dueAt <= now);
    const source = this.sources[index];
    if (source === undefined) return undefined;
    source.state = 'dialling';
    return index;
  }

  dueAt(): number {
    let at = Infinity;
    for (const s of this.sources) if (s.state === 'waiting') at = Math.min(at, s.dueAt);
    return at;
  }

  opened(index: number): void {
    const source = this.sources[index];
    if (source === undefined) return;
    source.state = 'open';
    source.everOpen = true;
  }

  /** The link did useful work: the next loss starts from the shortest pause. */
  proved(index: number): void {
    const source = this.sources[index];
    if (source !== undefined) source.failures = 0;
  }

  /** A dial failed or a link was lost: try again later, and not before `retryAfterMs` when it asked for that. */
  lost(index: number, reason: string, now: number, retryAfterMs = 0): void {
    const source = this.sources[index];
    if (source === undefined || source.state === 'banned') return;
    const pause = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** source.failures);
    source.failures++;
    source.state = 'waiting';
    source.dueAt = now + Math.max(retryAfterMs, pause * (0.75 + 0.5 * this.rng.unit()));
    source.reason = reason;
  }

  /** It misbehaved: never again. */
  ban(index: number, reason: string): void {
    const source = this.sources[index];
    if (source === undefined) return;
    source.state = 'banned';
    source.reason = reason;
  }

  /** True when the source has not shown that it cannot be reached. */
  mayCome(index: number): boolean {
    const source = this.sources[index];
    return source !== undefined && source.state !== 'banned' && source.failures < ATTEMPTS;
  }

  /** True when every source is banned, or never answered in all its attempts. */
  get hopeless(): boolean {
    return this.sources.every(
      (s) =>
        s.state === 'banned' || (s.state === 'waiting' && !s.everOpen && s.failures >= ATTEMPTS),
    );
  }

  /** One line per source: what is wrong with it. */
  reasons(): string[] {
    return this.sources
      .filter((s) => s.state !== 'open' && s.state !== 'spare')
      .map((s) => `${s.address}: ${s.reason}`);
  }
}
