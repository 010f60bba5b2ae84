// Reads HTTP/1.1 answers from the bytes of a connection (RFC 9112). Bodies are handed on as views, uncopied. It is strict: where
// two readers could disagree on where an answer ends, it stops.

/** The headers that are looked at. Others are not kept: a server does not choose our keys. */
const NAMES = [
  'connection',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'digest',
  'etag',
  'last-modified',
  'link',
  'location',
  'repr-digest',
  'retry-after',
  'transfer-encoding',
] as const;
const KNOWN: ReadonlySet<string> = new Set(NAMES);

export type HeaderName = (typeof NAMES)[number];
/** Values by name; those of one name joined with a comma and a space. */
export type Headers = Readonly<Partial<Record<HeaderName, string>>>;

/** What an answer is made of, in this order. Each may call `stop`. */
export interface ResponseEvents {
  head(status: number, headers: Headers): void;
  body(chunk: Uint8Array): void;
  /** @param keepAlive the connection may be used again */
  end(keepAlive: boolean): void;
}

/** What came is no answer in HTTP; `message` goes behind the name of the server. */
export class MalformedResponse extends Error {}

/** Status line and headers, and each line of a chunked body and its trailer, bytes. Web servers themselves accept no more. */
const HEADER_BYTES_MAX = 16 * 1024;
/** Answers before the answer (100, 103): real servers send one or two. */
const INTERIM_MAX = 8;
const BLANK_LINE = '\r\n\r\n';

type State = 'head' | 'counted' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

export class ResponseParser {
  private readonly events: ResponseEvents;
  private state: State = 'head';
  private stopped = false;
  /** The beginning of a head, or of a line. */
  private readonly text: Buffer = Buffer.allocUnsafe(HEADER_BYTES_MAX);
  private filled = 0;
  private interims = 0;
  private trailerBytes = 0;
  private keepAlive = false;
  /** Bytes left of the body, or of its chunk. */
  private left = 0;

  constructor(events: ResponseEvents) {
    this.events = events;
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.stopped = true;
  }

  /** Reads on. Throws MalformedResponse; it cannot go on then. */
  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.stopped;) at = this.step(chunk, at);
  }

  /** The connection has ended. True when that is how the answer under way ends, or when there was none. */
  finish(): boolean {
    if (this.state === 'until-close' && !this.stopped) this.ended();
    return this.state === 'head' && this.filled === 0;
  }

  private step(chunk: Uint8Array, at: number): number {
    switch (this.state) {
      case 'head':
        return this.collect(chunk, at, BLANK_LINE, (head) => this.readHead(head));
      case 'chunk-size':
        return this.collect(chunk, at, '\r\n', (line) => this.readChunkSize(line));
      case 'chunk-end':
        return this.collect(chunk, at, '\r\n', (line) => {
          if (line !== '') throw new MalformedResponse('sends chunks that are too long');
          this.state = 'chunk-size';
        });
      case 'trailer':
        return this.collect(chunk, at, '\r\n', (line) => {
          this.trailerBytes += line.length + 2;
          if (this.trailerBytes > HEADER_BYTES_MAX) throw new MalformedResponse(TOO_LONG);
          if (line === '') this.ended();
        });
      case 'until-close':
        this.events.body(at === 0 ? chunk : chunk.subarray(at));
        return chunk.length;
      case 'counted':
      case 'chunk': {
        const end = Math.min(chunk.length, at + this.left);
        this.left -= end - at;
        this.events.body(chunk.subarray(at, end));
        if (this.left > 0 || this.stopped) return end;
        if (this.state === 'chunk') this.state = 'chunk-end';
        else this.ended();
        return end;
      }
    }
  }

  /** Gathers text up to `mark`, and gives it without. Returns where the next byte is. */
  private collect(
    chunk: Uint8Array,
    at: number,
    mark: string,
    whole: (text: string) => void,
  ): number {
    const before = this.filled;
    const count = Math.min(chunk.length - at, this.text.length - before);
    this.text.set(chunk.subarray(at, at + count), before);
    this.filled += count;
    const found = this.text
      .subarray(0, this.filled)
      .indexOf(mark, Math.max(0, before - mark.length + 1), 'latin1');
    if (found < 0) {
      if (this.filled === this.text.length) throw new MalformedResponse(TOO_LONG);
      return at + count;
    }
    this.filled = 0;
    whole(this.text.toString('latin1', 0, found));
    return at + found + mark.length - before;
  }

  private readHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const match = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(first);
    if (match === null) throw new MalformedResponse(NOT_HTTP);
    const status = Number(match[2]);
    const headers = readHeaders(lines);
    if (status < 200) {
      // 101 would end HTTP on this connection, and was not asked for.
      if (status === 101 || ++this.interims > INTERIM_MAX) throw new MalformedResponse(NOT_HTTP);
      return;
    }
    this.interims = 0;
    const options = (headers.connection ?? '').toLowerCase().split(/[ \t]*,[ \t]*/);
    this.keepAlive = match[1] === '1' ? !options.includes('close') : options.includes('keep-alive');
    this.state = this.bodyOf(status, headers);
    if (this.state === 'until-close') this.keepAlive = false;
    this.events.head(status, headers);
    if (this.state === 'counted' && this.left === 0 && !this.stopped) this.ended();
  }

  /** Where the body ends (RFC 9112, 6.3). Two answers to that are none. */
  private bodyOf(status: number, headers: Headers): State {
    const length = headers['content-length'];
    const coding = headers['transfer-encoding'];
    this.left = 0;
    if (status === 204 || status === 304) return 'counted';
    if (coding !== undefined) {
      if (length !== undefined || coding.toLowerCase() !== 'chunked') {
        throw new MalformedResponse('sends an answer without a certain end');
      }
      return 'chunk-size';
    }
    if (length === undefined) return 'until-close';
    if (!/^\d{1,15}$/.test(length)) {
      throw new MalformedResponse('sends an answer without a certain end');
    }
    this.left = Number(length);
    return 'counted';
  }

  private readChunkSize(line: string): void {
    const match = /^([0-9a-f]{1,13})[ \t]*(?:;|$)/i.exec(line);
    if (match === null) throw new MalformedResponse(NOT_HTTP);
    this.left = parseInt(match[1] ?? '', 16);
    this.trailerBytes = 0;
    this.state = this.left === 0 ? 'trailer' : 'chunk';
  }

  private ended(): void {
    this.state = 'head';
    this.events.end(this.keepAlive);
  }
}

const NOT_HTTP = 'does not answer in HTTP';
const TOO_LONG = 'answers with headers that are too long';

function readHeaders(lines: readonly string[]): Headers {
  const headers: Partial<Record<HeaderName, string>> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    // No white space in a name: that is how one header is hidden in another.
    if (colon <= 0 || !/^[!#$%&'*+\-.^_`|~\w]+$/.test(line.slice(0, colon))) {
      throw new MalformedResponse(NOT_HTTP);
    }
    const value = line.slice(colon + 1).replace(/^[ \t]+/, '');
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new MalformedResponse(NOT_HTTP);
    const name = line.slice(0, colon).toLowerCase();
    if (!isKnown(name)) continue;
    const before = headers[name];
    headers[name] = before === undefined ? trimmedEnd(value) : `${before}, ${trimmedEnd(value)}`;
  }
  return headers;
}

function isKnown(name: string): name is HeaderName {
  return KNOWN.has(name);
}

/** Without spaces and tabs at its end; a regular expression would take quadratic time for many in its middle. */
function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(0, end);
}
