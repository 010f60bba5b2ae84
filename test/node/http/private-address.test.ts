// Which addresses a server out there may not send us to.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress } from '../../../src/node/http/private-address.ts';

/** First address, last address. */
const PRIVATE_V4: readonly [string, string][] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
const toWords = (value: number): [string, string] => [
  Math.floor(value / 65_536).toString(16),
  (value % 65_536).toString(16),
];

/** The slow twin: a comparison of numbers. */
const isPrivateV4 = (value: number): boolean =>
  PRIVATE_V4.some(([from, to]) => value >= toNumber(from) && value <= toNumber(to));

/** Any address, and often one at the edge of a range. */
const anyV4 = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.constantFrom(
    ...PRIVATE_V4.flatMap(([from, to]) => [
      Math.max(0, toNumber(from) - 1),
      toNumber(from),
      toNumber(to),
      Math.min(0xffff_ffff, toNumber(to) + 1),
    ]),
  ),
);

describe('isPrivateAddress', () => {
  it('agrees with the table for IPv4, and for IPv6 that carries it', () => {
    fc.assert(
      fc.property(anyV4, (value) => {
        const address = toAddress(value);
        const [high, low] = toWords(value);
        const expected = isPrivateV4(value);
        for (const form of [
          address,
          `::ffff:${address}`,
          `::ffff:${high}:${low}`,
          `0:0:0:0:0:ffff:${high}:${low}`,
          `64:ff9b::${address}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
          `2002:${high}:${low}:1:2:3:4:5`,
        ]) {
          expect(isPrivateAddress(form), form).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b:1::1',
    'fc00::1',
    'fdff:ffff::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '[::1]',
    'localhost',
    '',
    '1.2.3',
    '0x7f.1',
  ])('%s is private, or no address', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['2606:4700::1', 'fbff::1', '2001:4860:4860::8888', '8.8.8.8', '64:ff9b::8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPrivateAddress(address)).toBe(false);
    },
  );
});
