// get from plain web servers, as real processes over real sockets: those that do right, and every trick of those that do not.
// Whatever they do, the file has the right bytes or there is none.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { get as getFile } from 'headwater/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Habits, StaticServer } from '../node/http/static-server.ts';
import { serveFile } from '../node/http/static-server.ts';
import type { Ended, Event } from './harness.ts';
import { Lab, MIB, sha256Of } from './harness.ts';

let lab: Lab;
let bytes: Buffer;
let sha256: string;

beforeAll(() => {
  lab = new Lab();
  const file = lab.file('data.bin', 6 * MIB + 4_321);
  bytes = readFileSync(file);
  sha256 = sha256Of(file);
});
afterEach(async () => {
  await lab.stopAll();
  for (const name of ['out.bin', 'out.bin.part'])
    rmSync(lab.path(name), { recursive: true, force: true });
});
afterAll(() => lab.close());

async function serve(
  habits: Partial<Habits> = {},
  file: Uint8Array = bytes,
): Promise<StaticServer> {
  const server = await serveFile(file, habits, '/pub/data.bin');
  lab.onClose(() => server.kill());
  return server;
}

const get = (...args: string[]): Promise<Ended> =>
  lab.run('get', ...args, '-o', 'out.bin', '--json');

/** The same in this process: most of what a command takes is its start. */
async function getHere(...urls: string[]): Promise<Ended> {
  const events: Event[] = [];
  const getting = getFile(urls, { output: lab.path('out.bin') });
  for await (const event of getting) events.push(event);
  const last = events.at(-1);
  const code = last?.event === 'done' ? 0 : 1;
  return { code, stdout: '', stderr: JSON.stringify(last), events, last };
}

function expectFile(ended: Ended): void {
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.last).toMatchObject({ event: 'done', sha256 });
  expect(sha256Of(lab.path('out.bin'))).toBe(sha256);
  expect(existsSync(lab.path('out.bin.part'))).toBe(false);
}

function expectNone(ended: Ended, code: number): void {
  expect(ended.code, ended.stdout).toBe(code);
  expect(existsSync(lab.path('out.bin'))).toBe(false);
}

describe('plain URLs', () => {
  it('several servers bring one file, each a part, on one connection each', async () => {
    const servers = await Promise.all([1, 2, 4].map((rate) => serve({ rate: rate * MIB })));
    const ended = await get(...servers.map(({ url }) => url));
    expectFile(ended);
    expect(ended.last?.['overhead']).toBeLessThan(0.02);
    for (const source of ended.last?.['sources'] as { kind: string; useful: number }[]) {
      expect(source.kind).toBe('mirror');
      expect(source.useful).toBeGreaterThan(0);
    }
  });

  it('the file has the name of its URL when no other is given', async () => {
    const server = await serve();
    const ended = await lab.run('get', server.url, '--json', '-f');
    expect(ended.last).toMatchObject({ event: 'done', file: lab.path('data.bin'), sha256 });
  });

  it.each([0, 1, 16_383, 16_384, 16_385, 4 * MIB, 4 * MIB + 1])('%d bytes', async (length) => {
    const server = await serve({}, bytes.subarray(0, length));
    const ended = await getHere(server.url);
    expect(ended.code, ended.stderr).toBe(0);
    expect(readFileSync(lab.path('out.bin')).equals(bytes.subarray(0, length))).toBe(true);
  });

  it('a server without ranges is read from beginning to end', async () => {
    const server = await serve({ noRanges: true });
    expectFile(await getHere(server.url));
  });

  it('a kill, and the same command goes on', async () => {
    const server = await serve({ rate: 2 * MIB });
    const first = lab.start('get', server.url, '-o', 'out.bin', '--json');
    await first.event('progress', ({ bytes: here }) => (here as number) > 3 * MIB);
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // a mark is written once a second
    first.kill('SIGKILL');
    await first.ended;
    server.rate = Infinity;
    const ended = await get(server.url);
    expectFile(ended);
    expect(ended.last?.['needed']).toBeLessThan(420 * 0.8);
  });

  it('--sha256: the right one is met, a wrong one leaves nothing', async () => {
    const server = await serve();
    expectFile(await get(server.url, '--sha256', sha256));
    rmSync(lab.path('out.bin'));
    const wrong = await get(server.url, '--sha256', 'ab'.repeat(32));
    expectNone(wrong, 32);
    expect(wrong.last?.['message']).toContain(sha256);
    expect(existsSync(lab.path('out.bin.part'))).toBe(false);
  });

  it('--max-rate holds', async () => {
    const server = await serve();
    const ended = await get(server.url, '--max-rate', '3M');
    expectFile(ended);
    expect(ended.last?.['seconds']).toBeGreaterThan(1.7);
  });

  it('prices: what each cost is told, and the dear one is left out when a free one will do', async () => {
    const free = await serve({ rate: 4 * MIB });
    const dear = await serve({ rate: 4 * MIB });
    const ended = await get(free.url, `${dear.url} gb=100`, '--objective', 'cost');
    expectFile(ended);
    expect(dear.sent).toBeLessThan(MIB);
    expect(ended.last?.['cost']).toBeCloseTo((dear.sent * 100) / 1e9, 1);
  });
});

