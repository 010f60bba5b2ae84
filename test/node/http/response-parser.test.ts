// HTTP answers, read from bytes that come in any pieces. The twin is the writer: it knows what it wrote.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedResponse, ResponseParser } from '../../../src/node/http/response-parser.ts';

interface Read {
  readonly status: number;
  readonly headers: object;
  body: string;
  keepAlive: boolean | undefined;
}

class Reader {
  readonly answers: Read[] = [];
  readonly parser: ResponseParser;
  ends = 0;

  constructor() {
    this.parser = new ResponseParser({
      head: (status, headers) =>
        this.answers.push({ status, headers: { ...headers }, body: '', keepAlive: undefined }),
      body: (chunk) => {
        const last = this.answers.at(-1)!;
        last.body += Buffer.from(chunk).toString('latin1');
      },
      end: (keepAlive) => {
        this.ends++;
        this.answers.at(-1)!.keepAlive = keepAlive;
      },
    });
  }

  take(text: string): this {
    this.parser.take(Buffer.from(text, 'latin1'));
    return this;
  }
}

const read = (text: string): Read[] => new Reader().take(text).answers;

interface Wanted {
  readonly status: number;
  readonly etag: string;
  readonly pieces: readonly string[];
  readonly chunked: boolean;
  readonly interim: boolean;
  readonly close: boolean;
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  status: fc.constantFrom(200, 206, 404, 503),
  etag: fc.stringMatching(/^"[a-z ]{0,9}"$/),
  pieces: fc.array(fc.stringMatching(/^[\r\n0-9a-f;:]{1,40}$/), { maxLength: 5 }),
  chunked: fc.boolean(),
  interim: fc.boolean(),
  close: fc.boolean(),
});

