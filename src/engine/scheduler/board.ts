// What a scheduler sees and may do: the sources with their prices and rates, and the work that is left. A download and the
// fluid simulator implement it, so every scheduler runs in both. Amounts are in units: source symbols in a download,
// megabytes in the simulator. Rates are units per second.

/**
 * coming: not connected yet. unused: has never been given work. used: may be given work, and is paid for. released: let go, not
 * paid for, may be used again. lost: failed or silent for too long. Only those in the middle may be given work.
 */
export type SourceState = 'coming' | 'unused' | 'used' | 'released' | 'lost';

/** One source, as a scheduler sees it. The board keeps it up to date. */
export interface ScheduledSource {
  /** Position in `Board.sources`. */
  readonly index: number;
  /** Price of a second of use. */
  readonly pricePerSecond: number;
  /** Price of a unit. */
  readonly pricePerUnit: number;
  /** β^avg, β^min, β^max: told in advance, or measured over a window; 0 while nothing is known. */
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Rate of the last observation; 0 when it has not been observed, or is not in use. */
  readonly rate: number;
  /** Round trip, seconds: what a request costs when the source has nothing else to do. */
  readonly rttSeconds: number;
  readonly state: SourceState;
  /** Units given to it that have not come, counted down as they come. */
  readonly left: number;
  /** It sends all of the content in order or nothing: it can neither begin elsewhere nor be relieved of its end. */
  readonly isWhole: boolean;
}

export interface Board {
  readonly sources: readonly ScheduledSource[];
  /** Units of the content when the scheduler began. */
  readonly total: number;
  /** What a source of which nothing is known is given first, units: enough to see its rate. */
  readonly probeAmount: number;
  /** Units that nobody has been given and that have not come. */
  readonly unassigned: number;
  /** The limit of the client's link, units per second; Infinity when it is not known. */
  readonly clientRate: number;
  /** Rate at which sources come in that no scheduler directs (peers), units per second. */
  readonly otherRate: number;
  /** Gives a source the next units that nobody has; it becomes `used`. More than `unassigned` gives all of them. */
  give(source: number, amount: number): void;
  /** Relieves a source of the last units that are left to it, and gives them to another. */
  move(from: number, to: number, amount: number): void;
  /** Has a source fetch all of the oldest run that is on its way from another, too: the first to bring it counts. */
  repeat(to: number): void;
  /** Lets a source go: what is left to it is unassigned again. */
  release(source: number): void;
}

/** Decides which source brings what. One object serves one download. */
export interface Scheduler {
  /**
   * Gives out work. Called at the start, whenever a source has nothing left (or is about to, a round trip before), and when
   * a source joins, is lost, or has changed its rate. `now`: seconds.
   */
  plan(board: Board, now: number): void;
  /** Why it gives out nothing although there is work, for a person; undefined when that is not its doing. */
  readonly obstacle?: string | undefined;
}
