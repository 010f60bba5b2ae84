// Bytes of an enemy into every decoder of the wire: nothing but ProtocolError comes out, soon, and without
// taking memory for what is only claimed. SEED=n repeats a run.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { concatBytes, fromHex, ProtocolError, Rng, toHex } from '../../src/base/index.ts';
import {
  CLOSE,
  decodeControl,
  decodeRecodedFrame,
  decodeSymbolFrame,
  frameKind,
  LIMITS,
} from '../../src/wire/index.ts';
import { refusal } from '../wire/refusal.ts';

const FRAMES = 200_000;
/** Far above what a frame takes (microseconds), far below what a quadratic decoder would. */
const FRAME_MS_MAX = 400;
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** Heads that claim much, extensions, and edges of ranges. */
const NASTY = [
  'dfffffffff', 'ddffffffff', 'dcffff', 'c6ffffffff', 'dbffffffff', 'c9ffffffff72', 'd47240', 'd47300',
  'd6ff00000000', 'c70572', '81a95f5f70726f746f5f5f80', 'cf001fffffffffffff', 'cfffffffffffffffff', 'ff',
  'd3ffffffffffffffff', 'cb7ff8000000000000', 'c1', '91919191919191', 'a0', 'c400', '90', 'c7007200', '62',
].map(fromHex); // prettier-ignore

const corpus = validFrames();

