// One link as a machine: hello, legality of messages, round trips and liveness. It carries a sender and a
// receiver once the layout is known. Everything it wants done comes out of poll(); it never throws.

import { equalBytes, ProtocolError } from '../base/index.ts';
import type { Message, MessageOf } from '../wire/index.ts';
import { CLOSE, decodeControl, encodeControl, FLAG, PROTOCOL_VERSIONS } from '../wire/index.ts';

/** The other end must say hello within this time, ms. */
const HELLO_MS = 10_000;
/** After this long without a word a ping goes out, ms. */
const PING_MS = 20_000;
/** After this long without a word the link ends, ms. */
const SILENT_MS = 60_000;

export type LinkInput =
  { readonly kind: 'control'; readonly bytes: Uint8Array } | { readonly kind: 'timeout' };

export type LinkOutput =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** The other end said hello: `agent` and `flags` are known. */
  | { readonly kind: 'ready' }
  /** A message that is legal now and not the link's own business. */
  | {
      readonly kind: 'message';
      readonly message: Exclude<Message, LinkMessage>;
      /** Bytes it had on the wire. */
      readonly size: number;
    }
  | {
      readonly kind: 'close';
      readonly code: number;
      readonly reason: string;
      readonly bytes: Uint8Array | undefined;
    };

/** Messages that the link answers itself. */
type LinkMessage = MessageOf<'hello' | 'ping' | 'pong' | 'bye'>;

export interface LinkOptions {
  readonly contentId: Uint8Array;
  /** 16 random bytes, the same for all links of this process, so that it knows itself. */
  readonly nonce: Uint8Array;
  readonly agent: string;
  readonly flags: number;
}

export class Link {
  phase: 'hello' | 'open' | 'closed' = 'hello';
  /** What the other end says it is: sum of FLAG bits. */
  remoteFlags = 0;
  /** Its program, for people. */
  remoteAgent = '';
  /** Round-trip time, ms: the last measurement. */
  rttMs = 100;
  private readonly o: LinkOptions;
  private readonly outputs: LinkOutput[] = [];
  private openedAt: number;
  private heardAt: number;
  private pingAt: number | undefined;
  private pings = 0;

  constructor(options: LinkOptions, now: number) {
    this.o = options;
    this.openedAt = now;
    this.heardAt = now;
    this.send({
      type: 'hello',
      versions: PROTOCOL_VERSIONS,
      contentId: options.contentId,
      nonce: options.nonce,
      flags: options.flags,
      agent: options.agent,
    });
  }

  get complete(): boolean {
    return (this.remoteFlags & FLAG.complete) !== 0;
  }
  get fetching(): boolean {
    return (this.remoteFlags & FLAG.fetching) !== 0;
  }
  get serving(): boolean {
    return (this.remoteFlags & FLAG.serving) !== 0;
  }

  handle(input: LinkInput, now: number): void {
    if (this.phase === 'closed') return;
    try {
      if (input.kind === 'control')
        this.control(decodeControl(input.bytes), input.bytes.length, now);
      else this.timeout(now);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(error.code, error.message);
    }
  }

  /** The next thing to do, or undefined. */
  poll(): LinkOutput | undefined {
    return this.outputs.shift();
  }

  /** When `timeout` is due, ms. */
  get timeoutAt(): number {
    if (this.phase === 'hello') return this.openedAt + HELLO_MS;
    return this.heardAt + (this.pingAt === undefined ? PING_MS : SILENT_MS);
  }

  /** Symbols came, or this process slept: the other end is not silent. */
  heard(now: number): void {
    this.heardAt = now;
    if (this.phase === 'hello') this.openedAt = now;
  }

  /** Sends a message; returns its size in bytes. */
  send(message: Message): number {
    const bytes = encodeControl(message);
    if (this.phase !== 'closed') this.outputs.push({ kind: 'send', bytes });
    return bytes.length;
  }

  /** Ends the link, saying why. */
  close(code: number, reason: string): void {
    if (this.phase === 'closed') return;
    const plain = reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
    const bytes = encodeControl({ type: 'bye', code, reason: plain });
    this.phase = 'closed';
    this.outputs.push({ kind: 'close', code, reason: plain, bytes });
  }

  private control(message: Message, size: number, now: number): void {
    this.heardAt = now;
    if (message.type === 'bye') {
      this.phase = 'closed';
      const reason = `closed by the other end: ${message.reason}`;
      this.outputs.push({ kind: 'close', code: message.code, reason, bytes: undefined });
      return;
    }
    if ((message.type === 'hello') !== (this.phase === 'hello')) {
      throw new ProtocolError(CLOSE.UNEXPECTED, `${message.type} in phase ${this.phase}`);
    }
    switch (message.type) {
      case 'hello':
        this.hello(message, now);
        break;
      case 'ping':
        this.send({ type: 'pong', token: message.token });
        break;
      case 'pong':
        if (this.pingAt !== undefined && message.token === this.pings) {
          this.rttMs = now - this.pingAt;
          this.pingAt = undefined;
        }
        break;
      case 'status':
        this.remoteFlags = message.flags;
        this.outputs.push({ kind: 'message', message, size });
        break;
      default:
        this.outputs.push({ kind: 'message', message, size });
    }
  }

  private hello(message: MessageOf<'hello'>, now: number): void {
    if (!message.versions.some((version) => PROTOCOL_VERSIONS.includes(version))) {
      throw new ProtocolError(
        CLOSE.VERSION,
        `speaks versions ${message.versions.join()}, not ours`,
      );
    }
    if (!equalBytes(message.contentId, this.o.contentId)) {
      throw new ProtocolError(CLOSE.UNKNOWN_CONTENT, 'serves another content');
    }
    if (equalBytes(message.nonce, this.o.nonce)) {
      throw new ProtocolError(CLOSE.SELF, 'dialled itself');
    }
    this.phase = 'open';
    this.remoteFlags = message.flags;
    this.remoteAgent = message.agent;
    this.ping(now);
    this.outputs.push({ kind: 'ready' });
  }

  private ping(now: number): void {
    this.pingAt = now;
    this.send({ type: 'ping', token: ++this.pings });
  }

  private timeout(now: number): void {
    if (now < this.timeoutAt) return;
    if (this.phase === 'hello') this.close(CLOSE.IDLE, 'no hello in time');
    else if (this.pingAt === undefined) this.ping(now);
    else this.close(CLOSE.IDLE, 'silent for too long');
  }
}
