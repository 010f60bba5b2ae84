// The SHA-256 of a file in the headers of an answer: Digest (RFC 3230) and Repr-Digest (RFC 9530).

/** Characters read: all known algorithms together take less than 1 KiB. */
export const DIGEST_LENGTH_MAX = 8_192;

/**
 * The SHA-256 that the header tells, 32 bytes; undefined when there is none, or when it tells two different ones.
 * Content-Digest is not read: of a range it is the hash of the part.
 */
export function sha256FromDigest(name: string, value: string): Uint8Array | undefined {
  const shape = SHAPES.get(name.toLowerCase());
  if (shape === undefined) return undefined;
  let found: Buffer | undefined;
  for (const part of value.slice(0, DIGEST_LENGTH_MAX).split(',')) {
    const base64 = shape.exec(part.trim())?.[1];
    if (base64 === undefined) continue;
    const bytes = Buffer.from(base64, 'base64');
    // 43 digits hold two bits more than 32 bytes: they must be 0, or the text was cut or changed.
    if (bytes.toString('base64') !== base64) continue;
    if (found !== undefined && !found.equals(bytes)) return undefined;
    found = bytes;
  }
  return found === undefined ? undefined : new Uint8Array(found);
}

/** Digest: name in any case, plain base64. Repr-Digest: a dictionary of byte sequences, perhaps with parameters (RFC 8941, 3.2). */
const SHAPES: ReadonlyMap<string, RegExp> = new Map([
  ['digest', /^sha-256=([A-Za-z0-9+/]{43}=)$/i],
  ['repr-digest', /^sha-256=:([A-Za-z0-9+/]{43}=):(?:;[\x20-\x7e]*)?$/],
]);
