// What one source has brought, kept over all its links.

import type { SourceStatus } from './io.ts';

/** Time constant of the smoothed rate, ms. */
const RATE_MS = 1_000;

export class Account {
  readonly address: string;
  readonly source: number | undefined;
  readonly kind: SourceStatus['kind'];
  /** What the source has cost until a time, when it has a price. */
  cost: (now: number) => number = () => 0;
  connected = false;
  received = 0;
  useful = 0;
  duplicate = 0;
  rejected = 0;
  /** Payload bytes received. */
  bytes = 0;
  summaryBytes = 0;
  sent = 0;
  /** Symbols of this source that failed their leaf, over all its links. */
  strikes = 0;
  private rate = 0;
  private ratedAt = 0;

  /** @param source index of the source that is dialled for it; undefined for one that dials */
  constructor(address: string, source: number | undefined, kind: SourceStatus['kind'] = 'peer') {
    this.address = address;
    this.source = source;
    this.kind = kind;
  }

  arrive(count: number, symbolBytes: number, now: number): void {
    this.received += count;
    this.bytes += count * symbolBytes;
    this.rate = this.rateAt(now) + (count * symbolBytes * 1000) / RATE_MS;
    this.ratedAt = now;
  }

  status(now: number): SourceStatus {
    const { address, connected, received, useful, duplicate, rejected, bytes } = this;
    const { kind, summaryBytes, sent } = this;
    const rate = this.rateAt(now);
    return {
      kind,
      address,
      connected,
      received,
      useful,
      duplicate,
      rejected,
      bytes,
      summaryBytes,
      sent,
      rate,
      cost: this.cost(now),
    };
  }

  private rateAt(now: number): number {
    return this.rate * Math.exp((this.ratedAt - now) / RATE_MS);
  }
}
