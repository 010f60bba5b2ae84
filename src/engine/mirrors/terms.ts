// What is told of a mirror from outside: its price, and how it failed.

/** What a mirror costs, and how fast it is expected to be. Prices are in one unit of money for all mirrors. */
export interface MirrorTerms {
  readonly pricePerSecond: number;
  /** Of 10^9 bytes. */
  readonly pricePerGb: number;
  /** Bytes per second; undefined: not known. */
  readonly rate?: number | undefined;
}

/** Why a mirror is let go. */
export interface MirrorFailure {
  readonly reason: string;
  /** It will do no better next time. */
  readonly permanent: boolean;
  /** It asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
}
