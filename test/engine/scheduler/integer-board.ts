// A board as a download has it, kept simple: units are whole and have numbers, rates are unknown until they were observed, the
// next request leaves before the last one ends, sources come late and die. It checks what a scheduler asks of it.

import { Rng } from '../../../src/base/index.ts';
import type { Board, ScheduledSource, Scheduler, SourceState } from '../../../src/engine/index.ts';

const STEP_SECONDS = 0.01;
const OBSERVE_SECONDS = 0.25;
const WATCHDOG_SECONDS = 2;
/** Observations in the window. */
const WINDOW = 40;

export interface TwinSource {
  /** Units per second: uniform in [rate, rate × swing], drawn anew every second. */
  readonly rate: number;
  readonly swing: number;
  readonly price: number;
  readonly pricePerUnit: number;
  readonly rttSeconds: number;
  /** Its rate is told in advance. */
  readonly isKnown: boolean;
  readonly isWhole: boolean;
  /** When it is connected, s. */
  readonly comesAt: number;
  /** When it sends nothing any more, s; Infinity: never. */
  readonly diesAt: number;
}

class Source implements ScheduledSource {
  readonly index: number;
  readonly o: TwinSource;
  readonly ids: number[] = [];
  readonly window: number[] = [];
  state: SourceState = 'coming';
  rate = 0;
  came = 0;
  worked = 0;
  credit = 0;
  silent = 0;
  received = 0;
  readyAt = 0;
  usedSeconds = 0;

  constructor(index: number, o: TwinSource) {
    this.index = index;
    this.o = o;
  }

  get pricePerSecond(): number {
    return this.o.price;
  }
  get pricePerUnit(): number {
    return this.o.pricePerUnit;
  }
  get rttSeconds(): number {
    return this.o.rttSeconds;
  }
  get isWhole(): boolean {
    return this.o.isWhole;
  }
  get mean(): number {
    if (this.window.length > 0)
      return this.window.reduce((sum, rate) => sum + rate, 0) / this.window.length;
    return this.o.isKnown ? (this.o.rate * (1 + this.o.swing)) / 2 : 0;
  }
  get min(): number {
    return this.window.length > 0 ? Math.min(...this.window) : this.mean;
  }
  get max(): number {
    return this.window.length > 0 ? Math.max(...this.window) : this.mean;
  }
  get left(): number {
    return Math.max(0, this.ids.length - this.rate * this.o.rttSeconds);
  }
}

/** A source of unknown, steady rate that is free, is there from the start and stays. */
export const twinSource = (rate: number, more: Partial<TwinSource> = {}): TwinSource => ({
  rate,
  swing: 1,
  price: 0,
  pricePerUnit: 0,
  rttSeconds: 0.02,
  isKnown: false,
  isWhole: false,
  comesAt: 0,
  diesAt: Infinity,
  ...more,
});

export class IntegerBoard implements Board {
  readonly sources: readonly Source[];
  readonly total: number;
  readonly probeAmount = 16;
  readonly clientRate: number;
  readonly otherRate = 0;
  /** How often each unit came. */
  readonly arrived: number[];
  now = 0;
  private readonly rng: Rng;
  private free: number[];
  private readonly powers: number[];

  constructor(sources: readonly TwinSource[], total: number, clientRate: number, seed: number) {
    this.sources = sources.map((source, i) => new Source(i, source));
    this.total = total;
    this.clientRate = clientRate;
    this.free = Array.from({ length: total }, (_, id) => id);
    this.arrived = new Array<number>(total).fill(0);
    this.powers = sources.map(() => 0);
    this.rng = new Rng(seed);
  }

  get unassigned(): number {
    return this.free.length;
  }

  get isOver(): boolean {
    return this.arrived.every((times) => times > 0);
  }

  /** Lets time pass until all is here, or `secondsMax`. */
  run(scheduler: Scheduler, secondsMax: number): void {
    for (let step = 0; !this.isOver && this.now < secondsMax; step++) {
      this.now = step * STEP_SECONDS;
      const changed = this.weather(step);
      const dry = this.sources.some(({ state, left }) => isAble(state) && left <= 0);
      if (changed || dry || step === 0) scheduler.plan(this, this.now);
      this.flow();
    }
  }

  give(source: number, amount: number): void {
    const one = this.able(source);
    check(amount >= 0, `gives ${amount}`);
    const others = this.sources.filter(({ state, isWhole }) => isAble(state) && !isWhole);
    check(!one.isWhole || others.length === 0, 'gives to one that sends all or nothing');
    // What the last unit was given to comes first: a give of nothing does no harm.
    this.add(one, this.free.splice(0, one.isWhole ? Infinity : Math.ceil(amount)));
  }

