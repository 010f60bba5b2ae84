// The HTTP client of a mirror against servers that do wrong, and such as send it elsewhere: no wrong byte, and a word that says why.

import { describe, expect, it } from 'vitest';
import { answerRange, Collector, FILE, opened, raw, refusal, server, until } from './collector.ts';
import { rangeOf } from './raw-server.ts';
import type { Habits, StaticServer } from './static-server.ts';

describe('redirects', () => {
  it('are followed, three at most', async () => {
    const last = await server();
    let { url } = last;
    for (let hops = 1; hops <= 4; hops++) {
      url = (await server({ location: url })).url;
      if (hops < 4) expect((await new Collector({ url }).client.open()).url).toBe(last.url);
    }
    expect(await refusal({ url })).toMatchObject({ kind: 'refused', permanent: true });
  });

  it('a name that leads to a private address is refused where it may not', async () => {
    const self = await server();
    const url = self.url.replace('127.0.0.1', 'localhost');
    const failure = await refusal({ url, mayBePrivate: false });
    expect(failure).toMatchObject({ kind: 'refused', permanent: true });
    expect(failure.reason).toContain('--allow-private');
    expect(await refusal({ url: self.url, mayBePrivate: false })).toMatchObject({
      kind: 'refused',
    });
    expect(self.connections).toBe(0);
    await new Collector({ url, mayBePrivate: false, allowPrivate: true }).client.open();
  });

  it.each(['ftp://127.0.0.1/x', 'http://u:p@127.0.0.1/x', 'file:///etc/passwd', 'http://'])(
    'to %s are refused',
    async (location) => {
      const self = await server({ location });
      expect(await refusal({ url: self.url })).toMatchObject({ kind: 'refused', permanent: true });
    },
  );
});

describe('a server that does wrong', () => {
  const cases: readonly [string, Partial<Habits>, string, boolean, number][] = [
    ['sends another part', { shiftRange: 1 }, 'wrong-range', true, 0],
    ['has a new version', { etag: '"two"' }, 'changed', true, 0],
    [
      'has a new version without a tag',
      { etag: undefined, lastModified: 'Sat, 01 Aug 2026 11:00:00 GMT' },
      'changed',
      true,
      0,
    ],
    ['compresses', { encoding: 'br' }, 'encoded', true, 0],
    ['has no ranges any more', { noRanges: true }, 'changed', true, 0],
    ['breaks off', { breakAfter: 20_000 }, 'truncated', false, 20_000],
    ['sends less than it said', { tooShort: 1_000 }, 'truncated', false, 99_000],
    ['is gone', { status: 404 }, 'status', true, 0],
    ['is busy', { status: 429, retryAfter: '3' }, 'busy', false, 0],
    ['sends us away', { location: 'ftp://127.0.0.1/' }, 'refused', true, 0],
    ['sends parts in an envelope', { multipart: true }, 'wrong-range', true, 0],
    ['compresses with gzip', { encoding: 'gzip' }, 'encoded', true, 0],
    ['fails', { status: 502 }, 'status', false, 0],
  ];
  for (const [what, habits, kind, permanent, came] of cases) {
    it(`${what}: ${kind}, and no wrong byte`, async () => {
      const self = await server();
      const it = await opened(self);
      Object.assign(self, habits);
      it.client.fetch(1, 10_000, 110_000);
      expect(await it.end(1)).toMatchObject({ kind, permanent });
      expect(it.bytes(1).equals(FILE.subarray(10_000, 10_000 + came))).toBe(true);
    });
  }

  it.each([true, false])('sends more than was asked for (length told: %s)', async (told) => {
    const self = await server();
    const it = await opened(self);
    Object.assign(self, { tooLong: 50_000, noLength: !told });
    it.client.fetch(1, 10_000, 110_000);
    it.client.fetch(2, 200_000, 210_000);
    expect(await it.end(1)).toBeUndefined();
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(1).equals(FILE.subarray(10_000, 110_000))).toBe(true);
    expect(it.bytes(2).equals(FILE.subarray(200_000, 210_000))).toBe(true);
  });

  it('says less and sends less: what came is right', async () => {
    const self = await raw((socket, request, index) => {
      const [from, to] = rangeOf(request);
      const end = index === 0 ? to : from + 10;
      const body = Buffer.from(FILE.subarray(from, end)).toString('latin1');
      const range = `bytes ${from}-${end - 1}/${FILE.length}`;
      socket.write(
        `HTTP/1.1 206 Part\r\nContent-Range: ${range}\r\nContent-Length: ${end - from}\r\n\r\n${body}`,
        'latin1',
      );
    });
    const it = await opened(self);
    it.client.fetch(1, 100, 200);
    expect(await it.end(1)).toMatchObject({ kind: 'truncated', permanent: false });
    expect(it.bytes(1).equals(FILE.subarray(100, 110))).toBe(true);
  });

  it.each([
    'bytes 100-199/*',
    'bytes 100-200/300000',
    'bytes 99-199/300000',
    'bytes 150-140/300000',
    '',
  ])('Content-Range %j is another part', async (range) => {
    const self = await raw((socket, _, index) => {
      const value = index === 0 ? 'bytes 0-0/300000' : range;
      const length = index === 0 ? 1 : 100;
      socket.write(
        `HTTP/1.1 206 Part\r\nContent-Range: ${value}\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`,
      );
    });
    const it = await opened(self);
    it.client.fetch(1, 100, 200);
    expect(await it.end(1)).toMatchObject({ kind: 'wrong-range', permanent: true });
    expect(it.bytes(1)).toHaveLength(0);
  });

  it('stalls: what came is here, and the rest is the business of whoever waits', async () => {
    const self = await server({ stallAfter: 20_000 });
    const it = await opened(self, { headersMs: 200 });
    const came = new Promise<void>((resolve) => {
      it.onData = (_, bytes) => {
        if (bytes === 20_000) resolve();
      };
    });
    it.client.fetch(1, 0, 100_000);
    await came;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(it.failures.size).toBe(0);
    it.client.cut(1, 0);
    expect(await it.end(1)).toBeUndefined();
  });

  it('has another file of the same name: the length gives it away', async () => {
    const self = await server({ etag: undefined, lastModified: undefined });
    const it = await opened(self);
    self.file = FILE.subarray(0, 200_000);
    it.client.fetch(1, 10_000, 110_000);
    expect(await it.end(1)).toMatchObject({ kind: 'changed' });
  });

  it.each([
    ['says so', { closeEach: true }],
    ['does not say so', { closeRudely: true }],
  ])('closes after each answer and %s: nobody notices', async (_, habits) => {
    const self = await server(habits);
    const it = await opened(self);
    const requests = Array.from({ length: 20 }, (_, i) => i);
    for (const i of requests) it.client.fetch(i, 1_000 * i, 1_000 * i + 500);
    for (const i of requests) {
      expect(await it.end(i)).toBeUndefined();
      expect(it.bytes(i).equals(FILE.subarray(1_000 * i, 1_000 * i + 500))).toBe(true);
    }
    expect(it.order).toEqual(requests);
    // The probe, the answers, and a few in vain until it is known.
    expect(self.asked.length).toBeLessThanOrEqual(requests.length + 7);
  });

  it('never answers behind another request: the second try alone counts', async () => {
    let connections = 0;
    const self = await raw((socket, request, index) => {
      if (index === 0) connections++;
      if (connections > 1) return void socket.destroy();
      answerRange(socket, request);
    });
    const it = await opened(self);
    for (const socket of self.sockets) socket.destroy();
    it.client.fetch(1, 0, 10);
    expect(await it.end(1)).toMatchObject({ kind: 'lost', permanent: false });
  });

  it('sends what nobody asked for: it is not taken for the next answer', async () => {
    let isFirst = true;
    const self = await raw((socket, request, index) => {
      answerRange(socket, request);
      if (index !== 1 || !isFirst) return;
      isFirst = false;
      socket.write(
        'HTTP/1.1 206 Part\r\nContent-Range: bytes 50-59/300000\r\nContent-Length: 10\r\n\r\nEvil bytes',
      );
    });
    const it = await opened(self);
    it.client.fetch(1, 0, 10);
    expect(await it.end(1)).toBeUndefined();
    await until(() => it.client.connectedTo === undefined);
    it.client.fetch(2, 50, 60);
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(2).equals(FILE.subarray(50, 60))).toBe(true);
  });
});

