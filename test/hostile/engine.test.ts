// Hostile neighbours of a Transfer: random and mutated control messages and symbol headers in every state. It must
// never throw, must answer with nothing but outputs of the contract and close codes of the list, and must neither
// work nor remember more than the message is worth.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type {
  TransferInput,
  TransferOptions,
  TransferOutput,
  Verdict,
} from '../../src/engine/index.ts';
import { Transfer } from '../../src/engine/index.ts';
import { simContent, toyHash } from '../../src/sim/index.ts';
import {
  encodeBloom,
  encodeExact,
  encodeIdRuns,
  encodeMinWise,
  MinWiseSketch,
} from '../../src/summary/index.ts';
import type { Message } from '../../src/wire/index.ts';
import { CLOSE, decodeControl, encodeControl, FLAG } from '../../src/wire/index.ts';

const content = simContent({ sourceSymbols: 20, blockCount: 5, symbolBytes: 1_024 });
const { layout } = content;
const CODES: ReadonlySet<number> = new Set(Object.values(CLOSE));

class Victim {
  readonly transfer: Transfer;
  readonly closed = new Map<number, number>();
  outputs = 0;
  bytesOut = 0;
  /** Symbols read for neighbours. */
  read = 0;
  /** Recoded symbols in memory. */
  readonly rows = new Set<number>();
  quarantined = 0;
  /** What a recoded symbol turns out to be when one of its constituents is left. */
  verdict: Verdict = 'rejected';
  now = 0;
  private link = 0;
  private frame = 0;
  private readonly held: Bitset;

  constructor(options: Partial<TransferOptions>, share: number, seed: number) {
    const rng = new Rng(seed);
    this.held = new Bitset(layout.idCount);
    for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) this.held.add(id);
    this.transfer = new Transfer({
      contentId: content.id,
      sha256: toyHash,
      seed,
      fetch: true,
      serve: true,
      strategy: 'coordinated',
      summary: 'auto',
      updateFrequency: 10,
      linger: true,
      ...options,
    });
  }

  feed(input: TransferInput): void {
    const answers: TransferInput[] = [];
    this.transfer.handle(input, this.now);
    for (;;) {
      const output = this.transfer.poll();
      if (output.kind === 'timeout') {
        if (!(output.at >= 0)) throw new Error(`wake-up at ${output.at}`);
        break;
      }
      if (++this.outputs > 1e6) throw new Error('an output storm');
      const answer = this.answer(output);
      if (answer !== undefined) answers.push(answer);
    }
    for (const answer of answers) this.feed(answer);
  }

  connect(hello = true): number {
    const link = ++this.link;
    this.feed({ kind: 'link-open', link, address: `peer ${link}` });
    const flags = FLAG.serving | FLAG.fetching;
    const nonce = new Uint8Array(16).fill(link);
    if (hello)
      this.say(link, {
        type: 'hello',
        versions: [2],
        contentId: content.id,
        nonce,
        flags,
        agent: 'x',
      });
    return link;
  }

  say(link: number, message: Message): void {
    this.feed({ kind: 'control', link, bytes: encodeControl(message) });
  }

  symbols(link: number, sbn: number, esis: readonly number[]): void {
    this.feed({ kind: 'symbols', link, frame: ++this.frame, sbn, esis });
  }

  recoded(link: number, sbn: number, first: number, degrees: readonly number[]): void {
    this.feed({ kind: 'recoded', link, frame: ++this.frame, sbn, first, degrees });
  }

  private answer(output: Exclude<TransferOutput, { kind: 'timeout' }>): TransferInput | undefined {
    switch (output.kind) {
      case 'open': {
        const leaves = new Bitset(layout.blockCount);
        leaves.addRange(0, 2);
        return { kind: 'opened', held: this.held, leaves };
      }
      case 'send':
        this.bytesOut += output.bytes.length;
        decodeControl(output.bytes); // what it says is always legal
        return undefined;
      case 'read':
        this.read += output.esis.length;
        return { kind: 'sent', link: output.link, count: output.esis.length };
      case 'recode':
        this.read += output.symbols.length;
        expect(output.symbols.every((esis) => esis.length >= 1 && esis.length <= 64)).toBe(true);
        return { kind: 'sent', link: output.link, count: output.symbols.length };
      case 'peel':
        expect(this.rows.delete(output.row)).toBe(true);
        return { kind: 'peeled', row: output.row, verdict: this.verdict };
      case 'quarantine':
        for (const row of output.rows) {
          expect(this.rows.has(row)).toBe(false);
          this.rows.add(row);
        }
        this.quarantined += output.rows.length;
        return undefined;
      case 'release':
        for (const row of output.rows) expect(this.rows.delete(row)).toBe(true);
        return undefined;
      case 'write': {
        const { link, sbn, keep } = output;
        if (keep.length === 0) return undefined;
        const esis = keep.map((i) => output.esis[i]!);
        return { kind: 'written', link, sbn, esis, verdicts: esis.map(() => 'rejected' as const) };
      }
      case 'read-leaves':
        return {
          kind: 'leaves-read',
          link: output.link,
          sbn: output.sbn,
          leaves: content.leaves(output.sbn),
        };
      case 'finish-block':
        return { kind: 'block-finished', sbn: output.sbn, outcome: 'short' };
      case 'close':
        // Without bytes it repeats the code of the other end's bye, which may be any.
        if (output.bytes !== undefined)
          expect(CODES.has(output.code), `close ${output.code}`).toBe(true);
        expect(this.closed.has(output.link)).toBe(false);
        this.closed.set(output.link, output.code);
        return undefined;
      default:
        return undefined;
    }
  }
}

