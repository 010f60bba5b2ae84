// A server on loopback that says exactly what a test tells it to, byte by byte.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** Text of all requests, of one connection each. */
  readonly heard: string[];
  readonly sockets: ReadonlySet<Socket>;
  kill(): Promise<void>;
}

/** @param answer called with each request, and its number on its connection */
export async function serveRaw(
  answer: (socket: Socket, request: string, index: number) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const heard: string[] = [];
  const server = createServer((socket) => {
    const connection = heard.push('') - 1;
    let text = '';
    let index = 0;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      heard[connection] += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end);
        text = text.slice(end + 4);
        answer(socket, request, index++);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/file.bin`,
    port,
    heard,
    sockets,
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The range that a request asks for, its end excluded. */
export function rangeOf(request: string): [number, number] {
  const match = /^range: bytes=(\d+)-(\d+)$/im.exec(request);
  return [Number(match?.[1]), Number(match?.[2]) + 1];
}

/** Answers as a good server does, with as few headers as will do. */
export function answerRange(socket: Socket, request: string, file: Uint8Array): void {
  const [from, to] = rangeOf(request);
  const range = `bytes ${from}-${to - 1}/${file.length}`;
  socket.write(
    `HTTP/1.1 206 Part\r\nContent-Range: ${range}\r\nContent-Length: ${to - from}\r\n\r\n`,
  );
  socket.write(file.subarray(from, to));
}
