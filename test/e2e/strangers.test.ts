// Strangers at the door of `share`: whatever they send, the process goes on serving the others.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Packr } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Sharer } from './harness.ts';
import { Lab, MIB, sha256Of } from './harness.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

let lab: Lab;
let file: string;
let sharer: Sharer;
let id: Buffer;
let port: number;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('served.bin', 2 * MIB);
  sharer = await lab.share(file);
  id = Buffer.from(/xt=([0-9a-f]{64})/.exec(sharer.link)![1]!, 'hex');
  port = Number(new URL(sharer.address).port);
});
afterAll(() => lab.close());

const hello = (over: { id?: Uint8Array; versions?: number[] } = {}): Uint8Array =>
  packr.pack([0, over.versions ?? [2], over.id ?? id, randomBytes(16), 2, 'stranger/1']);

/** Sends the frames and answers the close code. */
function visit(...frames: (Uint8Array | string)[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(sharer.address, { perMessageDeflate: false });
    const timer = setTimeout(() => {
      socket.terminate();
      reject(new Error('the link was not closed'));
    }, 30_000);
    socket.on('open', () => frames.forEach((frame) => socket.send(frame)));
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

const MALFORMED = 4000;
const TOO_LARGE = 4001;

describe('a stranger', () => {
  it.each<[string, () => (Uint8Array | string)[], number[]]>([
    ['text', () => ['hello'], [MALFORMED]],
    ['random bytes', () => [randomBytes(500)], [MALFORMED, 4004]],
    ['an empty frame', () => [Buffer.alloc(0)], [MALFORMED]],
    // 1009 is the code of RFC 6455 for a message that is too big for the WebSocket itself.
    ['a frame of 100 KB', () => [Buffer.alloc(100_000, 1)], [TOO_LARGE, 1009]],
    ['a hello that is cut short', () => [hello().subarray(0, 20)], [MALFORMED]],
    [
      'nested arrays',
      () => [Buffer.concat([Buffer.alloc(5000, 0x91), Buffer.from([0])])],
      [MALFORMED, TOO_LARGE],
    ],
    [
      'an array that claims 2^32 items',
      () => [Buffer.from([0xdd, 255, 255, 255, 255])],
      [MALFORMED, TOO_LARGE],
    ],
    ['a want before hello', () => [packr.pack([9, Buffer.from([0])])], [4004]],
    ['two hellos', () => [hello(), hello()], [4004]],
    ['another content', () => [hello({ id: randomBytes(32) })], [4003]],
    ['a version from the future', () => [hello({ versions: [77] })], [4002]],
    ['a version of the past', () => [hello({ versions: [1] })], [4002]],
    [
      'a symbol nobody wants',
      () => [hello(), Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0]), randomBytes(16_384)])],
      [4004, 4005, MALFORMED],
    ],
    [
      'a recoded symbol nobody asked for',
      () => [
        hello(),
        Buffer.concat([Buffer.from([2, 1, 0, 0, 0, 0, 0, 0, 1]), randomBytes(16_384)]),
      ],
      [4004, 4005],
    ],
    [
      'an id out of range',
      () => [hello(), packr.pack([9, Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f])])],
      [MALFORMED, 4004],
    ],
    ['a type that does not exist', () => [hello(), packr.pack([99])], [MALFORMED]],
  ])('sends %s', async (_what, frames, codes) => {
    expect(codes).toContain(await visit(...frames()));
    expect(sharer.program.running).toBe(true);
  });

  it('speaks HTTP, or nothing at all', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/../../etc/passwd`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    for (const bytes of [randomBytes(2000), Buffer.from('GET / HTTP/1.1\r\n')]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(bytes, () => socket.destroy()),
        );
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    }
    expect(sharer.program.running).toBe(true);
  });

  it('is forgotten: the next one is served', async () => {
    const out = lab.path('after-all');
    const got = await lab.run('get', sharer.link, '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(sharer.program.running).toBe(true);
    expect(sharer.program.stderr).not.toContain('    at ');
  });
});
