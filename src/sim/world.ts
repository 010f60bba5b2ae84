// The simulator: peers, links and faults in virtual time, from one seed. The same seed gives the same run.

import type { LinkId } from '../base/index.ts';
import { Rng, UsageError } from '../base/index.ts';
import type { TransferEvent } from '../engine/index.ts';
import { VirtualClock } from './clock.ts';
import type { Fault } from './faults.ts';
import type { LinkQuality, Port } from './network.ts';
import { joinPorts } from './network.ts';
import type { SimFrame, SimPeerOptions, SimRecodedFrame, Surroundings } from './sim-peer.ts';
import type { SimMirrorOptions } from './sim-mirror.ts';
import { SimMirror } from './sim-mirror.ts';
import { SimPeer } from './sim-peer.ts';
import type { TraceEntry, Tracer } from './trace.ts';

/** The other end of a link, as the sender sees it. */
interface Far {
  readonly from: SimPeer;
  readonly to: SimPeer;
  /** The id by which `to` knows the link. */
  link: LinkId;
  readonly controlIsFree: boolean;
}

export class World implements Surroundings {
  readonly clock: VirtualClock = new VirtualClock();
  readonly rng: Rng;
  readonly peers: SimPeer[] = [];
  readonly mirrors: SimMirror[] = [];
  /** Called with every event of every peer. */
  onEvent: ((peer: SimPeer, event: TransferEvent) => void) | undefined;
  /** Called with everything that happens. */
  onTrace: Tracer | undefined;
  private readonly quality: (from: SimPeer, to: SimPeer) => LinkQuality;
  private readonly far = new Map<Port, Far>();
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

  /** Adds a mirror. Peers are told of it with `SimPeer.addMirror`. */
  mirror(options: SimMirrorOptions): SimMirror {
    const mirror = new SimMirror(this.clock, options);
    this.mirrors.push(mirror);
    return mirror;
  }

  /** Tells `from` of a source. */
  source(from: SimPeer, to: SimPeer): void {
    from.addSource(to.name);
  }

  /** Lets each fault happen at its time, counted from now on the clock's scale. */
  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) this.clock.at(fault.at, () => this.inflict(fault));
  }

  /** Runs until `done` holds. Throws when nothing happens any more, or `limitMs` of virtual time is over. */
  run(done: () => boolean, limitMs = 3_600_000): void {
    while (!done()) {
      if (!this.clock.step()) throw new UsageError('the simulation has come to a halt');
      if (this.clock.now > limitMs) throw new UsageError(`not done after ${limitMs} ms`);
    }
  }

  /** Runs until time `at`, ms. */
  runUntil(at: number): void {
    let reached = false;
    this.clock.at(at, () => (reached = true));
    while (!reached) this.clock.step();
  }

  // ---- what peers ask of the world

  tell(entry: TraceEntry): void {
    this.onTrace?.(this.clock.now, entry);
  }

  dial(from: SimPeer, index: number, address: string): void {
    const mirror = this.mirrors.find(({ name }) => name === address);
    if (mirror !== undefined) return mirror.dial(from, index);
    const to = this.peers.find((peer) => peer.name === address);
    const { clock } = this;
    if (to === undefined || !to.alive) {
      clock.at(clock.now + 1, () =>
        from.feed({ kind: 'dial-failed', index, reason: 'connection refused' }),
      );
      return;
    }
    const quality = this.quality(from, to);
    const { controlIsFree = false } = quality;
    const near: Far = { from: to, to: from, link: 0, controlIsFree };
    const far: Far = { from, to, link: 0, controlIsFree };
    const [a, b] = joinPorts(clock, quality, [
      (code, reason) => this.closed(a, near, code, reason),
      (code, reason) => this.closed(b, far, code, reason),
    ]);
    this.far.set(a, far);
    this.far.set(b, near);
    const life = [from.life, to.life];
    clock.at(clock.now + quality.delayMs, () => {
      if (life[0] !== from.life || life[1] !== to.life) return a.cut(1006, 'connection lost');
      this.tell({ kind: 'link', from: from.name, to: to.name });
      far.link = to.linkOpen(b, from.name, undefined);
    });
    clock.at(clock.now + 2 * quality.delayMs, () => {
      if (life[0] !== from.life) return a.cut(1006, 'connection lost');
      if (!a.open) {
        from.feed({ kind: 'dial-failed', index, reason: 'connection lost' });
        return;
      }
      near.link = from.linkOpen(a, address, index);
    });
  }

  control(port: Port | undefined, bytes: Uint8Array): void {
    const far = port && this.far.get(port);
    if (port === undefined || far === undefined) return;
    this.tell({ kind: 'control', from: far.from.name, to: far.to.name, bytes });
    const size = far.controlIsFree ? 0 : bytes.length + 4;
    port.send(size, () => far.to.feed({ kind: 'control', link: far.link, bytes }));
  }

  symbols(port: Port | undefined, frame: SimFrame, sent: () => void): void {
    const far = port && this.far.get(port);
    if (port === undefined || far === undefined || !port.open) {
      this.clock.at(this.clock.now, sent);
      return;
    }
    const { sbn, esis, bad, symbolBytes } = frame;
    this.tell({ kind: 'symbols', from: far.from.name, to: far.to.name, sbn, esis, bad });
    const number = ++this.frames;
    const deliver = (): void => {
      if (bad.includes(true)) far.to.tainted.set(number, bad);
      far.to.feed({ kind: 'symbols', link: far.link, frame: number, sbn, esis });
    };
    port.send(8 + esis.length * (3 + symbolBytes), deliver, sent);
  }

  recoded(port: Port | undefined, frame: SimRecodedFrame, sent: () => void): void {
    const far = port && this.far.get(port);
    if (port === undefined || far === undefined || !port.open) {
      this.clock.at(this.clock.now, sent);
      return;
    }
    const { sbn, first, degrees, bad, symbolBytes } = frame;
    this.tell({ kind: 'recoded', from: far.from.name, to: far.to.name, sbn, first, degrees, bad });
    const number = ++this.frames;
    const deliver = (): void => {
      if (bad.includes(true)) far.to.tainted.set(number, bad);
      far.to.feed({ kind: 'recoded', link: far.link, frame: number, sbn, first, degrees });
    };
    port.send(12 + degrees.length * (1 + symbolBytes), deliver, sent);
  }

  private closed(port: Port, end: Far, code: number, reason: string): void {
    this.far.delete(port);
    this.tell({ kind: 'close', from: end.from.name, to: end.to.name, code, reason });
    end.to.linkClosed(end.link, code, reason);
  }

  private inflict(fault: Fault): void {
    const peer = this.peers.find(({ name }) => name === fault.peer);
    if (peer === undefined) throw new UsageError(`no peer ${fault.peer}`);
    this.tell({ kind: 'fault', peer: fault.peer, fault: fault.kind });
    switch (fault.kind) {
      case 'cut':
        for (const [port, { from, to }] of [...this.far]) {
          if (from === peer && to.name === fault.other) port.cut(1006, 'connection lost');
        }
        break;
      case 'kill':
        peer.kill();
        break;
      case 'restart':
        if (!peer.alive) peer.start();
        break;
      case 'sleep':
        peer.suspend(fault.ms);
        break;
      case 'disk-failed':
        peer.feed({ kind: 'disk-failed', message: 'no space left on device' });
        break;
      case 'behave':
        peer.behave(fault.as);
        break;
    }
  }
}
