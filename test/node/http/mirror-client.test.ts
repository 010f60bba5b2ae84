// The HTTP client of a mirror against servers that do right: it finds the file, and hands on the right bytes of the right range.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Collector, FILE, opened, raw, refusal, server } from './collector.ts';
import type { Habits } from './static-server.ts';

describe('finding the file', () => {
  it('takes one request for one byte, and tells all about it', async () => {
    const headers = {
      link: '<a>; rel=duplicate',
      digest: 'sha-256=x',
      'content-type': 'text/x-odd',
      'content-disposition': 'attachment; filename="a b.bin"',
    };
    const self = await server({ headers });
    const info = await new Collector({ url: self.url }).client.open();
    expect(info).toMatchObject({
      url: self.url,
      length: FILE.length,
      ranges: true,
      validator: { etag: '"one"', lastModified: 'Sat, 01 Aug 2026 10:00:00 GMT' },
      isPrivate: true,
      links: '<a>; rel=duplicate',
      digests: [{ name: 'digest', value: 'sha-256=x' }],
      contentType: 'text/x-odd',
      fileName: 'a b.bin',
    });
    expect(self.asked).toEqual(['bytes=0-0']);
    expect(self.headersSeen[0]).toMatchObject({ 'accept-encoding': 'identity' });
    expect(self.headersSeen[0]?.['user-agent']).toMatch(/^headwater\/\d+\.\d+\.\d+/);
  });

  it('the time of the round trip is without that of the connection', async () => {
    const self = await server({ latencyMs: 60 });
    const { rttMs } = await new Collector({ url: self.url }).client.open();
    expect(rttMs).toBeGreaterThan(50);
  });

  it('an empty file is found, too', async () => {
    const self = await server({}, new Uint8Array(0));
    expect(await new Collector({ url: self.url }).client.open()).toMatchObject({ length: 0 });
  });

  it('a weak entity tag names no version', async () => {
    const self = await server({ etag: 'W/"one"' });
    const { validator } = await new Collector({ url: self.url }).client.open();
    expect(validator.etag).toBeUndefined();
  });

  it('a server without ranges is told apart, and its answer is not read', async () => {
    const self = await server({ noRanges: true, rate: 100_000 });
    const info = await new Collector({ url: self.url }).client.open();
    expect(info).toMatchObject({ ranges: false, length: FILE.length });
    expect(self.sent).toBeLessThan(FILE.length);
  });

  it.each([
    ['a length that is not told', { noRanges: true, noLength: true }, 'refused', true],
    ['an envelope of parts', { multipart: true }, 'wrong-range', true],
    ['compression', { encoding: 'gzip' }, 'encoded', true],
    ['404', { status: 404 }, 'status', true],
    ['500', { status: 500 }, 'status', false],
    ['429', { status: 429, retryAfter: '7' }, 'busy', false],
    ['503', { status: 503 }, 'busy', false],
  ] as const)('refuses %s', async (_, habits, kind, permanent) => {
    const self = await server(habits);
    expect(await refusal({ url: self.url })).toMatchObject({ kind, permanent });
  });

  it('a server that says nothing is given up in time', async () => {
    const self = await server({ silent: true });
    expect(await refusal({ url: self.url, headersMs: 50 })).toMatchObject({
      kind: 'lost',
      reason: 'no answer in time',
      permanent: false,
    });
  });

  it('the byte itself is not waited for, nor the rest of an answer that is too long', async () => {
    const head = 'HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/9\r\n';
    const stalls = await raw((socket) => socket.write(`${head}Content-Length: 1\r\n\r\n`));
    expect((await opened(stalls, { headersMs: 300 })).client.connectedTo).toBeUndefined();
    const floods = await raw((socket) =>
      socket.write(`${head}Content-Length: 99999999\r\n\r\n${'x'.repeat(40_000)}`),
    );
    expect((await opened(floods)).client.connectedTo).toBeUndefined();
  });

  it('closed meanwhile, it is given up', async () => {
    const self = await server({ silent: true });
    const { client } = new Collector({ url: self.url });
    const opening = client.open();
    client.close();
    await expect(opening).rejects.toMatchObject({ failure: { reason: 'closed' } });
    await expect(client.open()).rejects.toMatchObject({ failure: { reason: 'closed' } });
  });

  it('Retry-After is seconds or a date, and has an end', async () => {
    const self = await server({ status: 503, retryAfter: '7' });
    expect((await refusal({ url: self.url })).retryAfterMs).toBe(7_000);
    self.retryAfter = new Date(Date.now() + 60_000).toUTCString();
    const found = (await refusal({ url: self.url })).retryAfterMs ?? 0;
    expect(found).toBeGreaterThan(50_000);
    expect(found).toBeLessThanOrEqual(60_000);
    self.retryAfter = '999999999';
    expect((await refusal({ url: self.url })).retryAfterMs).toBe(3_600_000);
    self.retryAfter = 'soon';
    expect((await refusal({ url: self.url })).retryAfterMs).toBeUndefined();
  });

  it('nobody there', async () => {
    const self = await server();
    await self.kill();
    expect(await refusal({ url: self.url })).toMatchObject({
      kind: 'lost',
      permanent: false,
      reason: 'connection refused',
    });
  });

  it('another version than the pinned one', async () => {
    const self = await server();
    const pin = { length: FILE.length, etag: '"two"' };
    expect(await refusal({ url: self.url, pin })).toMatchObject({
      kind: 'changed',
      permanent: true,
    });
    const length = { length: FILE.length + 1 };
    expect(await refusal({ url: self.url, pin: length })).toMatchObject({ kind: 'changed' });
  });

  it('user name and password go to their server only, and into no text', async () => {
    const far = await server();
    const near = await server({ location: far.url });
    const url = near.url.replace('http://', 'http://me:secret@');
    const info = await new Collector({ url }).client.open();
    expect(near.headersSeen[0]?.authorization).toBe(`Basic ${btoa('me:secret')}`);
    expect(far.headersSeen[0]?.authorization).toBeUndefined();
    expect(info.url).toBe(far.url);
    await near.kill();
    expect(JSON.stringify(await refusal({ url }))).not.toContain('secret');
  });
});

