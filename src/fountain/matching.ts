// Which unknowns a sparse system of equations leaves free: to be told one of these is news, whatever the others say.

const NONE = -1;
/** No search: nothing comes of what lies behind. */
const CLOSED = 2 ** 32 - 1;

/**
 * Up to `count` or more of the wanted unknowns that the equations leave free all at once; fewer when there are no more.
 * It is their pattern that is looked at (structural rank): of equations over GF(2) a few may depend on each other all the
 * same, and then more is free than is found here.
 *
 * @param equations the unknowns of each, at least one
 * @param unknowns how many there are; those of no interest are in no equation and not wanted
 * @param isWanted tells whether an unknown is to be found
 */
export function freeUnknowns(
  equations: readonly (readonly number[])[],
  unknowns: number,
  isWanted: (unknown: number) => boolean,
  count: number,
): number[] {
  const matching = new Matching(equations, unknowns, isWanted);
  matching.peel();
  const free = matching.free();
  if (free.length >= count) return free;
  matching.complete();
  matching.exchange();
  return matching.free();
}

/** For every equation the unknown that it is taken to tell, another one for each: a matching in a bipartite graph. */
class Matching {
  private readonly equations: readonly (readonly number[])[];
  private readonly unknowns: number;
  private readonly isWanted: (unknown: number) => boolean;
  /** The equations that unknown u is in are numbers from[u] … from[u + 1] − 1 of `holding`. */
  private readonly from: Uint32Array;
  private readonly holding: Uint32Array;
  /** Equations without an unknown, of those that each unknown is in. */
  private readonly degree: Uint32Array;
  private readonly unknownOf: Int32Array;
  private readonly equationOf: Int32Array;
  /** The search that saw an unknown last, and the unknown or equation from which it came. */
  private readonly seen: Uint32Array;
  private readonly cameFrom: Int32Array;
  private search = 0;

  constructor(
    equations: readonly (readonly number[])[],
    unknowns: number,
    isWanted: (unknown: number) => boolean,
  ) {
    this.equations = equations;
    this.unknowns = unknowns;
    this.isWanted = isWanted;
    this.degree = new Uint32Array(unknowns);
    for (const equation of equations) for (const u of equation) this.count(u, 1);
    this.from = new Uint32Array(unknowns + 1);
    for (let u = 0; u < unknowns; u++) this.from[u + 1] = (this.from[u] ?? 0) + this.degreeOf(u);
    this.holding = new Uint32Array(this.from[unknowns] ?? 0);
    const next = this.from.slice();
    equations.forEach((equation, e) => {
      for (const u of equation) {
        const at = next[u] ?? 0;
        this.holding[at] = e;
        next[u] = at + 1;
      }
    });
    this.unknownOf = new Int32Array(equations.length).fill(NONE);
    this.equationOf = new Int32Array(unknowns).fill(NONE);
    this.seen = new Uint32Array(unknowns);
    this.cameFrom = new Int32Array(unknowns);
  }

  /** Wanted unknowns that no equation tells, nor one that has not been given its unknown. */
  free(): number[] {
    const free: number[] = [];
    for (let u = 0; u < this.unknowns; u++) {
      if (this.equationOf[u] === NONE && this.degreeOf(u) === 0 && this.isWanted(u)) free.push(u);
    }
    return free;
  }

  /**
   * An unknown that is in one equation only is what that one tells, so that it is out of the way, and others become
   * single. What remains free then is free for certain (Karp and Sipser 1981).
   */
  peel(): void {
    const [wanted, others]: [number[], number[]] = [[], []];
    const sort = (u: number): void => {
      if (this.degreeOf(u) === 1) (this.isWanted(u) ? wanted : others).push(u);
    };
    for (let u = 0; u < this.unknowns; u++) sort(u);
    for (;;) {
      const u = others.pop() ?? wanted.pop();
      if (u === undefined) return;
      const e = this.degreeOf(u) === 1 ? this.waiting(u) : NONE;
      if (e === NONE) continue;
      this.tell(e, u);
      for (const other of this.equations[e] ?? []) sort(other);
    }
  }

