// Strict UTF-8 (RFC 3629) without TextEncoder, which the pure floors do not have. No replacement characters:
// what has no exact counterpart is refused, so that equal texts have equal bytes.

/** The UTF-8 bytes of a text; undefined when it holds a lone surrogate. */
export function encodeUtf8(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length * 3);
  let used = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code < 0xe000) return undefined;
    if (code < 0x80) {
      bytes[used++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[used++] = 0xc0 | (code >>> 6);
    } else {
      if (code < 0x10000) {
        bytes[used++] = 0xe0 | (code >>> 12);
      } else {
        bytes[used++] = 0xf0 | (code >>> 18);
        bytes[used++] = 0x80 | ((code >>> 12) & 63);
      }
      bytes[used++] = 0x80 | ((code >>> 6) & 63);
    }
    bytes[used++] = 0x80 | (code & 63);
  }
  return bytes.slice(0, used);
}

/** The text of UTF-8 bytes; undefined when they are truncated, overlong, a surrogate or above U+10FFFF. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at++] ?? 0;
    if (lead < 0x80) {
      parts.push(String.fromCharCode(lead));
      continue;
    }
    const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    if (more === 0 || at + more > bytes.length) return undefined;
    let code = lead & (0x3f >>> more);
    for (let i = 0; i < more; i++) {
      const next = bytes[at++] ?? 0;
      if ((next & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (next & 63);
    }
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    parts.push(String.fromCodePoint(code));
  }
  return parts.join('');
}
