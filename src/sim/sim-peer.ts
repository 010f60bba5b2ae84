// A driver in virtual time: runs one Transfer with a store that counts symbols instead of keeping them.

import type { LinkId, Rng } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type {
  BlockOutcome,
  MirrorTerms,
  TransferEvent,
  TransferInput,
  TransferOptions,
  TransferOutput,
  Verdict,
} from '../engine/index.ts';
import { Transfer } from '../engine/index.ts';
import { decodeControl, encodeControl } from '../wire/index.ts';
import type { SimContent } from './content.ts';
import { toyHash } from './content.ts';
import type { Misbehaviour } from './faults.ts';
import type { Port } from './network.ts';
import type { TraceEntry } from './trace.ts';
import type { VirtualClock } from './clock.ts';
import { missingSymbols } from './decoding.ts';
import type { SimMirrorLink } from './sim-mirror.ts';

type Sending = Extract<TransferOutput, { kind: 'read' | 'recode' }>;

export interface SimPeerOptions {
  readonly name: string;
  readonly content: SimContent;
  /** Symbols held at the start; `full`: all of them. */
  readonly held: Bitset | 'full' | 'none';
  readonly transfer: Partial<Omit<TransferOptions, 'contentId' | 'sha256' | 'seed'>>;
  /** Knows the descriptor from the start. */
  readonly described?: boolean;
  /** Fetches it as a plain file: there is no descriptor, and symbols are not checked one by one. */
  readonly plain?: boolean;
  readonly faults?: Misbehaviour;
  /** Time that verifying and storing a frame takes, ms. */
  readonly diskMs?: number;
  /** Time that finishing a block takes, ms. */
  readonly decodeMs?: number;
}

/** A symbol frame without its payloads. */
export interface SimFrame {
  readonly sbn: number;
  readonly esis: readonly number[];
  /** Which of them fail their leaf. */
  readonly bad: readonly boolean[];
  readonly symbolBytes: number;
}

/** A frame of recoded symbols without its payloads. */
export interface SimRecodedFrame {
  readonly sbn: number;
  readonly first: number;
  /** Of how many symbols each is the sum. */
  readonly degrees: readonly number[];
  /** Which of them are not what they should be. */
  readonly bad: readonly boolean[];
  readonly symbolBytes: number;
}

