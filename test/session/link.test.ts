// One link as a machine: what is legal when, and how it ends.

import { describe, expect, it } from 'vitest';
import type { LinkOptions, LinkOutput } from '../../src/session/index.ts';
import { Link } from '../../src/session/index.ts';
import type { Message, MessageOf } from '../../src/wire/index.ts';
import { CLOSE, decodeControl, encodeControl, FLAG } from '../../src/wire/index.ts';

const contentId = new Uint8Array(32).fill(7);
const options = (nonce: number, flags = 0): LinkOptions => {
  return { contentId, nonce: new Uint8Array(16).fill(nonce), agent: 'test', flags };
};
const hello: MessageOf<'hello'> = {
  type: 'hello',
  versions: [2],
  contentId,
  nonce: new Uint8Array(16).fill(9),
  flags: FLAG.serving,
  agent: 'other',
};
/** One of each message that is not hello. */
const OTHERS: readonly Message[] = [
  { type: 'want-descriptor' },
  { type: 'descriptor', total: 0, offset: 0, bytes: new Uint8Array(0) },
  { type: 'want-leaves', sbn: 0 },
  { type: 'leaves', sbn: 0, first: 0, bytes: new Uint8Array(0) },
  { type: 'ask', strategy: 4, summaryKind: 0, updateFrequency: 10, start: 0, finish: 0 },
  {
    type: 'summary',
    sequence: 0,
    firstSbn: 0,
    blockCount: 1,
    more: false,
    kind: 0,
    body: Uint8Array.of(0),
  },
  { type: 'delta', sequence: 0, body: new Uint8Array(0) },
  { type: 'grant', grants: [{ sbn: 0, count: 1 }] },
  { type: 'want', body: Uint8Array.of(0) },
  { type: 'dry', grants: [], body: new Uint8Array(0) },
  { type: 'status', flags: 0 },
  { type: 'ping', token: 3 },
  { type: 'pong', token: 3 },
  { type: 'more', sequence: 0, cells: 0 },
  { type: 'pool', firstSbn: 0, blockCount: 1, add: true, body: new Uint8Array(0) },
];

function outputs(link: Link): LinkOutput[] {
  const all: LinkOutput[] = [];
  for (let out = link.poll(); out !== undefined; out = link.poll()) all.push(out);
  return all;
}
const say = (link: Link, message: Message, now = 0): LinkOutput[] => {
  link.handle({ kind: 'control', bytes: encodeControl(message) }, now);
  return outputs(link);
};
const kinds = (all: readonly LinkOutput[]): string[] => all.map(({ kind }) => kind);
const closeOf = (all: readonly LinkOutput[]): Extract<LinkOutput, { kind: 'close' }> | undefined =>
  all.find((out) => out.kind === 'close');

function opened(now = 0): Link {
  const link = new Link(options(1), now);
  say(link, hello, now);
  return link;
}

describe('hello', () => {
  it('is said at once, by both', () => {
    const link = new Link(options(1, FLAG.fetching), 0);
    const [first] = outputs(link);
    if (first?.kind !== 'send') throw new Error('nothing sent');
    expect(decodeControl(first.bytes)).toMatchObject({ type: 'hello', flags: FLAG.fetching });
    const answer = say(link, hello);
    expect(kinds(answer)).toEqual(['send', 'ready']);
    expect([link.serving, link.fetching, link.complete, link.remoteAgent]).toEqual([
      true,
      false,
      false,
      'other',
    ]);
  });

  it('with another version, another content or the own nonce closes', () => {
    const refused = (change: Partial<MessageOf<'hello'>>): number | undefined =>
      closeOf(say(new Link(options(1), 0), { ...hello, ...change }))?.code;
    expect(refused({ versions: [1, 3] })).toBe(CLOSE.VERSION);
    expect(refused({ versions: [1, 2] })).toBeUndefined();
    expect(refused({ contentId: new Uint8Array(32) })).toBe(CLOSE.UNKNOWN_CONTENT);
    expect(refused({ nonce: new Uint8Array(16).fill(1) })).toBe(CLOSE.SELF);
  });

  it('comes within 10 s, or never', () => {
    const link = new Link(options(1), 500);
    outputs(link);
    expect(link.timeoutAt).toBe(10_500);
    link.handle({ kind: 'timeout' }, 10_499);
    expect(outputs(link)).toEqual([]);
    link.handle({ kind: 'timeout' }, 10_500);
    expect(closeOf(outputs(link))?.code).toBe(CLOSE.IDLE);
  });

  it('is waited for again after a sleep of this process', () => {
    const link = new Link(options(1), 0);
    outputs(link);
    link.heard(600_000);
    link.handle({ kind: 'timeout' }, 600_001);
    expect(outputs(link)).toEqual([]);
    expect(link.phase).toBe('hello');
  });
});

