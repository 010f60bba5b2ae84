// A static HTTP server on loopback with one file and every bad habit: each is a field that can change while it runs.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Habits {
  /** Bytes per second of all connections together; Infinity: as fast as it goes. */
  rate: number;
  latencyMs: number;
  /** Answers 200 with all of the file to everything. */
  noRanges: boolean;
  /** Does not say how long the file is. */
  noLength: boolean;
  etag: string | undefined;
  lastModified: string | undefined;
  encoding: string | undefined;
  /** Answers with this status, and Retry-After. */
  status: number | undefined;
  retryAfter: string | undefined;
  /** Redirects here. */
  location: string | undefined;
  /** Content-Range says this many bytes further on. */
  shiftRange: number;
  /** Closes the connection after so many bytes of each answer with more than one. */
  breakAfter: number | undefined;
  /** Stops sending after so many bytes of each answer, and says nothing more. */
  stallAfter: number | undefined;
  /** Sends `connection: close`. */
  closeEach: boolean;
  /** Closes the connection after each answer without a word, whatever else was asked for. */
  closeRudely: boolean;
  /** Reads requests and answers none. */
  silent: boolean;
  /** Answers a range with an envelope of parts. */
  multipart: boolean;
  /** Sends the range and then some, and says so in Content-Length. */
  tooLong: number;
  /** Sends so many bytes fewer than the range, with the Content-Length of what it sends. */
  tooShort: number;
  headers: Readonly<Record<string, string>>;
  /** Other files, by path. */
  others: Readonly<Record<string, Uint8Array>>;
}

export interface StaticServer extends Habits {
  readonly url: string;
  readonly port: number;
  /** What was asked for, in order: the Range header, or "all". */
  readonly asked: string[];
  readonly headersSeen: IncomingMessage['headers'][];
  connections: number;
  /** Payload bytes that left. */
  sent: number;
  file: Uint8Array;
  /** When the rate lets the next bytes through, ms. */
  freeAt: number;
  /** Breaks all connections and listens no more. */
  kill(): Promise<void>;
}

const CHUNK = 16 * 1024;

export async function serveFile(
  file: Uint8Array,
  habits: Partial<Habits> = {},
  path = '/file.bin',
): Promise<StaticServer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    answer(self, request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    self.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: StaticServer = {
    rate: Infinity,
    latencyMs: 0,
    noRanges: false,
    noLength: false,
    etag: '"one"',
    lastModified: 'Sat, 01 Aug 2026 10:00:00 GMT',
    encoding: undefined,
    status: undefined,
    retryAfter: undefined,
    location: undefined,
    shiftRange: 0,
    breakAfter: undefined,
    stallAfter: undefined,
    closeEach: false,
    closeRudely: false,
    silent: false,
    multipart: false,
    tooLong: 0,
    tooShort: 0,
    headers: {},
    others: {},
    ...habits,
    url: `http://127.0.0.1:${port}${path}`,
    port,
    asked: [],
    headersSeen: [],
    connections: 0,
    sent: 0,
    freeAt: 0,
    file,
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return self;
}

async function answer(
  self: StaticServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = self.others[request.url ?? ''] ?? self.file;
  const range = request.headers.range;
  self.asked.push(range ?? 'all');
  self.headersSeen.push(request.headers);
  if (self.silent) return;
  if (self.latencyMs > 0) await sleep(self.latencyMs);
  if (self.location !== undefined) {
    response.writeHead(302, { location: self.location }).end();
    return;
  }
  if (self.status !== undefined) {
    const retry = self.retryAfter === undefined ? {} : { 'retry-after': self.retryAfter };
    response.writeHead(self.status, retry).end('no');
    return;
  }
  const match = /^bytes=(\d+)-(\d+)?$/.exec(range ?? '');
  const ifRange = request.headers['if-range'];
  const isCurrent = ifRange === undefined || ifRange === self.etag || ifRange === self.lastModified;
  const isPart = match !== null && !self.noRanges && isCurrent;
  const from = isPart ? Number(match[1]) : 0;
  const to = isPart ? Math.min(file.length, Number(match[2] ?? file.length - 1) + 1) : file.length;
  if (isPart && from >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const shift = to - from > 1 ? self.shiftRange : 0;
  const isProbe = to - from <= 1;
  const end = Math.min(file.length, to + (isProbe ? 0 : self.tooLong - self.tooShort));
  const length = end - from;
  response.writeHead(isPart ? 206 : 200, {
    ...self.headers,
    ...(self.etag === undefined ? {} : { etag: self.etag }),
    ...(self.lastModified === undefined ? {} : { 'last-modified': self.lastModified }),
    ...(self.encoding === undefined ? {} : { 'content-encoding': self.encoding }),
    ...(isPart && !self.multipart
      ? { 'content-range': `bytes ${from + shift}-${to - 1 + shift}/${file.length}` }
      : {}),
    ...(isPart && self.multipart ? { 'content-type': 'multipart/byteranges; boundary=x' } : {}),
    ...(!self.noLength ? { 'content-length': length } : {}),
    ...(self.closeEach ? { connection: 'close' } : {}),
  });
  await send(self, response, file.subarray(from, end));
  if (self.closeRudely) response.socket?.end();
  response.end();
}

async function send(self: StaticServer, response: ServerResponse, body: Uint8Array): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed;) {
    const most = Number.isFinite(self.rate) ? CHUNK : 16 * CHUNK;
    const part = body.subarray(at, at + most);
    if (body.length > 1 && self.breakAfter !== undefined && at + part.length > self.breakAfter) {
      response.write(part.subarray(0, Math.max(0, self.breakAfter - at)));
      await sleep(5);
      response.destroy();
      return;
    }
    if (body.length > 1 && self.stallAfter !== undefined && at + part.length > self.stallAfter) {
      response.write(part.subarray(0, Math.max(0, self.stallAfter - at)));
      await new Promise((resolve) => response.once('close', resolve));
      return;
    }
    if (!response.write(part)) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off('drain', go).off('close', go);
          resolve();
        };
        response.on('drain', go).on('close', go);
      });
    }
    at += part.length;
    self.sent += part.length;
    const now = performance.now();
    self.freeAt = Math.max(self.freeAt, now) + (part.length * 1000) / self.rate;
    if (self.freeAt > now + 1) await sleep(self.freeAt - now);
  }
}
