// A small peer that speaks the protocol from its text (protocol/wire.md, session.md, summaries.md), with
// its own encoding, and misbehaves on demand. It claims to be a full source, or to have a pool to recode from.

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { Layout } from '../../src/content/index.ts';

const COMPLETE = 1;
const SERVING = 4;
const packr = new Packr({ useRecords: false });

export interface RogueOptions {
  readonly contentId: string;
  readonly length: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  readonly windowRatio: number;
  /**
   * wrong: symbols of random bytes. recoded: sums of random bytes, to a receiver that asks for sums. nothing: no
   * symbols at all. noise: no protocol at all.
   */
  readonly sends: 'wrong' | 'recoded' | 'nothing' | 'noise';
  /** Degree of its sums. Default 4. */
  readonly degree?: number;
}

/** What `inspect` prints of a descriptor is enough to make one. */
export class Rogue {
  readonly address: string;
  /** Symbols asked of it, and sent by it. */
  asked = 0;
  sent = 0;
  /** Times it was dialled. */
  links = 0;
  /** Close codes that the other ends gave. */
  readonly closeCodes: number[] = [];
  private readonly server: WebSocketServer;
  private readonly options: RogueOptions;
  private readonly layout: Layout;
  private readonly next: number[] = [];

  private constructor(server: WebSocketServer, options: RogueOptions) {
    this.server = server;
    this.options = options;
    this.layout = new Layout(options);
    this.address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(options: RogueOptions): Promise<Rogue> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await new Promise<void>((resolve) => server.once('listening', resolve));
    return new Rogue(server, options);
  }

  close(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }

  private serve(socket: WebSocket): void {
    this.links++;
    socket.on('error', () => undefined);
    socket.on('close', (code) => this.closeCodes.push(code));
    if (this.options.sends === 'noise') {
      socket.send(randomBytes(1000));
      return;
    }
    const id = Buffer.from(this.options.contentId, 'hex');
    const flags = this.options.sends === 'recoded' ? SERVING : SERVING + COMPLETE;
    say(socket, [0, [2], id, randomBytes(16), flags, 'rogue/1']);
    socket.on('message', (data) => {
      const bytes = data as Buffer;
      if (bytes[0] !== 0x01) this.answer(socket, packr.unpack(bytes) as unknown[]);
    });
  }

  private answer(socket: WebSocket, message: unknown[]): void {
    switch (message[0]) {
      case 1: // want-descriptor
        return say(socket, [2, 0, 0, Buffer.alloc(0)]);
      case 3: // want-leaves
        return say(socket, [4, message[1], 0, Buffer.alloc(0)]);
      case 5: // ask: all windows are full (form 3, no exceptions)
        if (this.options.sends === 'recoded') {
          return say(socket, [16, 0, this.options.blockCount, false, Buffer.from([3, 0])]);
        }
        return say(socket, [6, 0, 0, this.options.blockCount, false, 0, Buffer.from([3, 0])]);
      case 8: // grant
        return this.grant(socket, message[1] as number[]);
      case 9: // want
        return this.want(socket, message[1] as Uint8Array);
      case 12: // ping
        return say(socket, [13, message[1]]);
      default:
        return;
    }
  }

  private grant(socket: WebSocket, pairs: number[]): void {
    for (let i = 0; i < pairs.length; i += 2) {
      const sbn = pairs[i]!;
      const first = this.next[sbn] ?? 0;
      if (this.options.sends === 'recoded') {
        this.next[sbn] = first + pairs[i + 1]!;
        for (let n = 0; n < pairs[i + 1]!; n++) this.sum(socket, sbn, first + n);
        continue;
      }
      const last = Math.min(first + pairs[i + 1]!, this.layout.windowSize(sbn));
      this.next[sbn] = last;
      for (let esi = first; esi < last; esi++) this.symbol(socket, sbn, esi);
    }
  }

  private want(socket: WebSocket, body: Uint8Array): void {
    for (const id of idRuns(body)) {
      this.symbol(socket, this.layout.sbnOf(id), this.layout.esiOf(id));
    }
  }

  private symbol(socket: WebSocket, sbn: number, esi: number): void {
    this.asked++;
    if (this.options.sends !== 'wrong' || socket.readyState !== socket.OPEN) return;
    this.sent++;
    const head = Buffer.from([1, 1, sbn >> 8, sbn, esi >> 16, esi >> 8, esi]);
    socket.send(Buffer.concat([head, randomBytes(this.options.symbolBytes)]));
  }

  private sum(socket: WebSocket, sbn: number, number: number): void {
    this.asked++;
    if (socket.readyState !== socket.OPEN) return;
    this.sent++;
    const head = Buffer.alloc(9);
    head.writeUInt8(2, 0);
    head.writeUInt8(1, 1);
    head.writeUInt16BE(sbn, 2);
    head.writeUInt32BE(number, 4);
    head.writeUInt8(this.options.degree ?? 4, 8);
    socket.send(Buffer.concat([head, randomBytes(this.options.symbolBytes)]));
  }
}

function say(socket: WebSocket, message: unknown[]): void {
  socket.send(packr.pack(message));
}

/** wire.md, "Id runs". */
export function idRuns(body: Uint8Array): number[] {
  const ids: number[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  let end = 0;
  while (at < body.length) {
    const v = varint();
    const first = end + Math.floor(v / 2);
    end = first + (v % 2 === 1 ? varint() + 2 : 1);
    for (let id = first; id < end; id++) ids.push(id);
  }
  return ids;
}