describe('moved', () => {
  it('the target of a redirect is remembered', async () => {
    const far = await server();
    const near = await server({ location: far.url });
    const it = await opened(near);
    it.client.fetch(1, 0, 100);
    expect(await it.end(1)).toBeUndefined();
    expect(near.asked).toHaveLength(1);
    expect(far.asked).toHaveLength(2);
  });

  it.each([
    ['has expired', (far: StaticServer) => Object.assign(far, { status: 403 })],
    ['is gone', (far: StaticServer) => far.kill()],
  ])('a target that %s is asked for again, and the fetches go on', async (_, harm) => {
    const [first, second] = [await server(), await server()];
    const near = await server({ location: first.url });
    const it = await opened(near);
    near.location = second.url;
    await harm(first);
    it.client.fetch(1, 0, 100);
    it.client.fetch(2, 100, 200_000);
    expect(await it.end(1)).toBeUndefined();
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(2).equals(FILE.subarray(100, 200_000))).toBe(true);
    expect(near.asked).toHaveLength(2);
  });

  it('once: a target that stays bad is told', async () => {
    const far = await server();
    const near = await server({ location: far.url });
    const it = await opened(near);
    far.status = 403;
    it.client.fetch(1, 0, 100);
    it.client.fetch(2, 100, 200);
    expect(await it.end(1)).toMatchObject({ kind: 'status', permanent: true });
    expect(await it.end(2)).toMatchObject({ kind: 'status', permanent: true });
    expect(near.asked).toHaveLength(2);
  });

  it('to another version: refused', async () => {
    const far = await server();
    const other = await server({ etag: '"two"' }, FILE.slice().reverse());
    const near = await server({ location: far.url });
    const it = await opened(near);
    near.location = other.url;
    far.status = 410;
    it.client.fetch(1, 0, 100);
    expect(await it.end(1)).toMatchObject({ kind: 'changed' });
    expect(it.bytes(1)).toHaveLength(0);
  });

  it('cut while it is looked for again: nothing is told twice', async () => {
    const far = await server();
    const near = await server({ location: far.url });
    const it = await opened(near);
    far.status = 403;
    near.latencyMs = 300;
    it.client.fetch(1, 0, 100);
    await until(() => near.asked.length === 2);
    it.client.cut(1, 0);
    expect(await it.end(1)).toBeUndefined();
    far.status = undefined;
    it.client.fetch(2, 0, 100);
    expect(await it.end(2)).toBeUndefined();
  });
});
