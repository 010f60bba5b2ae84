// The simulator: peers, links and faults in virtual time, from one seed. The same seed gives the same run.

import type { LinkId } from '../base/index.ts';
import { Rng, UsageError } from '../base/index.ts';
import type { TransferEvent } from '../engine/index.ts';
import { VirtualClock } from './clock.ts';
import type { SimContent } from './content.ts';
import type { LinkQuality, Port } from './network.ts';
import { joinPorts } from './network.ts';
import type { SimPeerOptions } from './sim-peer.ts';
import { SimPeer } from './sim-peer.ts';

/** What travels on a simulated link to the peer at its other end. */
interface Wire {
  readonly peer: SimPeer;
  link: LinkId;
}

export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly rng: Rng;
  readonly peers: SimPeer[] = [];
  /** Called with every event of every peer. */
  onEvent: ((peer: SimPeer, event: TransferEvent) => void) | undefined;
  private readonly quality: (from: SimPeer, to: SimPeer) => LinkQuality;
  private readonly far = new Map<Port, Wire>();
  private frames = 0;

  /** @param quality what each link is like; equal and full 1400-byte links by default, as in the paper */
  constructor(seed: number, quality?: (from: SimPeer, to: SimPeer) => LinkQuality) {
    this.rng = new Rng(seed);
    this.quality = quality ?? (() => ({ delayMs: 1, bytesPerMs: 1400 }));
  }

  /** Adds a peer and starts it. */
  add(options: SimPeerOptions): SimPeer {
    const peer = new SimPeer(this, options);
    this.peers.push(peer);
    peer.start();
    return peer;
  }

  /** Tells `from` of a source: the peer with that name. */
  source(from: SimPeer, index: number, to: SimPeer): void {
    from.feed({ kind: 'source', index, address: to.name });
  }

  /** Runs until `done` holds. Throws when nothing happens any more, or `limitMs` of virtual time is over. */
  run(done: () => boolean, limitMs = 3_600_000): void {
    while (!done()) {
      if (!this.clock.step()) throw new UsageError('the simulation has come to a halt');
      if (this.clock.now > limitMs) throw new UsageError(`not done after ${limitMs} ms`);
    }
  }

  // ---- what peers ask of the world

  dial(from: SimPeer, index: number, address: string): void {
    const to = this.peers.find((peer) => peer.name === address);
    if (to === undefined || !to.alive) {
      this.clock.at(this.clock.now + 1, () =>
        from.feed({ kind: 'dial-failed', index, reason: 'connection refused' }),
      );
      return;
    }
    const near: Wire = { peer: from, link: 0 };
    const remote: Wire = { peer: to, link: 0 };
    const [a, b] = joinPorts(this.clock, this.quality(from, to), [
      (code, reason) => from.linkClosed(near.link, code, reason),
      (code, reason) => to.linkClosed(remote.link, code, reason),
    ]);
    this.far.set(a, remote);
    this.far.set(b, near);
    const { delayMs } = this.quality(from, to);
    this.clock.at(this.clock.now + delayMs, () => {
      remote.link = to.linkOpen(b, from.name, undefined);
    });
    this.clock.at(this.clock.now + 2 * delayMs, () => {
      near.link = from.linkOpen(a, address, index);
    });
  }

  control(_from: SimPeer, port: Port | undefined, _link: LinkId, bytes: Uint8Array): void {
    if (port === undefined) return;
    const to = this.far.get(port);
    port.send(bytes.length + 4, () => to?.peer.feed({ kind: 'control', link: to.link, bytes }));
  }

  symbols(
    port: Port | undefined,
    _link: LinkId,
    sbn: number,
    esis: readonly number[],
    bad: readonly boolean[],
    content: SimContent,
    sent: () => void,
  ): void {
    const to = port === undefined ? undefined : this.far.get(port);
    if (port === undefined || to === undefined) {
      this.clock.at(this.clock.now, sent);
      return;
    }
    const bytes = 8 + esis.length * (3 + content.layout.symbolBytes);
    const frame = ++this.frames;
    port.send(
      bytes,
      () => {
        if (bad.includes(true)) to.peer.tainted.set(frame, bad);
        to.peer.feed({ kind: 'symbols', link: to.link, frame, sbn, esis });
      },
      sent,
    );
  }
}
