// The symbol store in memory, for the simulator, tests and small contents.

import type { SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import type { Layout } from '../content/layout.ts';
import { LEAF_BYTES } from '../content/leaves.ts';
import type { SymbolStore } from './symbol-store.ts';
import { WorkingSet } from './working-set.ts';

/** Keeps everything in memory: one reference for each id, so ids that a peer chose cannot collide in a hash table. */
export class MemoryStore implements SymbolStore {
  readonly layout: Layout;
  readonly held: WorkingSet;
  private readonly payloads: (Uint8Array | undefined)[];
  private readonly leavesOf: (Uint8Array | undefined)[];

  constructor(layout: Layout) {
    this.layout = layout;
    this.held = new WorkingSet(layout);
    this.payloads = new Array<Uint8Array | undefined>(layout.idCount).fill(undefined);
    this.leavesOf = new Array<Uint8Array | undefined>(layout.blockCount).fill(undefined);
  }

  put(id: SymbolId, bytes: Uint8Array): boolean {
    checkEntry(this.layout, id, bytes);
    if (!this.held.add(id)) return false;
    this.payloads[id] = bytes.slice();
    return true;
  }

  read(id: SymbolId): Uint8Array | undefined {
    return this.payloads[id];
  }

  deleteRepair(sbn: number): number {
    const { layout } = this;
    const from = layout.id(sbn, layout.sourceSymbols(sbn));
    let count = 0;
    for (let id = from; id < layout.windowStart(sbn + 1); id++) {
      if (!this.held.delete(id)) continue;
      this.payloads[id] = undefined;
      count++;
    }
    return count;
  }

  putLeaves(sbn: number, leaves: Uint8Array): void {
    checkLeavesLength(this.layout, sbn, leaves);
    this.leavesOf[sbn] = leaves.slice();
  }

  leaves(sbn: number): Uint8Array | undefined {
    return this.leavesOf[sbn];
  }
}

/** Throws UsageError unless `id` exists and `bytes` is one symbol. Shared by all stores. */
export function checkEntry(layout: Layout, id: SymbolId, bytes: Uint8Array): void {
  if (!Number.isInteger(id) || id < 0 || id >= layout.idCount) {
    throw new UsageError(`symbol id ${id} is not in 0..${layout.idCount - 1}`);
  }
  if (bytes.length !== layout.symbolBytes) {
    throw new UsageError(`a symbol has ${layout.symbolBytes} bytes, not ${bytes.length}`);
  }
}

/** Throws UsageError unless the block exists and `leaves` has one leaf for each symbol of its window. */
export function checkLeavesLength(layout: Layout, sbn: number, leaves: Uint8Array): void {
  if (!Number.isInteger(sbn) || sbn < 0 || sbn >= layout.blockCount) {
    throw new UsageError(`block ${sbn} is not in 0..${layout.blockCount - 1}`);
  }
  const right = layout.windowSize(sbn) * LEAF_BYTES;
  if (leaves.length !== right) {
    throw new UsageError(`the leaves of block ${sbn} have ${right} bytes, not ${leaves.length}`);
  }
}
