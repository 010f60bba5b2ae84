// Where a mirror may be, and where it may send us.

import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { guardedLookup, placeOf, publicUrl, redirected } from '../../../src/node/http/location.ts';
import { MirrorError } from '../../../src/node/http/index.ts';

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof MirrorError) {
      expect(error.failure).toMatchObject({ kind: 'refused', permanent: true });
      return error.failure.reason;
    }
    throw error;
  }
  return 'allowed';
};

describe('a place', () => {
  it('has the parts of its URL, and no fragment', () => {
    expect(placeOf('https://Example.org/a%20b?c=d#e', false)).toEqual({
      protocol: 'https:',
      hostname: 'example.org',
      port: 443,
      host: 'example.org',
      path: '/a%20b?c=d',
      url: 'https://example.org/a%20b?c=d',
      authorization: undefined,
      mayBePrivate: false,
    });
    expect(placeOf('http://[::1]:81/', true)).toMatchObject({
      hostname: '::1',
      host: '[::1]:81',
      port: 81,
    });
  });

  it('user name and password become a header, escapes and lone percent signs too', () => {
    const of = (url: string): string | undefined => {
      const { authorization } = placeOf(url, false);
      return authorization && Buffer.from(authorization.slice(6), 'base64').toString();
    };
    expect(of('http://me:se%3Acret@a.example/')).toBe('me:se:cret');
    expect(of('http://me:50%@a.example/')).toBe('me:50%');
    expect(of('http://a.example/')).toBeUndefined();
    expect(placeOf('http://me:secret@a.example/', false).url).not.toContain('secret');
  });

  it.each(['ftp://a.example/', 'file:///etc/passwd', 'nothing', 'http://'])('%s is none', (url) => {
    expect(reasonOf(() => placeOf(url, true))).toMatch(/^is not/);
  });

  // The parser of URLs turns odd spellings into the address they stand for.
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
  ])('%s is private', (url) => {
    expect(reasonOf(() => placeOf(url, false))).toContain('--allow-private');
    expect(reasonOf(() => placeOf(url, true))).toBe('allowed');
  });
});

describe('a redirect', () => {
  const from = placeOf('https://me:secret@a.example/dir/file', false);
  const to = (location: string | undefined, wasPrivate = false, allowPrivate = false): string =>
    reasonOf(() => redirected(from, location, wasPrivate, allowPrivate));

  it('may be relative', () => {
    expect(redirected(from, '../other?x', false, false).url).toBe('https://a.example/other?x');
  });

  it('keeps the password on the same host only', () => {
    const authorization = (location: string): string | undefined =>
      redirected(from, location, false, false).authorization;
    expect(authorization('/x')).toBe(from.authorization);
    expect(authorization('https://b.example/x')).toBeUndefined();
    expect(authorization('https://a.example:444/x')).toBeUndefined();
  });

  it.each([
    [undefined, 'sends us on, to nowhere'],
    ['http://[', 'sends us on, to nowhere'],
    ['https://u@b.example/', 'sends us on with a user name'],
    ['//u:p@b.example/', 'sends us on with a user name'],
    ['http://b.example/', 'sends us on from https to http (b.example)'],
    ['ftp://b.example/', 'sends us on to what is not an http or https URL'],
    ['javascript:alert(1)', 'sends us on to what is not an http or https URL'],
    ['https://b.example/', 'allowed'],
  ])('to %s: %s', (location, reason) => {
    expect(to(location)).toBe(reason);
  });

  it('leads from a public address to a private one only where that is allowed', () => {
    expect(to('https://127.0.0.1/')).toContain('private address 127.0.0.1');
    expect(to('https://[::1]/')).toContain('private address ::1');
    expect(to('https://127.0.0.1/', true)).toBe('allowed');
    expect(to('https://127.0.0.1/', false, true)).toBe('allowed');
  });

  it('to a name is private only as far as it may be', () => {
    expect(redirected(from, '/x', false, false).mayBePrivate).toBe(false);
    expect(redirected(from, '/x', true, false).mayBePrivate).toBe(true);
  });
});

describe('the look-up', () => {
  /** Answers one list of addresses after another, as a hostile name server does. */
  const resolver = (...answers: string[][]): Parameters<typeof guardedLookup>[1] => {
    const resolve = (
      _name: string,
      _options: unknown,
      callback: (error: null, found: LookupAddress[]) => void,
    ): void => {
      const found = answers.shift() ?? [];
      const list = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      callback(null, list);
    };
    return resolve as Parameters<typeof guardedLookup>[1];
  };
  const look = (guard: ReturnType<typeof guardedLookup>): unknown => {
    let result: unknown;
    guard('b.example', { all: true }, (error, found) => {
      result = error ?? found;
    });
    return result;
  };

  it('looks at every answer: a name that changes its mind gains nothing', () => {
    const guard = guardedLookup(false, resolver(['8.8.8.8'], ['127.0.0.1']));
    expect(look(guard)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(look(guard)).toBeInstanceOf(MirrorError);
  });

  it('leaves private addresses out', () => {
    const mixed = ['10.0.0.1', '8.8.8.8', '::1'];
    expect(look(guardedLookup(false, resolver(mixed)))).toHaveLength(1);
    expect(look(guardedLookup(true, resolver(mixed)))).toHaveLength(3);
    expect(look(guardedLookup(false, resolver([])))).toBeInstanceOf(MirrorError);
  });
});

describe('publicUrl', () => {
  it.each([
    ['http://me:secret@a.example/x', 'http://a.example/x'],
    ['http://me:sec@ret@a.example/x', 'http://a.example/x'],
    ['http://me:secret@a.example:port/', 'http://a.example:port/'],
    ['http://me:sec@ret@a.example:port/', 'http://a.example:port/'],
  ])('%s → %s', (url, expected) => {
    expect(publicUrl(url)).toBe(expected);
  });
});
