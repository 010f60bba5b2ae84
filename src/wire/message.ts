// The control messages as typed values. Numbers, limits and meanings: protocol/wire.md.
// Byte fields of a decoded message are views of the frame: copy what outlives it.

import type { FinishCode, StrategyCode, SummaryKindCode } from './codes.ts';

/** First message of both ends. Never changes shape between versions. */
export interface Hello {
  readonly type: 'hello';
  /** Protocol versions the sender speaks, strictly ascending. */
  readonly versions: readonly number[];
  /** 32 bytes. */
  readonly contentId: Uint8Array;
  /** 16 random bytes, the same on all links of a process, so that it knows itself. */
  readonly nonce: Uint8Array;
  /** Sum of `FLAG` bits. */
  readonly flags: number;
  /** Program and version, printable ASCII, for people only. */
  readonly agent: string;
}

export interface WantDescriptor {
  readonly type: 'want-descriptor';
}

/** One chunk of the encoded content descriptor. `total` 0: the sender does not hold it. */
export interface Descriptor {
  readonly type: 'descriptor';
  /** Bytes of the whole encoded descriptor. */
  readonly total: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface WantLeaves {
  readonly type: 'want-leaves';
  readonly sbn: number;
}

/** One chunk of the leaves of a block. No bytes: the sender does not hold them. */
export interface Leaves {
  readonly type: 'leaves';
  readonly sbn: number;
  /** ESI of the first leaf. */
  readonly first: number;
  /** 16 bytes a leaf. */
  readonly bytes: Uint8Array;
}

/** The receiver's choice of strategy, made once on a link. */
export interface Ask {
  readonly type: 'ask';
  readonly strategy: StrategyCode;
  /** Kind of the summaries that the receiver will send or wants. */
  readonly summaryKind: SummaryKindCode;
  /** f: an update after every ℓ/f symbols; 0: none. */
  readonly updateFrequency: number;
  /** u32: where on the ring of hashed ids a partition sender begins; the seed of recoded symbols. */
  readonly start: number;
  /** How recoded symbols will be decoded. */
  readonly finish: FinishCode;
}

/** A summary of the blocks firstSbn..firstSbn+blockCount−1 of the sender's working set. */
export interface Summary {
  readonly type: 'summary';
  readonly sequence: number;
  readonly firstSbn: number;
  readonly blockCount: number;
  /** More parts of the same sequence follow. */
  readonly more: boolean;
  readonly kind: SummaryKindCode;
  /** Opaque here; protocol/summaries.md. */
  readonly body: Uint8Array;
}

/** Symbol ids added since the summary or delta before. */
export interface Delta {
  readonly type: 'delta';
  readonly sequence: number;
  /** Id runs; opaque here. */
  readonly body: Uint8Array;
}

/** `count` symbols of block `sbn`. */
export interface Grant {
  readonly sbn: number;
  readonly count: number;
}

/** Leave to send; the sender picks the symbols. */
export interface GrantMessage {
  readonly type: 'grant';
  readonly grants: readonly Grant[];
}

/** A request for named symbols. */
export interface Want {
  readonly type: 'want';
  /** Id runs; opaque here. */
  readonly body: Uint8Array;
}

/** Grants given back and wants refused. */
export interface Dry {
  readonly type: 'dry';
  readonly grants: readonly Grant[];
  /** Id runs; opaque here; empty when no want is refused. */
  readonly body: Uint8Array;
}

/** New `flags`, replacing those of hello. */
export interface Status {
  readonly type: 'status';
  readonly flags: number;
}

export interface Ping {
  readonly type: 'ping';
  readonly token: number;
}

/** Answer to a ping, with its token. */
export interface Pong {
  readonly type: 'pong';
  readonly token: number;
}

/** Last message before a close. */
export interface Bye {
  readonly type: 'bye';
  /** A close code: 1000 or 4000..4999. */
  readonly code: number;
  /** Printable ASCII, for people only. */
  readonly reason: string;
}

/** How far a rateless IBLT is to go on. */
export interface More {
  readonly type: 'more';
  /** The last summary of the stream that was read. */
  readonly sequence: number;
  /** Cells wanted in all; 0: it is decoded, or given up, and none is wanted any more. */
  readonly cells: number;
}

/** The symbols of some blocks from which recoded symbols are made. */
export interface Pool {
  readonly type: 'pool';
  readonly firstSbn: number;
  readonly blockCount: number;
  /** True: the body is id runs that join the pool; false: an exact summary that replaces what was said of the blocks. */
  readonly add: boolean;
  readonly body: Uint8Array;
}

/** How much of what it lacks the receiver expects from its recoding senders; the rest comes from full sources. */
export interface Share {
  readonly type: 'share';
  /** In 255ths; 255 until it is said. */
  readonly part: number;
}

export type Message =
  | Hello
  | WantDescriptor
  | Descriptor
  | WantLeaves
  | Leaves
  | Ask
  | Summary
  | Delta
  | GrantMessage
  | Want
  | Dry
  | Status
  | Ping
  | Pong
  | Bye
  | More
  | Pool
  | Share;

export type MessageType = Message['type'];

/** The message with the given type name. */
export type MessageOf<Type extends MessageType> = Extract<Message, { readonly type: Type }>;
