// The three ways things go wrong, by whose fault it is. Codes are stable: protocol/registry.json lists
// those that cross the wire, the README those that end a command.

/** The caller broke the contract of a function. Thrown at once. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/**
 * A peer sent something the protocol forbids. Decoders below the machines throw it; a machine catches it
 * and answers with a `close` output, so that remote input never throws across a machine.
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  /** Close code of protocol/registry.json. */
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Bytes do not have the hash that the content descriptor commits to. */
export class CorruptError extends Error {
  override readonly name: string = 'CorruptError';
}
