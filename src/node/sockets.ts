// The open WebSockets of one transfer: what arrives is checked for kind and size and handed on, what leaves
// goes to the right one. No byte of a message is looked into beyond its first.

import type { WebSocket } from 'ws';
import type { LinkId } from '../base/index.ts';
import { CLOSE, frameKind, LIMITS } from '../wire/index.ts';
import { humanReason, systemCode } from './errors.ts';
import { CLOSE_MS } from './socket-options.ts';

/** What a socket tells the driver. */
export interface SocketEvents {
  control(link: LinkId, bytes: Uint8Array): void;
  symbols(link: LinkId, frame: Uint8Array): void;
  recoded(link: LinkId, frame: Uint8Array): void;
  violation(link: LinkId, code: number, reason: string): void;
  closed(link: LinkId, code: number, reason: string): void;
}

interface Open {
  readonly socket: WebSocket;
  /** This end has said goodbye: what still arrives is of no use. */
  closing: boolean;
  /** Why the socket failed, when it did: the close event itself does not say. */
  failure: string | undefined;
}

/**
 * Bytes that may wait for a peer to read them. Frames are few at a time, answers to requests are not: a peer that
 * asks and never reads is cut here.
 */
const UNREAD_BYTES_MAX = 32 * 1024 * 1024;
/** Pings of the WebSocket itself are answered while no more than this waits. */
const PONG_UNREAD_BYTES_MAX = 64 * 1024;

/**
 * Node reads up to 2 MiB of a socket before it looks at anything else, and hashing and storing so much takes 10 ms. After
 * this time a socket pauses until the event loop has turned. It costs about 5 % of a plain download's processor time, and
 * halves its longest turns (p99 10.5 → 5.7 ms of processor time).
 */
const TURN_MS = 1;

/** Longest reason in a close frame, bytes (RFC 6455, 5.5). */
const REASON_BYTES_MAX = 123;

export class Sockets {
  private readonly open = new Map<LinkId, Open>();
  private readonly events: SocketEvents;
  private readonly newLink: () => LinkId;
  private emptied: (() => void) | undefined;
  /** When the first message of this turn of the event loop came. */
  private turnBegan: number | undefined;

  /** @param newLink names a link, differently each time */
  constructor(events: SocketEvents, newLink: () => LinkId) {
    this.events = events;
    this.newLink = newLink;
  }

  get count(): number {
    return this.open.size;
  }

  /** Takes over an open socket and names its link. Events come only after this returned. */
  add(socket: WebSocket): LinkId {
    const link = this.newLink();
    const entry: Open = { socket, closing: false, failure: undefined };
    this.open.set(link, entry);
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!entry.closing) this.arrived(link, data, isBinary);
      this.yieldAfterTurn(socket);
    });
    socket.on('ping', (data: Buffer) => {
      if (socket.bufferedAmount <= PONG_UNREAD_BYTES_MAX) socket.pong(data, false, ignore);
    });
    socket.on('error', (error) => {
      entry.failure = humanReason(error);
      if (entry.closing) return;
      // ws itself closes after these; the machine is told whose fault it was.
      const code = systemCode(error) ?? '';
      const tooLarge =
        code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS';
      if (tooLarge) this.events.violation(link, CLOSE.TOO_LARGE, entry.failure);
      else if (code.startsWith('WS_ERR_')) {
        this.events.violation(link, CLOSE.MALFORMED, entry.failure);
      }
    });
    socket.on('close', (code: number, reason: Buffer) => {
      this.open.delete(link);
      const text = reason.length > 0 ? reason.toString('utf8') : '';
      if (!entry.closing) this.events.closed(link, code, text || (entry.failure ?? ''));
      if (this.open.size === 0) this.emptied?.();
    });
    return link;
  }

  /** Sends a control message; nothing happens when the link is gone. */
  send(link: LinkId, bytes: Uint8Array): void {
    const entry = this.open.get(link);
    if (entry === undefined || entry.closing) return;
    entry.socket.send(bytes, ignore);
    if (entry.socket.bufferedAmount <= UNREAD_BYTES_MAX) return;
    entry.failure = 'does not read what it asked for';
    entry.socket.terminate();
  }

  /** Sends a symbol frame; `sent` is called once: with true when it has left, with false when it never will. */
  sendFrame(link: LinkId, frame: Uint8Array, sent: (left: boolean) => void): void {
    const entry = this.open.get(link);
    if (entry === undefined || entry.closing) queueMicrotask(() => sent(false));
    else entry.socket.send(frame, (error) => sent(error === undefined || error === null));
  }

  /** Says goodbye with the last bytes, then closes; cuts the socket when the other end does not answer. */
  close(link: LinkId, code: number, reason: string, bytes: Uint8Array | undefined): void {
    const entry = this.open.get(link);
    if (entry === undefined || entry.closing) return;
    if (bytes !== undefined) entry.socket.send(bytes, ignore);
    entry.closing = true;
    entry.socket.close(code, cut(reason));
    // ws only counts from the moment its own close frame is out, which a peer that reads nothing delays.
    setTimeout(() => entry.socket.terminate(), 2 * CLOSE_MS).unref();
  }

  /** Says goodbye on all links. */
  closeAll(code: number, reason: string, bytes: Uint8Array): void {
    for (const link of [...this.open.keys()]) this.close(link, code, reason, bytes);
  }

  /** Resolves when no socket is open; cuts those that are after `ms`. */
  async drained(ms: number): Promise<void> {
    if (this.open.size === 0) return;
    const timer = setTimeout(() => {
      for (const { socket } of this.open.values()) socket.terminate();
    }, ms);
    await new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
    clearTimeout(timer);
  }

  /** Lets the event loop turn when messages have kept it long enough. */
  private yieldAfterTurn(socket: WebSocket): void {
    const now = performance.now();
    if (this.turnBegan === undefined) {
      this.turnBegan = now;
      setImmediate(() => {
        this.turnBegan = undefined;
      });
    } else if (now - this.turnBegan > TURN_MS && !socket.isPaused) {
      socket.pause();
      setImmediate(() => socket.resume());
    }
  }

  private arrived(link: LinkId, data: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      this.events.violation(link, CLOSE.MALFORMED, 'text message');
      return;
    }
    switch (frameKind(data)) {
      case 'symbols':
        this.events.symbols(link, data);
        return;
      case 'recoded':
        this.events.recoded(link, data);
        return;
      case 'control':
        if (data.length > LIMITS.controlBytesMax) {
          this.events.violation(link, CLOSE.TOO_LARGE, `control message of ${data.length} bytes`);
        } else {
          this.events.control(link, data);
        }
        return;
      case undefined:
        this.events.violation(link, CLOSE.MALFORMED, 'message of an unknown kind');
    }
  }
}

/** Failures to send show as a close event. */
function ignore(): void {
  return undefined;
}

/** Fits the reason into a close frame without splitting a character. */
function cut(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}
