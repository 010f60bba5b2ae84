// The headwater link: a content id and hints where to find symbols of it (protocol/content.md, "Link").

import { fromHex, toHex, UsageError } from '../base/index.ts';
import { HASH_BYTES } from './merkle.ts';
import { nameProblem } from './names.ts';
import { httpProblem, webSocketProblem } from './urls.ts';

/** Longest link, characters. */
export const LINK_LENGTH_MAX = 32_768;
/** Most hints of each kind. */
export const LINK_HINTS_MAX = 64;

/** A parsed link. The hints are claims of whoever made the link; only the id commits to anything. */
export interface Link {
  /** Content id, 32 bytes. */
  readonly contentId: Uint8Array;
  readonly name?: string;
  /** File length, bytes. */
  readonly length?: number;
  /** ws or wss URLs of peers. */
  readonly sources: readonly string[];
  /** http or https URLs of the file. */
  readonly mirrors: readonly string[];
  /** ws or wss URLs of topology servers. */
  readonly topologyServers: readonly string[];
}

/** The text of a link. Throws UsageError when a part is not allowed in one. */
export function formatLink(link: Link): string {
  checkLink(link);
  const parts = [`xt=${toHex(link.contentId)}`];
  if (link.name !== undefined) parts.push(`dn=${encodeURIComponent(link.name)}`);
  if (link.length !== undefined) parts.push(`xl=${link.length}`);
  for (const url of link.sources) parts.push(`s=${encodeURIComponent(url)}`);
  for (const url of link.mirrors) parts.push(`m=${encodeURIComponent(url)}`);
  for (const url of link.topologyServers) parts.push(`t=${encodeURIComponent(url)}`);
  const text = `headwater:?${parts.join('&')}`;
  if (text.length > LINK_LENGTH_MAX) throw new UsageError('link: too long');
  return text;
}

/** True when the text claims to be a link, whether or not it is a good one. */
export function isLink(text: string): boolean {
  return /^headwater:/i.test(text);
}

/** Parses a link. Throws UsageError, naming the part and the reason. */
export function parseLink(text: string): Link {
  if (text.length > LINK_LENGTH_MAX) {
    throw new UsageError(`link: ${text.length} characters, above ${LINK_LENGTH_MAX}`);
  }
  if (!/^headwater:\?/i.test(text)) throw new UsageError('link: does not begin with "headwater:?"');
  let contentId: Uint8Array | undefined;
  let name: string | undefined;
  let length: number | undefined;
  const hints: Record<'s' | 'm' | 't', string[]> = { s: [], m: [], t: [] };
  for (const part of text.slice(text.indexOf('?') + 1).split('&')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    const value = decodePart(key, equals < 0 ? '' : part.slice(equals + 1));
    if (key === 's' || key === 'm' || key === 't') {
      hints[key].push(value);
    } else if (key === 'xt') {
      contentId = once(key, contentId, parseId(value));
    } else if (key === 'dn') {
      name = once(key, name, value);
    } else if (key === 'xl') {
      length = once(key, length, parseLength(value));
    } else if (!key.startsWith('x.')) {
      throw new UsageError(`link: unknown part "${key.slice(0, 40)}"`);
    }
  }
  if (contentId === undefined) throw new UsageError('link: no content id (xt)');
  const link: Link = {
    contentId,
    ...(name === undefined ? {} : { name }),
    ...(length === undefined ? {} : { length }),
    sources: hints.s,
    mirrors: hints.m,
    topologyServers: hints.t,
  };
  checkLink(link);
  return link;
}

function checkLink(link: Link): void {
  if (link.contentId.length !== HASH_BYTES) throw new UsageError('link: xt is not 32 bytes');
  const name = link.name === undefined ? undefined : nameProblem(link.name);
  if (name !== undefined) throw new UsageError(`link: dn: ${name}`);
  if (link.length !== undefined && (!Number.isSafeInteger(link.length) || link.length < 0)) {
    throw new UsageError(`link: xl ${link.length} is not a file length`);
  }
  checkHints('s', link.sources, webSocketProblem);
  checkHints('m', link.mirrors, httpProblem);
  checkHints('t', link.topologyServers, webSocketProblem);
}

function checkHints(
  key: string,
  urls: readonly string[],
  problemOf: (url: string) => string | undefined,
): void {
  if (urls.length > LINK_HINTS_MAX)
    throw new UsageError(`link: more than ${LINK_HINTS_MAX} ${key}`);
  for (const url of urls) {
    const problem = problemOf(url);
    if (problem !== undefined) throw new UsageError(`link: ${key}: ${problem}`);
  }
}

function once<T>(key: string, before: T | undefined, value: T): T {
  if (before !== undefined) throw new UsageError(`link: more than one ${key}`);
  return value;
}

function decodePart(key: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new UsageError(`link: ${key.slice(0, 40)} has a wrong percent escape`);
  }
}

function parseId(value: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(value)) {
    throw new UsageError('link: xt is not a content id of 64 hexadecimal digits');
  }
  return fromHex(value);
}

function parseLength(value: string): number {
  const length = /^(?:0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(length)) {
    throw new UsageError(`link: xl "${value.slice(0, 40)}" is not a file length`);
  }
  return length;
}
