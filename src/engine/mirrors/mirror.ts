// One mirror of a download: a plain HTTP server that has all source symbols. What it was given to fetch, what is on its way,
// how fast it is and what it costs. It outlives its links: a mirror that comes back is the same.

import type { LinkId } from '../../base/index.ts';
import type { Account } from '../account.ts';
import type { SourceState } from '../scheduler/board.ts';
import { RateMeter } from './rate-meter.ts';
import type { MirrorTerms } from './terms.ts';

/** The next request leaves this much earlier than a round trip before the one under way ends, ms. */
const LEAD_MS = 50;

/** Source symbols [from, to) of the file. `copy`: another mirror was given them first. */
export interface Run {
  from: number;
  to: number;
  readonly copy: boolean;
}

/** A range request that is out: [next, to) has not come. */
export interface RangeRequest extends Run {
  readonly request: number;
  next: number;
}

export class Mirror {
  readonly index: number;
  readonly account: Account;
  readonly terms: MirrorTerms;
  readonly meter: RateMeter;
  state: SourceState = 'coming';
  /** Its open link; undefined: not connected. */
  link: LinkId | undefined;
  /** The link that it has, or had last. */
  lastLink: LinkId | undefined;
  /** Round trip, ms. */
  rttMs = 100;
  /** It sends all of the file from the beginning, or nothing. */
  isWhole = false;
  /** What it was given and was not asked for yet, in order. */
  readonly queue: Run[] = [];
  /** What it was asked for, in order. */
  readonly requests: RangeRequest[] = [];
  /** Since when it owes symbols and has sent none, ms. */
  heardAt = 0;
  /** It had nothing to do and the scheduler gave it nothing: it is looked at again with the next observation. */
  idle = false;
  private usedSince: number | undefined;
  private usedMs = 0;

  constructor(index: number, account: Account, terms: MirrorTerms) {
    this.index = index;
    this.account = account;
    this.terms = terms;
    this.meter = new RateMeter(terms.rate ?? 0);
  }

  /** Symbols given to it that have not come. */
  get left(): number {
    let left = this.outstanding;
    for (const { from, to } of this.queue) left += to - from;
    return left;
  }

  /** Symbols that it was asked for and that have not come. */
  get outstanding(): number {
    let left = 0;
    for (const { next, to } of this.requests) left += to - next;
    return left;
  }

  /** Bytes that come within a round trip, about: as much must be on its way for it never to wait. */
  get leadBytes(): number {
    return (this.meter.rate * (this.rttMs + LEAD_MS)) / 1000;
  }

  /** It is paid for from now on. */
  use(now: number): void {
    this.state = 'used';
    this.usedSince ??= now;
  }

  /** It is not paid for any longer. */
  rest(state: SourceState, now: number): void {
    this.state = state;
    if (this.usedSince !== undefined) this.usedMs += now - this.usedSince;
    this.usedSince = undefined;
  }

  /** Money that it has cost so far: the time it was in use, and its bytes. */
  cost(now: number): number {
    const { terms, account, usedSince, usedMs } = this;
    const ms = usedMs + (usedSince === undefined ? 0 : now - usedSince);
    return (terms.pricePerSecond * ms) / 1000 + (terms.pricePerGb * account.bytes) / 1e9;
  }
}
