// Where a mirror is, and where it may send us: URLs, credentials, redirects.

import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { lookup } from 'node:dns';
import { isPrivateAddress } from './private-address.ts';
import type { FetchFailure } from './types.ts';
import { failure, MirrorError } from './types.ts';

/** The URL without user name and password, for people. */
export function publicUrl(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    return parsed.href;
  } catch {
    return url.replace(/\/\/[^/?#]*@/, '//');
  }
}

/** One place on the way to a file. */
export interface Place {
  readonly protocol: 'http:' | 'https:';
  /** Name or address, an IPv6 one without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As in the header. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Without credentials and fragment. */
  readonly url: string;
  /** `Authorization` for this place alone. */
  readonly authorization: string | undefined;
  /** It may be at a private address. */
  readonly mayBePrivate: boolean;
}

/** Throws MirrorError when the URL cannot be fetched. */
export function placeOf(text: string, mayBePrivate: boolean): Place {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refused('is not a URL');
  }
  const { protocol } = url;
  if (protocol !== 'http:' && protocol !== 'https:') throw refused('is not an http or https URL');
  const authorization = authorizationOf(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(hostname) !== 0 && !mayBePrivate && isPrivateAddress(hostname)) {
    throw new MirrorError(privateRefusal(hostname));
  }
  return {
    protocol,
    hostname,
    port: Number(url.port) || (protocol === 'https:' ? 443 : 80),
    host: url.host,
    path: url.pathname + url.search,
    url: url.href,
    authorization,
    mayBePrivate,
  };
}

/** Basic authentication (RFC 7617) with the user name and password of a URL. */
function authorizationOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const user = `${unescaped(url.username)}:${unescaped(url.password)}`;
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

/** A lone % in a password stands for itself. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Where a redirect leads. Throws MirrorError when it may not lead there.
 *
 * @param wasPrivate it came from a private address
 * @param allowPrivate it may lead to one from anywhere
 */
export function redirected(
  from: Place,
  location: string | undefined,
  wasPrivate: boolean,
  allowPrivate: boolean,
): Place {
  let target: URL;
  try {
    target = new URL(location ?? '', from.url);
    if (location === undefined) throw new Error('nowhere');
  } catch {
    throw refused('sends us on, to nowhere');
  }
  if (target.username !== '' || target.password !== '') {
    throw refused('sends us on with a user name');
  }
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw refused('sends us on to what is not an http or https URL');
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw refused(`sends us on from https to http (${target.host})`);
  }
  const place = placeOf(target.href, wasPrivate || allowPrivate);
  const isSame = target.protocol === from.protocol && target.host === from.host;
  return isSame ? { ...place, authorization: from.authorization } : place;
}

/** A look-up that finds no private address unless it may. It is the connection's own: nothing is looked up a second time. */
export function guardedLookup(
  mayBePrivate: boolean,
  resolve: typeof lookup = lookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => mayBePrivate || !isPrivateAddress(address));
      const [first] = allowed;
      if (first === undefined) {
        const found = privateRefusal(addresses[0]?.address ?? hostname);
        return callback(new MirrorError(found), '', 0);
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

export function privateRefusal(address: string): FetchFailure {
  const reason = `leads to the private address ${address}, from a public one; --allow-private permits that`;
  return failure('refused', reason, true);
}

function refused(reason: string): MirrorError {
  return new MirrorError(failure('refused', reason, true));
}
