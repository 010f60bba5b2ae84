// Recoding: which sums of its symbols a sender sends (protocol/session.md, "Recoding"). Chooses ids only; never sees
// payloads.

import type { Rng } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { DegreeDistribution } from '../fountain/index.ts';
import type { WorkingSet } from '../store/index.ts';
import type { FinishCode, MessageOf, StrategyCode } from '../wire/index.ts';
import { LIMITS, STRATEGY } from '../wire/index.ts';
import { designDegrees } from './degree-choice.ts';
import { Pool } from './pool.ts';
import type { RemoteView } from './remote-view.ts';

/**
 * Degrees are designed, and a pool is drawn, anew at most once for so large a part of the own symbols sent: either is a
 * pass over them, which a receiver can ask for with a few bytes. A pool is also renewed when a second has passed.
 */
const RENEWAL_SHARE = 1 / 64;
/** … and at least so many symbols, for those that have few. */
const RENEWAL_MIN = 64;

/** Recoded symbols of one block, to be sent in one frame. */
export interface RecodedBatch {
  readonly kind: 'recoded';
  readonly sbn: number;
  /** Number of the first among all recoded symbols of the block on this link. */
  readonly first: number;
  /** ESIs that each symbol is the sum of. */
  readonly symbols: readonly (readonly number[])[];
}

export interface RecoderOptions {
  readonly layout: Layout;
  readonly held: WorkingSet;
  /** What the receiver says it holds. */
  readonly view: RemoteView;
  readonly rng: Rng;
  readonly strategy: StrategyCode;
  /** The seed that the receiver gave, u32. */
  readonly start: number;
  readonly finish: FinishCode;
}

/** The recoding half of a sender on one link. */
export class Recoder {
  /** What the receiver was told: recoded symbols are sums of these. */
  readonly pool: Pool;
  private readonly o: RecoderOptions;
  private readonly numbers: Uint32Array;
  private degrees: DegreeDistribution | undefined;
  private designedFor = -1;
  private part: number = LIMITS.partMax;
  private sentSinceDesign = 0;
  private sentSincePool = 0;
  private pooledFor = -1;
  private pooledCount = 0;

  constructor(options: RecoderOptions) {
    this.o = options;
    this.pool = new Pool(options.layout);
    this.numbers = new Uint32Array(options.layout.blockCount);
  }

  /** True when the receiver has described what the pool depends on, and it is to be told before anything is sent. */
  get isPoolDue(): boolean {
    const { view } = this.o;
    if (!view.described) return false;
    return this.pooledFor < 0 || (this.isPoolStale && this.sentSincePool >= this.renewal);
  }

  /** True when the pool would be another now. */
  get hasNews(): boolean {
    return this.pooledFor >= 0 && (this.o.held.count !== this.pooledCount || this.isPoolStale);
  }

  /** The pool is to be renewed however little was sent. */
  makePoolDue(): void {
    if (this.hasNews) this.pooledFor = -1;
  }

  /** Renews the pool: the messages that tell the receiver. All that was sent before must have left. */
  renewPool(): MessageOf<'pool'>[] {
    const { held, view, strategy } = this.o;
    this.pooledFor = view.version;
    this.pooledCount = held.count;
    this.sentSincePool = 0;
    if (strategy === STRATEGY.speculative) return this.pool.become(held.bits);
    const lacking = new Bitset(held.bits.length);
    held.bits.forEach((id) => {
      if (!view.has(id)) lacking.add(id);
    });
    return this.pool.become(lacking);
  }

  /** The receiver has said something since the pool was drawn that it depends on. */
  private get isPoolStale(): boolean {
    return this.o.strategy === STRATEGY['recode-bf'] && this.o.view.version !== this.pooledFor;
  }

  /** Symbols to send before degrees or pool are renewed. */
  private get renewal(): number {
    return Math.max(RENEWAL_MIN, this.o.held.count * RENEWAL_SHARE);
  }

  /** The receiver expects this part of what it lacks from its recoding senders, in 255ths. */
  expect(part: number): void {
    if (part === this.part) return;
    this.part = part;
    this.designedFor = -1;
  }

  /** Up to `count` recoded symbols of a block; undefined when the pool has none of it. */
  next(sbn: number, count: number): RecodedBatch | undefined {
    const { pool, numbers } = this;
    const size = pool.members(sbn).length;
    if (size === 0) return undefined;
    const degrees = this.design();
    const first = numbers[sbn] ?? 0;
    const symbols: (readonly number[])[] = [];
    for (let i = 0; i < count; i++) {
      const degree = Math.min(size, degrees.sample(this.o.rng.unit()));
      symbols.push(pool.constituents(this.o.start, sbn, first + i, degree) ?? []);
    }
    numbers[sbn] = first + count;
    this.sentSinceDesign += count;
    this.sentSincePool += count;
    return { kind: 'recoded', sbn, first, symbols };
  }

  private design(): DegreeDistribution {
    const { view } = this.o;
    const isStale = view.version !== this.designedFor;
    if (this.degrees === undefined || (isStale && this.sentSinceDesign >= this.renewal)) {
      this.degrees = designDegrees({
        ...this.o,
        pooled: this.pool.bits.count,
        part: this.part / LIMITS.partMax,
      });
      this.designedFor = view.version;
      this.sentSinceDesign = 0;
    }
    return this.degrees;
  }
}

/** True for the strategies in which the sender sends sums of its symbols. */
export function isRecoding(strategy: StrategyCode | undefined): boolean {
  return strategy === STRATEGY.speculative || strategy === STRATEGY['recode-bf'];
}
