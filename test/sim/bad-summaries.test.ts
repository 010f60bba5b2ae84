// Receivers that lie about what they hold, to a sender with a limited uplink that serves an honest receiver as well:
// filters that are full, empty, forged or too large, sketches and rateless IBLTs that say anything. The liar gets less,
// or is turned away; the other is served as if it were honest, and what the lie costs the sender has a bound.

import { describe, expect, it } from 'vitest';
import { Bitset, Rng } from '../../src/base/index.ts';
import type { Misbehaviour, SimPeerOptions } from '../../src/sim/index.ts';
import { simContent, World } from '../../src/sim/index.ts';
import { RemoteView } from '../../src/session/index.ts';
import { RIBLT_CELL_BYTES, RIBLT_HEADER_BYTES, RibltStream } from '../../src/summary/index.ts';
import type { MessageOf } from '../../src/wire/index.ts';
import { CLOSE, encodeControl, LIMITS, SUMMARY_KIND } from '../../src/wire/index.ts';
import { check } from './random-swarm.ts';

const content = simContent({ sourceSymbols: 500, blockCount: 2, symbolBytes: 16_384 });
const { layout } = content;
const SLOWDOWN_MAX = 1.3;

type Transfer = SimPeerOptions['transfer'];

/** Changes the body of every summary of the kind; `later`: deltas, too, become summaries of it. */
function lying(
  kind: keyof typeof SUMMARY_KIND,
  change: (body: Uint8Array, rng: Rng) => Uint8Array,
  later = false,
): Misbehaviour {
  const rng = new Rng(9);
  const code = SUMMARY_KIND[kind];
  const forge = (sequence: number, body: Uint8Array): MessageOf<'summary'> => {
    const { blockCount } = layout;
    const forged = change(body, rng);
    return {
      type: 'summary',
      sequence,
      firstSbn: 0,
      blockCount,
      more: false,
      kind: code,
      body: forged,
    };
  };
  return {
    tamper(message) {
      if (message.type === 'delta' && later) return forge(message.sequence, message.body);
      if (message.type !== 'summary' || message.kind !== code) return message;
      return { ...message, body: change(message.body, rng) };
    },
  };
}

/** All bits behind the header. */
const filled =
  (header: number, value: number | undefined) =>
  (body: Uint8Array, rng: Rng): Uint8Array => {
    const forged = body.slice();
    const bits = forged.subarray(header);
    if (value === undefined) rng.fill(bits);
    else bits.fill(value);
    return forged;
  };
const claiming =
  (at: number, count: number) =>
  (body: Uint8Array): Uint8Array => {
    const forged = body.slice();
    new DataView(forged.buffer).setUint32(at, count);
    return forged;
  };
const noise = (body: Uint8Array, rng: Rng): Uint8Array => rng.fill(body.slice());
const huge = (_: Uint8Array, rng: Rng): Uint8Array =>
  rng.fill(new Uint8Array(LIMITS.summaryBytesMax));
/** A new stream of some set, from its beginning. */
function newStream(_: Uint8Array, rng: Rng): Uint8Array {
  const bits = new Bitset(layout.idCount);
  for (let id = 0; id < layout.idCount; id++) if (rng.below(2) === 0) bits.add(id);
  return new RibltStream(bits, 0, layout.idCount, rng.uint32()).next(64)!;
}

const BLOOM: Transfer = { strategy: 'reconciled', summary: 'bloom' };
const RECODED: Transfer = { strategy: 'recode-bf' };
const ART: Transfer = { strategy: 'partition', summary: 'art' };
const RIBLT: Transfer = { strategy: 'reconciled', summary: 'riblt', updateFrequency: 50 };
const SPECULATIVE: Transfer = { strategy: 'speculative', updateFrequency: 50 };

interface Case {
  readonly name: string;
  readonly transfer: Transfer;
  readonly liar: Misbehaviour;
  readonly code?: number;
}

