// Everything that can go wrong in a simulated world, in one place: how a peer misbehaves, and what happens when.

import type { Message } from '../wire/index.ts';

/** The header of a recoded frame: symbol i is number first + i of block sbn, a sum of degrees[i] symbols. */
export interface RecodedHeader {
  readonly sbn: number;
  readonly first: number;
  readonly degrees: readonly number[];
}

/** How a peer misbehaves for as long as it lives. A `Fault` may change it later. */
export interface Misbehaviour {
  /**
   * Share of the symbols it sends that are not what they should be: they fail their leaf; recoded ones are not the sum
   * that their number says. A sender that lies about its pool has 1: the receiver takes its sums for others.
   */
  pollute?: number;
  /** The same for recoded symbols alone; those that it is asked for by name are right. */
  polluteSums?: number;
  /** So many of the next symbols that it sends fail their leaf. */
  polluteNext?: number;
  /** It takes requests and sends no symbols, until it is no longer silent. */
  silent?: boolean;
  /** Share of the decodings that need one more symbol (RFC 6330: below 0.01 at K symbols). */
  shortDecodes?: number;
  /** So many finished blocks prove corrupt when they are read back. */
  corruptBlocks?: number;
  /** The leaves it gives are not those of the content. */
  badLeaves?: boolean;
  /** Reads of symbols fail. */
  unreadable?: boolean;
  /** Changes, or (undefined) swallows, each control message that it sends; bytes are sent as they are. */
  tamper?: (message: Message) => Message | Uint8Array | undefined;
  /** Changes the header of each recoded frame that it sends. The payloads stay. */
  renumber?: (header: RecodedHeader) => RecodedHeader;
  /** Symbols that are to leave as they are, it sends as recoded ones of degree 1, which nobody has asked for. */
  recodesAlways?: boolean;
}

/** One thing that goes wrong at `at`, ms. Peers go by their names. */
export type Fault =
  /** Every link between the two breaks; both may dial again. */
  | { readonly at: number; readonly kind: 'cut'; readonly peer: string; readonly other: string }
  /** As kill -9: links break, the store stays. */
  | { readonly at: number; readonly kind: 'kill'; readonly peer: string }
  /** Starts a killed peer again, on its store. */
  | { readonly at: number; readonly kind: 'restart'; readonly peer: string }
  /** The process stands still for `ms`, as in a suspended machine; what comes meanwhile waits. */
  | { readonly at: number; readonly kind: 'sleep'; readonly peer: string; readonly ms: number }
  | { readonly at: number; readonly kind: 'disk-failed'; readonly peer: string }
  | {
      readonly at: number;
      readonly kind: 'behave';
      readonly peer: string;
      readonly as: Misbehaviour;
    };
