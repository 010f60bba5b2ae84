// How symbols and links are named below the drivers (protocol/terms.md, protocol/content.md).

/**
 * Symbol id: the position of an encoding symbol in the concatenated windows of all source blocks, a u32.
 * `Layout` converts it to and from the payload id (sbn, esi) of RFC 6330.
 */
export type SymbolId = number;

/** Names one link inside one process. Chosen by the driver, never by a peer. */
export type LinkId = number;
