// Which names a content may have: one plain file name that is safe to create on every common system.
// The rules and their reasons are in protocol/content.md, "Name".

import { UsageError } from '../base/index.ts';
import { encodeUtf8 } from './utf8.ts';

/** Longest name, bytes of UTF-8: the limit of one path component on Linux, macOS and Windows. */
export const NAME_BYTES_MAX = 255;

const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i;

/** Why `name` is not allowed, naming the offending character and its byte; undefined when it is fine. */
export function nameProblem(name: string): string | undefined {
  if (name.length === 0) return 'the name is empty';
  // Bounds the work below: a UTF-16 unit takes at least one byte.
  if (name.length > NAME_BYTES_MAX) return `the name is longer than ${NAME_BYTES_MAX} bytes`;
  const bytes = encodeUtf8(name);
  if (bytes === undefined) return 'the name holds a lone surrogate';
  if (bytes.length > NAME_BYTES_MAX) {
    return `the name has ${bytes.length} bytes, above ${NAME_BYTES_MAX}`;
  }
  const character = characterProblem(name);
  if (character !== undefined) return character;
  if (name === '.' || name === '..') return `the name is "${name}"`;
  const last = name.charAt(name.length - 1);
  if (last === '.' || last === ' ') {
    return `the name ends in ${last === '.' ? 'a dot' : 'a space'} (byte ${bytes.length - 1})`;
  }
  const device = DEVICE.exec(name.replace(/ +(?=\.|$)/, ''));
  if (device !== null) return `the name is the device name "${device[0].replace('.', '')}"`;
  if (name.normalize('NFC') !== name) return 'the name is not in Unicode normalization form C';
  return undefined;
}

/** Throws UsageError with the reason when the name is not allowed. */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new UsageError(problem);
}

function characterProblem(name: string): string | undefined {
  let at = 0;
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    const why = forbidden(code);
    if (why !== undefined) {
      const hex = code.toString(16).toUpperCase().padStart(4, '0');
      return `the name holds ${why} (U+${hex}) at byte ${at}`;
    }
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return undefined;
}

function forbidden(code: number): string | undefined {
  if (code === 0) return 'a NUL';
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 'a control character';
  if (code === 0x2f) return 'a slash';
  if (code === 0x5c) return 'a backslash';
  if (code === 0x3a) return 'a colon';
  if (code === 0x2028 || code === 0x2029) return 'a line separator';
  // They make "gpj.exe" look like "exe.jpg".
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) {
    return 'a text direction control';
  }
  return undefined;
}
