// Port: how this process computes SHA-256. Drivers bring the platform's; `@noble/hashes` is the fallback.

/** SHA-256 of the concatenated parts: 32 bytes. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;
