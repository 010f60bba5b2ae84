// Where a mirror is, and where it may send us: URLs, credentials, redirects.

import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { lookup as resolve } from 'node:dns';
import { isPrivateAddress } from './private-address.ts';
import { failure, MirrorError } from './types.ts';

/** The URL without user name and password, for people. */
export function publicUrl(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    return parsed.href;
  } catch {
    return url.replace(/\/\/[^/?#@]*@/, '//');
  }
}

/** One place on the way to a file. */
export interface Place {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly url: string;
  readonly protocol: string;
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
    throw new MirrorError(failure('refused', 'is not a URL', true));
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MirrorError(failure('refused', `is not an http or https URL`, true));
  }
  const { username, password } = url;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const hasUser = username !== '' || password !== '';
  const place = {
    origin: url.origin,
    path: url.pathname + url.search,
    url: publicUrl(text),
    protocol: url.protocol,
    authorization: hasUser ? `Basic ${Buffer.from(user).toString('base64')}` : undefined,
    mayBePrivate,
  };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !mayBePrivate && isPrivateAddress(host)) throw isPrivate(host);
  return place;
}

/** Where a redirect leads. Throws MirrorError when it may not lead there. `isPrivate`: it came from a private address. */
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
    throw new MirrorError(failure('refused', 'sends us on, to nowhere', true));
  }
  if (target.username !== '' || target.password !== '') {
    throw new MirrorError(failure('refused', 'sends us on with a user name', true));
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    const reason = `sends us on from https to http (${target.host})`;
    throw new MirrorError(failure('refused', reason, true));
  }
  const place = placeOf(target.href, wasPrivate || allowPrivate);
  return target.origin === from.origin ? { ...place, authorization: from.authorization } : place;
}

/** A look-up that finds no private address unless it may; `found` is told what was found. */
export function guardedLookup(
  mayBePrivate: boolean,
  found: (address: string) => void,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => mayBePrivate || !isPrivateAddress(address));
      const [first] = allowed;
      if (first === undefined) {
        const [hidden] = addresses;
        return callback(isPrivate(hidden?.address ?? hostname), '', 0);
      }
      found(first.address);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function isPrivate(address: string): MirrorError {
  const reason = `leads to the private address ${address}, from a public one; --allow-private permits that`;
  return new MirrorError(failure('refused', reason, true));
}
