// Digest (RFC 3230) and Repr-Digest (RFC 9530).

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toHex } from '../../../src/base/index.ts';
import { sha256FromDigest } from '../../../src/node/metalink/index.ts';
import { DIGEST_LENGTH_MAX } from '../../../src/node/metalink/digest-header.ts';

const HASH = 'ab'.repeat(32);
const TEXT = Buffer.from(HASH, 'hex').toString('base64');
const OTHER = Buffer.alloc(32, 1).toString('base64');
const read = (name: string, value: string): string | undefined => {
  const digest = sha256FromDigest(name, value);
  return digest && toHex(digest);
};

it.each([
  ['Digest', `SHA-256=${TEXT}`],
  ['digest', `md5=HUXZLQLMuI/KZ5KDcJPcOA==, sha-256=${TEXT}`],
  ['digest', `sha-256=${TEXT},sha-256=${TEXT}`],
  ['Repr-Digest', `sha-256=:${TEXT}:`],
  ['repr-digest', `sha-512=:YWJjZA==:, sha-256=:${TEXT}:;note=1`],
])('%s: %s', (name, value) => {
  expect(read(name, value)).toBe(HASH);
});

it.each([
  ['digest', ''],
  ['digest', `sha-256=:${TEXT}:`],
  ['repr-digest', `sha-256=${TEXT}`],
  ['content-digest', `sha-256=:${TEXT}:`],
  ['content-md5', `sha-256=${TEXT}`],
  ['digest', `sha-256=${TEXT.slice(0, -1)}`],
  ['digest', `sha-256=${TEXT.slice(0, -2)}x=`],
  ['digest', `sha-256=${TEXT}x`],
  ['digest', `sha-256=${TEXT},sha-256=${OTHER}`],
  ['constructor', `sha-256=${TEXT}`],
])('%s: %s tells nothing', (name, value) => {
  expect(read(name, value)).toBeUndefined();
});

it(`reads ${DIGEST_LENGTH_MAX} characters`, () => {
  const field = `,sha-256=${TEXT}`;
  const pad = (length: number): string => ','.repeat(length - field.length) + field;
  expect(read('digest', pad(DIGEST_LENGTH_MAX))).toBe(HASH);
  expect(read('digest', pad(DIGEST_LENGTH_MAX + 1))).toBeUndefined();
});

it('gives back any hash, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), (hash, junk) => {
      const text = Buffer.from(hash).toString('base64');
      expect(read('digest', `sha-256=${text}`)).toBe(toHex(hash));
      sha256FromDigest('repr-digest', `${junk}:${text}:${junk}`);
    }),
  );
});
