// Who sent what, where symbols cannot be checked one by one: blocks without leaves, whose hash shows only when they are whole.
// A wrong block of one mirror is its fault. When several had a part in it, every block is fetched by one mirror alone from then
// on, until one of them is found out.

import type { Mirror } from './mirror.ts';

export class Blame {
  /** Every block is fetched by one mirror alone. */
  isApart = false;
  /** Mirrors that had a part in the blocks under way, by block. */
  private readonly senders = new Map<number, Set<Mirror>>();
  /** The mirror that fetches a block alone, by block. */
  private readonly owners = new Map<number, Mirror>();

  /** A symbol of the block came from the mirror, unchecked. */
  sent(sbn: number, mirror: Mirror): void {
    const senders = this.senders.get(sbn);
    if (senders === undefined) this.senders.set(sbn, new Set([mirror]));
    else senders.add(mirror);
  }

  /** The block was given to the mirror. */
  own(sbn: number, mirror: Mirror): void {
    if (this.isApart && !this.owners.has(sbn)) this.owners.set(sbn, mirror);
  }

  /** True when the mirror may be given symbols of the block. */
  may(sbn: number, mirror: Mirror): boolean {
    const owner = this.owners.get(sbn);
    return !this.isApart || owner === undefined || owner === mirror;
  }

  /** The mirror gives its blocks up: those of which somebody has sent symbols. */
  disown(mirror: Mirror): number[] {
    const begun: number[] = [];
    for (const [sbn, owner] of this.owners) {
      if (owner !== mirror) continue;
      this.owners.delete(sbn);
      if (this.senders.delete(sbn)) begun.push(sbn);
    }
    return begun;
  }

  /** The block has its hash. */
  finished(sbn: number): void {
    this.senders.delete(sbn);
    this.owners.delete(sbn);
  }

  /** The block does not have its hash, and what was sent of it is forgotten. The mirror whose fault that is, for certain. */
  spoiled(sbn: number): Mirror | undefined {
    const [only, other] = this.senders.get(sbn) ?? [];
    this.finished(sbn);
    this.isApart = other !== undefined || (this.isApart && only === undefined);
    if (!this.isApart) this.owners.clear();
    return other === undefined ? only : undefined;
  }
}
