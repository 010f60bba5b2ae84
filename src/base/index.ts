export { concatBytes, equalBytes, fromHex, isZero, popcount32, toHex, xorInto } from './bytes.ts';
export { Bitset } from './bitset.ts';
export { CorruptError, ProtocolError, UsageError } from './errors.ts';
export type { Sha256 } from './hasher.ts';
export { sha256 } from './sha256.ts';
export type { LinkId, SymbolId } from './ids.ts';
export { mix32, Rng } from './rng.ts';
export { ByteReader, ByteWriter } from './varint.ts';
