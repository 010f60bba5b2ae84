// A plain HTTP server in virtual time: sends ranges of source symbols over one connection, one request after the other, at a
// rate that can change, until it stalls, dies or errs.

import type { LinkId } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { MirrorFailure, TransferInput } from '../engine/index.ts';
import type { VirtualClock } from './clock.ts';

/** The peer that dials a mirror, as the mirror sees it. */
export interface MirrorUser {
  readonly options: { readonly content: { readonly layout: Layout } };
  feed(input: TransferInput): void;
  /** The mirror was reached. Returns the id by which this end knows the connection. */
  mirrorOpen(connect: (link: LinkId) => SimMirrorLink): LinkId;
  /** Source symbols came. */
  fromMirror(link: LinkId, from: number, count: number, lies: boolean): void;
  /** Source symbols from this one to the end of its block. */
  untilBlockEnd(position: number): number;
}

export interface SimMirrorOptions {
  readonly name: string;
  readonly bytesPerMs: number;
  readonly rttMs?: number;
  /** It can send any part of the file; true by default. */
  readonly ranges?: boolean;
}

/** Symbols of a burst: what a socket gives at a time. */
const BURST = 4;

interface Asked {
  readonly request: number;
  next: number;
  to: number;
  /** When its first symbol can be here, ms. */
  readonly from: number;
}

export class SimMirror {
  readonly name: string;
  readonly rttMs: number;
  readonly ranges: boolean;
  bytesPerMs: number;
  /** Answers nothing, as behind a cable that was cut. */
  silent = false;
  /** Refuses connections and breaks those that are open. */
  dead = false;
  /** Sends wrong bytes. */
  lies = false;
  /** Why the next request fails, once. */
  failNext: MirrorFailure | undefined;
  /** Payload bytes that have left it. */
  sentBytes = 0;
  private readonly clock: VirtualClock;

  constructor(clock: VirtualClock, options: SimMirrorOptions) {
    const { name, bytesPerMs, rttMs = 20, ranges = true } = options;
    this.clock = clock;
    this.name = name;
    this.bytesPerMs = bytesPerMs;
    this.rttMs = rttMs;
    this.ranges = ranges;
  }

  /** A peer dials it. */
  dial(peer: MirrorUser, index: number): void {
    const { clock, rttMs, ranges } = this;
    clock.at(clock.now + 2 * rttMs, () => {
      if (this.silent) return;
      if (this.dead) return peer.feed({ kind: 'dial-failed', index, reason: 'connection refused' });
      const link = peer.mirrorOpen((link) => new SimMirrorLink(clock, this, peer, link));
      peer.feed({ kind: 'mirror-open', link, index, rttMs, ranges });
    });
  }
}

/** One connection. */
export class SimMirrorLink {
  private readonly clock: VirtualClock;
  private readonly mirror: SimMirror;
  private readonly peer: MirrorUser;
  private readonly link: LinkId;
  private readonly asked: Asked[] = [];
  private busy = false;
  private held = false;
  private closed = false;

  constructor(clock: VirtualClock, mirror: SimMirror, peer: MirrorUser, link: LinkId) {
    this.clock = clock;
    this.mirror = mirror;
    this.peer = peer;
    this.link = link;
  }

  fetch(request: number, from: number, to: number): void {
    const at = this.clock.now + this.mirror.rttMs;
    this.asked.push({ request, next: from, to, from: at });
    this.go();
  }

  cut(request: number, to: number): void {
    const asked = this.asked.find((a) => a.request === request);
    if (asked === undefined) return;
    asked.to = Math.max(asked.next, Math.min(asked.to, to));
    this.go();
  }

  hold(on: boolean): void {
    this.held = on;
    this.go();
  }

  close(): void {
    this.closed = true;
  }

  /** Sends the next burst, or ends the request. */
  private go(): void {
    const { clock, mirror } = this;
    const asked = this.asked[0];
    if (this.busy || this.closed || asked === undefined || mirror.silent) return;
    if (mirror.dead) return this.end(asked, { reason: 'connection lost', permanent: false });
    if (mirror.failNext !== undefined) {
      const failure = mirror.failNext;
      mirror.failNext = undefined;
      return this.end(asked, failure);
    }
    if (asked.next >= asked.to) return this.end(asked, undefined);
    if (this.held) return;
    this.busy = true;
    const count = Math.min(BURST, asked.to - asked.next, this.peer.untilBlockEnd(asked.next));
    const { symbolBytes } = this.peer.options.content.layout;
    const ms = (count * symbolBytes) / mirror.bytesPerMs;
    clock.at(Math.max(clock.now, asked.from) + ms, () => this.arrive(asked, count));
  }

  private arrive(asked: Asked, count: number): void {
    this.busy = false;
    const { mirror } = this;
    if (this.closed || mirror.silent || mirror.dead) return this.go();
    const wanted = Math.min(count, asked.to - asked.next);
    const { symbolBytes } = this.peer.options.content.layout;
    mirror.sentBytes += count * symbolBytes;
    const from = asked.next;
    asked.next += wanted;
    if (wanted > 0) this.peer.fromMirror(this.link, from, wanted, mirror.lies);
    this.go();
  }

  private end(asked: Asked, failure: MirrorFailure | undefined): void {
    this.asked.shift();
    const { link } = this;
    const { request } = asked;
    this.clock.at(this.clock.now, () => {
      if (this.closed) return;
      this.peer.feed(
        failure === undefined
          ? { kind: 'fetched', link, request }
          : { kind: 'fetched', link, request, failure },
      );
      this.go();
    });
  }
}
