// What a stranger can do to a listening port: nothing that lasts.

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Sharing } from 'headwater/node';
import { get, share } from 'headwater/node';
import { Listener } from '../../src/node/listener.ts';
import { closing, sameFiles, seededFile, tempDirectory } from './helpers.ts';

const sockets: (WebSocket | Socket)[] = [];
const listeners: Listener[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    if (socket instanceof WebSocket) socket.terminate();
    else socket.destroy();
  }
  for (const listener of listeners.splice(0)) await listener.close();
});

async function smallShare(): Promise<{ file: string; directory: string; sharing: Sharing }> {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 100_000);
  return { file, directory, sharing: closing(await share(file)) };
}

function dialled(url: string, options = {}): WebSocket {
  const socket = new WebSocket(url, options);
  sockets.push(socket);
  socket.on('error', () => undefined);
  return socket;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once('open', resolve));
}

/** The code that the other end closes with. */
function closedWith(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Resolves when the other end ends a plain connection. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function plain(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

async function listener(options: Partial<Parameters<typeof Listener.open>[0]>): Promise<Listener> {
  const made = await Listener.open({
    host: '127.0.0.1',
    port: 0,
    onSocket: () => undefined,
    ...options,
  });
  listeners.push(made);
  return made;
}

const BAD_MESSAGES: readonly [string, string | Uint8Array, number][] = [
  ['a text message', 'hello', 4000],
  ['an unknown first byte', Uint8Array.of(0x42), 4000],
  ['an empty message', new Uint8Array(0), 4000],
  ['a control message above its limit', new Uint8Array(65_537).fill(0x90), 4001],
  ['symbols before the hello', Uint8Array.of(1, 1, 0, 0, 0, 0, 0), 4004],
];

for (const [what, message, code] of BAD_MESSAGES) {
  test(`${what} ends the link with ${code}`, async () => {
    const { sharing } = await smallShare();
    const socket = dialled(sharing.addresses[0] ?? '');
    await opened(socket);
    socket.send(message);
    // A symbol frame that does not fit the content is malformed before it is unexpected.
    expect([code, 4000]).toContain(await closedWith(socket));
  });
}

test('a message above the frame limit is never assembled', async () => {
  const { sharing, file, directory } = await smallShare();
  const socket = dialled(sharing.addresses[0] ?? '');
  await opened(socket);
  socket.send(new Uint8Array(10_000_000).fill(1));
  expect([1009, 4001]).toContain(await closedWith(socket));
  // The share goes on for others.
  const output = join(directory, 'copy.bin');
  await get(sharing.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
});

test('compression is not accepted', async () => {
  const { sharing } = await smallShare();
  const socket = dialled(sharing.addresses[0] ?? '', { perMessageDeflate: true });
  await opened(socket);
  expect(socket.extensions).toBe('');
});

test('a connection that says nothing is cut', async () => {
  const { port } = await listener({ handshakeMs: 50 });
  await ended(plain(port));
});

test('a request that never ends is cut', async () => {
  const { port } = await listener({ handshakeMs: 50 });
  const socket = plain(port);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  await ended(socket);
});

test('a WebSocket outlives the handshake deadline', async () => {
  const { port } = await listener({
    handshakeMs: 50,
    onSocket: (socket) => setTimeout(() => socket.send('still here'), 150),
  });
  const socket = dialled(`ws://127.0.0.1:${port}`);
  const text = await new Promise((resolve) =>
    socket.once('message', (data: Buffer) => resolve(data.toString())),
  );
  expect(text).toBe('still here');
});

test('one address may hold 16 half-open connections', async () => {
  const { port } = await listener({ handshakeMs: 60_000 });
  const many = Array.from({ length: 16 }, () => plain(port));
  await Promise.all(many.map((s) => new Promise((resolve) => s.once('connect', resolve))));
  // The server counts in the order of its accepts; a round trip makes sure it has seen all of them.
  await ended(plain(port));
  expect(many.every(({ destroyed }) => !destroyed)).toBe(true);
});

test('one link too many gets 503 with Retry-After', async () => {
  const { port } = await listener({ linksMax: 1 });
  await opened(dialled(`ws://127.0.0.1:${port}`));
  const socket = dialled(`ws://127.0.0.1:${port}`);
  const response = await new Promise<IncomingMessage>((resolve) =>
    socket.once('unexpected-response', (_request, answer) => resolve(answer)),
  );
  expect(response.statusCode).toBe(503);
  expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(5);
  expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(30);
});

test('a plain HTTP request is told what to do', async () => {
  const { port } = await listener({});
  const status = await new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(426);
});
