// The driver between a socket and a machine: recoded frames as they arrive and as they are asked for. The machine is
// played by the test.

import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocket as Client, WebSocketServer } from 'ws';
import type { TransferInput, TransferOutput, TransferStatus } from '../../src/engine/index.ts';
import type { Machine } from '../../src/node/driver.ts';
import { Driver } from '../../src/node/driver.ts';
import { OutgoingFrames } from '../../src/node/outgoing-frames.ts';
import { SymbolSums } from '../../src/node/symbol-sums.ts';
import {
  CLOSE,
  decodeRecodedFrame,
  encodeRecodedHeader,
  encodeSymbolFrame,
  recodedPayloads,
} from '../../src/wire/index.ts';
import { MemoryStorage } from './memory-storage.ts';

const K = 16;
const T = 40;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Notes its inputs, and does what the test says next. */
class Puppet implements Machine {
  readonly seen: TransferInput[] = [];
  private readonly outputs: TransferOutput[] = [];
  private waiting: (() => void) | undefined;

  handle(input: TransferInput): void {
    if (input.kind === 'timeout') return;
    this.seen.push(input);
    if (input.kind === 'start') this.outputs.push({ kind: 'open', descriptor: new Uint8Array(0) });
    this.waiting?.();
  }

  poll(): TransferOutput {
    return this.outputs.shift() ?? { kind: 'timeout', at: Infinity };
  }

  status(): TransferStatus {
    throw new Error('nobody asks');
  }

  /** Does something with the next input, whatever it is. */
  plan(...outputs: TransferOutput[]): void {
    this.outputs.push(...outputs);
  }

