// Stable numbers that cross the wire (protocol/wire.md, protocol/registry.json). A number is never reused.

/** Versions of the protocol that this code speaks, ascending. */
export const PROTOCOL_VERSIONS: readonly number[] = [2];

/** WebSocket close codes. 4000–4999 is the range RFC 6455 leaves to applications. */
export const CLOSE = {
  /** Normal end: nothing more to do on this link. */
  DONE: 1000,
  /** Bytes that are not a message of this protocol. */
  MALFORMED: 4000,
  /** A length or count above its limit. */
  TOO_LARGE: 4001,
  /** No common protocol version. */
  VERSION: 4002,
  /** The content asked for is not served here. */
  UNKNOWN_CONTENT: 4003,
  /** A message that is not allowed in this state. */
  UNEXPECTED: 4004,
  /** More symbols than were granted or wanted. */
  CREDIT: 4005,
  /** Second symbol that failed its leaf. */
  BAD_SYMBOL: 4006,
  /** Leaves that do not give the root of the descriptor. */
  BAD_LEAVES: 4007,
  /** A descriptor that does not have the content id, or breaks its own bounds. */
  BAD_DESCRIPTOR: 4008,
  /** A summary or delta that cannot be decoded or contradicts itself. */
  BAD_SUMMARY: 4009,
  /** Owed symbols and made no progress for too long. */
  STALLED: 4010,
  /** No hello, or no answer to a ping, in time. */
  IDLE: 4011,
  /** More requests outstanding than the peer queues. */
  LIMIT: 4012,
  /** No room for another link now; come back later. */
  OVERLOADED: 4013,
  /** The peer dialled itself: its own nonce came back. */
  SELF: 4014,
  /** The closing peer's own store failed. */
  DISK: 4015,
} as const;

/** Who decides which symbol is sent (protocol/session.md, "Asking"). */
export const STRATEGY = {
  uninformed: 0,
  'uninformed-wor': 1,
  speculative: 2,
  reconciled: 3,
  coordinated: 4,
  'recode-bf': 5,
  partition: 6,
} as const;

/** How a working set is described (protocol/summaries.md). */
export const SUMMARY_KIND = {
  exact: 0,
  bloom: 1,
  'min-wise': 2,
  riblt: 3,
  art: 4,
} as const;

/** Bits of `flags` in hello and status. Bits without a name are ignored by the reader. */
export const FLAG = {
  /** Holds the whole content. */
  complete: 1,
  /** Wants symbols. */
  fetching: 2,
  /** Is willing to send. */
  serving: 4,
} as const;

/** How the receiver of recoded symbols will decode them, which decides the degrees that serve it best. */
export const FINISH = {
  /** Undecided symbols become equations of the code's decoder. */
  'full-rank': 0,
  /** Only by taking out what is held, one unknown symbol at a time. */
  substitution: 1,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
export type StrategyCode = (typeof STRATEGY)[keyof typeof STRATEGY];
export type FinishCode = (typeof FINISH)[keyof typeof FINISH];
export type SummaryKindCode = (typeof SUMMARY_KIND)[keyof typeof SUMMARY_KIND];

/** `MALFORMED` for 4000 and so on; undefined for a number that is not listed. */
export function closeName(code: number): keyof typeof CLOSE | undefined {
  for (const [name, value] of Object.entries(CLOSE)) {
    if (value === code) return name as keyof typeof CLOSE;
  }
  return undefined;
}