describe('a mirror that does wrong, beside one that does right', () => {
  it.each<[string, Partial<Habits>]>([
    ['sends another part than was asked for', { shiftRange: 1 }],
    ['compresses', { encoding: 'gzip' }],
    ['is not there', { status: 404 }],
    ['is busy', { status: 503, retryAfter: '120' }],
    ['breaks every answer off', { breakAfter: 100_000 }],
    ['has other ideas of where the file is', { location: 'http://127.0.0.1:1/' }],
    ['sends no length and no ranges', { noRanges: true, noLength: true }],
    ['stalls', { stallAfter: 50_000 }],
    ['closes after each answer', { closeEach: true }],
    ['is another version', { lastModified: 'Sun, 02 Aug 2026 10:00:00 GMT' }],
  ])('%s', async (_, habits) => {
    const good = await serve({ rate: 4 * MIB });
    const more = await serve({ rate: 4 * MIB });
    const bad = await serve(habits);
    expectFile(await getHere(good.url, bad.url, more.url));
  });

  it('another length: refused by name', async () => {
    const [good, more] = [await serve({ rate: MIB }), await serve({ rate: MIB })];
    const bad = await serve({}, bytes.subarray(1));
    const ended = await getHere(bad.url, good.url, more.url);
    expectFile(ended);
    expect(ended.events).toContainEqual(
      expect.objectContaining({
        event: 'dial-failed',
        address: bad.url,
        reason: expect.stringContaining('bytes, not of'),
      }),
    );
  });

  it('the file changes under way: no mix of versions', async () => {
    const server = await serve({ rate: 3 * MIB });
    const program = lab.start('get', server.url, '-o', 'out.bin', '--json', '--timeout', '2');
    await program.event('progress', ({ bytes: here }) => (here as number) > MIB);
    server.file = Buffer.from(bytes).reverse();
    server.etag = '"two"';
    server.lastModified = 'Sun, 02 Aug 2026 10:00:00 GMT';
    const ended = await program.ended;
    expect([6, 7]).toContain(ended.code);
    expect(ended.stdout).toContain('another version');
    expect(existsSync(lab.path('out.bin'))).toBe(false);
  });

  it('dies in the middle: the other one brings the rest', async () => {
    const [good, bad] = [await serve({ rate: 3 * MIB }), await serve({ rate: 3 * MIB })];
    const program = lab.start('get', good.url, bad.url, '-o', 'out.bin', '--json');
    await program.event('progress', ({ bytes: here }) => (here as number) > MIB);
    await bad.kill();
    expectFile(await program.ended);
  });

  it('none alive: exit code and a line for each, without credentials', async () => {
    const server = await serve({ status: 403 });
    const url = server.url.replace('http://', 'http://me:secret@');
    const ended = await get(url, 'http://127.0.0.1:1/data.bin');
    expectNone(ended, 6);
    expect(ended.stderr).toContain(`${server.url}: answered with HTTP status 403`);
    expect(ended.stderr).toContain('http://127.0.0.1:1/data.bin: connection refused');
    expect(ended.stderr + ended.stdout).not.toContain('secret');
  });
});