function written({ status, etag, pieces, chunked, interim, close }: Wanted): string {
  const body = pieces.join('');
  const head = [
    ...(interim ? ['HTTP/1.1 103 Early', 'Link: <x>', ''] : []),
    `HTTP/1.1 ${status} Whatever`,
    `ETAG:${etag}  `,
    'X-Other: 1',
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`,
    ...(close ? ['Connection: foo, Close'] : []),
  ].join('\r\n');
  const chunks = pieces.map((piece) => `${piece.length.toString(16)};a=b\r\n${piece}\r\n`);
  return `${head}\r\n\r\n${chunked ? `${chunks.join('')}0\r\nTrailer: x\r\n\r\n` : body}`;
}

describe('answers', () => {
  it('are read as they were written, in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        fc.array(wanted, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
        (list, sizes) => {
          const text = list.map(written).join('');
          const reader = new Reader();
          for (let at = 0, i = 0; at < text.length; i++) {
            const size = sizes[i % sizes.length]!;
            reader.take(text.slice(at, at + size));
            at += size;
          }
          expect(
            reader.answers.map(({ status, body, keepAlive }) => [status, body, keepAlive]),
          ).toEqual(list.map(({ status, pieces, close }) => [status, pieces.join(''), !close]));
          expect(reader.answers.map(({ headers }) => (headers as { etag: string }).etag)).toEqual(
            list.map(({ etag }) => etag),
          );
          expect(reader.parser.finish()).toBe(true);
        },
      ),
    );
  });

  it('keep known headers only, and join those of one name', () => {
    const [answer] = read(
      'HTTP/1.1 200 OK\r\nLink: <a>\r\n__proto__: x\r\nlink: <b>\r\nX-A: y\r\nContent-Length: 0\r\n\r\n',
    );
    expect(answer?.headers).toEqual({ link: '<a>, <b>', 'content-length': '0' });
  });

  it('without a length end with the connection', () => {
    const reader = new Reader().take('HTTP/1.1 200 OK\r\n\r\nabc');
    expect(reader.ends).toBe(0);
    expect(reader.parser.finish()).toBe(true);
    expect(reader.answers[0]).toMatchObject({ body: 'abc', keepAlive: false });
  });

  it('that are cut short do not end', () => {
    for (const text of [
      'HTTP/1.1 200',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ]) {
      const reader = new Reader().take(text);
      expect(reader.parser.finish()).toBe(false);
      expect(reader.ends).toBe(0);
    }
  });

  it('204 and 304 have no body; HTTP/1.0 keeps the connection only when it says so', () => {
    expect(
      read('HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 No\r\n\r\n'),
    ).toHaveLength(2);
    const keepAlive = (rest: string): unknown =>
      read(`HTTP/1.0 200 OK\r\nContent-Length: 0\r\n${rest}\r\n`)[0]?.keepAlive;
    expect(keepAlive('')).toBe(false);
    expect(keepAlive('Connection: keep-alive\r\n')).toBe(true);
  });

  it('stop where they are told to', () => {
    const bodies: string[] = [];
    const parser = new ResponseParser({
      head: () => undefined,
      body: (chunk) => {
        bodies.push(Buffer.from(chunk).toString());
        parser.stop();
      },
      end: () => bodies.push('end'),
    });
    parser.take(
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\nx'),
    );
    parser.take(Buffer.from('y'));
    expect(parser.finish()).toBe(false);
    expect(bodies).toEqual(['abc']);
  });
});

describe('what is no answer', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/2 200\r\n\r\n'],
    ['HTTP/1.1 099 x\r\n\r\n'],
    ['HTTP/1.1 600 x\r\n\r\n'],
    ['HTTP/1.1  200 OK\r\n\r\n'],
    ['HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
    [`${head}no colon\r\n\r\n`],
    [`${head}: no name\r\n\r\n`],
    [`${head}Content-Length : 3\r\n\r\n`],
    [`${head}A: b\r\n folded: c\r\n\r\n`],
    [`${head}A: b\nContent-Length: 3\r\n\r\n`],
    [`${head}A: b\0\r\n\r\n`],
    [`${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`],
    [`${head}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`],
    [`${head}Content-Length: -3\r\n\r\n`],
    [`${head}Content-Length: 0x3\r\n\r\n`],
    [`${head}Content-Length: 9999999999999999\r\n\r\n`],
    [`${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`],
    [`${head}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    [`${head}Transfer-Encoding: identity\r\n\r\n`],
    [`${head}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
    [`${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    [`${head}Transfer-Encoding: chunked\r\n\r\n10000000000000\r\n`],
    [`${head}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
  ])('%j', (text) => {
    const reader = new Reader();
    expect(() => reader.take(text)).toThrow(MalformedResponse);
    expect(reader.ends).toBe(0);
  });

  const KIB = 1024;
  const filler = (bytes: number): string => `A: ${'b'.repeat(bytes - 5)}\r\n`;

  it('headers of more than 16 KiB, whole or in pieces', () => {
    const end = 'Content-Length: 0\r\n\r\n';
    const most = 16 * KIB - head.length - end.length;
    expect(read(head + filler(most) + end)).toHaveLength(1);
    expect(() => read(head + filler(most + 1) + end)).toThrow('headers that are too long');
    const reader = new Reader();
    expect(() => {
      for (let i = 0; i < 20; i++) reader.take(i === 0 ? head : filler(KIB));
    }).toThrow('headers that are too long');
  });

  it('more than 8 answers before the answer', () => {
    const interim = 'HTTP/1.1 103 Early\r\n\r\n';
    const answer = `${head}Content-Length: 0\r\n\r\n`;
    expect(read(interim.repeat(8) + answer + interim.repeat(8) + answer)).toHaveLength(2);
    expect(() => read(interim.repeat(9) + answer)).toThrow(MalformedResponse);
  });

  it('a trailer of more than 16 KiB, or a line of chunks that is', () => {
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
    expect(() => read(`${chunked}0\r\n${filler(KIB).repeat(15)}\r\n`)).not.toThrow();
    expect(() => read(`${chunked}0\r\n${filler(KIB).repeat(17)}\r\n`)).toThrow('too long');
    expect(() => read(`${chunked}1;${'x'.repeat(17 * KIB)}`)).toThrow('too long');
  });

  it('random bytes: an answer, a wait or a refusal, never another error', () => {
    const noise = fc.stringMatching(/^[HTP/1.0 2\r\n:a-cLength]{0,80}$/);
    fc.assert(
      fc.property(
        noise,
        fc.constantFrom('', head, `${head}Transfer-Encoding: chunked\r\n\r\n`),
        (text, before) => {
          try {
            read(before + text);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedResponse);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
