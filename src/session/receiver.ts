// The fetching half of one link: the credit that is out, what came of it, how fast, and when the link has
// stalled (protocol/session.md, "Credit" and "Stalls").

import type { SymbolId } from '../base/index.ts';
import { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import { Pace } from './pace.ts';

/** A link that owes symbols may be silent this long, ms, even when it was fast. */
const SILENCE_MIN_MS = 2_000;
/** … and this long while its rate is unknown. */
const SILENCE_FIRST_MS = 5_000;
/** Pause before the first probe of a stalled link; doubles up to the largest. */
const PROBE_MIN_MS = 1_000;
const PROBE_MAX_MS = 30_000;
/** Stalls in a row that end a link. */
export const STALLS_MAX = 3;
/** Symbols that fail their leaf before the link ends: one may be a flipped bit on the way. */
export const STRIKES_MAX = 2;

/** Credit taken back from a link: granted symbols per block, and wanted ids. */
export interface VoidCredit {
  readonly grants: readonly { readonly sbn: number; readonly count: number }[];
  readonly ids: readonly SymbolId[];
}

/** What an arriving symbol was covered by: live credit of either kind, or credit that had gone void. */
export type Cover = 'grant' | 'want' | 'void';

export class Receiver {
  /** Stalls since the last symbol. */
  stalls = 0;
  /**
   * The credit that is out is a probe of a link that has stalled: what it names may be asked of others, too, so that
   * nobody waits for it. It is booked like credit that has gone void.
   */
  probing = false;
  /** No credit before this time, ms: the link has stalled. */
  suspendedUntil = 0;
  readonly pace: Pace;
  private readonly layout: Layout;
  private readonly rttMs: () => number;
  private readonly wanted: Bitset;
  private readonly granted: Uint32Array;
  /** Ids that were wanted when their credit went void, and how many of them may still come: one twice, perhaps. */
  private readonly voidWanted: Bitset;
  private voidWants = 0;
  private readonly voidGranted: Uint32Array;
  private grantedTotal = 0;
  /** Blocks that the sender has nothing for, and when to ask again, ms. */
  private readonly dryUntil: Float64Array;
  /** When a sender that had nothing may be asked again, ms: the latest such time; 0: it has all it was asked. */
  retryAt = 0;
  private deadlineFrom = 0;

  /** @param rttMs the link's round-trip time, ms */
  constructor(layout: Layout, rttMs: () => number = () => Infinity) {
    this.layout = layout;
    this.rttMs = rttMs;
    this.wanted = new Bitset(layout.idCount);
    this.voidWanted = new Bitset(layout.idCount);
    this.granted = new Uint32Array(layout.blockCount);
    this.voidGranted = new Uint32Array(layout.blockCount);
    this.dryUntil = new Float64Array(layout.blockCount);
    this.pace = new Pace(layout.symbolBytes);
  }

  /** Symbols of credit that are out. */
  get credit(): number {
    return this.grantedTotal + this.wanted.count;
  }

  /** Symbols of credit that may be added now. */
  room(now: number): number {
    if (now < this.suspendedUntil) return 0;
    const target =
      this.stalls > 0 || (this.probing && this.credit > 0) ? 1 : this.pace.target(this.rttMs());
    return Math.max(0, target - this.credit);
  }

  /** True when so much credit came back that a new request is worth its message. */
  hungry(now: number): boolean {
    const room = this.room(now);
    return room > 0 && (this.credit === 0 || room * 2 >= this.pace.target(this.rttMs()));
  }

  /** Wanted symbols that are out. */
  get wantedCount(): number {
    return this.wanted.count;
  }

  /** Granted symbols of the block that are out. */
  grantedIn(sbn: number): number {
    return this.granted[sbn] ?? 0;
  }

  grant(sbn: number, count: number, now: number): void {
    this.startClock(now);
    this.granted[sbn] = (this.granted[sbn] ?? 0) + count;
    this.grantedTotal += count;
    this.pace.request(count, now);
  }

  want(ids: readonly SymbolId[], now: number): void {
    this.startClock(now);
    for (const id of ids) this.wanted.add(id);
    this.pace.request(ids.length, now);
  }

  /** Books one arriving symbol; undefined when no credit covers it, which is a violation (CREDIT). */
  arrive(id: SymbolId, sbn: number): Cover | undefined {
    if (this.wanted.delete(id)) return this.probing ? 'void' : 'want';
    if (this.takeGrant(sbn)) return this.probing ? 'void' : 'grant';
    if (this.voidWants > 0 && this.voidWanted.has(id)) {
      this.voidWants--;
      return 'void';
    }
    return this.takeLate(sbn);
  }

  /** Books one arriving recoded symbol, which only a grant covers. */
  arriveRecoded(sbn: number): Cover | undefined {
    if (this.takeGrant(sbn)) return this.probing ? 'void' : 'grant';
    return this.takeLate(sbn);
  }

  private takeGrant(sbn: number): boolean {
    const granted = this.granted[sbn] ?? 0;
    if (granted === 0) return false;
    this.granted[sbn] = granted - 1;
    this.grantedTotal--;
    return true;
  }

  private takeLate(sbn: number): Cover | undefined {
    const late = this.voidGranted[sbn] ?? 0;
    if (late === 0) return undefined;
    this.voidGranted[sbn] = late - 1;
    return 'void';
  }

  /** Symbols came: the link lives. */
  progress(count: number, now: number): void {
    this.stalls = 0;
    this.suspendedUntil = 0;
    // What arrives first may be older than the probe, which then still is out.
    if (this.credit === 0) this.probing = false;
    this.deadlineFrom = now;
    this.pace.arrive(count, now);
  }

  /** Something else came that was asked for: the link lives, only its symbols wait behind it. */
  busy(now: number): void {
    this.deadlineFrom = now;
  }

  /** The sender gave back a grant: the part of it that was live. */
  dryGrant(sbn: number, count: number, now: number, retryMs: number): number {
    const live = Math.min(count, this.granted[sbn] ?? 0);
    this.granted[sbn] = (this.granted[sbn] ?? 0) - live;
    this.grantedTotal -= live;
    const late = Math.min(count - live, this.voidGranted[sbn] ?? 0);
    this.voidGranted[sbn] = (this.voidGranted[sbn] ?? 0) - late;
    this.pause(sbn, now + retryMs);
    this.pace.forget(live);
    if (this.probing) return 0;
    this.deadlineFrom = now;
    return live;
  }

  /** The sender refused a wanted id: true when its credit was live. */
  dryWant(id: SymbolId, now: number): boolean {
    this.deadlineFrom = now;
    // Asked for twice, once before a stall: the refusal ends the later request, and the symbol may still come.
    if (!this.wanted.delete(id)) {
      if (this.voidWants > 0 && this.voidWanted.has(id)) this.voidWants--;
      return false;
    }
    this.pace.forget(1);
    return !this.probing;
  }

  /** The sender has nothing for the block until `until`, ms. */
  pause(sbn: number, until: number): void {
    this.dryUntil[sbn] = until;
    this.retryAt = Math.max(this.retryAt, until);
  }

  /** False while the sender is known to have nothing for the block. */
  mayAsk(sbn: number, now: number): boolean {
    return this.retryAt <= now || now >= (this.dryUntil[sbn] ?? 0);
  }

  /** The sender may have something new for every block. */
  forgetDry(): void {
    if (this.retryAt === 0) return;
    this.dryUntil.fill(0);
    this.retryAt = 0;
  }

  /** When the link, silent until then, has stalled; Infinity when it owes nothing. */
  stallsAt(rttMs: number): number {
    if (this.credit === 0) return Infinity;
    const { rate } = this.pace;
    const silence = rate > 0 ? 4 * rttMs + 8 / rate : SILENCE_FIRST_MS;
    return this.deadlineFrom + Math.max(SILENCE_MIN_MS, silence);
  }

  /** This process slept for `ms`: silence in that time is not the sender's. */
  forgive(ms: number): void {
    this.deadlineFrom += ms;
  }

  /** Declares the link stalled and takes all its credit back. */
  stall(now: number): VoidCredit {
    const credit = this.revoke();
    this.stalls++;
    this.suspendedUntil = now + Math.min(PROBE_MAX_MS, PROBE_MIN_MS * 2 ** (this.stalls - 1));
    return credit;
  }

  /** Takes all credit back. */
  revoke(): VoidCredit {
    this.pace.forget(this.credit);
    const ids: SymbolId[] = [];
    this.wanted.forEach((id) => {
      ids.push(id);
      this.voidWanted.add(id);
    });
    this.voidWants += ids.length;
    this.wanted.clear();
    const grants: { sbn: number; count: number }[] = [];
    if (this.grantedTotal > 0) {
      for (let sbn = 0; sbn < this.layout.blockCount; sbn++) {
        const count = this.granted[sbn] ?? 0;
        if (count === 0) continue;
        grants.push({ sbn, count });
        this.voidGranted[sbn] = (this.voidGranted[sbn] ?? 0) + count;
      }
    }
    if (this.grantedTotal > 0) this.granted.fill(0);
    this.grantedTotal = 0;
    return this.probing ? { grants: [], ids: [] } : { grants, ids };
  }

  private startClock(now: number): void {
    if (this.credit > 0) return;
    this.deadlineFrom = now;
    this.probing = this.stalls > 0;
  }
}
