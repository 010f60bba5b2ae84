// What the workers do, as messages. A task names files, not contents: workers read and write them on
// their own, so that block-sized buffers never cross threads.

import type { BlockOutcome } from '../../engine/io.ts';
import type { LayoutParameters, PieceHash } from '../../content/index.ts';

/** Recoded symbols, one after the other. */
export interface RecodedSymbols {
  /** How many symbols each is the XOR of; 1..64. */
  readonly degrees: Uint8Array;
  /** Their ESIs: those of the first, then those of the next. */
  readonly esis: Uint32Array;
  /** T bytes each. */
  readonly payloads: Uint8Array;
}

/** Decodes what is missing of a block, writes it to its place, reads the block back and checks its root. */
export interface FinishBlockTask {
  readonly kind: 'finish-block';
  /** Holds the source symbols at their final offsets. */
  readonly dataPath: string;
  readonly layout: LayoutParameters;
  readonly sbn: number;
  /** ESIs held of the block, ascending. */
  readonly held: Uint32Array;
  /** Holds the repair symbols; not opened when there are none. */
  readonly repairPath: string;
  /** Where each held repair symbol lies there, in the order of `held`. */
  readonly repairOffsets: Float64Array;
  /** Equations besides the symbols held. */
  readonly recoded: RecodedSymbols;
  /** Recoded symbols that are compared with the block when it is right. */
  readonly judge: RecodedSymbols;
  /** The block's root in the descriptor, 32 bytes. */
  readonly sourceRoot: Uint8Array;
}

/** Makes repair symbols of a block whose source symbols are all in a file. */
export interface EncodeTask {
  readonly kind: 'encode';
  readonly dataPath: string;
  readonly layout: LayoutParameters;
  readonly sbn: number;
  readonly esis: Uint32Array;
  /** Equal only for the same bytes: encoders are cached under it. */
  readonly cacheKey: string;
}

/** Hashes the window of a block of a file. */
export interface DescribeBlockTask {
  readonly kind: 'describe-block';
  readonly dataPath: string;
  readonly layout: LayoutParameters;
  readonly sbn: number;
}

/** Which source symbols of a block of a possibly incomplete file match the block's leaves. */
export interface CheckBlockTask {
  readonly kind: 'check-block';
  readonly dataPath: string;
  readonly layout: LayoutParameters;
  readonly sbn: number;
  readonly leaves: Uint8Array;
}

/**
 * Takes the running SHA-256 of a file on to byte `upTo`. The hash lives in one worker: pin it. If that
 * worker was lost, the hash begins again at byte 0, so the answer is right all the same.
 */
export interface HashTask {
  readonly kind: 'hash';
  readonly dataPath: string;
  readonly hashKey: string;
  readonly upTo: number;
  /** Answer the digest and forget the hash. */
  readonly final: boolean;
}

/** Hashes the pieces of a part of a file, each of `pieceBytes`, the last shorter at the end of the file. */
export interface HashPiecesTask {
  readonly kind: 'hash-pieces';
  readonly dataPath: string;
  readonly type: PieceHash;
  readonly from: number;
  readonly to: number;
  readonly pieceBytes: number;
}

/** Forgets a running hash. */
export interface ForgetHashTask {
  readonly kind: 'forget-hash';
  readonly hashKey: string;
}

/** Asks which kernel this worker codes with. */
export interface KernelTask {
  readonly kind: 'kernel';
}

/** The layout's numbers alone: a descriptor would be copied with every message. */
export function layoutParameters(layout: LayoutParameters): LayoutParameters {
  const { length, symbolBytes, blockCount, windowRatio, blockSymbols } = layout;
  return { length, symbolBytes, blockCount, windowRatio, blockSymbols };
}

export type Task =
  | FinishBlockTask
  | EncodeTask
  | DescribeBlockTask
  | CheckBlockTask
  | HashTask
  | HashPiecesTask
  | ForgetHashTask
  | KernelTask;

/** What each task answers. */
export interface Answers {
  'finish-block': {
    readonly outcome: Exclude<BlockOutcome, 'failed'>;
    /** Source symbols were decoded and written. */
    readonly decoded: boolean;
    /** When short: at least so many more symbols are needed, 1 or more; else 0. */
    readonly missing: number;
    /** When ok: which of `judge` are not the XOR of their symbols, ascending. */
    readonly liars: Uint32Array;
  };
  /** The symbols one after the other, T bytes each. */
  encode: { readonly symbols: Uint8Array };
  'describe-block': {
    readonly leaves: Uint8Array;
    readonly sourceRoot: Uint8Array;
    readonly windowRoot: Uint8Array;
  };
  /** ESIs of the source symbols that match, ascending. */
  'check-block': { readonly valid: Uint32Array };
  hash: { readonly digest: Uint8Array | undefined };
  /** The hashes, one after the other. */
  'hash-pieces': { readonly hashes: Uint8Array };
  'forget-hash': Record<string, never>;
  /** Why it is the slow one; undefined when it is not. */
  kernel: { readonly fallback: string | undefined };
}

export type AnswerTo<T extends Task> = Answers[T['kind']];

/** To a worker. */
export interface Request {
  readonly id: number;
  readonly task: Task;
}

/** From a worker: the answer, or the error that the task ended with. */
export type Response =
  | { readonly id: number; readonly answer: Answers[keyof Answers]; readonly error?: undefined }
  | {
      readonly id: number;
      readonly answer?: undefined;
      readonly error: { readonly code: string | undefined; readonly message: string };
    };