describe('legality', () => {
  it('before hello every other message is UNEXPECTED, except bye', () => {
    for (const message of OTHERS) {
      const close = closeOf(say(new Link(options(1), 0), message));
      expect(close?.code, message.type).toBe(CLOSE.UNEXPECTED);
      expect(decodeControl(close!.bytes!)).toMatchObject({ type: 'bye', code: CLOSE.UNEXPECTED });
    }
  });

  it('after hello a second one is UNEXPECTED, and every other message goes on', () => {
    expect(closeOf(say(opened(), hello))?.code).toBe(CLOSE.UNEXPECTED);
    for (const message of OTHERS) {
      const all = say(opened(), message);
      expect(closeOf(all), message.type).toBeUndefined();
      if (message.type === 'ping') expect(kinds(all)).toEqual(['send']);
      else if (message.type === 'pong') expect(all).toEqual([]);
      else expect(all).toMatchObject([{ kind: 'message', message: { type: message.type } }]);
    }
  });

  it('bye ends it in any phase, without an answer', () => {
    for (const link of [new Link(options(1), 0), opened()]) {
      outputs(link);
      const close = closeOf(say(link, { type: 'bye', code: 4013, reason: 'full' }));
      expect(close).toMatchObject({
        code: 4013,
        reason: 'closed by the other end: full',
        bytes: undefined,
      });
      expect(link.phase).toBe('closed');
    }
  });

  it('bytes that are no message close with the code of their fault', () => {
    const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);
    for (const [frame, code] of [
      [bytes(), CLOSE.MALFORMED],
      [bytes(0x77), CLOSE.MALFORMED],
      [bytes(0x91, 0x63), CLOSE.MALFORMED],
      [new Uint8Array(70_000).fill(0x90), CLOSE.TOO_LARGE],
    ] as const) {
      for (const link of [new Link(options(1), 0), opened()]) {
        link.handle({ kind: 'control', bytes: frame }, 0);
        expect(closeOf(outputs(link))?.code).toBe(code);
      }
    }
  });

  it('a closed link says and hears nothing any more', () => {
    const link = opened();
    link.close(CLOSE.DONE, 'bye');
    expect(kinds(outputs(link))).toEqual(['close']);
    for (const message of [hello, ...OTHERS]) expect(say(link, message)).toEqual([]);
    link.send({ type: 'ping', token: 1 });
    link.close(CLOSE.DONE, 'again');
    link.handle({ kind: 'timeout' }, 1e9);
    expect(outputs(link)).toEqual([]);
  });

  it('a reason for people is made fit for the wire', () => {
    const link = opened();
    outputs(link);
    link.close(CLOSE.BAD_LEAVES, `na\u00efve\n${'x'.repeat(500)}`);
    const close = closeOf(outputs(link));
    expect(close?.reason).toHaveLength(200);
    expect(decodeControl(close!.bytes!)).toMatchObject({ type: 'bye', reason: close!.reason });
  });
});

describe('liveness', () => {
  it('the ping after hello measures the round trip', () => {
    const link = opened(1_000);
    expect(say(link, { type: 'pong', token: 5 }, 1_050)).toEqual([]); // not ours
    expect(link.rttMs).toBe(100);
    say(link, { type: 'pong', token: 1 }, 1_080);
    expect(link.rttMs).toBe(80);
    say(link, { type: 'pong', token: 1 }, 1_500);
    expect(link.rttMs).toBe(80);
  });

  it('after 20 s of silence a ping, after 60 s the end', () => {
    const link = opened(0);
    say(link, { type: 'pong', token: 1 }, 10);
    expect(link.timeoutAt).toBe(20_010);
    link.handle({ kind: 'timeout' }, 20_010);
    const [ping] = outputs(link);
    if (ping?.kind !== 'send') throw new Error('no ping');
    expect(decodeControl(ping.bytes)).toMatchObject({ type: 'ping', token: 2 });
    expect(link.timeoutAt).toBe(60_010);
    link.handle({ kind: 'timeout' }, 60_010);
    expect(closeOf(outputs(link))?.code).toBe(CLOSE.IDLE);
  });

  it('an answer, any message or symbols keep it alive', () => {
    const link = opened(0);
    for (let now = 1_000; now < 300_000; now += 15_000) {
      if (now % 2_000 === 0) link.heard(now);
      else say(link, { type: 'status', flags: 0 }, now);
      link.handle({ kind: 'timeout' }, now + 14_000);
      expect(closeOf(outputs(link))).toBeUndefined();
    }
  });

  it('two that say nothing else ping each other for ever', () => {
    const a = new Link(options(1), 0);
    const b = new Link(options(2), 0);
    const exchange = (now: number): void => {
      for (let moved = true; moved;) {
        moved = false;
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          for (const out of outputs(from)) {
            if (out.kind === 'close') throw new Error(`closed: ${out.reason}`);
            if (out.kind !== 'send') continue;
            to.handle({ kind: 'control', bytes: out.bytes }, now);
            moved = true;
          }
        }
      }
    };
    exchange(0);
    for (let now = 0; now < 3_600_000; now = Math.min(a.timeoutAt, b.timeoutAt)) {
      a.handle({ kind: 'timeout' }, now);
      b.handle({ kind: 'timeout' }, now);
      exchange(now);
    }
    expect([a.phase, b.phase]).toEqual(['open', 'open']);
  });
});
