// Accepts WebSockets on an HTTP port and keeps strangers cheap: half-open connections are few and short,
// upgrades beyond the limit get 503, anything that is not an upgrade gets 426.

import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { HeadwaterError, humanReason } from './errors.ts';
import { HANDSHAKE_MS, SOCKET_LIMITS } from './socket-options.ts';

const HEADER_BYTES_MAX = 8 * 1024;
const HALF_OPEN_PER_HOST_MAX = 16;
const HALF_OPEN_MAX = 256;
const LINKS_MAX = 256;
/** A refused peer comes back after a time between these, so that refused peers do not return together. */
const RETRY_AFTER_SECONDS = { from: 5, to: 30 };

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Open WebSockets at a time; default 256. */
  readonly linksMax?: number;
  /** From connect to upgrade; default 10 s. */
  readonly handshakeMs?: number;
  /** A WebSocket is open. `address` is ip:port of the other end. */
  readonly onSocket: (socket: WebSocket, address: string) => void;
}

/** A listening port. Open with `Listener.open`. */
export class Listener {
  readonly host: string;
  readonly port: number;
  private readonly server: Server;
  private readonly webSockets: WebSocketServer;

  private constructor(server: Server, webSockets: WebSocketServer, host: string) {
    this.server = server;
    this.webSockets = webSockets;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens; rejects with HeadwaterError LISTEN when the address cannot be used. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const library = await import('ws');
    const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' });
      response.end('This port speaks WebSocket.\n');
    });
    const webSockets = new library.WebSocketServer({ ...SOCKET_LIMITS, noServer: true });
    limitHalfOpen(server, options.handshakeMs ?? HANDSHAKE_MS);
    server.on('upgrade', (request, socket, head) =>
      upgrade(webSockets, options, { request, socket, head }),
    );
    // Errors of single connections: the connection is gone, nothing else is.
    server.on('clientError', (_error, socket) => socket.destroy());
    webSockets.on('wsClientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new HeadwaterError(
            'LISTEN',
            `cannot listen on ${options.host}:${options.port}: ${humanReason(error)}`,
            'Choose another address or port.',
            error,
          ),
        ),
      );
      server.listen(options.port, options.host, resolve);
    });
    server.on('error', () => undefined);
    return new Listener(server, webSockets, options.host);
  }

  /** Stops listening and cuts what is still open. Links say goodbye before this. */
  async close(): Promise<void> {
    for (const socket of this.webSockets.clients) socket.terminate();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(webSockets: WebSocketServer, options: ListenerOptions, up: Upgrade): void {
  up.socket.on('error', () => up.socket.destroy());
  if (webSockets.clients.size >= (options.linksMax ?? LINKS_MAX)) {
    const spread = RETRY_AFTER_SECONDS.to - RETRY_AFTER_SECONDS.from;
    const seconds = RETRY_AFTER_SECONDS.from + Math.floor(Math.random() * (spread + 1));
    up.socket.end(
      `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${seconds}\r\nConnection: close\r\n` +
        'Content-Length: 0\r\n\r\n',
      () => up.socket.destroy(),
    );
    return;
  }
  const { remoteAddress, remotePort } = up.request.socket;
  webSockets.handleUpgrade(up.request, up.socket, up.head, (socket) => {
    releases.get(up.request.socket)?.();
    options.onSocket(socket, hostPort(remoteAddress ?? '?', remotePort ?? 0));
  });
}

/** How to end the half-open state of a connection that became a WebSocket. */
const releases = new WeakMap<Socket, () => void>();

/** Cuts connections that do not upgrade in time, and all beyond a number per address and in all. */
function limitHalfOpen(server: Server, handshakeMs: number): void {
  const perHost = new Map<string, number>();
  let total = 0;
  server.on('connection', (socket: Socket) => {
    const host = socket.remoteAddress ?? '?';
    const count = perHost.get(host) ?? 0;
    if (count >= HALF_OPEN_PER_HOST_MAX || total >= HALF_OPEN_MAX) {
      socket.destroy();
      return;
    }
    perHost.set(host, count + 1);
    total++;
    const deadline = setTimeout(() => socket.destroy(), handshakeMs);
    const release = (): void => {
      if (!releases.delete(socket)) return;
      clearTimeout(deadline);
      total--;
      const left = (perHost.get(host) ?? 1) - 1;
      if (left > 0) perHost.set(host, left);
      else perHost.delete(host);
    };
    releases.set(socket, release);
    socket.once('close', release);
  });
}

/** `host:port`, with brackets around IPv6; an IPv4 address mapped into IPv6 is shown as IPv4. */
export function hostPort(host: string, port: number): string {
  const plain = host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