describe('a Metalink', () => {
  const hash = (from: number, to: number): string => {
    const piece = lab.path('piece');
    writeFileSync(piece, bytes.subarray(from, to));
    return sha256Of(piece);
  };

  async function metalink(urls: readonly string[], more = ''): Promise<string> {
    const size = bytes.length;
    const pieces: string[] = [];
    for (let at = 0; at < size; at += MIB) pieces.push(hash(at, Math.min(size, at + MIB)));
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="data.bin"><size>${size}</size>
<hash type="sha-256">${sha256}</hash>
<pieces length="${MIB}" type="sha-256">${pieces.map((one) => `<hash>${one}</hash>`).join('')}</pieces>
${urls.map((url, i) => `<url priority="${i + 1}">${url}</url>`).join('')}${more}</file></metalink>`;
    writeFileSync(lab.path('data.meta4'), text);
    return text;
  }

  it('of this disk: a liar among the mirrors is found by the pieces, and its blocks are fetched again', async () => {
    const wrong = Buffer.from(bytes);
    for (let at = 0; at < wrong.length; at += 100_000) wrong[at] = wrong[at]! ^ 1;
    const good = await serve({ rate: 3 * MIB });
    const bad = await serve({ rate: 3 * MIB }, wrong);
    await metalink([good.url, bad.url], '<url>ftp://127.0.0.1/data.bin</url>');
    const ended = await get(lab.path('data.meta4'));
    expectFile(ended);
    expect(ended.events).toContainEqual(
      expect.objectContaining({
        event: 'link-down',
        address: bad.url,
        reason: expect.stringContaining('wrong hash'),
      }),
    );
  });

  it('of a URL, and as `describe --metalink` writes it', async () => {
    const server = await serve();
    const described = await lab.run(
      'describe',
      'data.bin',
      '-o',
      'meta/',
      '-m',
      `${server.url} gb=1`,
      '--metalink',
      '--json',
    );
    expect(described.code, described.stderr).toBe(0);
    const text = readFileSync(lab.path(described.last?.['metalink'] as string));
    const list = await serveFile(
      text,
      { headers: { 'content-type': 'application/metalink4+xml' } },
      '/x.meta4',
    );
    lab.onClose(() => list.kill());
    expectFile(await get(list.url));
    rmSync(lab.path('out.bin'));
    const ended = await get(described.last?.['descriptor'] as string);
    expectFile(ended);
    expect(ended.last?.['cost']).toBeCloseTo(bytes.length / 1e9, 3);
  });

  it.each([
    ['with entities', '<!DOCTYPE x [<!ENTITY a "b">]><metalink/>'],
    ['of 100 MB', `<metalink>${' '.repeat(17 * MIB)}`],
    ['that is none', 'hello'],
  ])('%s is refused', async (_, text) => {
    writeFileSync(lab.path('data.meta4'), text);
    expectNone(await get(lab.path('data.meta4')), 26);
  });
});

describe('https', () => {
  const certificate = new URL('../node/http/tls/cert.pem', import.meta.url);
  const key = readFileSync(new URL('../node/http/tls/key.pem', import.meta.url));

  /** The file at https://localhost, with a certificate that nobody knows unless told; the URL. */
  async function serveSecurely(): Promise<string> {
    const plain = await serve();
    const server = createServer({ key, cert: readFileSync(certificate) }, (request, response) => {
      const { headers, url } = request;
      httpGet(`http://127.0.0.1:${plain.port}${url}`, { headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
    });
    lab.onClose(() => server.close().closeAllConnections());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://localhost:${(server.address() as AddressInfo).port}/pub/data.bin`;
  }
  afterEach(() => delete process.env['NODE_EXTRA_CA_CERTS']);

  it('with a certificate that is known', async () => {
    const url = await serveSecurely();
    process.env['NODE_EXTRA_CA_CERTS'] = fileURLToPath(certificate);
    expectFile(await get(url));
  });

  it('a certificate that is not known, or another name: not a byte is taken', async () => {
    const url = await serveSecurely();
    const unknown = await get(url);
    expectNone(unknown, 6);
    expect(unknown.stderr).toMatch(/localhost:\d+.*certificate/);
    process.env['NODE_EXTRA_CA_CERTS'] = fileURLToPath(certificate);
    const other = await get(url.replace('localhost', '127.0.0.1'));
    expectNone(other, 6);
    expect(other.stderr).toContain("does not match certificate's altnames");
  });
});