test(`${FRAMES} mutated frames, seed ${seed}`, () => {
  console.log(`hostile/wire: SEED=${seed}`);
  const rng = new Rng(seed);
  let slowest = 0;
  const accepted = new Map<string | undefined, number>();
  const codes = new Map<number, number>();
  for (let i = 0; i < FRAMES; i++) {
    const frame = i % 4 === 0 ? random(rng) : mutate(rng);
    const symbolBytes = 1 + rng.below(rng.below(2) === 0 ? 8 : LIMITS.symbolBytesMax);
    const start = performance.now();
    try {
      const kind = frameKind(frame);
      if (kind === 'symbols') decodeSymbolFrame(frame, symbolBytes);
      else if (kind === 'recoded') decodeRecodedFrame(frame, symbolBytes);
      else decodeControl(frame);
      accepted.set(kind, (accepted.get(kind) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw new Error(
          `seed ${seed}, frame ${i}: ${toHex(frame.subarray(0, 200))}: ${String(error)}`,
        );
      }
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  // The mutations reach both sides: some frames are still messages, and both codes occur.
  expect(accepted.get('control')).toBeGreaterThan(FRAMES / 100);
  expect(accepted.get('symbols')).toBeGreaterThan(FRAMES / 10_000);
  expect(accepted.get('recoded')).toBeGreaterThan(FRAMES / 10_000);
  expect([...codes.keys()].sort()).toEqual([CLOSE.MALFORMED, CLOSE.TOO_LARGE]);
  expect(codes.get(CLOSE.TOO_LARGE)).toBeGreaterThan(FRAMES / 1000);
  expect(slowest).toBeLessThan(FRAME_MS_MAX);
});

test('claims of gigabytes take no memory', () => {
  const claims = [
    '9209c6ffffffff', '93020ac6ffffffff', '92 0e dbffffffff', '9208ddffffffff', 'dcffff', '92 08 dcffff',
    '92dfffffffff', '9209c9ffffffff72', '92 0c c8ffff05',
  ].map((hex) => fromHex(hex.replaceAll(' ', ''))); // prettier-ignore
  const before = process.memoryUsage();
  for (let i = 0; i < 20_000; i++) {
    expect(refusal(() => decodeControl(claims[i % claims.length]!))).toBeGreaterThanOrEqual(4000);
  }
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 2 ** 20);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(512 * 2 ** 20);
});

test('the time for one frame grows no faster than the frame', () => {
  const text = concatBytes([
    fromHex('93 0e cd03e8 db'.replaceAll(' ', '')),
    u32(65_000),
    spaces(65_000),
  ]);
  const nest = new Uint8Array(65_536).fill(0x91);
  const nils = concatBytes([fromHex('dcfff0'), new Uint8Array(0xfff0).fill(0xc0)]);
  const worst = [text, nest, nils, new Uint8Array(65_536).fill(0x9f), fill(0xdc), fill(0xa1)];
  for (const frame of worst) {
    const times: number[] = [];
    for (let i = 0; i < 9; i++) {
      const start = performance.now();
      expect(refusal(() => decodeControl(frame))).toBeDefined();
      times.push(performance.now() - start);
    }
    // 64 KiB at a byte per 100 ns; typically it is a hundredth of that.
    expect(Math.min(...times)).toBeLessThan(7);
  }
});

test('record definitions and sets are refused wherever they hide', () => {
  const values = [
    'd47240 91 a161 01',
    'c70172 40 91a161',
    'd47300 91 01',
    'c70073 91 01',
    'd56940 40 01',
  ];
  for (const value of values.map((v) => v.replaceAll(' ', ''))) {
    for (const around of ['', '91', '9191', '920c', '910c']) {
      expect(refusal(() => decodeControl(fromHex(around + value)))).toBe(CLOSE.MALFORMED);
    }
  }
});

test('__proto__ is harmless', () => {
  const agent = `a9${toHex(ascii('__proto__'))}`;
  const hello = `96009101c420${'00'.repeat(32)}c410${'00'.repeat(16)}00${agent}`;
  const decoded = decodeControl(fromHex(hello)) as { agent: string };
  expect(decoded.agent).toBe('__proto__');
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  const map = `920c81${agent}81a8${toHex(ascii('polluted'))}c3`;
  expect(refusal(() => decodeControl(fromHex(map)))).toBe(CLOSE.MALFORMED);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a decoder that refused decodes the next message', () => {
  for (let i = 0; i < 100; i++) {
    expect(refusal(() => decodeControl(NASTY[i % NASTY.length]!))).toBeDefined();
    expect(decodeControl(fromHex('920c07'))).toEqual({ type: 'ping', token: 7 });
  }
});

function mutate(rng: Rng): Uint8Array {
  let frame: Uint8Array = corpus[rng.below(corpus.length)]!.slice();
  for (let edits = 1 + rng.below(4); edits > 0; edits--) {
    const at = rng.below(frame.length + 1);
    const kind = rng.below(6);
    if (kind === 0 && at < frame.length) frame[at]! ^= 1 << rng.below(8);
    else if (kind === 1 && at < frame.length) frame[at] = rng.below(256);
    else if (kind === 2) frame = frame.slice(0, at);
    else if (kind === 3) frame = splice(frame, at, NASTY[rng.below(NASTY.length)]!, 0);
    else if (kind === 4)
      frame = splice(frame, at, NASTY[rng.below(NASTY.length)]!, 1 + rng.below(5));
    else frame = splice(frame, at, corpus[rng.below(corpus.length)]!.subarray(0, rng.below(64)), 0);
  }
  return frame;
}

/** Mostly short; the first byte mostly names a kind, so that the decoders are reached. */
function random(rng: Rng): Uint8Array {
  const frame = rng.fill(new Uint8Array(rng.below(rng.below(200) === 0 ? 70_000 : 80)));
  const pick = rng.below(5);
  if (frame.length > 1 && pick < 4) {
    frame[0] = pick < 2 ? 0x01 + pick : 0x90 + rng.below(8);
    if (pick > 1) frame[1] = rng.below(17);
  }
  return frame;
}

function splice(frame: Uint8Array, at: number, insert: Uint8Array, drop: number): Uint8Array {
  return concatBytes([frame.subarray(0, at), insert, frame.subarray(at + drop)]);
}

/** The valid vectors, the short ones often: mutations of a large body are mostly of the body. */
function validFrames(): Uint8Array[] {
  const url = new URL('../../protocol/vectors/wire.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(url, 'utf8')) as Record<
    'control' | 'symbols' | 'recoded',
    { valid: { hex: string | (string | [string, number])[] }[] }
  >;
  const { control, symbols, recoded } = vectors;
  const parts = [...control.valid, ...symbols.valid, ...recoded.valid].map(({ hex }) =>
    typeof hex === 'string'
      ? fromHex(hex)
      : fromHex(hex.map((p) => (typeof p === 'string' ? p : p[0].repeat(p[1]))).join('')),
  );
  const short = parts.filter((frame) => frame.length < 2000);
  return [...parts, ...Array.from({ length: 8 }, () => short).flat()];
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function spaces(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x20);
}

function fill(byte: number): Uint8Array {
  return concatBytes([Uint8Array.of(0x9f), new Uint8Array(65_535).fill(byte)]);
}