/** What a peer has around it: time, chance and the network. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  onEvent: ((peer: SimPeer, event: TransferEvent) => void) | undefined;
  tell(entry: TraceEntry): void;
  dial(from: SimPeer, index: number, address: string): void;
  control(port: Port | undefined, bytes: Uint8Array): void;
  symbols(port: Port | undefined, frame: SimFrame, sent: () => void): void;
  recoded(port: Port | undefined, frame: SimRecodedFrame, sent: () => void): void;
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
  /** How it misbehaves now. */
  readonly faults: Misbehaviour;
  /** Sources it was told of; it is told again when it restarts. */
  readonly sources: string[] = [];
  /** Mirrors that it was told of, by their index among the sources. */
  readonly mirrors: Map<number, { readonly name: string; readonly terms: MirrorTerms }> = new Map();
  private readonly mirrorLinks = new Map<LinkId, SimMirrorLink>();
  /** Wrong symbols that were stored without a check. */
  private readonly wrong = new Set<number>();
  private readonly withheld: Sending[] = [];
  /** Which rows of the quarantine are lies. */
  private readonly badRows: boolean[] = [];
  private asleepUntil = 0;
  private readonly inbox: TransferInput[] = [];
  private readonly world: Surroundings;
  private readonly ports = new Map<LinkId, Port>();
  private nextLink = 1;
  private mirrorFrames = 0;
  private wake = 0;
  private epoch = 0;

  /** Changes with every death. */
  get life(): number {
    return this.epoch;
  }

  constructor(world: Surroundings, options: SimPeerOptions) {
    const { layout } = options.content;
    this.world = world;
    this.options = options;
    this.name = options.name;
    this.faults = { ...options.faults };
    if (options.held === 'none' || options.held === 'full') {
      this.held = new Bitset(layout.idCount);
      if (options.held === 'full') this.held.addRange(0, layout.idCount);
    } else {
      this.held = options.held.clone();
    }
    this.leaves = new Bitset(layout.blockCount);
    if (this.held.count > 0 || options.plain === true) this.leaves.addRange(0, layout.blockCount);
    this.transfer = this.born();
  }

  /** Starts, or starts again after `kill`. */
  start(): void {
    this.alive = true;
    const { described = true, plain = false, content } = this.options;
    if (plain) this.feed({ kind: 'start', plain: content.layout });
    else this.feed({ kind: 'start', ...(described ? { descriptor: content.descriptor } : {}) });
    this.sources.forEach((address, index) => this.join(index, address));
  }

  private join(index: number, address: string): void {
    const mirror = this.mirrors.get(index);
    if (mirror === undefined) this.feed({ kind: 'source', index, address });
    else this.feed({ kind: 'mirror', index, address, terms: mirror.terms });
  }

  /** Learns of one more source. */
  addSource(address: string): void {
    this.join(this.sources.push(address) - 1, address);
  }

  /** Learns of one more mirror. */
  addMirror(name: string, terms: MirrorTerms): void {
    const index = this.sources.push(name) - 1;
    this.mirrors.set(index, { name, terms });
    this.join(index, name);
  }

  /** A mirror was reached. Returns the id by which this end knows the connection. */
  mirrorOpen(connect: (link: LinkId) => SimMirrorLink): LinkId {
    const link = this.nextLink++;
    this.mirrorLinks.set(link, connect(link));
    return link;
  }

  /** Source symbols came from a mirror. */
  fromMirror(link: LinkId, from: number, count: number, lies: boolean): void {
    const { layout } = this.options.content;
    const sbn = layout.sbnOf(from * layout.windowRatio);
    const first = from - layout.blockOffset(sbn) / layout.symbolBytes;
    const esis = Array.from({ length: count }, (_, i) => first + i);
    const frame = -++this.mirrorFrames;
    if (lies)
      this.tainted.set(
        frame,
        esis.map(() => true),
      );
    this.feed({ kind: 'symbols', link, frame, sbn, esis });
  }

  /** Source symbols from this one to the end of its block. */
  untilBlockEnd(position: number): number {
    const { layout } = this.options.content;
    const sbn = layout.sbnOf(position * layout.windowRatio);
    return layout.blockOffset(sbn + 1) / layout.symbolBytes - position;
  }

  /** Stands still for `ms`, as a suspended process does. */
  suspend(ms: number): void {
    const { clock } = this.world;
    const { epoch } = this;
    this.asleepUntil = clock.now + ms;
    clock.at(this.asleepUntil, () => {
      if (epoch !== this.epoch || clock.now < this.asleepUntil) return;
      for (const input of this.inbox.splice(0)) this.feed(input);
    });
  }

  /** As kill -9: links break, the store stays. */
  kill(): void {
    this.alive = false;
    this.epoch++;
    this.asleepUntil = 0;
    this.inbox.length = 0;
    this.withheld.length = 0;
    for (const port of this.ports.values()) port.cut(1006, 'connection lost');
    this.ports.clear();
    for (const link of this.mirrorLinks.values()) link.close();
    this.mirrorLinks.clear();
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

  feed(input: TransferInput): void {
    if (!this.alive) return;
    if (this.world.clock.now < this.asleepUntil) {
      this.inbox.push(input);
      return;
    }
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
  private later(ms: number, input: TransferInput): void {
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
        this.say(this.ports.get(output.link), output.bytes);
        break;
      case 'read':
      case 'recode':
        this.read(output);
        break;
      case 'quarantine': {
        const bad = this.tainted.get(output.frame);
        this.tainted.delete(output.frame);
        output.keep.forEach((position, i) => {
          this.badRows[output.rows[i] ?? 0] = bad?.[position] ?? false;
        });
        break;
      }
      case 'peel':
        this.peel(output);
        break;
      case 'release':
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
        if (leaves !== undefined && this.faults.badLeaves) leaves[0] = (leaves[0] ?? 0) ^ 1;
        this.later(diskMs, { kind: 'leaves-read', link, sbn, leaves });
        break;
      }
      case 'finish-block':
        this.finishBlock(output);
        break;
      case 'discard-block':
        this.forBlock(output.sbn, (id) => {
          this.held.delete(id);
          this.wrong.delete(id);
        });
        break;
      case 'finish-content':
        this.later(diskMs, { kind: 'content-finished', problem: undefined });
        break;
      case 'fetch':
      case 'cut':
      case 'hold':
        this.toMirror(output);
        break;
      case 'close':
        this.close(output);
        break;
      case 'event':
        this.events.push(output.event);
        this.world.onEvent?.(this, output.event);
        this.world.tell({ kind: 'event', peer: this.name, event: output.event });
        break;
    }
  }

  private toMirror(output: Extract<TransferOutput, { kind: 'fetch' | 'cut' | 'hold' }>): void {
    const link = this.mirrorLinks.get(output.link);
    if (output.kind === 'fetch') link?.fetch(output.request, output.from, output.to);
    else if (output.kind === 'cut') link?.cut(output.request, output.to);
    else link?.hold(output.on);
  }

  private close({ link, code, reason, bytes }: Extract<TransferOutput, { kind: 'close' }>): void {
    this.mirrorLinks.get(link)?.close();
    this.mirrorLinks.delete(link);
    const port = this.ports.get(link);
    this.ports.delete(link);
    if (bytes !== undefined) this.say(port, bytes);
    port?.end(code, reason);
  }

  private read(output: Sending): void {
    const { link, sbn } = output;
    const { faults } = this;
    const esis = output.kind === 'read' ? output.esis : [];
    const count = output.kind === 'read' ? esis.length : output.symbols.length;
    if (faults.silent) {
      this.withheld.push(output);
      return;
    }
    if (faults.unreadable) {
      this.later(0, { kind: 'unreadable', link, sbn, count, esis });
      return;
    }
    const share =
      (output.kind === 'recode' ? faults.polluteSums : undefined) ?? faults.pollute ?? 0;
    const bad = Array.from({ length: count }, () => this.isBad(share));
    const { symbolBytes } = this.options.content.layout;
    const { epoch } = this;
    const port = this.ports.get(link);
    const sent = (): void => {
      if (epoch === this.epoch) this.feed({ kind: 'sent', link, count });
    };
    if (output.kind === 'read' && !faults.recodesAlways) {
      this.world.symbols(port, { sbn, esis, bad, symbolBytes }, sent);
      return;
    }
    const header =
      output.kind === 'read'
        ? { sbn, first: 0, degrees: esis.map(() => 1) }
        : { sbn, first: output.first, degrees: output.symbols.map(({ length }) => length) };
    const sentHeader = faults.renumber?.(header) ?? header;
    this.world.recoded(port, { ...sentHeader, bad, symbolBytes }, sent);
  }

  private isBad(share: number): boolean {
    const { faults } = this;
    if (this.world.rng.unit() < share) return true;
    if ((faults.polluteNext ?? 0) <= 0) return false;
    faults.polluteNext = (faults.polluteNext ?? 0) - 1;
    return true;
  }

  /** Changes how it misbehaves; what a silent peer has withheld leaves when it is no longer silent. */
  behave(as: Misbehaviour): void {
    Object.assign(this.faults, as);
    if (!this.faults.silent) for (const output of this.withheld.splice(0)) this.read(output);
  }

  private say(port: Port | undefined, bytes: Uint8Array): void {
    const { tamper } = this.faults;
    if (tamper === undefined) return this.world.control(port, bytes);
    const changed = tamper(decodeControl(bytes));
    if (changed === undefined) return;
    this.world.control(port, changed instanceof Uint8Array ? changed : encodeControl(changed));
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
    const isChecked = output.unverified !== true;
    const verdicts = keep.map((i): Verdict => (bad?.[i] && isChecked ? 'rejected' : 'kept'));
    keep.forEach((position, i) => {
      const id = layout.id(sbn, esis[i] ?? 0);
      if (verdicts[i] === 'kept') this.held.add(id);
      if (bad?.[position] && !isChecked) this.wrong.add(id);
    });
    this.later(this.options.diskMs ?? 0, { kind: 'written', link, sbn, esis, verdicts });
  }

  private peel({ row, sbn, esi, known }: Extract<TransferOutput, { kind: 'peel' }>): void {
    const { layout } = this.options.content;
    const isKnown = known.every((constituent) => this.held.has(layout.id(sbn, constituent)));
    const verdict: Verdict = !isKnown ? 'failed' : this.badRows[row] ? 'rejected' : 'kept';
    if (esi !== undefined && verdict === 'kept') {
      this.held.add(layout.id(sbn, esi));
    }
    this.later(this.options.diskMs ?? 0, { kind: 'peeled', row, verdict });
  }

  private finishBlock(output: Extract<TransferOutput, { kind: 'finish-block' }>): void {
    const { decodeMs = 0 } = this.options;
    const { faults } = this;
    const { sbn, held, recoded, judge } = output;
    const sources = this.options.content.layout.sourceSymbols(sbn);
    const start = this.options.content.layout.windowStart(sbn);
    const whole = this.held.countRange(start, start + sources) === sources;
    const short = this.world.rng.unit() < (faults.shortDecodes ?? 0) && !whole;
    let outcome: BlockOutcome = short ? 'short' : 'ok';
    let missing = short ? 1 : 0;
    if (recoded.length > 0) {
      // The code that ships says whether the sums suffice.
      missing = missingSymbols(sources, held, recoded);
      if (missing > 0) outcome = 'short';
      else if (recoded.some(({ row }) => this.badRows[row])) outcome = 'corrupt';
    }
    if (!short && (faults.corruptBlocks ?? 0) > 0) {
      faults.corruptBlocks = (faults.corruptBlocks ?? 0) - 1;
      outcome = 'corrupt';
    }
    this.forBlock(sbn, (id) => {
      if (this.wrong.has(id)) outcome = 'corrupt';
    });
    if (outcome === 'ok') this.forBlock(sbn, (id) => this.held.add(id));
    const liars = judge.map(({ row }) => row).filter((row) => this.badRows[row]);
    this.later(decodeMs, { kind: 'block-finished', sbn, outcome, missing, liars });
  }

  private forBlock(sbn: number, visit: (id: number) => void): void {
    const { layout } = this.options.content;
    for (let id = layout.windowStart(sbn); id < layout.windowStart(sbn + 1); id++) visit(id);
  }
}