describe('a descriptor on the web', () => {
  let descriptor: Buffer;
  let id: string;
  beforeAll(async () => {
    const described = await lab.run('describe', 'data.bin', '-o', 'web/', '--json');
    descriptor = readFileSync(lab.path(described.last?.['descriptor'] as string));
    id = described.last?.['contentId'] as string;
  });
  const PATH = '/pub/data.bin.headwater';
  const linkTo = (url: string): string => `headwater:?xt=${id}&m=${encodeURIComponent(url)}`;

  it('is fetched by its URL; the file is beside it', async () => {
    const server = await serve({ others: { [PATH]: descriptor } });
    expectFile(await get(`${server.url}.headwater`));
  });

  it('is found beside the file by a link that has mirrors alone', async () => {
    const [lost, server] = await Promise.all([
      serve({ status: 404 }),
      serve({ others: { [PATH]: descriptor } }),
    ]);
    expectFile(await get(linkTo(server.url), '-m', lost.url));
  });

  it('is found beside the file while peers do not answer', async () => {
    const server = await serve({ others: { [PATH]: descriptor } });
    const nobody = await serve();
    await nobody.kill();
    expectFile(await get(linkTo(server.url), '-s', `127.0.0.1:${nobody.port}`));
  });

  it.each([
    ['that is damaged', (): Uint8Array => descriptor.subarray(0, -1)],
    ['that is too large', (): Uint8Array => new Uint8Array(5 * MIB)],
  ])('one %s is refused, with a line that says so', async (_, other) => {
    const server = await serve({ others: { [PATH]: other() } });
    const ended = await get(linkTo(server.url));
    expectNone(ended, 6);
    expect(ended.last).toMatchObject({ event: 'error', code: 'UNREACHABLE' });
    expect(ended.stderr).toContain(`${server.url}.headwater: `);
  });
});

describe('mirrors and peers', () => {
  it('a descriptor, a mirror and a peer with a part: both help', async () => {
    const described = await lab.run('describe', 'data.bin', '-o', 'both/', '--json');
    const descriptor = described.last?.['descriptor'] as string;
    const peer = await lab.share(
      lab.path('data.bin'),
      '--descriptor',
      descriptor,
      '--hold',
      '0.4',
      '--seed',
      '1',
      '--max-rate',
      '2M',
    );
    const server = await serve({ rate: 2 * MIB });
    const ended = await get(descriptor, '-m', server.url, '-s', peer.address);
    expectFile(ended);
    const sources = ended.last?.['sources'] as { kind: string; useful: number }[];
    for (const kind of ['peer', 'mirror']) {
      expect(sources.find((source) => source.kind === kind)?.useful, kind).toBeGreaterThan(50);
    }
  });
});