describe('ranges', () => {
  it('come in order on one connection, the next asked for before the first has ended', async () => {
    const self = await server();
    const it = await opened(self);
    it.client.fetch(1, 0, 100_000);
    it.client.fetch(2, 100_000, 250_000);
    it.client.fetch(3, 290_000, 300_000);
    expect(await it.end(3)).toBeUndefined();
    expect(it.bytes(1).equals(FILE.subarray(0, 100_000))).toBe(true);
    expect(it.bytes(2).equals(FILE.subarray(100_000, 250_000))).toBe(true);
    expect(it.bytes(3).equals(FILE.subarray(290_000))).toBe(true);
    expect(self.connections).toBe(1);
    expect(self.headersSeen[1]?.['if-range']).toBe('"one"');
  });

  it('cut in the middle: the bytes before, and the next on a new connection', async () => {
    const self = await server({ rate: 1_000_000 });
    const it = await opened(self);
    it.onData = (request) => {
      if (request === 1) it.client.cut(1, 40_000);
    };
    it.client.fetch(1, 0, 300_000);
    it.client.fetch(2, 1_000, 30_000);
    expect(await it.end(1)).toBeUndefined();
    expect(it.bytes(1).equals(FILE.subarray(0, 40_000))).toBe(true);
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(2).equals(FILE.subarray(1_000, 30_000))).toBe(true);
  });

  it('cut before it began: nothing of it, and the others as they were', async () => {
    const self = await server({ rate: 500_000 });
    const it = await opened(self);
    for (const [i, from] of [0, 100_000, 200_000].entries())
      it.client.fetch(i, from, from + 50_000);
    it.client.cut(1, 0);
    expect(await it.end(1)).toBeUndefined();
    expect(it.bytes(1)).toHaveLength(0);
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(0).equals(FILE.subarray(0, 50_000))).toBe(true);
    expect(it.bytes(2).equals(FILE.subarray(200_000, 250_000))).toBe(true);
  });

  it('any sequence of ranges and cuts gives exactly the right bytes', async () => {
    const self = await server();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            from: fc.nat(FILE.length - 2),
            length: fc.integer({ min: 1, max: 80_000 }),
            cutTo: fc.option(fc.nat(80_000), { nil: undefined }),
            cutAt: fc.nat(40_000),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.constantFrom<Partial<Habits>>({}, { closeEach: true }, { closeRudely: true }),
        async (ranges, habits) => {
          Object.assign(self, { closeEach: false, closeRudely: false, ...habits });
          const it = await opened(self);
          const ends = ranges.map(({ from, length }) => Math.min(FILE.length, from + length));
          const cuts = new Map<number, number>();
          it.onData = (request, bytes) => {
            const { cutTo, cutAt, from } = ranges[request]!;
            if (cutTo === undefined || bytes < cutAt || cuts.has(request)) return;
            cuts.set(request, Math.max(from + bytes, Math.min(ends[request]!, from + cutTo)));
            it.client.cut(request, from + cutTo);
          };
          ranges.forEach(({ from }, i) => it.client.fetch(i, from, ends[i]!));
          for (const [i, { from }] of ranges.entries()) {
            expect(await it.end(i)).toBeUndefined();
            const end = cuts.get(i) ?? ends[i]!;
            expect(it.bytes(i).equals(FILE.subarray(from, end)), `range ${i}`).toBe(true);
          }
          it.client.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('cut before it was sent: what is left is asked for, or nothing', async () => {
    const self = await server();
    const it = await opened(self, { pipelining: 1 });
    it.client.fetch(1, 0, 1_000);
    it.client.fetch(2, 1_000, 2_000);
    it.client.fetch(3, 2_000, 3_000);
    it.client.cut(2, 1_500);
    it.client.cut(3, 0);
    expect(await it.end(2)).toBeUndefined();
    expect(await it.end(3)).toBeUndefined();
    expect(self.asked.slice(1)).toEqual(['bytes=0-999', 'bytes=1000-1499']);
    expect(it.client.stats).toEqual({ connections: 1, requests: 3 });
    expect(it.client.connectedTo).toBe('127.0.0.1');
  });

  it('as many at a time as it is told', async () => {
    const self = await server({ silent: false });
    const it = await opened(self, { pipelining: 3 });
    self.silent = true;
    for (let i = 0; i < 5; i++) it.client.fetch(i, 0, 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(it.client.stats.requests).toBe(4);
  });

  it('what is no range is refused', async () => {
    const self = await server();
    const it = await opened(self);
    for (const [from, to] of [
      [-1, 5],
      [5, 4],
      [0.5, 3],
      [0, Infinity],
      [NaN, 1],
    ] as const) {
      expect(() => it.client.fetch(1, from, to)).toThrow(RangeError);
    }
    expect(() => new Collector({ url: self.url }).client.fetch(1, 0, 1)).toThrow(RangeError);
    it.client.fetch(1, 7, 7);
    expect(await it.end(1)).toBeUndefined();
    it.client.fetch(2, 0, FILE.length + 1);
    expect(await it.end(2)).toMatchObject({ kind: 'wrong-range', permanent: true });
    expect(self.asked).toHaveLength(1);
  });

  it('without ranges a part from elsewhere is refused', async () => {
    const it = await opened(await server({ noRanges: true }));
    it.client.fetch(1, 100, 200);
    expect(await it.end(1)).toMatchObject({ kind: 'no-ranges', permanent: true });
    it.client.fetch(2, 0, 200);
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(2).equals(FILE.subarray(0, 200))).toBe(true);
  });

  it('closed: no event any more', async () => {
    const it = await opened(await server());
    it.onData = () => {
      it.client.close();
    };
    it.client.fetch(1, 0, FILE.length);
    it.client.fetch(2, 0, 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(it.parts.get(1)).toHaveLength(1);
    expect(it.parts.has(2)).toBe(false);
    expect(it.order).toEqual([]);
  });

  it('paused on one connection, paused on the next', async () => {
    const self = await server({ rate: 2_000_000 });
    const it = await opened(self);
    it.onData = (request) => {
      if (request !== 1) return;
      it.client.pause();
      it.client.cut(1, 0);
    };
    it.client.fetch(1, 0, 200_000);
    it.client.fetch(2, 0, 1_000);
    expect(await it.end(1)).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(it.client.stats.connections).toBe(2);
    expect(it.parts.has(2)).toBe(false);
    it.client.resume();
    expect(await it.end(2)).toBeUndefined();
    expect(it.bytes(2).equals(FILE.subarray(0, 1_000))).toBe(true);
  });

  it('without ranges all of it comes, from the beginning', async () => {
    const self = await server({ noRanges: true });
    const it = await opened(self);
    it.client.fetch(1, 0, FILE.length);
    expect(await it.end(1)).toBeUndefined();
    expect(it.bytes(1).equals(FILE)).toBe(true);
  });

  it('paused: nothing comes; resumed: the rest', async () => {
    const self = await server({}, new Uint8Array(8_000_000));
    const it = await opened(self);
    let whilePaused = 0;
    let paused = false;
    it.onData = () => {
      if (paused) whilePaused++;
      else it.client.pause();
      paused = true;
    };
    it.client.fetch(1, 0, 8_000_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(paused).toBe(true);
    expect(whilePaused).toBe(0);
    it.client.resume();
    expect(await it.end(1)).toBeUndefined();
    expect(it.bytes(1)).toHaveLength(8_000_000);
  });
});