const STRATEGIES = [
  'coordinated',
  'reconciled',
  'uninformed',
  'uninformed-wor',
  'speculative',
  'recode-bf',
  'partition',
] as const;

function victimFor(seed: number): Victim {
  const rng = new Rng(seed);
  const victim = new Victim(
    {
      strategy: STRATEGIES[rng.below(STRATEGIES.length)]!,
      finish: rng.below(2) === 0 ? 'full-rank' : 'substitution',
      fetch: rng.below(4) > 0,
      serve: rng.below(4) > 0,
    },
    [0, 0.4, 1][rng.below(3)]!,
    seed,
  );
  const described = rng.below(5) > 0;
  victim.feed(described ? { kind: 'start', descriptor: content.descriptor } : { kind: 'start' });
  return victim;
}

/** A message of some type whose fields are in their wire ranges, and often senseless. */
function randomMessage(rng: Rng): Message {
  const small = (): number => (rng.below(4) === 0 ? rng.below(65_536) : rng.below(6));
  const runs = (): Uint8Array => {
    if (rng.below(5) === 0) return rng.fill(new Uint8Array(1 + rng.below(12)));
    const bound = rng.below(4) === 0 ? 100_000 : layout.idCount;
    const ids = new Set(Array.from({ length: 1 + rng.below(30) }, () => rng.below(bound)));
    return encodeIdRuns([...ids].sort((a, b) => a - b));
  };
  const grants = (): { sbn: number; count: number }[] =>
    Array.from({ length: 1 + rng.below(6) }, () => ({
      sbn: small(),
      count: 1 + rng.below(rng.below(3) === 0 ? 65_535 : 9),
    }));
  const sequence = rng.below(3) === 0 ? rng.uint32() : rng.below(3);
  const described = (): { firstSbn: number; blockCount: number } => {
    const [firstSbn, blockCount] = rng.below(3) === 0 ? [small(), 1 + rng.below(9)] : [0, 5];
    return { firstSbn: firstSbn + blockCount <= 65_536 ? firstSbn : 0, blockCount };
  };
  const set = (): Uint8Array => {
    const bits = new Bitset(layout.idCount);
    for (let id = 0; id < layout.idCount; id++) if (rng.below(2) === 0) bits.add(id);
    return rng.below(2) === 0
      ? encodeExact(bits, 0, layout.idCount)
      : rng.fill(new Uint8Array(rng.below(60)));
  };
  switch (rng.below(17)) {
    case 0:
      return { type: 'want-descriptor' };
    case 1:
      return {
        type: 'descriptor',
        total: 400,
        offset: 0,
        bytes: rng.fill(new Uint8Array(1 + rng.below(400))),
      };
    case 2:
      return { type: 'want-leaves', sbn: small() };
    case 3:
      return {
        type: 'leaves',
        sbn: small(),
        first: rng.below(3),
        bytes: new Uint8Array(16 * rng.below(50)),
      };
    case 4:
      return {
        type: 'ask',
        strategy: rng.below(7) as 0,
        summaryKind: rng.below(5) as 0,
        updateFrequency: small(),
        start: rng.uint32(),
        finish: rng.below(2) as 0,
      };
    case 5:
    case 6:
      return {
        type: 'summary',
        sequence,
        ...described(),
        more: rng.below(4) === 0,
        kind: rng.below(5) as 0,
        body: set(),
      };
    case 7:
      return { type: 'delta', sequence, body: runs() };
    case 8:
      return { type: 'grant', grants: grants() };
    case 9:
      return { type: 'want', body: runs() };
    case 10:
      return {
        type: 'dry',
        grants: rng.below(2) === 0 ? [] : grants(),
        body: rng.below(2) === 0 ? new Uint8Array(0) : runs(),
      };
    case 11:
      return { type: 'status', flags: rng.below(16) };
    case 12:
      return { type: rng.below(2) === 0 ? 'ping' : 'pong', token: rng.below(4) };
    case 13:
      return { type: 'more', sequence, cells: rng.below(rng.below(3) === 0 ? 2 ** 20 + 1 : 99) };
    case 14:
    case 15: {
      const add = rng.below(3) === 0;
      return { type: 'pool', ...described(), add, body: add ? runs() : set() };
    }
    default:
      return {
        type: 'bye',
        code: rng.below(2) === 0 ? 1_000 : 4_000 + rng.below(999),
        reason: 'x',
      };
  }
}