const CASES: readonly Case[] = [
  { name: 'a saturated Bloom filter', transfer: BLOOM, liar: lying('bloom', filled(13, 255)) },
  { name: 'an empty Bloom filter', transfer: BLOOM, liar: lying('bloom', filled(13, 0)) },
  { name: 'a forged Bloom filter', transfer: BLOOM, liar: lying('bloom', filled(13, undefined)) },
  {
    name: 'a Bloom filter of a false count',
    transfer: BLOOM,
    liar: lying('bloom', claiming(9, 1)),
  },
  { name: 'an oversized Bloom filter', transfer: BLOOM, liar: lying('bloom', huge) },
  {
    name: 'a saturated filter, for sums',
    transfer: RECODED,
    liar: lying('bloom', filled(13, 255)),
  },
  {
    name: 'a forged filter, for sums',
    transfer: RECODED,
    liar: lying('bloom', filled(13, undefined)),
  },
  { name: 'a saturated ART', transfer: ART, liar: lying('art', filled(18, 255)) },
  { name: 'an empty ART', transfer: ART, liar: lying('art', filled(18, 0)) },
  { name: 'a forged ART', transfer: ART, liar: lying('art', filled(18, undefined)) },
  { name: 'an oversized ART', transfer: ART, liar: lying('art', huge) },
  {
    name: 'a sketch that claims nothing held',
    transfer: SPECULATIVE,
    liar: lying('min-wise', claiming(6, 0)),
  },
  {
    name: 'a sketch that claims all',
    transfer: SPECULATIVE,
    liar: lying('min-wise', claiming(6, layout.idCount)),
  },
  {
    name: 'a sketch that claims one',
    transfer: SPECULATIVE,
    liar: lying('min-wise', claiming(6, 1)),
  },
  {
    name: 'a sketch of a foreign seed',
    transfer: SPECULATIVE,
    liar: lying('min-wise', claiming(2, 77)),
  },
  {
    name: 'a sketch of random bins',
    transfer: SPECULATIVE,
    liar: lying('min-wise', filled(10, undefined)),
  },
  {
    name: 'a sketch that lies, for substitution',
    transfer: { ...SPECULATIVE, finish: 'substitution' },
    liar: lying('min-wise', filled(10, undefined)),
  },
  {
    name: 'random cells',
    transfer: RIBLT,
    liar: lying('riblt', filled(RIBLT_HEADER_BYTES, undefined)),
  },
  { name: 'cells without a header', transfer: RIBLT, liar: lying('riblt', noise) },
  { name: 'cells of a wrong count', transfer: RIBLT, liar: lying('riblt', claiming(8, 3)) },
  { name: 'new streams again and again', transfer: RIBLT, liar: lying('riblt', newStream, true) },
  {
    name: 'an endless stream',
    transfer: RIBLT,
    // It never ends with an exact summary, as an honest one does when it would be shorter.
    liar: {
      tamper: (message) => {
        if (message.type !== 'summary') return message;
        const { firstSbn, sequence } = message;
        const cells = 500;
        const body = new Rng(sequence).fill(
          new Uint8Array(RIBLT_HEADER_BYTES + RIBLT_CELL_BYTES * cells),
        );
        const header = new DataView(body.buffer);
        header.setUint32(0, 1);
        header.setUint32(4, cells * sequence);
        header.setUint32(8, 100);
        return { ...message, kind: SUMMARY_KIND.riblt, firstSbn, blockCount: 2, more: false, body };
      },
    },
  },
  {
    name: 'an exact summary that cannot be decoded',
    transfer: { strategy: 'reconciled', summary: 'exact' },
    liar: lying('exact', noise),
    code: CLOSE.BAD_SUMMARY,
  },
  {
    name: 'a summary above its size',
    transfer: BLOOM,
    liar: {
      tamper: (message) => {
        if (message.type !== 'summary') return message;
        const bytes = encodeControl({ ...message, body: new Uint8Array(LIMITS.summaryBytesMax) });
        const longer = new Uint8Array(bytes.length + 5);
        longer.set(bytes);
        // The length of the body, 16 bits before its first byte, with five more.
        const at = bytes.length - LIMITS.summaryBytesMax - 2;
        new DataView(longer.buffer).setUint16(at, LIMITS.summaryBytesMax + 5);
        return longer;
      },
    },
    code: CLOSE.TOO_LARGE,
  },
];

/** An honest receiver and another one take from one sender of 1 MB/s at the same time. */
function together(transfer: Transfer, liar: Misbehaviour) {
  const world = new World(3, () => ({ delayMs: 20, bytesPerMs: 2_000 }));
  const rng = new Rng(4);
  const some = (share: number): Bitset => {
    const bits = new Bitset(layout.idCount);
    for (let id = 0; id < layout.idCount; id++) if (rng.unit() < share) bits.add(id);
    return bits;
  };
  const sender = world.add({
    name: 'sender',
    content,
    held: some(0.9),
    transfer: { fetch: false, sendBytesPerSecond: 1_000_000 },
  });
  const fetching = { serve: false, patienceMs: 600_000, ...transfer };
  const honest = world.add({ name: 'honest', content, held: some(0.2), transfer: fetching });
  const other = world.add({
    name: 'other',
    content,
    held: some(0.2),
    transfer: fetching,
    faults: liar,
  });
  const codes: number[] = [];
  const blamed: number[] = [];
  let bytes = 0;
  world.onTrace = (_, entry) => {
    if (entry.kind === 'control' && entry.from === 'sender' && entry.to === 'other') {
      bytes += entry.bytes.length;
    }
    if (entry.kind !== 'close' || entry.code < 4000 || entry.from !== 'sender') return;
    (entry.to === 'other' ? codes : blamed).push(entry.code);
  };
  honest.addSource('sender');
  other.addSource('sender');
  world.run(() => honest.transfer.phase === 'done', 600_000);
  check(honest);
  check(sender);
  check(other);
  return { time: world.clock.now, codes, blamed, bytes, sender, other };
}

describe('a receiver that lies about what it holds', () => {
  for (const { name, transfer, liar, code } of CASES) {
    it(`${name}: ${code ?? 'it may stay'}, and another one is served as before`, () => {
      const before = together(transfer, {});
      const it = together(transfer, liar);
      const ratio = it.time / before.time;
      console.log(`receiver, ${name}: ${ratio.toFixed(2)}, ${it.bytes} bytes of answers`);
      expect(ratio).toBeLessThan(SLOWDOWN_MAX);
      expect(it.blamed).toEqual([]);
      expect(new Set(it.codes)).toEqual(new Set(code === undefined ? [] : [code]));
      // Descriptor, leaves of two blocks (32,000), pools, and answers that are no longer than what they answer.
      expect(it.bytes).toBeLessThan(80_000);
    });
  }

  it('of streams that never end the sender reads four, and asks for an exact summary instead', () => {
    const own = new Bitset(layout.idCount);
    const view = new RemoteView(layout, own);
    const rng = new Rng(1);
    const answers: number[] = [];
    for (let sequence = 0; sequence < 20; sequence++) {
      const body = newStream(new Uint8Array(0), rng);
      const kind = SUMMARY_KIND.riblt;
      view.summary({
        type: 'summary',
        sequence,
        firstSbn: 0,
        blockCount: 2,
        more: false,
        kind,
        body,
      });
      answers.push(view.takeAnswer()?.cells ?? -1);
    }
    expect(answers.slice(4)).toEqual(answers.slice(4).map(() => LIMITS.cellsMax));
    expect(answers.slice(0, 4).every((cells) => cells > 0)).toBe(true);
  });
});
