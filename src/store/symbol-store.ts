// Port: where verified symbols, and the leaves that verify them, are kept. The decision code sees ids through
// `held` and never asks for payloads itself; a driver does that for it. Stores that must wait (files) offer the
// same methods as promises, under the same acceptance suite.

import type { SymbolId } from '../base/index.ts';
import type { Layout } from '../content/layout.ts';
import type { WorkingSet } from './working-set.ts';

/** One verified symbol with its payload: T bytes, the last source symbol zero-padded. */
export interface SymbolEntry {
  readonly id: SymbolId;
  readonly bytes: Uint8Array;
}

/**
 * A store of one content. Every caller verifies symbols against leaves, and leaves against the descriptor, before it
 * puts them: the store repeats nothing.
 */
export interface SymbolStore {
  readonly layout: Layout;
  /** What is stored: grows with `put`, shrinks with `deleteRepair` only. Read only for callers. */
  readonly held: WorkingSet;
  /** Stores a copy; false when the id was held already. Throws UsageError for an id or length that is wrong. */
  put(id: SymbolId, bytes: Uint8Array): boolean;
  /** The T bytes of a held symbol, not to be changed; undefined when it is not held. */
  read(id: SymbolId): Uint8Array | undefined;
  /** Forgets the repair symbols of a block, once its source symbols are all held; returns how many. */
  deleteRepair(sbn: number): number;
  /** Stores the leaves of a block. Throws UsageError when the length is wrong. */
  putLeaves(sbn: number, leaves: Uint8Array): void;
  /** The leaves of a block, not to be changed; undefined when they are not stored. */
  leaves(sbn: number): Uint8Array | undefined;
}