  /** The first input of this kind, once it came. */
  async saw<Kind extends TransferInput['kind']>(
    kind: Kind,
  ): Promise<Extract<TransferInput, { kind: Kind }>> {
    for (;;) {
      const at = this.seen.findIndex((input) => input.kind === kind);
      const [found] = at < 0 ? [] : this.seen.splice(at, 1);
      if (found !== undefined) return found as Extract<TransferInput, { kind: Kind }>;
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
  }
}

async function driven(storage: MemoryStorage) {
  const machine = new Puppet();
  const driver = new Driver({
    machine,
    openStorage: () => Promise.resolve(storage),
    onEvent: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  closing.push(async () => {
    await driver.close();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  server.once('connection', (socket: WebSocket) => driver.accept(socket, 'test'));
  const { port } = server.address() as { port: number };
  const client = new Client(`ws://127.0.0.1:${port}`);
  const isOpen = new Promise((resolve) => client.once('open', resolve));
  const { link } = await machine.saw('link-open');
  await isOpen;
  return { machine, driver, client, link };
}

function recodedFrame(storage: MemoryStorage, symbols: readonly (readonly number[])[]): Uint8Array {
  const degrees = symbols.map((esis) => esis.length);
  const frame = encodeRecodedHeader(0, 77, degrees, T);
  symbols.forEach((esis, i) => recodedPayloads(frame).set(storage.sum(esis), i * T));
  return frame;
}

test('a recoded frame goes to the machine, into a row, and becomes a symbol', async () => {
  const storage = new MemoryStorage(K, T);
  storage.held.add(4);
  const { machine, driver, client, link } = await driven(storage);
  driver.start();
  await machine.saw('opened');
  client.send(recodedFrame(storage, [[4, 9], [4], [1, 2, 3]]));
  const { frame, ...rest } = await machine.saw('recoded');
  expect(rest).toEqual({ kind: 'recoded', link, sbn: 0, first: 77, degrees: [2, 1, 3] });
  machine.plan(
    { kind: 'quarantine', link, frame, keep: [0, 2], rows: [6, 1] },
    { kind: 'peel', row: 6, sbn: 0, esi: 9, known: [4] },
    { kind: 'release', rows: [1] },
  );
  client.send(encodeSymbolFrame(0, [5], [storage.symbol(5)], T));
  expect((await machine.saw('symbols')).esis).toEqual([5]);
  expect(await machine.saw('peeled')).toEqual({ kind: 'peeled', row: 6, verdict: 'kept' });
  expect(storage.held.has(9)).toBe(true);
});

test('recoded frames are refused for the same reasons as others', async () => {
  const storage = new MemoryStorage(K, T);
  const { machine, driver, client } = await driven(storage);
  const right = recodedFrame(storage, [[1, 2]]);
  client.send(right);
  expect((await machine.saw('violation')).code).toBe(CLOSE.UNEXPECTED);
  driver.start();
  await machine.saw('opened');
  client.send(right.subarray(1, 1)); // empty
  expect((await machine.saw('violation')).code).toBe(CLOSE.MALFORMED);
  client.send(right.subarray(0, right.length - 1));
  expect((await machine.saw('violation')).code).toBe(CLOSE.MALFORMED);
  const steep = right.slice();
  steep[8] = 65;
  client.send(steep);
  expect((await machine.saw('violation')).code).toBe(CLOSE.TOO_LARGE);
  client.send(right);
  expect((await machine.saw('recoded')).degrees).toEqual([2]);
});

test('a recode output becomes a frame on the link, and is answered', async () => {
  const storage = new MemoryStorage(K, T);
  for (const esi of [0, 3, 20]) storage.held.add(esi);
  const { machine, driver, client, link } = await driven(storage);
  const arrived = new Promise<Buffer>((resolve) => client.once('message', resolve));
  const recode = { kind: 'recode', link, sbn: 0, first: 5 } as const;
  machine.plan({ ...recode, symbols: [[1]] }); // nothing is open yet
  driver.addSource('anywhere');
  expect(await machine.saw('unreadable')).toEqual({
    kind: 'unreadable',
    link,
    sbn: 0,
    count: 1,
    esis: [],
  });
  driver.start();
  await machine.saw('opened');
  const symbols = [[20, 0], [3, 0, 20], [3]];
  machine.plan({ ...recode, symbols }, { ...recode, symbols: [[0, 1], [0]] });
  driver.addSource('anywhere');
  expect(await machine.saw('sent')).toEqual({ kind: 'sent', link, count: 3 });
  expect(await machine.saw('unreadable')).toMatchObject({ count: 2, esis: [] });
  const frame = decodeRecodedFrame(await arrived, T);
  expect(frame).toMatchObject({ sbn: 0, first: 5, degrees: [2, 3, 1] });
  frame.payloads.forEach((payload, i) => {
    expect(Buffer.compare(payload, storage.sum(symbols[i] ?? []))).toBe(0);
  });
});

test('rows go with the end of a block, which waits for the peels before it', async () => {
  const storage = new MemoryStorage(K, T);
  storage.held.add(4);
  const calls: unknown[] = [];
  storage.finishBlock = (...args: unknown[]) => {
    calls.push([storage.held.has(9), ...args]);
    return Promise.resolve({ outcome: 'short', missing: 3 });
  };
  const { machine, driver, client, link } = await driven(storage);
  driver.start();
  await machine.saw('opened');
  client.send(
    recodedFrame(storage, [
      [4, 9],
      [1, 2],
      [5, 6],
    ]),
  );
  const { frame } = await machine.saw('recoded');
  const [one, two] = [
    { row: 1, esis: [1, 2] },
    { row: 2, esis: [5, 6] },
  ];
  machine.plan(
    { kind: 'quarantine', link, frame, keep: [0, 1, 2], rows: [0, 1, 2] },
    { kind: 'peel', row: 0, sbn: 0, esi: 9, known: [4] },
    { kind: 'finish-block', sbn: 0, held: [4], recoded: [one], judge: [two] },
    { kind: 'release', rows: [1, 2] },
  );
  driver.addSource('anywhere');
  const finished = await machine.saw('block-finished');
  expect(finished).toEqual({ kind: 'block-finished', sbn: 0, outcome: 'short', missing: 3 });
  const equation = { ...one, bytes: storage.sum(one.esis) };
  const judged = { ...two, bytes: storage.sum(two.esis) };
  expect(calls).toEqual([[true, 0, [4], [equation], [judged]]]);
});

test('recoded frames are the XORs of their symbols, each of which is read once', async () => {
  const symbolLists = (window: number) =>
    fc.array(
      fc.array(
        fc.uniqueArray(fc.nat(window - 1), { minLength: 1, maxLength: Math.min(64, window) }),
        { minLength: 1, maxLength: 6 },
      ),
      { minLength: 1, maxLength: 8 },
    );
  const scenario = fc.integer({ min: 1, max: 24 }).chain((sourceSymbols) =>
    fc.record({
      sourceSymbols: fc.constant(sourceSymbols),
      symbolBytes: fc.integer({ min: 1, max: 50 }),
      frames: symbolLists(2 * sourceSymbols),
      missing: fc.option(fc.nat(2 * sourceSymbols - 1)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(scenario, async ({ sourceSymbols, symbolBytes, frames, missing }) => {
      const storage = new MemoryStorage(sourceSymbols, symbolBytes);
      storage.held.addRange(0, storage.layout.idCount);
      if (missing !== null) storage.held.delete(missing);
      const sent: Uint8Array[] = [];
      const fed: TransferInput[] = [];
      const work: Promise<void>[] = [];
      const outgoing = new OutgoingFrames(
        {
          sendFrame: (_link, frame, done) => {
            sent.push(new Uint8Array(frame));
            frame.fill(0xee); // the buffer is used again
            done(true);
          },
        },
        (input) => fed.push(input),
        (promise) => work.push(promise),
      );
      outgoing.from = { storage, sums: new SymbolSums(storage) };
      for (const [first, symbols] of frames.entries()) {
        outgoing.recode({ kind: 'recode', link: 1, sbn: 0, first, symbols });
      }
      await Promise.all(work);
      const readable = frames.filter((symbols) =>
        symbols.every((esis) => missing === null || !esis.includes(missing)),
      );
      expect(sent.map((frame) => decodeRecodedFrame(frame, symbolBytes).payloads)).toEqual(
        readable.map((symbols) => symbols.map((esis) => storage.sum(esis))),
      );
      expect(fed.map(({ kind }) => kind).sort()).toEqual(
        frames.map((symbols) => (readable.includes(symbols) ? 'sent' : 'unreadable')).sort(),
      );
      if (missing !== null) return;
      const inOrder = (a: number, b: number): number => a - b;
      for (const esis of storage.reads) expect(esis).toEqual([...esis].sort(inOrder));
      expect(storage.reads.flat().sort(inOrder)).toEqual(
        [...new Set(frames.flat(2))].sort(inOrder),
      );
    }),
    { numRuns: 100 },
  );
});
