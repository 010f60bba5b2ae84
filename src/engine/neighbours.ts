// The links of a transfer: dialled and accepted, opened and lost, and the accounts of their sources.

import type { LinkId, Rng } from '../base/index.ts';
import { ProtocolError } from '../base/index.ts';
import { Link } from '../session/index.ts';
import type { LinkOptions, LinkOutput } from '../session/index.ts';
import { CLOSE, closeName } from '../wire/index.ts';
import { Account } from './account.ts';
import { Dialer } from './dialer.ts';
import type { TransferInput, TransferOutput } from './io.ts';
import { Peer } from './peer.ts';

/** Links at once; more are turned away. */
const LINKS_MAX = 256;
/** Accounts of accepted links that are kept for the report after they closed. */
const ACCOUNTS_MAX = 1_024;
/** Closed links whose accounts are still known by link. */
const CLOSED_MAX = 64;
/** Codes after which the same source may do better next time. */
const RETRY: ReadonlySet<number> = new Set([
  CLOSE.DONE,
  CLOSE.STALLED,
  CLOSE.IDLE,
  CLOSE.OVERLOADED,
  CLOSE.LIMIT,
  CLOSE.DISK,
]);

/** A message that the link does not answer itself. */
export type PeerMessage = Extract<LinkOutput, { kind: 'message' }>['message'];

export interface NeighboursHost {
  /** What this end says of itself in hello. */
  linkOptions(): LinkOptions;
  output(output: TransferOutput): void;
  /** The neighbour said hello. */
  ready(peer: Peer, now: number): void;
  /** A message of `size` bytes came. May throw ProtocolError, which ends the link. */
  message(peer: Peer, message: PeerMessage, size: number, now: number): void;
  /** The link is gone. */
  gone(peer: Peer, now: number): void;
}

type DialFailed = Extract<TransferInput, { kind: 'dial-failed' }>;
type LinkOpen = Extract<TransferInput, { kind: 'link-open' }>;

export class Neighbours {
  readonly peers: Peer[] = [];
  /** Every source that ever took part, in order of appearance. */
  readonly accounts: Account[] = [];
  readonly dialer: Dialer;
  private readonly host: NeighboursHost;
  private readonly dialled: Account[] = [];
  /** Accounts of the links that closed last. */
  private readonly closed = new Map<LinkId, Account>();

  constructor(host: NeighboursHost, rng: Rng) {
    this.host = host;
    this.dialer = new Dialer(rng);
  }

  peerOf(link: LinkId): Peer | undefined {
    return this.peers.find((peer) => peer.id === link);
  }

  /** The account of a link that is open, or was not long ago: its symbols may still be on their way to the disk. */
  accountOf(link: LinkId): Account | undefined {
    return this.peerOf(link)?.account ?? this.closed.get(link);
  }

  addSource(index: number, address: string, now: number): void {
    this.dialled[index] = this.account(address, index);
    this.dialer.add(index, address, now);
  }

  /** Dials every source whose time has come. */
  dial(now: number): void {
    for (let index = this.dialer.due(now); index !== undefined; index = this.dialer.due(now)) {
      this.host.output({ kind: 'dial', index, address: this.dialer.addressOf(index) });
    }
  }

  dialFailed(input: DialFailed, now: number): void {
    const { index, reason, permanent, retryAfterMs } = input;
    const address = this.dialer.addressOf(index);
    this.host.output({ kind: 'event', event: { type: 'dial-failed', address, reason } });
    if (permanent === true) this.dialer.ban(index, reason);
    else this.dialer.lost(index, reason, now, retryAfterMs);
  }

  /** A peer that was dialled is not connected yet, and may be. */
  get expectsPeers(): boolean {
    return this.dialled.some((account, index) => !account.connected && this.dialer.mayCome(index));
  }

  open(input: LinkOpen, now: number): void {
    const { link: id, address, index } = input;
    const dialled = index === undefined ? undefined : this.dialled[index];
    const link = new Link(this.host.linkOptions(), now);
    const peer = new Peer(id, link, dialled ?? this.account(address, undefined), index);
    if (index !== undefined) this.dialer.opened(index);
    peer.account.connected = true;
    this.peers.push(peer);
    if (this.peers.length > LINKS_MAX) this.drop(peer, CLOSE.OVERLOADED, 'too many links', now);
    this.pump(peer, now);
  }

  lost(link: LinkId, code: number, reason: string, now: number): void {
    const peer = this.peerOf(link);
    if (peer === undefined) return;
    peer.link.phase = 'closed';
    this.remove(peer, code, reason === '' ? (closeName(code) ?? `code ${code}`) : reason, now);
  }

  /** Ends a link and says why; its source is dialled again only when that may help. */
  drop(peer: Peer, code: number, reason: string, now: number): void {
    peer.link.close(code, reason);
    this.pump(peer, now);
  }

  /** Does what touches one link; a ProtocolError ends that link and nothing else. */
  guard(peer: Peer, now: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.drop(peer, error.code, error.message, now);
    }
    this.pump(peer, now);
  }

  /** Passes on what the link has to say. */
  pump(peer: Peer, now: number): void {
    for (let out = peer.link.poll(); out !== undefined; out = peer.link.poll()) {
      switch (out.kind) {
        case 'send':
          this.host.output({ kind: 'send', link: peer.id, bytes: out.bytes });
          break;
        case 'close': {
          const { code, reason, bytes } = out;
          this.host.output({ kind: 'close', link: peer.id, code, reason, bytes });
          this.remove(peer, code, reason, now);
          break;
        }
        case 'ready':
          this.host.output({
            kind: 'event',
            event: {
              type: 'link-up',
              link: peer.id,
              address: peer.account.address,
              agent: peer.link.remoteAgent,
            },
          });
          this.host.ready(peer, now);
          break;
        case 'message': {
          const { message, size } = out;
          this.guard(peer, now, () => this.host.message(peer, message, size, now));
          break;
        }
      }
    }
  }

  pumpAll(now: number): void {
    for (let i = this.peers.length - 1; i >= 0; i--) {
      const peer = this.peers[i];
      if (peer !== undefined) this.pump(peer, now);
    }
  }

  private remove(peer: Peer, code: number, reason: string, now: number): void {
    const at = this.peers.indexOf(peer);
    if (at < 0) return;
    this.peers.splice(at, 1);
    peer.account.connected = false;
    this.closed.set(peer.id, peer.account);
    if (this.closed.size > CLOSED_MAX) {
      for (const link of this.closed.keys()) {
        this.closed.delete(link);
        break;
      }
    }
    peer.halves?.view.clear();
    peer.halves?.recoded?.clear();
    if (peer.source !== undefined) {
      // 1000–1999 are the WebSocket's own: the connection ended, which says nothing of the source.
      if (RETRY.has(code) || code < 4000) this.dialer.lost(peer.source, reason, now);
      else this.dialer.ban(peer.source, reason);
    }
    const { address } = peer.account;
    this.host.output({
      kind: 'event',
      event: { type: 'link-down', link: peer.id, address, code, reason },
    });
    this.host.gone(peer, now);
  }

  private account(address: string, source: number | undefined): Account {
    if (this.accounts.length >= ACCOUNTS_MAX) {
      const idle = this.accounts.findIndex((a) => !a.connected && a.received === 0);
      if (idle >= 0) this.accounts.splice(idle, 1);
    }
    const account = new Account(address, source);
    this.accounts.push(account);
    return account;
  }
}