  /** Gives every other equation an unknown, where there is one. */
  complete(): void {
    this.seen.fill(0);
    for (let e = 0; e < this.equations.length; e++) {
      if (this.unknownOf[e] === NONE) this.augment(e);
    }
  }

  /** Lets equations tell unknowns that are not wanted in place of those that are, as long as that can be. */
  exchange(): void {
    this.seen.fill(0);
    for (let u = 0; u < this.unknowns; u++) {
      if (this.equationOf[u] === NONE && !this.isWanted(u)) this.release(u);
    }
  }

  /** Finds an unknown for one more equation, along the shortest path on which each takes that of the next. */
  private augment(equation: number): void {
    this.search++;
    const queue = [equation];
    const passed: number[] = [];
    for (let i = 0; i < queue.length; i++) {
      const e = queue[i] ?? 0;
      for (const u of this.equations[e] ?? []) {
        if (this.isSeen(u, e)) continue;
        passed.push(u);
        const owner = this.equationOf[u] ?? NONE;
        if (owner === NONE) {
          this.hand(u);
          return;
        }
        queue.push(owner);
      }
    }
    this.close(passed);
  }

  /** The last step of a path of `augment`: its first equation is the one that had nothing. */
  private hand(unknown: number): void {
    for (let u = unknown; u !== NONE;) {
      const taker = this.cameFrom[u] ?? 0;
      const before = this.unknownOf[taker] ?? NONE;
      if (before === NONE) this.tell(taker, u);
      else this.assign(taker, u);
      u = before;
    }
  }

  /** Frees a wanted unknown by letting equations tell this one, which none does. */
  private release(unknown: number): void {
    this.search++;
    if (this.isSeen(unknown, NONE)) return;
    const queue = [unknown];
    for (let i = 0; i < queue.length; i++) {
      const u = queue[i] ?? 0;
      for (let at = this.from[u] ?? 0; at < (this.from[u + 1] ?? 0); at++) {
        const told = this.unknownOf[this.holding[at] ?? 0] ?? NONE;
        if (told === NONE || this.isSeen(told, u)) continue;
        if (this.isWanted(told)) {
          this.pass(told, unknown);
          return;
        }
        queue.push(told);
      }
    }
    this.close(queue);
  }

  /** The last step of a path of `release`: each equation tells the unknown from which its own was reached. */
  private pass(wanted: number, unknown: number): void {
    let e = this.equationOf[wanted] ?? NONE;
    this.equationOf[wanted] = NONE;
    for (let u = wanted; u !== unknown;) {
      u = this.cameFrom[u] ?? unknown;
      const before = this.equationOf[u] ?? NONE;
      this.assign(e, u);
      e = before;
    }
  }

  /** True when this search, or an earlier one that led to nothing, has seen the unknown; what leads on is the same then. */
  private isSeen(unknown: number, cameFrom: number): boolean {
    const seen = this.seen[unknown];
    if (seen === this.search || seen === CLOSED) return true;
    this.seen[unknown] = this.search;
    this.cameFrom[unknown] = cameFrom;
    return false;
  }

  private close(passed: readonly number[]): void {
    for (const u of passed) this.seen[u] = CLOSED;
  }

  private tell(equation: number, unknown: number): void {
    this.assign(equation, unknown);
    for (const u of this.equations[equation] ?? []) this.count(u, -1);
  }

  private assign(equation: number, unknown: number): void {
    this.unknownOf[equation] = unknown;
    this.equationOf[unknown] = equation;
  }

  private count(unknown: number, by: number): void {
    this.degree[unknown] = this.degreeOf(unknown) + by;
  }

  private degreeOf(unknown: number): number {
    return this.degree[unknown] ?? 0;
  }

  /** The one equation without an unknown that this unknown is in. */
  private waiting(unknown: number): number {
    for (let at = this.from[unknown] ?? 0; at < (this.from[unknown + 1] ?? 0); at++) {
      const e = this.holding[at] ?? 0;
      if (this.unknownOf[e] === NONE) return e;
    }
    return NONE;
  }
}
