// Base64 (RFC 4648, 4): the pure floors have neither atob nor Buffer.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The first `length` bytes of what `text` stands for; characters outside of the alphabet count as nothing. */
export function decodeBase64(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let bits = 0;
  let held = 0;
  let used = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) continue;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[used++] = bits >> held;
    bits &= (1 << held) - 1;
  }
  return bytes;
}
