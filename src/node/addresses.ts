// Addresses to listen on, and those to put into a link.

import { networkInterfaces } from 'node:os';
import { HeadwaterError } from './errors.ts';
import { hostPort } from './listener.ts';

/** Where to listen. */
export interface Endpoint {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Parses `port`, `:port`, `host:port` or `[v6]:port`. Without a host: 127.0.0.1. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new HeadwaterError('USAGE', `${text} is not host:port`, 'For example 0.0.0.0:7001.');
  }
  const host = match[1] ?? '';
  return { host: host === '' ? '127.0.0.1' : host.replace(/^\[|\]$/g, ''), port };
}

/** The WebSocket URLs under which a listener can be reached; all of this machine's for 0.0.0.0 or ::. */
export function reachableAt(host: string, port: number): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [`ws://${hostPort(host, port)}`];
  const found: string[] = [];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of addresses ?? []) {
      // Link-local IPv6 needs a zone that means nothing elsewhere.
      if (internal || (family === 'IPv6' && address.startsWith('fe80:'))) continue;
      if (family === 'IPv6' && host === '0.0.0.0') continue;
      found.push(`ws://${hostPort(address, port)}`);
    }
  }
  return found.length > 0 ? found : [`ws://${hostPort('127.0.0.1', port)}`];
}
