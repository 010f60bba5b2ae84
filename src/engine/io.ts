// The contract between a Transfer and its driver: every input and output, and what may happen when.
// A driver feeds one input with the time, then drains poll() until it answers `timeout`, and comes back
// no later than the time named there. Payload bytes stay in the driver; only ids cross this line.

import type { LinkId } from '../base/index.ts';
import type { Bitset } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import type { MirrorFailure, MirrorTerms } from './mirrors/terms.ts';

/** Why a download ended without its file, or a warning was given. Stable; the README maps them to exit codes. */
export type FailureCode =
  | 'UNREACHABLE' // no source could be reached
  | 'UNFINISHED' // sources were lost or hold too little between them
  | 'BAD_DESCRIPTOR' // the descriptor does not match the content id, or cannot be used
  | 'CORRUPT' // a block or the file does not have the hash the descriptor commits to
  | 'DISK' // the store failed
  | 'ABORTED'; // the user stopped it

export type TransferInput =
  /**
   * Begins: with the descriptor when the caller has one, or with the layout of a plain file that has none and is fetched from
   * mirrors alone. Always the first input.
   */
  | { readonly kind: 'start'; readonly descriptor?: Uint8Array; readonly plain?: Layout }
  /** The descriptor was found elsewhere than at a peer. Ignored when it is here already, or is another content's. */
  | { readonly kind: 'descriptor'; readonly bytes: Uint8Array }
  /** The store is open: what it holds, and the blocks whose leaves it has. Answers the `open` output. */
  | { readonly kind: 'opened'; readonly held: Bitset; readonly leaves: Bitset }
  /** A source joins. The machine decides when to dial it. `index` counts sources from 0, in order. */
  | { readonly kind: 'source'; readonly index: number; readonly address: string }
  /** A mirror joins: a plain HTTP server that has the file. It shares its numbers with the other sources. */
  | {
      readonly kind: 'mirror';
      readonly index: number;
      readonly address: string;
      readonly terms: MirrorTerms;
    }
  /** `permanent`: it is not the right one, or never will answer. `retryAfterMs`: it asked to be left alone for so long. */
  | ({ readonly kind: 'dial-failed'; readonly index: number } & Pick<MirrorFailure, 'reason'> &
      Partial<MirrorFailure>)
  /** A mirror was dialled, has the right file, and can be asked for it. */
  | {
      readonly kind: 'mirror-open';
      readonly link: LinkId;
      readonly index: number;
      readonly rttMs: number;
      /** It can send any part of the file; else only all of it. */
      readonly ranges: boolean;
    }
  /** A WebSocket is open, dialled (`index` names the source) or accepted. */
  | {
      readonly kind: 'link-open';
      readonly link: LinkId;
      readonly address: string;
      readonly index?: number;
    }
  | {
      readonly kind: 'link-closed';
      readonly link: LinkId;
      readonly code: number;
      readonly reason: string;
    }
  /** A control message arrived, as bytes. */
  | { readonly kind: 'control'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** A symbol frame arrived. The driver keeps its payloads under `frame` until the `write` output. */
  | {
      readonly kind: 'symbols';
      readonly link: LinkId;
      readonly frame: number;
      readonly sbn: number;
      readonly esis: readonly number[];
    }
  /** Completes `fetch`: nothing more of the request comes, because all is here, it was cut, or something failed. */
  | {
      readonly kind: 'fetched';
      readonly link: LinkId;
      readonly request: number;
      readonly failure?: MirrorFailure | undefined;
    }
  /** A frame of recoded symbols arrived. The driver keeps its payloads under `frame` until the `quarantine` output. */
  | {
      readonly kind: 'recoded';
      readonly link: LinkId;
      readonly frame: number;
      readonly sbn: number;
      readonly first: number;
      readonly degrees: readonly number[];
    }
  /** The driver's own checks refused a frame (text, oversized, undecodable header). */
  | {
      readonly kind: 'violation';
      readonly link: LinkId;
      readonly code: number;
      readonly reason: string;
    }
  /** Completes `read` or `recode`: the frame has left this process (or its link is gone). */
  | { readonly kind: 'sent'; readonly link: LinkId; readonly count: number }
  /** Completes `read` or `recode` when the store could not give the payloads. */
  | {
      readonly kind: 'unreadable';
      readonly link: LinkId;
      readonly sbn: number;
      /** Symbols that the frame would have had. */
      readonly count: number;
      /** Which, when they were named; none for a recoded frame. */
      readonly esis: readonly number[];
    }
  /** Completes `write`: per symbol of the output, in order, what became of it. */
  | {
      readonly kind: 'written';
      readonly link: LinkId;
      readonly sbn: number;
      readonly esis: readonly number[];
      readonly verdicts: readonly Verdict[];
    }
  /** Completes `peel`. The row is free again. */
  | { readonly kind: 'peeled'; readonly row: number; readonly verdict: Verdict }
  /** Completes `read-leaves`; undefined when the store does not have them. */
  | {
      readonly kind: 'leaves-read';
      readonly link: LinkId;
      readonly sbn: number;
      readonly leaves: Uint8Array | undefined;
    }
  /** Completes `finish-block`. */
  | {
      readonly kind: 'block-finished';
      readonly sbn: number;
      readonly outcome: BlockOutcome;
      /** When short: so many symbols more are needed at least. 1 when it is not said. */
      readonly missing?: number;
      /** When ok: the rows of `judge` that are not what they claim to be. */
      readonly liars?: readonly number[];
    }
  /** Completes `finish-content`: undefined when the file has its final name and the right hash. */
  | {
      readonly kind: 'content-finished';
      readonly problem: { readonly code: FailureCode; readonly message: string } | undefined;
    }
  /** The store failed for good (disk full, I/O error). Nothing more is requested. */
  | { readonly kind: 'disk-failed'; readonly message: string }
  /** The user stops the transfer: links are closed, nothing more is sent. */
  | { readonly kind: 'abort' }
  /** The time named by the last `timeout` output has come (or nothing in particular happened). */
  | { readonly kind: 'timeout' };

/** kept: verified and stored. rejected: fails its leaf. failed: right, but the store could not keep it. */
export type Verdict = 'kept' | 'rejected' | 'failed';

/** ok: all source symbols are stored and match the source root. short: the rank does not suffice yet. */
export type BlockOutcome = 'ok' | 'short' | 'corrupt' | 'failed';

/** A recoded symbol that is kept under a number: the sum of the symbols `esis` of its block. */
export interface RecodedRow {
  readonly row: number;
  readonly esis: readonly number[];
}

export type TransferOutput =
  /** The descriptor is known and valid, or the file is a plain one: open the store, then answer `opened`. Once. */
  | { readonly kind: 'open'; readonly descriptor: Uint8Array | undefined }
  /** Dial source `index`: answer `link-open`, or `mirror-open` when it is a mirror, or `dial-failed`. */
  | { readonly kind: 'dial'; readonly index: number; readonly address: string }
  /** Send this control message on the link. */
  | { readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** Read these symbols, send them as one symbol frame, answer `sent` or `unreadable`. */
  | {
      readonly kind: 'read';
      readonly link: LinkId;
      readonly sbn: number;
      readonly esis: readonly number[];
    }
  /** Ask the mirror for the source symbols [from, to) of the file; they come as `symbols`, in order; then `fetched`. */
  | {
      readonly kind: 'fetch';
      readonly link: LinkId;
      readonly request: number;
      readonly from: number;
      readonly to: number;
    }
  /** Of this request only symbols before `to` are wanted any more; `fetched` ends it as soon as they are here. */
  | {
      readonly kind: 'cut';
      readonly link: LinkId;
      readonly request: number;
      readonly to: number;
    }
  /** Stop reading from the mirror for a while (`on`), or go on. Not answered. */
  | { readonly kind: 'hold'; readonly link: LinkId; readonly on: boolean }
  /**
   * Read the constituents, send their sums as one recoded frame, answer `sent` or `unreadable`. symbols[i] are the
   * ESIs that symbol i is the sum of.
   */
  | {
      readonly kind: 'recode';
      readonly link: LinkId;
      readonly sbn: number;
      /** Number of the first symbol, for the header. */
      readonly first: number;
      readonly symbols: readonly (readonly number[])[];
    }
  /**
   * Verify and store these symbols of a received frame (`keep` gives their positions in it), drop the
   * others, and answer `written`. An empty `keep` only releases the frame; it is not answered.
   */
  | {
      readonly kind: 'write';
      readonly link: LinkId;
      readonly frame: number;
      readonly sbn: number;
      readonly esis: readonly number[];
      readonly keep: readonly number[];
      /** There is nothing to check them against before their block is whole: store them as they are. */
      readonly unverified?: true;
    }
  /**
   * Keep these symbols of a recoded frame in memory, `rows[i]` being the number under which keep[i] is kept, and drop the
   * others. Rows are small numbers that are used again. Not answered; without `keep` it only releases the frame.
   */
  | {
      readonly kind: 'quarantine';
      readonly link: LinkId;
      readonly frame: number;
      readonly keep: readonly number[];
      readonly rows: readonly number[];
    }
  /**
   * Take the symbols `known` out of a row: stored ones, and those of \`peel\` outputs before it, whether answered or not.
   * What is left must be symbol \`esi\`: verify it against its leaf, store it, and answer \`peeled\`; failed when one of
   * \`known\` cannot be had. Without \`esi\` it must be zero (kept if so, else rejected). The row is free again.
   */
  | {
      readonly kind: 'peel';
      readonly row: number;
      readonly sbn: number;
      readonly esi: number | undefined;
      readonly known: readonly number[];
    }
  /** Forget these rows. Not answered. */
  | { readonly kind: 'release'; readonly rows: readonly number[] }
  /** Store these leaves, which are checked; symbols of the block may come right after. Not answered. */
  | { readonly kind: 'write-leaves'; readonly sbn: number; readonly leaves: Uint8Array }
  | { readonly kind: 'read-leaves'; readonly link: LinkId; readonly sbn: number }
  /** Decode what is missing of the block, store it, read the block back and check its source root. */
  | {
      readonly kind: 'finish-block';
      readonly sbn: number;
      /** Symbols held of this block: ESIs in ascending order. */
      readonly held: readonly number[];
      /** Rows of the quarantine that take part as equations. */
      readonly recoded: readonly RecodedRow[];
      /** Rows that do not, and are compared with the block when it is right. */
      readonly judge: readonly RecodedRow[];
    }
  /** Forget the stored symbols of a block that proved corrupt. Not answered. */
  | { readonly kind: 'discard-block'; readonly sbn: number }
  /** All blocks are finished: check the whole-file hash, sync, rename; answer `content-finished`. */
  | { readonly kind: 'finish-content' }
  /** Close the link: first the bytes (a bye), then the WebSocket with the code. */
  | {
      readonly kind: 'close';
      readonly link: LinkId;
      readonly code: number;
      readonly reason: string;
      readonly bytes: Uint8Array | undefined;
    }
  | { readonly kind: 'event'; readonly event: TransferEvent }
  /** Nothing more to do: come back at `at` (ms, Infinity: only with the next input). */
  | { readonly kind: 'timeout'; readonly at: number };

export type TransferEvent =
  | {
      readonly type: 'link-up';
      readonly link: LinkId;
      readonly address: string;
      readonly agent: string;
    }
  | {
      readonly type: 'link-down';
      readonly link: LinkId;
      readonly address: string;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly type: 'dial-failed'; readonly address: string; readonly reason: string }
  /** A symbol of this source failed its leaf. */
  | {
      readonly type: 'rejected';
      readonly link: LinkId;
      readonly address: string;
      readonly sbn: number;
      readonly esi: number;
    }
  | { readonly type: 'stalled'; readonly link: LinkId; readonly address: string }
  | {
      readonly type: 'block';
      readonly sbn: number;
      readonly finished: number;
      readonly total: number;
    }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: FailureCode; readonly message: string };

/** What a progress display and the final report show. Counts are symbols unless the name says bytes. */
export interface TransferStatus {
  readonly phase: 'describing' | 'opening' | 'running' | 'done' | 'failed';
  /** ℓ: source symbols of the content; 0 until the descriptor is known. */
  readonly total: number;
  /** Symbols towards ℓ that are held, per block at most K. */
  readonly have: number;
  /** ℓ minus `have` when the store was opened. */
  readonly needed: number;
  readonly received: number;
  readonly useful: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Summary and request bytes of both directions that serve this end's receiving. */
  readonly summaryBytes: number;
  readonly sent: number;
  readonly sources: readonly SourceStatus[];
}

export interface SourceStatus {
  readonly kind: 'peer' | 'mirror';
  readonly address: string;
  readonly connected: boolean;
  readonly received: number;
  readonly useful: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Payload bytes received. */
  readonly bytes: number;
  readonly summaryBytes: number;
  /** Symbols sent to this source. */
  readonly sent: number;
  /** Bytes per second received, smoothed. */
  readonly rate: number;
  /** Money that it has cost so far, by the prices that were told; 0 for a peer. */
  readonly cost: number;
}
