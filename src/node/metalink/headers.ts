// What the headers of an answer say of the file: further mirrors and a Metalink (RFC 6249, in the syntax of RFC 8288), and its
// hash (RFC 3230, RFC 9530). Read leniently: what is not understood is not there.

/** Link headers are read so far, characters, and so many links of them. */
const LINKS_LENGTH_MAX = 65_536;
const LINKS_MAX = 256;
const PRIORITY_LAST = 999_999;

/** What Link headers name. */
export interface LinkedFiles {
  /** URLs of the same file, the best first. */
  readonly duplicates: readonly string[];
  /** URLs of Metalinks of the file. */
  readonly metalinks: readonly string[];
}

/** The duplicates and Metalinks in Link headers. `base`: where the answer came from. */
export function parseLinks(value: string, base: string): LinkedFiles {
  const duplicates: { url: string; priority: number }[] = [];
  const metalinks: string[] = [];
  for (const part of splitLinks(value.slice(0, LINKS_LENGTH_MAX))) {
    const close = part.indexOf('>');
    if (!part.startsWith('<') || close < 0) continue;
    const url = absolute(part.slice(1, close), base);
    const parameters = parametersOf(part.slice(close + 1));
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(' ');
    if (url === undefined) continue;
    if (relations.includes('duplicate')) {
      const text = parameters.get('pri') ?? '';
      const priority = /^\d{1,6}$/.test(text) ? Number(text) : PRIORITY_LAST;
      duplicates.push({ url, priority });
    } else if (relations.includes('describedby')) {
      const type = (parameters.get('type') ?? '').toLowerCase();
      if (type === 'application/metalink4+xml') metalinks.push(url);
    }
  }
  duplicates.sort((a, b) => a.priority - b.priority);
  return { duplicates: duplicates.map(({ url }) => url), metalinks };
}

/** The SHA-256 of a Digest or Repr-Digest header, 32 bytes; undefined when it has none. */
export function sha256Of(header: {
  readonly name: string;
  readonly value: string;
}): Uint8Array | undefined {
  for (const part of header.value.slice(0, LINKS_LENGTH_MAX).split(',')) {
    const equals = part.indexOf('=');
    const algorithm = part.slice(0, equals).trim().toLowerCase();
    const base64 = part
      .slice(equals + 1)
      .trim()
      .replace(/^:|:$/g, '');
    if (algorithm !== 'sha-256' || !/^[A-Za-z0-9+/]{43}=?$/.test(base64)) continue;
    return new Uint8Array(Buffer.from(base64, 'base64'));
  }
  return undefined;
}

/** Splits at commas that are in neither <…> nor quotes. */
function splitLinks(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let inUrl = false;
  let inQuotes = false;
  for (let at = 0; at < text.length && parts.length < LINKS_MAX; at++) {
    const character = text[at];
    if (inQuotes) {
      if (character === '\\') at++;
      else if (character === '"') inQuotes = false;
    } else if (character === '"') inQuotes = true;
    else if (character === '<') inUrl = true;
    else if (character === '>') inUrl = false;
    else if (character === ',' && !inUrl) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (parts.length < LINKS_MAX) parts.push(text.slice(start).trim());
  return parts;
}

/** The parameters behind a link; of one that is repeated the first counts. */
function parametersOf(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const value = part
      .slice(equals + 1)
      .trim()
      .replace(/^"|"$/g, '');
    if (/^(?:rel|type|pri)$/.test(name) && !parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

function absolute(reference: string, base: string): string | undefined {
  try {
    const url = new URL(reference, base);
    const isPlain = url.username === '' && url.password === '';
    return isPlain && /^https?:$/.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}
