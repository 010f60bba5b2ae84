// The work of a download as a fluid: amounts are megabytes, a source has a list of parts that it fetches one after the other.

import type { Board, ScheduledSource, SourceState } from '../../engine/index.ts';

/** A server: its rate is uniform in [min, max], MB/s; its price is for a second of use. */
export interface FluidServer {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly price: number;
}

/** One byte, MB. */
const BYTE = 1e-6;

/** A part of the file. Copies of it share `isHere`. */
interface Part {
  amount: number;
  readonly whole: number;
  readonly block: { isHere: boolean };
}

export class FluidSource implements ScheduledSource {
  readonly index: number;
  readonly pricePerSecond: number;
  readonly pricePerUnit = 0;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly rttSeconds: number;
  readonly isWhole = false;
  state: SourceState = 'unused';
  /** As observed over the last tick, MB/s. */
  rate = 0;
  /** Its own rate now, before the client's link is shared; 0 when it is dead. */
  power = 0;
  readonly parts: Part[] = [];
  /** It does not send before this time, s: a request is on its way. */
  readyAt = 0;
  moved = 0;
  busySeconds = 0;
  reservedSeconds = 0;
  usedSince: number | undefined;
  /** What came since the last tick, and how long it was at work. */
  came = 0;
  worked = 0;

  private readonly pipelined: boolean;

  constructor(
    index: number,
    { min, max, price }: FluidServer,
    requestSeconds: number,
    pipelined: boolean,
  ) {
    this.index = index;
    this.rttSeconds = requestSeconds;
    this.pipelined = pipelined;
    this.min = min;
    this.max = max;
    this.mean = (min + max) / 2;
    this.pricePerSecond = price;
  }

  /** With pipelining, less what comes within a request: as much must be on its way for it never to wait. */
  get left(): number {
    const left = this.parts.reduce((sum, { amount }) => sum + amount, 0);
    return this.pipelined ? Math.max(0, left - this.rate * this.rttSeconds) : left;
  }
}

export class FluidBoard implements Board {
  readonly sources: readonly FluidSource[];
  readonly total: number;
  readonly clientRate: number;
  readonly otherRate = 0;
  readonly probeAmount = 1;
  unassigned: number;
  now = 0;
  private readonly requestSeconds: number;
  private readonly pipelined: boolean;
  /** Parts that are on their way, the one that was begun last at the end: DCDA's ring. */
  private ring: Part[] = [];

  /**
   * @param requestSeconds between a request and its first byte
   * @param pipelined the next request is on its way before a part ends
   */
  constructor(
    servers: readonly FluidServer[],
    size: number,
    client: number,
    requestSeconds: number,
    pipelined: boolean,
  ) {
    this.sources = servers.map(
      (server, i) => new FluidSource(i, server, requestSeconds, pipelined),
    );
    this.pipelined = pipelined;
    this.total = size;
    this.unassigned = size;
    this.clientRate = client;
    this.requestSeconds = requestSeconds;
  }

  give(source: number, amount: number): void {
    // What is less than a byte goes along: a fluid could be halved for ever.
    const given = amount >= this.unassigned - BYTE ? this.unassigned : amount;
    if (given <= 0) return;
    this.unassigned -= given;
    this.add(source, { amount: given, whole: given, block: { isHere: false } });
  }

  move(from: number, to: number, amount: number): void {
    const giver = this.sources[from];
    let left = amount;
    if (left <= 0) return;
    for (
      let part = giver?.parts.at(-1);
      part !== undefined && left > 0;
      part = giver?.parts.at(-1)
    ) {
      const moved = Math.min(left, part.amount);
      part.amount -= moved;
      left -= moved;
      if (part.amount <= 0) giver?.parts.pop();
      this.add(to, { amount: moved, whole: moved, block: { isHere: false } });
      if (left < 1e-12) break;
    }
  }

  repeat(to: number): void {
    const mine = this.sources[to]?.parts ?? [];
    const isMine = ({ block }: Part): boolean => mine.some((part) => part.block === block);
    this.ring = this.ring.filter(({ block }) => !block.isHere);
    const at = this.ring.findIndex((part) => !isMine(part));
    const [head] = at < 0 ? [] : this.ring.splice(at, 1);
    if (head === undefined) return;
    this.add(to, { amount: head.whole, whole: head.whole, block: head.block });
  }

  release(source: number): void {
    const one = this.sources[source];
    if (one === undefined) return;
    this.takeBack(one);
    this.rest(one, 'released');
  }

  /** The source is found to be dead. */
  lose(source: FluidSource): void {
    this.takeBack(source);
    this.rest(source, 'lost');
  }

  /** What the sources that send would give together at most. */
  get active(): FluidSource[] {
    return this.sources.filter(({ parts, readyAt }) => parts.length > 0 && this.now >= readyAt);
  }

  /** Time goes on by `seconds` at these rates. True when a part came to its end. */
  flow(seconds: number, active: readonly FluidSource[], share: number): boolean {
    let ended = false;
    for (const source of this.sources) {
      if (source.parts.length > 0) source.busySeconds += seconds;
      if (source.state === 'used') source.reservedSeconds += seconds;
    }
    for (const source of active) {
      const [part] = source.parts;
      if (part === undefined) continue;
      const amount = Math.min(part.amount, source.power * share * seconds);
      source.moved += amount;
      source.came += amount;
      source.worked += seconds;
      part.amount -= amount;
      if (part.amount > 1e-9) continue;
      ended = true;
      part.block.isHere = true;
      source.parts.shift();
      if (source.parts.length > 0 && !this.pipelined)
        source.readyAt = this.now + seconds + this.requestSeconds;
    }
    this.now += seconds;
    if (ended) this.dropCopies();
    return ended;
  }

  private dropCopies(): void {
    for (const { parts } of this.sources) {
      for (let i = parts.length - 1; i >= 0; i--) {
        if (parts[i]?.block.isHere === true) parts.splice(i, 1);
      }
    }
  }

  private add(to: number, part: Part): void {
    const source = this.sources[to];
    if (source === undefined) return;
    if (source.parts.length === 0) source.readyAt = this.now + this.requestSeconds;
    source.parts.push(part);
    this.ring.push(part);
    source.state = 'used';
  }

  private takeBack(source: FluidSource): void {
    for (const { amount, block } of source.parts.splice(0)) {
      const others = this.sources.some(({ parts }) => parts.some((part) => part.block === block));
      if (!others) this.unassigned += amount;
    }
  }

  private rest(source: FluidSource, state: SourceState): void {
    source.state = state;
    source.rate = 0;
  }
}
