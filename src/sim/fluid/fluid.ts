// EEPT's experiment: servers whose rates are drawn anew every second, a client whose full link is shared in proportion, and a
// scheduler between them. Exact in time: it steps from one change of a rate, end of a part or observation to the next.

import { Rng, UsageError } from '../../base/index.ts';
import type { ScheduleOptions } from '../../engine/index.ts';
import { makeScheduler } from '../../engine/index.ts';
import type { FluidServer } from './fluid-board.ts';
import { FluidBoard } from './fluid-board.ts';

/** How often schedulers see rates, s. */
const TICK_SECONDS = 0.1;
/** A job that takes longer than this has no end. */
const SECONDS_MAX = 1e6;

export interface FluidOptions {
  readonly servers: readonly FluidServer[];
  /** Size of the file, MB. */
  readonly size: number;
  /** The client's link, MB/s; Infinity: no limit. */
  readonly client: number;
  readonly schedule: ScheduleOptions;
  readonly seed: number;
  /** Between a request and its first byte, s. */
  readonly requestSeconds?: number;
  /** A server that dies at a time, and how long it takes to be noticed, s. */
  readonly death?: { readonly server: number; readonly at: number; readonly watchdog: number };
}

export interface FluidResult {
  /** Seconds to the end. */
  readonly time: number;
  /** Seconds that used servers were idle, summed. */
  readonly idle: number;
  /** Price × seconds of transfer; and × seconds from the first use until the server was let go or the job ended. */
  readonly costBusy: number;
  readonly costReserved: number;
  /** time × cost (EEPT, formula 4). */
  readonly overheadBusy: number;
  readonly overheadReserved: number;
  /** Megabytes transferred. */
  readonly moved: number;
}

/** The rates of all servers in one second; the same for every scheduler with the same seed. */
class Weather {
  private readonly rng: Rng;
  private readonly servers: readonly FluidServer[];

  constructor(servers: readonly FluidServer[], seed: number) {
    this.rng = new Rng(seed);
    this.servers = servers;
  }

  next(): number[] {
    return this.servers.map(({ min, max }) => min + (max - min) * this.rng.unit());
  }
}

/** One run of one scheduler. */
export function runFluid(options: FluidOptions): FluidResult {
  const { servers, size, client, schedule, seed, requestSeconds = 0, death } = options;
  if (servers.length === 0) throw new UsageError('there are no servers');
  // The schemes of the literature ask when they have nothing left; ours, as in real downloads, before.
  const pipelined = schedule.name === 'headwater';
  const board = new FluidBoard(servers, size, client, requestSeconds, pipelined);
  const scheduler = makeScheduler(schedule);
  const weather = new Weather(servers, seed);
  let second = -1;
  let tick = 0;
  const isOver = (): boolean =>
    board.unassigned <= 0 && board.sources.every(({ parts }) => parts.length === 0);
  while (!isOver()) {
    if (board.now > SECONDS_MAX) throw new UsageError(`${schedule.name} does not come to an end`);
    if (board.now >= second + 1 - 1e-12) {
      second++;
      weather.next().forEach((rate, i) => {
        const source = board.sources[i];
        if (source !== undefined) source.power = rate;
      });
    }
    const dead = death === undefined ? undefined : board.sources[death.server];
    if (death !== undefined && dead !== undefined && board.now >= death.at - 1e-12) {
      dead.power = 0;
      const isNoticed = board.now >= death.at + death.watchdog - 1e-12;
      if (isNoticed && dead.state !== 'lost') board.lose(dead);
    }
    if (board.now >= tick * TICK_SECONDS - 1e-12) {
      tick++;
      observe(board);
    }
    scheduler.plan(board, board.now);
    step(board, second + 1, tick * TICK_SECONDS, death);
  }
  return resultOf(board);
}

/** The time to the end if all servers were used all the time: the mean over the same weather. */
export function fluidBound(options: Omit<FluidOptions, 'schedule'>): number {
  const weather = new Weather(options.servers, options.seed);
  let left = options.size;
  for (let second = 0; second < SECONDS_MAX; second++) {
    const rate = Math.min(
      options.client,
      weather.next().reduce((sum, one) => sum + one, 0),
    );
    if (left <= rate) return second + left / rate;
    left -= rate;
  }
  return Infinity;
}

/** On to the next change: of a rate, of what somebody has left, of what is known. */
function step(
  board: FluidBoard,
  nextSecond: number,
  nextTick: number,
  death: FluidOptions['death'],
): void {
  const { now, active } = board;
  const sum = active.reduce((total, { power }) => total + power, 0);
  const share = sum > board.clientRate ? board.clientRate / sum : 1;
  let until = Math.min(nextSecond, nextTick);
  for (const at of death === undefined ? [] : [death.at, death.at + death.watchdog]) {
    if (at > now + 1e-12) until = Math.min(until, at);
  }
  for (const { parts, readyAt } of board.sources) {
    if (parts.length > 0 && readyAt > now) until = Math.min(until, readyAt);
  }
  for (const { parts, power } of active) {
    const rate = power * share;
    if (rate > 0) until = Math.min(until, now + (parts[0]?.amount ?? 0) / rate);
  }
  board.flow(Math.max(0, until - now), active, share);
}

/** Rates over the last tick. */
function observe(board: FluidBoard): void {
  for (const source of board.sources) {
    if (source.worked > 1e-9) source.rate = source.came / source.worked;
    source.came = 0;
    source.worked = 0;
  }
}

function resultOf(board: FluidBoard): FluidResult {
  const { now: time, sources } = board;
  const sum = (of: (source: (typeof sources)[number]) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  const costBusy = sum((s) => s.busySeconds * s.pricePerSecond);
  const costReserved = sum((s) => s.reservedSeconds * s.pricePerSecond);
  return {
    time,
    idle: sum((s) => s.reservedSeconds - s.busySeconds),
    costBusy,
    costReserved,
    overheadBusy: time * costBusy,
    overheadReserved: time * costReserved,
    moved: sum((s) => s.moved),
  };
}
