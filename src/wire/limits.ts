// Every number the wire enforces, in one place (protocol/wire.md, "Limits", gives the reasons;
// protocol/registry.json repeats them and test/vector/registry.test.ts holds the two together).

/** Largest values, unless the name says otherwise. Bytes, characters or counts, as the name ends. */
export const LIMITS = {
  /** A control message on the wire. */
  controlBytesMax: 65_536,
  /** A symbol frame on the wire: header 4, 255 ESIs of 3, one full payload area. */
  dataFrameBytesMax: 66_305,
  /** The payload area of a symbol frame. */
  payloadBytesMax: 65_536,
  /** Symbols in one symbol frame: n is one byte. */
  frameSymbolsMax: 255,
  /** Constituents of one recoded symbol. */
  recodedDegreeMax: 64,
  /** T. */
  symbolBytesMax: 65_536,
  /** Arrays inside arrays; the message itself is depth 1. */
  depthMax: 4,
  /** MessagePack values in one control message, arrays included. */
  itemsMax: 1_024,
  versionsMax: 8,
  versionMax: 65_535,
  contentIdBytes: 32,
  nonceBytes: 16,
  flagsMax: 65_535,
  agentCharsMax: 64,
  descriptorBytesMax: 4_456_448,
  descriptorChunkBytesMax: 32_768,
  sbnMax: 65_535,
  /** Symbols in the window of one block: ρ ≤ 4 times K ≤ 56,403. */
  windowSymbolsMax: 225_612,
  leafBytes: 16,
  leavesChunkBytesMax: 49_152,
  updateFrequencyMax: 65_535,
  /** A position on the ring of hashed symbol ids. */
  ringMax: 4_294_967_295,
  /** A part of the whole, in 255ths. */
  partMax: 255,
  /** Cells of one rateless IBLT. */
  cellsMax: 1_048_576,
  sequenceMax: 4_294_967_295,
  summaryBytesMax: 61_440,
  deltaBytesMax: 61_440,
  grantPairsMax: 256,
  grantCountMax: 65_535,
  wantBytesMax: 16_384,
  /** Ids in the runs of a want or dry body; counted by whoever decodes the body. */
  wantIdsMax: 4_096,
  tokenMax: 4_294_967_295,
  reasonCharsMax: 200,
} as const;
