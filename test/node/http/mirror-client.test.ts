// The HTTP client of a mirror against servers that do right and servers that do not: what it hands on is always the right bytes
// of the right range.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Rng } from '../../../src/base/index.ts';
import type { FetchFailure, MirrorClientOptions } from '../../../src/node/http/index.ts';
import { MirrorClient, MirrorError } from '../../../src/node/http/index.ts';
import type { Habits, StaticServer } from './static-server.ts';
import { serveFile } from './static-server.ts';

const FILE = new Rng(5).fill(new Uint8Array(300_000));
const letGo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of letGo.splice(0)) await end();
});

async function server(habits: Partial<Habits> = {}, file = FILE): Promise<StaticServer> {
  const self = await serveFile(file, habits);
  letGo.push(() => self.kill());
  return self;
}

/** A client that collects what comes of each request. */
class Collector {
  readonly client: MirrorClient;
  readonly parts = new Map<number, Buffer[]>();
  readonly failures = new Map<number, FetchFailure | undefined>();
  onData: ((request: number, bytes: number) => void) | undefined;
  private waiting = new Map<number, () => void>();

  constructor(options: Partial<MirrorClientOptions> & { url: string }) {
    this.client = new MirrorClient(
      { mayBePrivate: true, allowPrivate: false, ...options },
      {
        data: (request, chunk) => {
          const parts = this.parts.get(request) ?? [];
          this.parts.set(request, parts);
          parts.push(Buffer.from(chunk));
          this.onData?.(request, this.bytes(request).length);
        },
        ended: (request, failure) => {
          expect(this.failures.has(request), `request ${request} ended twice`).toBe(false);
          this.failures.set(request, failure);
          this.waiting.get(request)?.();
        },
      },
    );
    letGo.push(() => this.client.close());
  }

  bytes(request: number): Buffer {
    return Buffer.concat(this.parts.get(request) ?? []);
  }

  async end(request: number): Promise<FetchFailure | undefined> {
    if (!this.failures.has(request)) {
      await new Promise<void>((resolve) => this.waiting.set(request, resolve));
    }
    return this.failures.get(request);
  }
}

async function opened(self: StaticServer): Promise<Collector> {
  const collector = new Collector({ url: self.url });
  await collector.client.open();
  return collector;
}

async function refusal(
  options: Partial<MirrorClientOptions> & { url: string },
): Promise<FetchFailure> {
  const found = await new Collector(options).client.open().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(found).toBeInstanceOf(MirrorError);
  return (found as MirrorError).failure;
}

describe('finding the file', () => {
  it('takes one request for one byte, and tells all about it', async () => {
    const self = await server({ headers: { link: '<a>; rel=duplicate', digest: 'sha-256=x' } });
    const info = await new Collector({ url: self.url }).client.open();
    expect(info).toMatchObject({
      url: self.url,
      length: FILE.length,
      ranges: true,
      validator: { etag: '"one"', lastModified: 'Sat, 01 Aug 2026 10:00:00 GMT' },
      isPrivate: true,
      links: '<a>; rel=duplicate',
      digests: [{ name: 'digest', value: 'sha-256=x' }],
    });
    expect(self.asked).toEqual(['bytes=0-0']);
    expect(self.headersSeen[0]).toMatchObject({ 'accept-encoding': 'identity' });
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
    ['compression', { encoding: 'gzip' }, 'encoded', true],
    ['404', { status: 404 }, 'status', true],
    ['500', { status: 500 }, 'status', false],
    ['429', { status: 429, retryAfter: '7' }, 'busy', false],
    ['503', { status: 503 }, 'busy', false],
  ] as const)('refuses %s', async (_, habits, kind, permanent) => {
    const self = await server(habits);
    expect(await refusal({ url: self.url })).toMatchObject({ kind, permanent });
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
        fc.boolean(),
        async (ranges, closeEach) => {
          self.closeEach = closeEach;
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
    ['sends us away', { location: 'http://127.0.0.1/' }, 'status', true, 0],
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

  it('sends more than was asked for: what was asked for is taken', async () => {
    const self = await server();
    const it = await opened(self);
    self.tooLong = 50_000;
    it.client.fetch(1, 10_000, 110_000);
    expect(await it.end(1)).toBeUndefined();
    expect(it.bytes(1).equals(FILE.subarray(10_000, 110_000))).toBe(true);
  });

  it('has another file of the same name: the length gives it away', async () => {
    const self = await server({ etag: undefined, lastModified: undefined });
    const it = await opened(self);
    self.file = FILE.subarray(0, 200_000);
    it.client.fetch(1, 10_000, 110_000);
    expect(await it.end(1)).toMatchObject({ kind: 'changed' });
  });

  it('closes a kept connection just when it is used again: nobody notices', async () => {
    const self = await server({ closeEach: true });
    const it = await opened(self);
    for (let i = 0; i < 4; i++) it.client.fetch(i, 1_000 * i, 1_000 * i + 500);
    for (let i = 0; i < 4; i++) {
      expect(await it.end(i)).toBeUndefined();
      expect(it.bytes(i).equals(FILE.subarray(1_000 * i, 1_000 * i + 500))).toBe(true);
    }
  });
});
