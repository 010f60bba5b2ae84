// A driver in virtual time: runs one Transfer with a store that counts symbols instead of keeping them.

import type { LinkId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { BlockOutcome, TransferEvent, TransferOutput, Verdict } from '../engine/index.ts';
import { Transfer } from '../engine/index.ts';
import type { TransferOptions } from '../engine/index.ts';
import type { SimContent } from './content.ts';
import { toyHash } from './content.ts';
import type { Port } from './network.ts';
import type { World } from './world.ts';

/** How a peer misbehaves. */
export interface Faults {
  /** Share of the symbols it sends that fail their leaf. */
  readonly pollute?: number;
  /** It takes requests and sends nothing. */
  readonly silent?: boolean;
  /** Share of the decodings that need one more symbol (RFC 6330: below 0.01 at K symbols). */
  readonly shortDecodes?: number;
}

export interface SimPeerOptions {
  readonly name: string;
  readonly content: SimContent;
  /** Symbols held at the start; `full`: all of them. */
  readonly held: Bitset | 'full' | 'none';
  readonly transfer: Partial<Omit<TransferOptions, 'contentId' | 'sha256' | 'seed'>>;
  /** Knows the descriptor from the start. */
  readonly described?: boolean;
  readonly faults?: Faults;
  /** Time that verifying and storing a frame takes, ms. */
  readonly diskMs?: number;
  /** Time that finishing a block takes, ms. */
  readonly decodeMs?: number;
}

/** One simulated process. Its store outlives a restart, as a disk does. */
export class SimPeer {
  readonly name: string;
  readonly options: SimPeerOptions;
  transfer: Transfer;
  readonly events: TransferEvent[] = [];
  /** What the store holds. */
  readonly held: Bitset;
  readonly leaves: Bitset;
  alive = true;
  private readonly world: World;
  private readonly ports = new Map<LinkId, Port>();
  private nextLink = 1;
  private wake = 0;
  private epoch = 0;

  constructor(world: World, options: SimPeerOptions) {
    const { layout } = options.content;
    this.world = world;
    this.options = options;
    this.name = options.name;
    if (options.held === 'none' || options.held === 'full') {
      this.held = new Bitset(layout.idCount);
      if (options.held === 'full') this.held.addRange(0, layout.idCount);
    } else {
      this.held = options.held.clone();
    }
    this.leaves = new Bitset(layout.blockCount);
    if (this.held.count > 0) this.leaves.addRange(0, layout.blockCount);
    this.transfer = this.born();
  }

  /** Starts, or starts again after `kill`. */
  start(): void {
    this.alive = true;
    const described = this.options.described ?? true;
    this.feed(
      described
        ? { kind: 'start', descriptor: this.options.content.descriptor }
        : { kind: 'start' },
    );
  }

  /** As kill -9: links break, the store stays. */
  kill(): void {
    this.alive = false;
    this.epoch++;
    for (const port of this.ports.values()) port.cut(1006, 'connection lost');
    this.ports.clear();
    this.transfer = this.born();
  }

  /** A link is open. Returns the id by which this end knows it. */
  linkOpen(port: Port, address: string, index: number | undefined): LinkId {
    const link = this.nextLink++;
    this.ports.set(link, port);
    this.feed(
      index === undefined
        ? { kind: 'link-open', link, address }
        : { kind: 'link-open', link, address, index },
    );
    return link;
  }

  linkClosed(link: LinkId, code: number, reason: string): void {
    if (!this.ports.delete(link)) return;
    this.feed({ kind: 'link-closed', link, code, reason });
  }

  feed(input: Parameters<Transfer['handle']>[0]): void {
    if (!this.alive) return;
    this.transfer.handle(input, this.world.clock.now);
    for (;;) {
      const output = this.transfer.poll();
      if (output.kind === 'timeout') {
        this.sleep(output.at);
        return;
      }
      this.act(output);
    }
  }

  private born(): Transfer {
    const { content, transfer } = this.options;
    return new Transfer({
      fetch: true,
      serve: true,
      strategy: 'coordinated',
      summary: 'auto',
      updateFrequency: 10,
      linger: true,
      ...transfer,
      contentId: content.id,
      sha256: toyHash,
      seed: this.world.rng.uint32(),
    });
  }

  private sleep(at: number): void {
    const wake = ++this.wake;
    if (at === Infinity) return;
    this.world.clock.at(at, () => {
      if (wake === this.wake) this.feed({ kind: 'timeout' });
    });
  }

  /** Answers later, unless this process has been killed by then. */
  private later(ms: number, input: Parameters<Transfer['handle']>[0]): void {
    const { epoch } = this;
    this.world.clock.at(this.world.clock.now + ms, () => {
      if (epoch === this.epoch) this.feed(input);
    });
  }

  private act(output: Exclude<TransferOutput, { kind: 'timeout' }>): void {
    const { diskMs = 0 } = this.options;
    switch (output.kind) {
      case 'open':
        this.later(diskMs, { kind: 'opened', held: this.held, leaves: this.leaves.clone() });
        break;
      case 'dial':
        this.world.dial(this, output.index, output.address);
        break;
      case 'send':
        this.world.control(this, this.ports.get(output.link), output.link, output.bytes);
        break;
      case 'read':
        this.read(output);
        break;
      case 'write':
        this.write(output);
        break;
      case 'write-leaves':
        this.leaves.add(output.sbn);
        break;
      case 'read-leaves': {
        const { link, sbn } = output;
        const has = this.leaves.has(sbn);
        const leaves = has ? this.options.content.leaves(sbn) : undefined;
        this.later(diskMs, { kind: 'leaves-read', link, sbn, leaves });
        break;
      }
      case 'finish-block':
        this.finishBlock(output.sbn);
        break;
      case 'discard-block':
        this.forBlock(output.sbn, (id) => this.held.delete(id));
        break;
      case 'finish-content':
        this.later(diskMs, { kind: 'content-finished', problem: undefined });
        break;
      case 'close': {
        const port = this.ports.get(output.link);
        this.ports.delete(output.link);
        port?.end(output.code, output.reason);
        break;
      }
      case 'event':
        this.events.push(output.event);
        this.world.onEvent?.(this, output.event);
        break;
    }
  }

  private read(output: Extract<TransferOutput, { kind: 'read' }>): void {
    const { link, sbn, esis } = output;
    const { faults = {} } = this.options;
    if (faults.silent) return;
    const bad = esis.map(() => this.world.rng.unit() < (faults.pollute ?? 0));
    this.world.symbols(this.ports.get(link), link, sbn, esis, bad, this.options.content, () =>
      this.feed({ kind: 'sent', link, count: esis.length }),
    );
  }

  /** Bad symbols of frames that wait for their `write`, by frame number. */
  readonly tainted: Map<number, readonly boolean[]> = new Map();

  private write(output: Extract<TransferOutput, { kind: 'write' }>): void {
    const { link, frame, sbn, keep } = output;
    const bad = this.tainted.get(frame);
    this.tainted.delete(frame);
    if (keep.length === 0) return;
    const { layout } = this.options.content;
    const esis = keep.map((i) => output.esis[i] ?? 0);
    const verdicts = keep.map((i): Verdict => (bad?.[i] ? 'rejected' : 'kept'));
    esis.forEach((esi, i) => {
      if (verdicts[i] === 'kept') this.held.add(layout.id(sbn, esi));
    });
    this.later(this.options.diskMs ?? 0, { kind: 'written', link, sbn, esis, verdicts });
  }

  private finishBlock(sbn: number): void {
    const { decodeMs = 0, faults = {} } = this.options;
    const short = this.world.rng.unit() < (faults.shortDecodes ?? 0);
    const outcome: BlockOutcome = short ? 'short' : 'ok';
    if (!short) this.forBlock(sbn, (id) => this.held.add(id));
    this.later(decodeMs, { kind: 'block-finished', sbn, outcome });
  }

  private forBlock(sbn: number, visit: (id: number) => void): void {
    const { layout } = this.options.content;
    for (let id = layout.windowStart(sbn); id < layout.windowStart(sbn + 1); id++) visit(id);
  }
}
