// A look at the markup of a Metalink before the parser sees it: how deep, how much, and which element is the root. It goes over the
// text once, and is no parser: what is not well-formed is left for the parser to say.

/** Elements within each other: a Metalink has five. */
export const DEPTH_MAX = 16;
/** Characters of one tag: a name of 255 bytes written as references, and room. */
export const TAG_LENGTH_MAX = 4_096;
/**
 * Tags, attributes, references, CDATA sections and instructions together. The parser takes some microseconds for each, and 16 MiB hold
 * millions; 262144 pieces are as many elements, and the rest of a Metalink is small.
 */
export const MARKUP_MAX = 300_000;

/** The first tag, without its brackets, or why the parser is not to see the text. */
export type Scan =
  { readonly root: string; readonly problem?: undefined } | { readonly problem: string };

/** Looks over all of `text`, in time proportional to its length. */
export function scanMarkup(text: string): Scan {
  let root: string | undefined;
  let depth = 0;
  let markup = countOf(text, '&', MARKUP_MAX);
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    // Comments are skipped at no cost to the parser; all else is counted.
    if (text.startsWith('<!--', at)) {
      at = after(text, '-->', at + 4);
      continue;
    }
    markup++;
    if (text.startsWith('<![CDATA[', at)) at = after(text, ']]>', at + 9);
    else if (text.startsWith('<?', at)) at = after(text, '?>', at + 2);
    else if (text.startsWith('</', at)) {
      markup--; // counted where it opened
      depth--;
      at += 2;
    } else {
      const { end, attributes } = tagAt(text, at);
      if (end === undefined) return { problem: `a tag has more than ${TAG_LENGTH_MAX} characters` };
      root ??= text.slice(at + 1, end);
      markup += attributes;
      if (text[end - 1] !== '/') depth++;
      at = end + 1;
    }
    if (depth > DEPTH_MAX)
      return { problem: `its elements are nested more than ${DEPTH_MAX} deep` };
    if (markup > MARKUP_MAX) break;
  }
  if (markup > MARKUP_MAX) {
    return { problem: `it has more than ${MARKUP_MAX} tags, attributes and references` };
  }
  return { root: root ?? '' };
}

/** The namespace that the tag gives to its own prefix; '' when it gives none. */
export function namespaceOf(tag: string): string {
  const prefix = /^([^\s:/]+):/.exec(tag)?.[1];
  const wanted = prefix === undefined ? 'xmlns' : `xmlns:${prefix}`;
  for (const [, name, double, single] of tag.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (name === wanted) return double ?? single ?? '';
  }
  return '';
}

/** Where the tag at `at` ends (a '>' in quotes does not), or the text; undefined: not within the limit. And its attributes. */
function tagAt(text: string, at: number): { end: number | undefined; attributes: number } {
  let quote = '';
  let attributes = 0;
  const last = Math.min(text.length, at + TAG_LENGTH_MAX);
  for (let i = at + 1; i < last; i++) {
    const character = text.charAt(i);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
      attributes++;
    } else if (character === '>') return { end: i, attributes };
  }
  // An open tag at the end of the text is for the parser to refuse.
  return { end: last < text.length ? undefined : last, attributes };
}

/** The index behind the next `mark`; the end of the text when there is none. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function countOf(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) {
    if (++count > most) break;
  }
  return count;
}
