// Link headers (RFC 8288) of an answer that name further mirrors and Metalinks of the file (RFC 6249). One pass over the text; what
// is not understood is not there.

import { httpProblem } from '../../content/index.ts';

/** Characters read: Node takes no more than 16 KiB of headers by default, and a mirror network sends about 4 KiB. */
export const LINK_LENGTH_MAX = 65_536;
/** Links read: more than anyone asks mirrors. */
export const LINKS_MAX = 256;
const PRIORITY_LAST = 999_999;

/** A mirror of a Link header. */
export interface LinkedMirror {
  /** http or https, without a fragment. */
  readonly url: string;
  /** `pri`: 1 is the best, 999999 the last and the default (RFC 6249, 3.1). */
  readonly priority: number;
  /** `pref`: the server would take this one. */
  readonly isPreferred: boolean;
  /** `geo`: ISO 3166-1 code of the country. */
  readonly location?: string;
  /** `depth`: how many folders of the path it mirrors. */
  readonly depth?: number;
}

export interface LinkHeader {
  /** The best first; preferred ones before others of the same priority. */
  readonly duplicates: readonly LinkedMirror[];
  /** URLs of Metalinks. */
  readonly describedBy: readonly string[];
}

/** The mirrors and Metalinks in the value of Link headers. `baseUrl`: where the answer came from. Never throws. */
export function parseLinkHeader(value: string, baseUrl: string): LinkHeader {
  const text = value.slice(0, LINK_LENGTH_MAX);
  const duplicates: LinkedMirror[] = [];
  const describedBy: string[] = [];
  let at = 0;
  for (let count = 0; count < LINKS_MAX; count++) {
    const open = text.indexOf('<', at);
    const close = open < 0 ? -1 : text.indexOf('>', open);
    if (close < 0) break;
    const { parameters, end } = parametersAt(text, close + 1);
    at = end;
    // With an anchor the link is one of another resource (RFC 8288, 3.2).
    if (parameters.has('anchor')) continue;
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(/[ \t]/);
    const isDuplicate = relations.includes('duplicate');
    if (!isDuplicate && !(relations.includes('describedby') && isMetalink(parameters))) continue;
    const url = absolute(text.slice(open + 1, close), baseUrl);
    if (url === undefined) continue;
    if (isDuplicate) duplicates.push(mirrorOf(url, parameters));
    else describedBy.push(url);
  }
  duplicates.sort(
    (a, b) => a.priority - b.priority || Number(b.isPreferred) - Number(a.isPreferred),
  );
  return { duplicates, describedBy };
}

/** The parameters from `at` to the comma behind the link, or to the end; of one that is repeated the first counts. */
function parametersAt(
  text: string,
  at: number,
): { readonly parameters: Map<string, string>; readonly end: number } {
  const parameters = new Map<string, string>();
  let end = at;
  let start = at;
  let quoted = false;
  for (; end <= text.length; end++) {
    const character = text.charAt(end);
    if (quoted) {
      if (character === '\\') end++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ';' || character === ',' || character === '') {
      addParameter(parameters, text.slice(start, end));
      start = end + 1;
      if (character !== ';') break;
    }
  }
  return { parameters, end: end + 1 };
}

const PARAMETERS: ReadonlySet<string> = new Set('rel type pri pref geo depth anchor'.split(' '));

function addParameter(parameters: Map<string, string>, text: string): void {
  const equals = text.indexOf('=');
  const name = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
  if (!PARAMETERS.has(name) || parameters.has(name)) return;
  const value = equals < 0 ? '' : text.slice(equals + 1).trim();
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  parameters.set(name, isQuoted ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value);
}

function isMetalink(parameters: ReadonlyMap<string, string>): boolean {
  const type = (parameters.get('type') ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'application/metalink4+xml';
}

function mirrorOf(url: string, parameters: ReadonlyMap<string, string>): LinkedMirror {
  const priority = numberOf(parameters.get('pri'));
  const depth = numberOf(parameters.get('depth'));
  const location = parameters.get('geo') ?? '';
  return {
    url,
    priority: priority === undefined || priority === 0 ? PRIORITY_LAST : priority,
    isPreferred: parameters.has('pref'),
    ...(/^[a-z]{2}$/i.test(location) ? { location: location.toLowerCase() } : {}),
    ...(depth === undefined ? {} : { depth }),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function absolute(reference: string, baseUrl: string): string | undefined {
  const base = URL.canParse(baseUrl) ? baseUrl : undefined;
  if (!URL.canParse(reference, base)) return undefined;
  const url = new URL(reference, base);
  url.hash = '';
  // The same sieve as for the URLs of a Metalink: no userinfo, no other scheme, not too long.
  return httpProblem(url.href) === undefined ? url.href : undefined;
}