describe('a hostile neighbour', () => {
  it('of legal messages in a senseless order: every link ends with a listed code, or lives', () => {
    let messages = 0;
    for (let seed = 0; seed < 3_000; seed++) {
      const rng = new Rng(seed);
      const victim = victimFor(seed);
      for (let links = 0; links < 4; links++) {
        const link = victim.connect(rng.below(8) > 0);
        for (let n = 0; n < 25 && !victim.closed.has(link); n++) {
          victim.now += rng.below(20) === 0 ? rng.below(20_000) : rng.below(50);
          const action = rng.below(12);
          if (action < 7) victim.say(link, randomMessage(rng));
          else if (action < 9) {
            const degrees = Array.from({ length: 1 + rng.below(5) }, () =>
              rng.below(9) === 0 ? 1 + rng.below(64) : 1 + rng.below(4),
            );
            const first = rng.below(9) === 0 ? rng.uint32() : rng.below(9);
            victim.recoded(link, rng.below(rng.below(9) === 0 ? 65_536 : 5), first, degrees);
          } else if (action < 11) {
            const esis = Array.from({ length: 1 + rng.below(5) }, () =>
              rng.below(rng.below(9) === 0 ? 2 ** 24 : 40),
            );
            victim.symbols(link, rng.below(rng.below(9) === 0 ? 65_536 : 5), esis);
          } else victim.feed({ kind: 'timeout' });
          messages++;
        }
        if (rng.below(3) === 0) victim.feed({ kind: 'link-closed', link, code: 1006, reason: '' });
      }
    }
    expect(messages).toBeGreaterThan(10_000);
  });

  it('of mutated bytes: the same', () => {
    for (let seed = 0; seed < 1_000; seed++) {
      const rng = new Rng(seed ^ 0x5555);
      const victim = victimFor(seed);
      for (let links = 0; links < 5; links++) {
        const link = victim.connect(rng.below(5) > 0);
        for (let n = 0; n < 10 && !victim.closed.has(link); n++) {
          const bytes = encodeControl(randomMessage(rng));
          for (let flips = 1 + rng.below(3); flips > 0; flips--)
            bytes[rng.below(bytes.length)] = rng.uint32();
          const cut = rng.below(4) === 0 ? rng.below(bytes.length) : bytes.length;
          victim.feed({ kind: 'control', link, bytes: bytes.subarray(0, cut) });
        }
      }
    }
  });

  it('that breaks credit half-way through a frame leaves no trace in the books', () => {
    // A frame whose first symbol was wanted and whose second is nonsense: the first must be wanted again.
    for (const second of [layout.windowSize(0), 2 ** 24 - 1, 39]) {
      const victim = new Victim({}, 0, 1);
      victim.feed({ kind: 'start', descriptor: content.descriptor });
      const link = victim.connect();
      victim.say(link, { type: 'status', flags: FLAG.serving | FLAG.complete });
      const { blocks } = victim.transfer.fetching!;
      expect(blocks.creditIn(0)).toBeGreaterThan(0);
      const wanted = blocks.assigned.next(0);
      const never = second === 39 ? blocks.assigned.nextAbsent(0, layout.windowSize(0)) : second;
      victim.symbols(link, 0, [wanted, never]);
      expect(victim.closed.get(link)).toBe(second === 39 ? CLOSE.CREDIT : CLOSE.MALFORMED);
      expect([blocks.creditIn(0), blocks.arriving.count, blocks.assigned.count]).toEqual([0, 0, 0]);
      expect(blocks.room(0)).toBe(20);
    }
  });

  it('that recodes nonsense within its credit: no row is kept or let go twice, and no credit is left', () => {
    let quarantined = 0;
    for (let seed = 0; seed < 100; seed++) {
      const rng = new Rng(seed);
      const strategy = rng.below(2) === 0 ? 'speculative' : 'recode-bf';
      const finish = rng.below(2) === 0 ? 'full-rank' : 'substitution';
      const victim = new Victim({ strategy, finish }, 0.3, seed);
      victim.verdict = (['kept', 'rejected', 'failed'] as const)[rng.below(3)]!;
      victim.feed({ kind: 'start', descriptor: content.descriptor });
      const link = victim.connect();
      victim.say(link, { type: 'status', flags: FLAG.serving | FLAG.complete });
      const pool = new Bitset(layout.idCount);
      const next = [0, 0];
      for (let n = 0; n < 40 && !victim.closed.has(link); n++) {
        victim.now += rng.below(100);
        if (n === 0 || rng.below(9) === 0) {
          for (let id = 0; id < layout.idCount; id++) if (rng.below(3) === 0) pool.add(id);
          const body = encodeExact(pool, 0, layout.idCount);
          victim.say(link, { type: 'pool', firstSbn: 0, blockCount: 5, add: false, body });
        }
        const sbn = rng.below(2);
        const count = Math.min(1 + rng.below(5), victim.transfer.fetching!.blocks.creditIn(sbn));
        if (count === 0) continue;
        const first = next[sbn]! + (rng.below(9) === 0 ? rng.below(100) : 0);
        next[sbn] = first + count;
        const degrees = Array.from({ length: count }, () => 1 + rng.below(4));
        victim.recoded(link, sbn, first, degrees);
        if (rng.below(20) === 0) victim.feed({ kind: 'timeout' });
      }
      quarantined += victim.quarantined;
      victim.feed({ kind: 'link-closed', link, code: 1006, reason: '' });
      const { blocks } = victim.transfer.fetching!;
      expect([blocks.creditIn(0), blocks.creditIn(1), blocks.arriving.count]).toEqual([0, 0, 0]);
      victim.feed({ kind: 'abort' });
    }
    expect(quarantined).toBeGreaterThan(300);
  });

  it('that asks for sums gets no more than it has credit for, whatever it says of itself', () => {
    let sums = 0;
    for (let seed = 0; seed < 100; seed++) {
      const rng = new Rng(seed);
      const victim = new Victim({ fetch: rng.below(2) === 0 }, [0.1, 0.5, 1][rng.below(3)]!, seed);
      victim.feed({ kind: 'start', descriptor: content.descriptor });
      const link = victim.connect();
      const [strategy, summaryKind] = rng.below(2) === 0 ? ([2, 2] as const) : ([5, 1] as const);
      const finish = rng.below(2) as 0 | 1;
      const ask = { type: 'ask', strategy, summaryKind, updateFrequency: 0, finish } as const;
      victim.say(link, { ...ask, start: rng.uint32() });
      let granted = 0;
      for (let sequence = 0; sequence < 9 && !victim.closed.has(link); sequence++) {
        const set = new Bitset(layout.idCount);
        const share = rng.unit();
        for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) set.add(id);
        const body =
          summaryKind === 2
            ? encodeMinWise(MinWiseSketch.of(set, 0, layout.idCount, rng.uint32(), 8))
            : encodeBloom(set, 0, layout.idCount, { seed: rng.uint32() });
        if (rng.below(3) === 0) body[rng.below(body.length)] = rng.below(256);
        const all = { firstSbn: 0, blockCount: 5, more: false } as const;
        victim.say(link, { type: 'summary', sequence, ...all, kind: summaryKind, body });
        const count = 1 + rng.below(300);
        granted += count;
        victim.say(link, { type: 'grant', grants: [{ sbn: rng.below(5), count }] });
        victim.now += 50;
      }
      expect(victim.read).toBeLessThanOrEqual(granted);
      sums += victim.read;
    }
    expect(sums).toBeGreaterThan(3_000);
  });

  it('that sends symbols before hello, or to one that fetches nothing, is closed', () => {
    const early = new Victim({}, 0, 1);
    early.feed({ kind: 'start', descriptor: content.descriptor });
    const link = early.connect(false);
    early.symbols(link, 0, [1]);
    expect(early.closed.get(link)).toBe(CLOSE.UNEXPECTED);
    const server = new Victim({ fetch: false }, 1, 1);
    server.feed({ kind: 'start', descriptor: content.descriptor });
    const other = server.connect();
    server.symbols(other, 0, [1]);
    expect(server.closed.get(other)).toBe(CLOSE.CREDIT);
  });

  it('that grants millions to one who has nothing gets its grants back in messages that are legal', () => {
    const victim = new Victim({ fetch: false }, 0, 1);
    victim.feed({ kind: 'start', descriptor: content.descriptor });
    const link = victim.connect();
    victim.say(link, {
      type: 'ask',
      strategy: 0,
      summaryKind: 0,
      updateFrequency: 0,
      start: 0,
      finish: 0,
    });
    const count = 65_535;
    for (let n = 0; n < 40; n++) {
      victim.say(link, {
        type: 'grant',
        grants: Array.from({ length: 15 }, () => ({ sbn: 0, count })),
      });
    }
    expect(victim.closed.get(link)).toBeUndefined();
    expect(victim.bytesOut).toBeLessThan(40 * 15 * 10 + 500);
  });

  it('that asks for the same metadata again and again is closed with LIMIT', () => {
    for (const message of [{ type: 'want-descriptor' }, { type: 'want-leaves', sbn: 1 }] as const) {
      const victim = new Victim({ fetch: false }, 1, 1);
      victim.feed({ kind: 'start', descriptor: content.descriptor });
      const link = victim.connect();
      for (let n = 0; n < 1_000 && !victim.closed.has(link); n++) victim.say(link, message);
      expect(victim.closed.get(link)).toBe(CLOSE.LIMIT);
      expect(victim.bytesOut).toBeLessThan(100_000);
    }
  });

  it('that opens many links: some are turned away, and all is forgotten when they close', () => {
    const victim = new Victim({ fetch: false }, 1, 1);
    victim.feed({ kind: 'start', descriptor: content.descriptor });
    const links = Array.from({ length: 300 }, () => victim.connect());
    const away = links.filter((link) => victim.closed.get(link) === CLOSE.OVERLOADED);
    expect(away).toHaveLength(300 - 256);
    for (const link of links) victim.feed({ kind: 'link-closed', link, code: 1006, reason: '' });
    expect(victim.transfer.peers).toHaveLength(0);
    for (let n = 0; n < 3_000; n++) {
      const link = victim.connect();
      victim.feed({ kind: 'link-closed', link, code: 1006, reason: '' });
    }
    expect(victim.transfer.status().sources.length).toBeLessThanOrEqual(1_024);
  });

  it('inputs of links that are unknown, or long gone, do nothing', () => {
    const victim = new Victim({}, 0.4, 1);
    victim.feed({ kind: 'start', descriptor: content.descriptor });
    const before = victim.outputs;
    const none = { link: 99, sbn: 0, count: 1, esis: [1] };
    victim.say(99, { type: 'ping', token: 1 });
    victim.feed({ kind: 'sent', link: 99, count: 1 });
    victim.feed({ kind: 'unreadable', ...none });
    victim.feed({ kind: 'link-closed', link: 99, code: 1006, reason: '' });
    victim.feed({ kind: 'leaves-read', link: 99, sbn: 0, leaves: undefined });
    victim.feed({ kind: 'violation', link: 99, code: 4000, reason: 'x' });
    expect(victim.outputs).toBe(before);
    victim.symbols(99, 0, [1]);
    expect(victim.outputs).toBe(before + 1); // the frame is let go
  });
});