  move(from: number, to: number, amount: number): void {
    const giver = this.sources[from];
    check(giver !== undefined && from !== to, 'moves to itself');
    check(!Number.isNaN(amount), `moves ${amount}`);
    check(giver?.isWhole === false, 'relieves one that sends all or nothing');
    const count = Math.min(giver?.ids.length ?? 0, Math.max(0, Math.floor(amount)));
    this.add(this.able(to), giver?.ids.splice(giver.ids.length - count) ?? []);
  }

  repeat(to: number): void {
    const one = this.able(to);
    const giver = this.sources.find((source) => source !== one && source.ids.length > 0);
    this.add(one, giver?.ids.filter((id) => !one.ids.includes(id)) ?? []);
  }

  release(source: number): void {
    const one = this.sources[source];
    check(one?.state === 'used', 'releases one that is not in use');
    if (one !== undefined) this.takeBack(one, 'released');
  }

  private able(index: number): Source {
    const one = this.sources[index];
    if (one === undefined || !isAble(one.state))
      throw new Error(`uses source ${index}, which is ${one?.state ?? 'unknown'}`);
    return one;
  }

  private add(one: Source, ids: readonly number[]): void {
    if (ids.length === 0) return;
    if (one.ids.length === 0) {
      one.readyAt = this.now + one.o.rttSeconds;
      one.silent = 0;
    }
    one.ids.push(...ids);
    one.state = 'used';
  }

  private takeBack(one: Source, state: SourceState): void {
    const ids = one.ids.splice(0);
    const isHeld = (id: number): boolean => this.sources.some((source) => source.ids.includes(id));
    this.free.unshift(...ids.filter((id) => !isHeld(id) && this.arrived[id] === 0));
    this.free.sort((a, b) => a - b);
    one.state = state;
  }

  /** Rates change, sources come and are found to be dead, rates are observed. True when a scheduler has to know. */
  private weather(step: number): boolean {
    let changed = false;
    const isSecond = step % Math.round(1 / STEP_SECONDS) === 0;
    const isObserved = step > 0 && step % Math.round(OBSERVE_SECONDS / STEP_SECONDS) === 0;
    for (const one of this.sources) {
      const { o } = one;
      if (isSecond) this.powers[one.index] = o.rate * (1 + (o.swing - 1) * this.rng.unit());
      if (one.state === 'coming' && this.now >= o.comesAt) {
        one.state = 'unused';
        changed = true;
      }
      if (one.ids.length > 0 && one.silent > WATCHDOG_SECONDS && this.now > o.diesAt) {
        one.rate = 0;
        one.window.length = 0;
        this.takeBack(one, 'lost');
        changed = true;
      }
      if (!isObserved || one.worked < OBSERVE_SECONDS / 2) continue;
      this.observe(one);
      changed = true;
    }
    return changed;
  }

  private observe(one: Source): void {
    one.rate = one.came / one.worked;
    one.window.push(one.rate);
    if (one.window.length > WINDOW) one.window.shift();
    one.came = 0;
    one.worked = 0;
  }

  private flow(): void {
    const rates = this.sources.map(({ ids, o, index, readyAt }) =>
      ids.length > 0 && this.now < o.diesAt && this.now >= readyAt ? (this.powers[index] ?? 0) : 0,
    );
    const sum = rates.reduce((total, rate) => total + rate, 0);
    const share = sum > this.clientRate ? this.clientRate / sum : 1;
    for (const one of this.sources) {
      if (one.state === 'used') one.usedSeconds += STEP_SECONDS;
      if (one.ids.length === 0) continue;
      one.worked += STEP_SECONDS;
      one.silent += STEP_SECONDS;
      one.credit += (rates[one.index] ?? 0) * share * STEP_SECONDS;
      while (one.credit >= 1 && one.ids.length > 0) {
        one.credit--;
        const id = one.ids.shift() ?? 0;
        this.arrived[id] = (this.arrived[id] ?? 0) + 1;
        one.came++;
        one.received++;
        one.silent = 0;
        // Copies of it are of no use.
        for (const { ids } of this.sources) {
          const at = ids.indexOf(id);
          if (at >= 0) ids.splice(at, 1);
        }
      }
      if (one.ids.length > 0) continue;
      one.credit = 0;
      // What it was given first may be here before an observation is over.
      if (one.window.length === 0) this.observe(one);
    }
  }
}

function isAble(state: SourceState): boolean {
  return state !== 'lost' && state !== 'coming';
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the scheduler ${what}`);
}
