// Hostile neighbours of a Transfer: random and mutated control messages, symbol and recoded headers in every state. It
// must never throw, must answer with nothing but outputs of the contract and close codes of the list, and must neither
// work nor remember more than the message is worth.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { TransferInput, TransferOptions, TransferOutput } from '../../src/engine/index.ts';
import { Transfer } from '../../src/engine/index.ts';
import { simContent, toyHash } from '../../src/sim/index.ts';
import {
  encodeArt,
  encodeExact,
  encodeIdRuns,
  encodeSummary,
  RibltStream,
} from '../../src/summary/index.ts';
import type { Message, SummaryKindCode } from '../../src/wire/index.ts';
import {
  CLOSE,
  decodeControl,
  encodeControl,
  FLAG,
  LIMITS,
  STRATEGY,
  SUMMARY_KIND,
} from '../../src/wire/index.ts';

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
  now = 0;
  private link = 0;
  private frame = 0;
  private readonly held: Bitset;
  private readonly rng: Rng;
  /** Numbers of rows that are in quarantine. */
  readonly rows: Set<number> = new Set();

  constructor(options: Partial<TransferOptions>, share: number, seed: number) {
    const rng = new Rng(seed);
    this.rng = rng;
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
      case 'recode': {
        const { link, sbn, symbols } = output;
        this.read += symbols.length;
        for (const esis of symbols) {
          expect(esis.length).toBeGreaterThan(0);
          expect(esis.length).toBeLessThanOrEqual(LIMITS.recodedDegreeMax);
        }
        const count = symbols.length;
        if (this.rng.below(8) === 0) return { kind: 'unreadable', link, sbn, count, esis: [] };
        return { kind: 'sent', link, count };
      }
      case 'quarantine':
        expect(output.rows).toHaveLength(output.keep.length);
        for (const row of output.rows) {
          expect(this.rows.has(row), `row ${row} is taken`).toBe(false);
          this.rows.add(row);
        }
        return undefined;
      case 'release':
        for (const row of output.rows) expect(this.rows.delete(row)).toBe(true);
        return undefined;
      case 'peel':
        expect(this.rows.delete(output.row)).toBe(true);
        return { kind: 'peeled', row: output.row, verdict: 'rejected' };
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
      case 'finish-block': {
        const { sbn, recoded, judge } = output;
        for (const { row } of [...recoded, ...judge]) expect(this.rows.has(row)).toBe(true);
        if (judge.length > 0) {
          return { kind: 'block-finished', sbn, outcome: 'ok', liars: judge.map(({ row }) => row) };
        }
        const outcome = recoded.length > 0 && this.rng.below(2) === 0 ? 'corrupt' : 'short';
        return { kind: 'block-finished', sbn, outcome };
      }
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

const STRATEGIES = Object.keys(STRATEGY) as TransferOptions['strategy'][];
const SUMMARIES = ['auto', 'exact', 'bloom', 'riblt', 'art'] as const;
const ASK = {
  type: 'ask',
  strategy: 0,
  summaryKind: 0,
  updateFrequency: 0,
  start: 0,
  finish: 0,
} as const;

function victimFor(seed: number): Victim {
  const rng = new Rng(seed);
  const victim = new Victim(
    {
      strategy: STRATEGIES[rng.below(STRATEGIES.length)]!,
      summary: SUMMARIES[rng.below(SUMMARIES.length)]!,
      finish: rng.below(3) > 0 ? 'full-rank' : 'substitution',
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

/** Some set of ids. */
function randomSet(rng: Rng): Bitset {
  const bits = new Bitset(layout.idCount);
  const share = [0.02, 0.5, 0.9, 1][rng.below(4)]!;
  for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) bits.add(id);
  return bits;
}

/** A body of the kind that describes some set of the ids [from, to), or bytes at random. */
function randomBody(rng: Rng, kind: SummaryKindCode, from: number, to: number): Uint8Array {
  const bits = randomSet(rng);
  if (rng.below(4) === 0) return rng.fill(new Uint8Array(rng.below(120)));
  switch (kind) {
    case SUMMARY_KIND.exact:
      return encodeExact(bits, from, to);
    case SUMMARY_KIND.bloom:
      return encodeSummary('bloom', bits, from, to, rng.uint32());
    case SUMMARY_KIND['min-wise']:
      return encodeSummary('min-wise', bits, from, to, rng.uint32());
    case SUMMARY_KIND.art:
      return encodeArt(bits, from, to, { seed: rng.uint32() });
    case SUMMARY_KIND.riblt: {
      const body = new RibltStream(bits, from, to, rng.uint32()).next(1 + rng.below(90))!;
      // Cells that do not follow each other, that begin anew, or that say nothing.
      if (rng.below(3) === 0) new DataView(body.buffer).setUint32(4, rng.below(100));
      if (rng.below(3) === 0) rng.fill(body.subarray(12));
      return body;
    }
  }
}

/** A message of some type whose fields are in their wire ranges, and often senseless. `told`: summaries so far. */
function randomMessage(rng: Rng, told = { sequence: 0 }): Message {
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
  const sequence = (): number => (rng.below(9) === 0 ? rng.uint32() : told.sequence++);
  const someBlocks = (): [number, number] => {
    const [firstSbn, blockCount] = rng.below(6) === 0 ? [small(), 1 + rng.below(9)] : [0, 5];
    return firstSbn + blockCount <= 65_536 ? [firstSbn, blockCount] : [0, blockCount];
  };
  const idsOf = (firstSbn: number, blockCount: number): [number, number] =>
    firstSbn + blockCount <= layout.blockCount
      ? [layout.windowStart(firstSbn), layout.windowStart(firstSbn + blockCount)]
      : [0, layout.idCount];
  switch (rng.below(19)) {
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
    case 6: {
      const [firstSbn, blockCount] = someBlocks();
      const kind = rng.below(5) as SummaryKindCode;
      const body = randomBody(rng, kind, ...idsOf(firstSbn, blockCount));
      const more = rng.below(4) === 0;
      return { type: 'summary', sequence: sequence(), firstSbn, blockCount, more, kind, body };
    }
    case 7:
      return { type: 'delta', sequence: sequence(), body: runs() };
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
    case 13: {
      const cells = [0, 1 + rng.below(200), LIMITS.cellsMax][rng.below(3)]!;
      return { type: 'more', sequence: rng.below(4), cells };
    }
    case 17:
      return { type: 'share', part: rng.below(LIMITS.partMax + 1) };
    case 14:
    case 15:
    case 16: {
      const [firstSbn, blockCount] = someBlocks();
      const add = rng.below(2) === 0;
      const body = add ? runs() : randomBody(rng, 0, ...idsOf(firstSbn, blockCount));
      return { type: 'pool', firstSbn, blockCount, add, body };
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
        const told = { sequence: 0 };
        let number = 0;
        for (let n = 0; n < 25 && !victim.closed.has(link); n++) {
          victim.now += rng.below(20) === 0 ? rng.below(20_000) : rng.below(50);
          const action = rng.below(12);
          if (action < 7) victim.say(link, randomMessage(rng, told));
          else if (action < 9) {
            const degreeMax = rng.below(3) === 0 ? LIMITS.recodedDegreeMax : 4;
            const count = 1 + rng.below(5);
            const degrees = Array.from({ length: count }, () => 1 + rng.below(degreeMax));
            if (rng.below(9) === 0) number = rng.uint32();
            victim.recoded(link, rng.below(rng.below(9) === 0 ? 65_536 : 2), number, degrees);
            number += count;
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
    victim.say(link, ASK);
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
    const none = { link: 99, sbn: 0, esis: [1] };
    victim.say(99, { type: 'ping', token: 1 });
    victim.feed({ kind: 'sent', link: 99, count: 1 });
    victim.feed({ kind: 'unreadable', count: 1, ...none });
    victim.feed({ kind: 'peeled', row: 7, verdict: 'rejected' });
    victim.feed({ kind: 'link-closed', link: 99, code: 1006, reason: '' });
    victim.feed({ kind: 'leaves-read', link: 99, sbn: 0, leaves: undefined });
    victim.feed({ kind: 'violation', link: 99, code: 4000, reason: 'x' });
    expect(victim.outputs).toBe(before);
    victim.symbols(99, 0, [1]);
    victim.recoded(99, 0, 0, [1]);
    expect(victim.outputs).toBe(before + 2); // the frames are let go
  });
});
