// One connection: time-outs, back-pressure, and servers that end it at the worst moment.

import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/node/http/connection.ts';
import { placeOf } from '../../../src/node/http/location.ts';
import { until } from './collector.ts';
import type { RawServer } from './raw-server.ts';
import { serveRaw } from './raw-server.ts';

const letGo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of letGo.splice(0)) await end();
});

async function server(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const self = await serveRaw(answer);
  letGo.push(() => self.kill());
  return self;
}

interface Log {
  readonly connection: Connection;
  readonly events: string[];
  bytes: number;
  onBody: (() => void) | undefined;
  closed: Promise<string>;
}

function connect(url: string, headersMs = 1_000, connectMs = 1_000): Log {
  let tell: (reason: string) => void = () => undefined;
  const log: Log = {
    events: [],
    bytes: 0,
    onBody: undefined,
    closed: new Promise((resolve) => (tell = resolve)),
    connection: new Connection(
      placeOf(url, true),
      { connectMs, headersMs },
      { connections: 0, requests: 0 },
      {
        head: (status) => log.events.push(`head ${status}`),
        body: (chunk) => {
          log.bytes += chunk.length;
          log.onBody?.();
        },
        end: () => log.events.push('end'),
        closed: ({ reason, permanent }, again) => {
          const text = `${reason}${permanent ? ', for good' : ''}${again ? ', try again' : ''}`;
          log.events.push('closed');
          tell(text);
        },
      },
    ),
  };
  letGo.push(() => log.connection.destroy());
  return log;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('time', () => {
  it('until an answer begins is limited, however it drips', async () => {
    const self = await server((socket) => {
      const drip = setInterval(() => socket.write('H'), 10);
      socket.once('close', () => clearInterval(drip));
      socket.write('HTTP/1.1 200 OK\r\nA: ');
    });
    const log = connect(self.url, 80);
    log.connection.send('bytes=0-0', undefined);
    expect(await log.closed).toBe('no answer in time');
  });

  it('until the answer to the second request begins, too', async () => {
    let asked = 0;
    const self = await server((socket) => {
      if (++asked === 1) socket.write(`${HEAD}Content-Length: 1\r\n\r\nx`);
    });
    const log = connect(self.url, 300);
    log.connection.send(undefined, undefined);
    log.connection.send(undefined, undefined);
    expect(await log.closed).toBe('no answer in time');
    expect(log.events).toEqual(['head 200', 'end', 'closed']);
  });

  it('of a body is not limited, nor that of a connection that has nothing to do', async () => {
    const self = await server((socket) => {
      socket.write(`${HEAD}Content-Length: 2\r\n\r\nx`);
      setTimeout(() => socket.write('y'), 400);
    });
    const log = connect(self.url, 200);
    log.connection.send(undefined, undefined);
    await until(() => log.bytes === 2);
    await pause(300);
    expect(log.events).toEqual(['head 200', 'end']);
  });

  it('while this end does not read does not count', async () => {
    const self = await server((socket) => socket.write(`${HEAD}Content-Length: 0\r\n\r\n`));
    const log = connect(self.url, 200);
    log.connection.send(undefined, undefined);
    log.connection.pause();
    await pause(400);
    expect(log.events).toEqual([]);
    log.connection.resume();
    await until(() => log.events.includes('end'));
    expect(log.events).toEqual(['head 200', 'end']);
  });

  it('until a connection is made is limited: here TLS that never begins', async () => {
    const self = await server(() => undefined);
    const log = connect(self.url.replace('http:', 'https:'), 1_000, 60);
    expect(await log.closed).toBe('no connection in time');
  });
});

describe('while this end does not read', () => {
  // The head says how the body ends, the last act how the connection does.
  it.each([
    ['with a length', `${HEAD}Connection: close\r\nContent-Length: 1000\r\n\r\n`, true, 'end'],
    ['without', `${HEAD}\r\n`, true, 'end'],
    ['with a length, kept', `${HEAD}Content-Length: 1000\r\n\r\n`, true, 'end'],
    ['too early', `${HEAD}Content-Length: 2000\r\n\r\n`, true, 'closed'],
    ['with a reset', `${HEAD}Connection: close\r\nContent-Length: 2000\r\n\r\n`, false, 'closed'],
  ])('the server may end %s', async (_, head, isPolite, last) => {
    const self = await server((socket) => {
      socket.write(head);
      setTimeout(() => socket.write('x'.repeat(1000)), 10);
      setTimeout(() => (isPolite ? socket.end() : socket.resetAndDestroy()), 30);
    });
    const log = connect(self.url);
    log.onBody = () => log.connection.pause();
    log.connection.send(undefined, undefined);
    const resuming = setInterval(() => log.connection.resume(), 80);
    letGo.push(() => clearInterval(resuming));
    await log.closed;
    expect(log.bytes).toBe(1000);
    expect(log.events.filter((event) => event !== 'closed').at(-1)).toBe(
      last === 'end' ? 'end' : 'head 200',
    );
  });

  it('nothing is handed on, and the server has to wait', async () => {
    let sent = 0;
    const self = await server((socket) => {
      socket.write(`${HEAD}Content-Length: 100000000\r\n\r\n`);
      const part = Buffer.alloc(1_000_000);
      const more = (): void => {
        while (sent < 100_000_000) {
          sent += part.length;
          if (!socket.write(part)) return void socket.once('drain', more);
        }
      };
      more();
    });
    const log = connect(self.url);
    log.onBody = () => log.connection.pause();
    log.connection.send(undefined, undefined);
    await pause(150);
    expect(log.bytes).toBeLessThanOrEqual(65_536);
    expect(sent).toBeLessThan(50_000_000);
    log.onBody = undefined;
    log.connection.resume();
    await until(() => log.bytes === 100_000_000);
    expect(log.events).toEqual(['head 200', 'end']);
  });
});

describe('the end', () => {
  it('before anything came may be different next time; after it the reason is the same', async () => {
    const self = await server((socket) => socket.end());
    const log = connect(self.url);
    log.connection.send(undefined, undefined);
    expect(await log.closed).toBe('connection closed by the other end, try again');
    await self.kill();
    expect(await connect(self.url).closed).toBe('connection refused');
  });

  it.each([
    ['220 FTP server ready\r\n\r\n', 'does not answer in HTTP, for good'],
    [
      `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(17_000)}`,
      'answers with headers that are too long, for good',
    ],
    [
      `${HEAD}Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`,
      'sends what nobody asked for, for good',
    ],
  ])('of a server that says %j', async (text, reason) => {
    const self = await server((socket) => socket.write(text));
    const log = connect(self.url);
    log.connection.send(undefined, undefined);
    expect(await log.closed).toBe(reason);
  });

  it('of a name that is not there', async () => {
    expect(await connect('http://no.such.name.invalid/').closed).toMatch(
      /^host (?:not found|name cannot be resolved now)$/,
    );
  });

  it('destroyed: no event any more', async () => {
    const self = await server((socket) => socket.write(`${HEAD}Content-Length: 2\r\n\r\nx`));
    const log = connect(self.url);
    log.onBody = () => log.connection.destroy();
    log.connection.send(undefined, undefined);
    await pause(50);
    expect(log.events).toEqual(['head 200']);
    expect(log.connection.isOver).toBe(true);
  });
});

it('a request names host, version and range, and nothing that was not given', async () => {
  const self = await server((socket) => socket.end());
  const url = self.url.replace('http://', 'http://me:secret@');
  const log = connect(`${url}?a=b#c`);
  log.connection.send('bytes=0-9', '"tag"');
  await log.closed;
  expect(self.heard[0]?.split('\r\n')).toEqual([
    'GET /file.bin?a=b HTTP/1.1',
    `Host: 127.0.0.1:${self.port}`,
    expect.stringMatching(/^User-Agent: headwater\/[\d.]+$/) as string,
    'Accept: */*',
    'Accept-Encoding: identity',
    'Range: bytes=0-9',
    'If-Range: "tag"',
    `Authorization: Basic ${btoa('me:secret')}`,
    '',
    '',
  ]);
});
