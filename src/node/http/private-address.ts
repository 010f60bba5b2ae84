// Which IP addresses are not of the public Internet: a server out there may not send us to them.

import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // RFC 1918
  ['100.64.0.0', 10], // shared by carriers, RFC 6598
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, and the metadata services of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // protocol assignments
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
] as const) {
  PRIVATE.addSubnet(address, prefix, 'ipv4');
}
for (const [address, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48], // local NAT64
  ['2001::', 32], // Teredo, a tunnel to any IPv4 address
  ['fc00::', 7], // unique local
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local, as it was
  ['ff00::', 8], // multicast
] as const) {
  PRIVATE.addSubnet(address, prefix, 'ipv6');
}

/** True for an address that is not one of the public Internet, or not an address at all. IPv6 that carries IPv4 counts as that. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(plain);
  if (family === 4) return PRIVATE.check(plain, 'ipv4');
  if (family !== 6) return true;
  const words = wordsOf(plain);
  const carried = carriedIpv4(words);
  return PRIVATE.check(plain, 'ipv6') || (carried !== undefined && PRIVATE.check(carried, 'ipv4'));
}

/** The IPv4 address in an IPv6 one: mapped, compatible, NAT64 and 6to4. */
function carriedIpv4(words: readonly number[]): string | undefined {
  const [a = 0, b = 0, c = 0] = words;
  const zeros = (from: number, to: number): boolean => words.slice(from, to).every((w) => w === 0);
  if (zeros(0, 5) && (words[5] === 0xffff || words[5] === 0)) return dotted(words[6], words[7]);
  if (a === 0x64 && b === 0xff9b && zeros(2, 6)) return dotted(words[6], words[7]);
  if (a === 0x2002) return dotted(b, c);
  return undefined;
}

function dotted(high = 0, low = 0): string {
  return [high >>> 8, high & 255, low >>> 8, low & 255].join('.');
}

/** The eight 16-bit words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const hex = (high: string, low: string): string =>
      (Number(high) * 256 + Number(low)).toString(16);
    return `${hex(a as string, b as string)}:${hex(c as string, d as string)}`;
  });
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => parseInt(word, 16));
  const start = parse(head);
  if (tail === undefined) return start;
  const end = parse(tail);
  return [...start, ...new Array<number>(8 - start.length - end.length).fill(0), ...end];
}
