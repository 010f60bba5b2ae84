import { ProtocolError } from '../../src/base/index.ts';

/** The close code that `decode` refuses with; undefined when it accepts. Any other error passes through. */
export function refusal(decode: () => unknown): number | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}
