// The mirrors of a transfer: added, dialled, opened and lost. Only some are in use at a time; the others are spares, and take the
// places of those that are lost. What each is asked for is the business of `MirrorDesk`.

import type { LinkId } from '../../base/index.ts';
import { Account } from '../account.ts';
import type { Dialer } from '../dialer.ts';
import type { TransferOutput } from '../io.ts';
import { Mirror } from './mirror.ts';
import type { MirrorFailure, MirrorTerms } from './terms.ts';

/** Mirrors of one transfer: those of a descriptor, of a link and of a command line. */
export const MIRRORS_MAX = 256;

/** Mirrors in use at once, by default: together they fill most links, and each keeps one connection for itself. */
export const MIRRORS_AT_ONCE = 8;

export interface MirrorOpen {
  readonly link: LinkId;
  readonly index: number;
  readonly rttMs: number;
  /** It can send any part of the file. */
  readonly ranges: boolean;
}

export interface MirrorsHost {
  readonly dialer: Dialer;
  readonly accounts: Account[];
  /** Mirrors in use at once. */
  readonly atOnce: number;
  output(output: TransferOutput): void;
}

export class Mirrors {
  /** In the order in which they were used; none is ever taken out. */
  readonly all: Mirror[] = [];
  /** Those that are not in use yet, the next first. */
  private readonly spares: Mirror[] = [];
  private readonly host: MirrorsHost;
  private over = false;

  constructor(host: MirrorsHost) {
    this.host = host;
  }

  /** The mirror of an open link. */
  ofLink(link: LinkId): Mirror | undefined {
    return this.all.find((mirror) => mirror.link === link);
  }

  /** The account of a link that is open, or was the mirror's last: its symbols may still be on their way to the disk. */
  accountOf(link: LinkId): Account | undefined {
    return this.all.find((mirror) => mirror.lastLink === link)?.account;
  }

  ofSource(index: number): Mirror | undefined {
    return this.all.find((mirror) => mirror.index === index);
  }

  /** True while one is connected. */
  get anyOpen(): boolean {
    return this.all.some(({ link }) => link !== undefined);
  }

  add(index: number, address: string, terms: MirrorTerms, now: number): void {
    if (this.all.length + this.spares.length >= MIRRORS_MAX) return;
    const account = new Account(address, index, 'mirror');
    const mirror = new Mirror(index, account, terms);
    account.cost = (at) => mirror.cost(at);
    this.spares.push(mirror);
    this.host.dialer.add(index, address, now, true);
    this.useSpares(now);
  }

  /** Nobody waits for it any more. */
  dialFailed(index: number, now: number): void {
    const mirror = this.ofSource(index);
    if (mirror?.state === 'coming') mirror.state = 'lost';
    this.useSpares(now);
  }

  /** Undefined when there is no such mirror, or it is open. */
  open({ link, index, rttMs, ranges }: MirrorOpen): Mirror | undefined {
    const mirror = this.ofSource(index);
    if (mirror === undefined || mirror.link !== undefined) return undefined;
    mirror.link = link;
    mirror.lastLink = link;
    mirror.rttMs = rttMs;
    mirror.isWhole = !ranges;
    mirror.state = 'unused';
    mirror.account.connected = true;
    this.host.dialer.opened(index);
    const { address } = mirror.account;
    const agent = ranges ? 'plain mirror' : 'plain mirror without ranges';
    this.host.output({ kind: 'event', event: { type: 'link-up', link, address, agent } });
    return mirror;
  }

  /** The transfer is over. */
  closeAll(reason: string, now: number): void {
    this.over = true;
    for (const mirror of this.all) this.close(mirror, { reason, permanent: false }, now, true);
  }

  /** Lets go of the link. The caller has taken back what was out. `ended`: the transfer is over, nobody is to blame. */
  close(mirror: Mirror, failure: MirrorFailure, now: number, ended = false): void {
    const { link, index, account } = mirror;
    if (link === undefined) return;
    const { reason, permanent, retryAfterMs } = failure;
    mirror.link = undefined;
    mirror.rest('lost', now);
    mirror.meter.stop(now);
    mirror.requests.length = 0;
    account.connected = false;
    this.host.output({ kind: 'close', link, code: 0, reason, bytes: undefined });
    const { address } = account;
    this.host.output({
      kind: 'event',
      event: { type: 'link-down', link, address, code: 0, reason },
    });
    if (ended) return;
    if (permanent) this.host.dialer.ban(index, reason);
    else this.host.dialer.lost(index, reason, now, retryAfterMs);
    this.useSpares(now);
  }

  /** Fills the places of mirrors that are lost, perhaps for a while. */
  private useSpares(now: number): void {
    if (this.over) return;
    const used = this.all.filter(({ state }) => state !== 'lost').length;
    for (const mirror of this.spares.splice(0, Math.max(0, this.host.atOnce - used))) {
      this.host.accounts.push(mirror.account);
      this.all.push(mirror);
      this.host.dialer.use(mirror.index, now);
    }
  }
}
